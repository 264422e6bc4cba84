/** Names of globals, by whose they are. */

/** Of ECMA-262 (and Intl): their functions are saved by name, and run in the turn (runtime/machine/intrinsics.ts). */
const LANGUAGE = new Set(
	(
		'AggregateError Array ArrayBuffer Atomics BigInt BigInt64Array BigUint64Array Boolean DataView Date ' +
		'Error EvalError FinalizationRegistry Float16Array Float32Array Float64Array Int16Array ' +
		'Int32Array Int8Array Iterator JSON Map Math Number Object Promise Proxy RangeError ReferenceError ' +
		'Reflect RegExp Set SharedArrayBuffer String SuppressedError Symbol SyntaxError Temporal TypeError ' +
		'URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet ' +
		'DisposableStack AsyncDisposableStack parseInt parseFloat isNaN isFinite decodeURI decodeURIComponent ' +
		'encodeURI encodeURIComponent escape unescape Intl'
	).split(' '),
);

/** Functions that every host has, and that are none of the language's. */
const HOST = new Set(
	(
		'alert atob btoa cancelAnimationFrame clearImmediate clearInterval clearTimeout fetch queueMicrotask ' +
		'requestAnimationFrame setImmediate setInterval setTimeout structuredClone'
	).split(' '),
);

/** `Math.max`, `Array.prototype.map`: saved by its name. */
export function isIntrinsic(name: string): boolean {
	return LANGUAGE.has(name.split('.')[0]!) && name !== 'Array.fromAsync';
}

/** `fetch`, `console.log`: surely a function, and none of the language's. */
export function isHostFunction(name: string): boolean {
	return HOST.has(name) || /^console\.[a-z]+$/i.test(name);
}

/** Timers that end with the process. */
export const TIMERS = new Set(['setTimeout', 'setInterval', 'setImmediate']);
