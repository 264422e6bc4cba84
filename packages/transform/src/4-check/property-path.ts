const WELL_KNOWN =
	/^\[(asyncDispose|asyncIterator|dispose|hasInstance|isConcatSpreadable|iterator|match|matchAll|replace|search|species|split|toPrimitive|toStringTag|unscopables)\]$/;

/** `.name`, `[3]`, `["some key"]`, as the runtime writes it. */
export function propertyPath(key: string): string {
	if (key.startsWith('[')) return WELL_KNOWN.test(key) ? `[Symbol.${key.slice(1)}` : key;
	if (/^(0|[1-9]\d*)$/.test(key)) return `[${key}]`;
	return /^#?[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}
