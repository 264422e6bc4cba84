/**
 * Renders any value as one deterministic line. Values made in another context (a restored program
 * may live in one) render like those of this context, so brands are read from internal slots and
 * tags, never by `instanceof`.
 */
export function render(value: unknown): string {
	return renderIn(value, []);
}

function renderIn(value: unknown, path: readonly object[]): string {
	switch (typeof value) {
		case 'string':
			return JSON.stringify(value);
		case 'number':
			return Object.is(value, -0) ? '-0' : String(value);
		case 'bigint':
			return `${value}n`;
		case 'symbol':
			return String(value);
		case 'function':
			return `function ${value.name}`;
		case 'object':
			return value === null ? 'null' : renderObject(value, path);
		default:
			return String(value);
	}
}

function renderObject(object: object, path: readonly object[]): string {
	const seen = path.indexOf(object);
	if (seen >= 0) return `^${path.length - seen}`;
	if (path.length > 12) return '...';
	const within = [...path, object];
	const item = (value: unknown) => renderIn(value, within);
	const brand = Object.prototype.toString.call(object).slice(8, -1);
	switch (brand) {
		case 'Array':
			return `[${renderArray(object as unknown[], within)}]`;
		case 'Map':
			return `Map{${[...(object as Map<unknown, unknown>)].map(([k, v]) => `${item(k)} => ${item(v)}`).join(', ')}}`;
		case 'Set':
			return `Set{${[...(object as Set<unknown>)].map(item).join(', ')}}`;
		case 'Date':
			return `Date(${Number(object)})`;
		case 'RegExp':
			return `${object}@${(object as RegExp).lastIndex}`;
		case 'Error':
		case 'DOMException':
			return renderError(object as Error, within);
		default:
	}
	if (ArrayBuffer.isView(object) && 'length' in object) {
		return `${brand}[${Array.prototype.map.call(object, String).join(', ')}]`;
	}
	const prefix = brand === 'Object' ? (Object.getPrototypeOf(object) === null ? 'null:' : '') : `${brand} `;
	return `${prefix}{${renderProperties(object, Reflect.ownKeys(object), within)}}`;
}

function renderArray(array: readonly unknown[], path: readonly object[]): string {
	const parts: string[] = [];
	for (let i = 0; i < array.length; i++) parts.push(i in array ? renderIn(array[i], path) : '');
	const extra = Reflect.ownKeys(array).filter((key) => typeof key !== 'string' || !/^(\d+|length)$/.test(key));
	if (extra.length > 0) parts.push(renderProperties(array, extra, path));
	return parts.join(', ');
}

function renderProperties(object: object, keys: readonly PropertyKey[], path: readonly object[]): string {
	const parts: string[] = [];
	for (const key of keys) {
		const property = Object.getOwnPropertyDescriptor(object, key)!;
		const name = typeof key === 'symbol' ? `[${String(key)}]` : String(key);
		parts.push(`${name}: ${'value' in property ? renderIn(property.value, path) : 'accessor'}`);
	}
	return parts.join(', ');
}

/**
 * The message of an engine's own error is not specified by ECMA-262 and quotes source text that a
 * compiler may rename: only messages of plain `Error`s, which programs throw themselves, count.
 */
function renderError(error: Error, path: readonly object[]): string {
	const own = Reflect.ownKeys(error).filter((key) => key !== 'message' && key !== 'stack');
	const details = own.length > 0 ? ` {${renderProperties(error, own, path)}}` : '';
	return error.name === 'Error' ? `Error(${error.message})${details}` : `${error.name}${details}`;
}
