/** Methods of the language's collections, by what becomes of the elements. */

/** Give one element. */
export const GIVES_ELEMENT = new Set(['at', 'find', 'findLast', 'pop', 'shift', 'get']);

/** Give the collection that they are called on. */
export const GIVES_ITSELF = new Set(['add', 'copyWithin', 'fill', 'reverse', 'set', 'sort']);

/** Give a collection or an iterator of the same elements. */
export const KEEPS_ELEMENTS = new Set([
	'concat',
	'copyWithin',
	'drop',
	'fill',
	'filter',
	'reverse',
	'slice',
	'sort',
	'splice',
	'take',
	'toArray',
	'toReversed',
	'toSorted',
	'toSpliced',
	'union',
	'values',
	'with',
]);

/** Give a collection of what the callback gives. */
export const MAPS_ELEMENTS = new Set(['map', 'flatMap']);

/** Hand each element to the callback, as its first argument. */
export const VISITS_ELEMENTS = new Set([
	'every',
	'filter',
	'find',
	'findIndex',
	'findLast',
	'findLastIndex',
	'flatMap',
	'forEach',
	'map',
	'some',
	'sort',
	'toSorted',
]);

/** By method: which of its arguments become elements. */
export function addedBy<T>(method: string, args: readonly T[]): readonly T[] {
	switch (method) {
		case 'push':
		case 'unshift':
		case 'add':
			return args;
		// Of a map the values: keys are hardly ever functions or promises.
		case 'set':
			return args.slice(1);
		case 'splice':
			return args.slice(2);
		case 'fill':
			return args.slice(0, 1);
		default:
			return [];
	}
}

/** Constructors of the language's collections. */
export const COLLECTIONS = new Set(['Array', 'Map', 'Set']);
