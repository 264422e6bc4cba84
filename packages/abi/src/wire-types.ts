/**
 * The one table of serialisable types: the checker reads it to say "this can be saved", the codec to
 * save it, so that the two cannot drift apart. A test walks its rows against the codec.
 */

export interface WireType {
	/** Name of the global's type as TypeScript declares it. */
	readonly type: string;
	/** Tag of its rows in encoded bytes; null for what is written in place. */
	readonly tag: string | null;
	/** What of a value of the type must be savable in turn. */
	readonly content: 'nothing' | 'type arguments' | 'properties' | 'anything';
	/** Only where the engine has it. */
	readonly optional?: true;
	/** A registered subclass keeps this content. */
	readonly extendable?: true;
}

const row = (
	type: string,
	tag: string | null,
	content: WireType['content'],
	more: Partial<WireType> = {},
): WireType => ({
	type,
	tag,
	content,
	...more,
});
const extendable = { extendable: true } as const;
const optional = { optional: true } as const;

export const WIRE_TYPES: readonly WireType[] = [
	row('string', null, 'nothing'),
	row('number', null, 'nothing'),
	row('boolean', null, 'nothing'),
	row('bigint', null, 'nothing'),
	row('undefined', null, 'nothing'),
	row('null', null, 'nothing'),
	row('symbol', 'Y', 'nothing'),
	row('Object', 'O', 'properties', extendable),
	row('Array', 'A', 'type arguments', extendable),
	row('ReadonlyArray', 'A', 'type arguments'),
	row('IArguments', 'G', 'anything'),
	row('TemplateStringsArray', 'J', 'nothing'),
	row('Map', 'M', 'type arguments', extendable),
	row('ReadonlyMap', 'M', 'type arguments'),
	row('Set', 'V', 'type arguments', extendable),
	row('ReadonlySet', 'V', 'type arguments'),
	row('Date', 'D', 'nothing', extendable),
	row('RegExp', 'R', 'nothing', extendable),
	row('String', 'W', 'nothing', extendable),
	row('Number', 'W', 'nothing', extendable),
	row('Boolean', 'W', 'nothing', extendable),
	row('BigInt', 'W', 'nothing'),
	row('Symbol', 'W', 'nothing'),
	row('Error', 'E', 'properties', extendable),
	row('EvalError', 'E', 'properties', extendable),
	row('RangeError', 'E', 'properties', extendable),
	row('ReferenceError', 'E', 'properties', extendable),
	row('SyntaxError', 'E', 'properties', extendable),
	row('TypeError', 'E', 'properties', extendable),
	row('URIError', 'E', 'properties', extendable),
	row('AggregateError', 'E', 'properties', extendable),
	row('SuppressedError', 'E', 'properties', { ...extendable, ...optional }),
	row('DOMException', 'X', 'nothing', { ...extendable, ...optional }),
	row('ArrayBuffer', 'B', 'nothing', extendable),
	row('Int8Array', 'T', 'nothing', extendable),
	row('Uint8Array', 'T', 'nothing', extendable),
	row('Uint8ClampedArray', 'T', 'nothing', extendable),
	row('Int16Array', 'T', 'nothing', extendable),
	row('Uint16Array', 'T', 'nothing', extendable),
	row('Int32Array', 'T', 'nothing', extendable),
	row('Uint32Array', 'T', 'nothing', extendable),
	row('BigInt64Array', 'T', 'nothing', extendable),
	row('BigUint64Array', 'T', 'nothing', extendable),
	row('Float16Array', 'T', 'nothing', { ...extendable, ...optional }),
	row('Float32Array', 'T', 'nothing', extendable),
	row('Float64Array', 'T', 'nothing', extendable),
	row('DataView', 'T', 'nothing', extendable),
	row('Buffer', 'T', 'nothing', optional),
	row('URL', 'U', 'nothing', { ...extendable, ...optional }),
	row('URLSearchParams', 'Q', 'nothing', { ...extendable, ...optional }),
	row('Headers', 'H', 'nothing', { ...extendable, ...optional }),
	row('Temporal.Instant', 'P', 'nothing', optional),
	row('Temporal.ZonedDateTime', 'P', 'nothing', optional),
	row('Temporal.PlainDateTime', 'P', 'nothing', optional),
	row('Temporal.PlainDate', 'P', 'nothing', optional),
	row('Temporal.PlainTime', 'P', 'nothing', optional),
	row('Temporal.PlainYearMonth', 'P', 'nothing', optional),
	row('Temporal.PlainMonthDay', 'P', 'nothing', optional),
	row('Temporal.Duration', 'P', 'nothing', optional),
	// Of Promise.allSettled: what was thrown has no type, and is an error.
	row('PromiseRejectedResult', null, 'nothing'),
	row('ArrayIterator', 'iterator', 'type arguments'),
	row('StringIterator', 'iterator', 'nothing'),
	row('MapIterator', 'iterator', 'type arguments'),
	row('SetIterator', 'iterator', 'type arguments'),
	row('RegExpStringIterator', 'iterator', 'nothing'),
	row('IteratorObject', 'iterator-helper', 'anything'),
];

/** A type that is never saved, and the way out for values of it. */
export interface UnsavableType {
	readonly type: string;
	/** Which PD3 code says so: PD3001 a value, PD3006 an iterator, PD3007 a function, PD3008 a promise. */
	readonly kind: 'value' | 'iterator' | 'function' | 'promise';
	readonly help: string;
}

const LIVE =
	'keep what identifies it and open it again after the await, or wrap it in a class of yours and register that: resource(Class, { marshal, unmarshal })';
const COLLECT =
	'make it in durable code (list.entries() can be saved there), iterate with for-of over the array, string, map, set or typed array itself, or collect it first ([...it])';
const READ =
	'read it inside an effect and keep the results, or begin the body of the function that makes it with "use durable"';
const LISTENED = 'make it again after the await and add its listeners again, or keep it in the module';
const AGAIN = 'keep what it was made from and make it again after the await';

/** Of a `for await` over what foreign code made. */
export const ASYNC_ITERATION_HELP =
	'read it inside one effect, a function of the module that loops over it and returns what you need (await Array.fromAsync(items) collects all of it), or begin the body of its generator with "use durable"';

export const UNSAVABLE_TYPES: readonly UnsavableType[] = [
	{
		type: 'Promise',
		kind: 'promise',
		help: 'await it first and keep the result, or let durable code start the call, so that its promise is a durable one',
	},
	{
		type: 'PromiseLike',
		kind: 'promise',
		help: 'await it first and keep the result',
	},
	{
		type: 'Function',
		kind: 'function',
		help: 'make it where it is used (an arrow of the durable function is saved with what it captures), export it from a compiled module, or keep a name to look it up by',
	},
	{
		type: 'Generator',
		kind: 'iterator',
		help: 'begin the body of its function with "use durable", or collect what it yields first ([...it])',
	},
	{
		type: 'AsyncGenerator',
		kind: 'iterator',
		help: 'begin the body of its function with "use durable", or read it inside an effect',
	},
	{
		type: 'Iterator',
		kind: 'iterator',
		help: COLLECT,
	},
	{ type: 'IterableIterator', kind: 'iterator', help: COLLECT },
	{
		type: 'Iterable',
		kind: 'iterator',
		help: 'say in its type what it is, an array (readonly T[]), a Set or a Map; or collect it first ([...it])',
	},
	{ type: 'AsyncIterator', kind: 'iterator', help: READ },
	{ type: 'AsyncIterable', kind: 'iterator', help: READ },
	{ type: 'AsyncIterableIterator', kind: 'iterator', help: READ },
	{ type: 'AsyncIteratorObject', kind: 'iterator', help: READ },
	{ type: 'WeakMap', kind: 'value', help: 'use a Map: what is saved must be reachable' },
	{ type: 'WeakSet', kind: 'value', help: 'use a Set: what is saved must be reachable' },
	{ type: 'WeakRef', kind: 'value', help: 'keep the value itself, or what identifies it' },
	{ type: 'FinalizationRegistry', kind: 'value', help: 'keep it in a module, outside durable functions' },
	{ type: 'SharedArrayBuffer', kind: 'value', help: 'copy it into an ArrayBuffer: shared memory belongs to a process' },
	{
		type: 'Response',
		kind: 'value',
		help: 'keep what you need of it (await r.json(), r.status, r.headers): fetch(u).then((r) => r.json()) is one effect',
	},
	{ type: 'Request', kind: 'value', help: 'keep its url, method, headers and body, and make it where it is sent' },
	{ type: 'FormData', kind: 'value', help: AGAIN },
	{ type: 'Blob', kind: 'value', help: 'keep its bytes: new Uint8Array(await blob.arrayBuffer())' },
	{ type: 'File', kind: 'value', help: 'keep its name and bytes: new Uint8Array(await file.arrayBuffer())' },
	{ type: 'ReadableStream', kind: 'value', help: 'read it inside the effect that opens it, and keep the result' },
	{ type: 'WritableStream', kind: 'value', help: 'open and close it inside one effect' },
	{
		type: 'AbortSignal',
		kind: 'value',
		help: 'make it in place as an argument (AbortSignal.timeout(ms)), or use currentEffect().signal inside the effect',
	},
	{ type: 'AbortController', kind: 'value', help: 'use it inside one effect' },
	{ type: 'EventTarget', kind: 'value', help: LISTENED },
	{ type: 'EventEmitter', kind: 'value', help: LISTENED },
	{ type: 'Socket', kind: 'value', help: LIVE },
	{ type: 'FileHandle', kind: 'value', help: LIVE },
	{
		type: 'ProcessEnv',
		kind: 'value',
		help: 'keep the variables that are needed, as text, or read them where they are used: process.env.NAME',
	},
	{ type: 'Timeout', kind: 'value', help: 'use sleep for durable time' },
	{ type: 'Intl.NumberFormat', kind: 'value', help: AGAIN },
	{ type: 'Intl.DateTimeFormat', kind: 'value', help: AGAIN },
	{ type: 'Intl.Collator', kind: 'value', help: AGAIN },
	{ type: 'Intl.PluralRules', kind: 'value', help: AGAIN },
	{ type: 'Intl.RelativeTimeFormat', kind: 'value', help: AGAIN },
	{ type: 'Intl.ListFormat', kind: 'value', help: AGAIN },
	{ type: 'Intl.Segmenter', kind: 'value', help: AGAIN },
	{ type: 'Intl.Segments', kind: 'value', help: AGAIN },
	{ type: 'Intl.SegmentIterator', kind: 'iterator', help: COLLECT },
	{ type: 'Intl.DisplayNames', kind: 'value', help: AGAIN },
	{ type: 'Intl.Locale', kind: 'value', help: AGAIN },
];

/** The way out for any other live thing of the host. */
export const LIVE_HELP = LIVE;

/** What a help line says of a value of the host's that there is nothing to close of. */
export const AGAIN_HELP = AGAIN;

/** The same for what a frame holds, where it is known before which line it has to end. */
export function endedHelp(line: number): string {
	return LIVE.replace(
		'keep what identifies it and open it again after the await',
		`close it before line ${line} and keep what identifies it`,
	);
}

/** The way out for an instance of a class nobody registered. */
export function unregisteredHelp(name: string, o: { readonly hidden?: boolean } = {}): string {
	const hooks = o.hidden === true ? ', { serialize, deserialize }' : '';
	return `register the class: serializable(${name}${hooks}), or resource(${name}, { marshal, unmarshal }) for something live`;
}
