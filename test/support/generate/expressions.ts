/** Values and operators. Every composite comes in parentheses, so pieces can be put together freely. */
import { callExpression, plain } from './calls.ts';
import type { Context, Type } from './context.ts';
import { arrayLiteral, assignment, memberRead, objectLiteral, updateExpression } from './operands.ts';

export function expression(context: Context, type: Type, deep: number): string {
	const { random } = context;
	context.spend(0.2);
	if (deep <= 0 || !context.affords(1)) return leaf(context, type);
	const again = (changed = type) => context.make.expression(context, changed, deep - 1);
	const condition = () => context.make.condition(context, deep - 1);
	return random.make<string>([
		[3, () => leaf(context, type)],
		[3, () => `log(${context.tag()}, ${again()})`],
		[context.yields && type === 'num' ? 8 : 0, () => `(yield ${yielded(context, deep)})`],
		[context.suspends ? 7 : 0, () => `(await ${context.make.awaited(context, type, deep - 1)})`],
		[2, () => `(${condition()} ? ${again()} : ${again()})`],
		[1, () => `(${again(random.pick(['num', 'str']))}, ${again()})`],
		[1, () => `(${again()} ${random.pick(['&&', '||', '??'])} ${again()})`],
		[2, () => assignment(context, type, deep)],
		[context.features.calls ? 3 : 0, () => callExpression(context, type, deep)],
		[6, () => ofType(context, type, deep)],
	]);
}

/** In an async generator a yielded call is in await position. */
export function yielded(context: Context, deep: number): string {
	if (!context.suspends) return context.make.expression(context, 'num', deep - 1);
	return context.random.chance(0.4)
		? `eff(${context.tag('y')}, ${context.make.expression(context, 'num', deep - 1)})`
		: plain(context, 'num', deep);
}

function ofType(context: Context, type: Type, deep: number): string {
	const { random } = context;
	const make = (kind: Type) => context.make.expression(context, kind, deep - 1);
	switch (type) {
		case 'num':
			return random.make<string>([
				[
					5,
					() =>
						`(${make('num')} ${random.pick(['+', '-', '*', '/', '%', '**', '&', '|', '^', '<<', '>>', '>>>', '<', '>=', '==', '!='])} ${make('num')})`,
				],
				[1, () => `(${random.pick(['-', '~', '+', '!', 'void'])} ${make('num')})`],
				[1, () => `(typeof ${random.chance(0.3) ? 'missing' : make('num')}).length`],
				[1, () => `(${make('num')} ${random.pick(['===', '!=='])} ${make('num')})`],
				[1, () => `(${random.pick([`'a'`, `'b'`, make('str')])} in ${make('obj')})`],
				[1, () => `(${make('arr')} instanceof Array)`],
				[1, () => `Number(BigInt.asIntN(8, BigInt(${make('num')} | 0)) * 3n)`],
				[context.read('instance') ? 1 : 0, () => `(${context.read('instance')} instanceof Object)`],
				[context.features.kinds ? 2 : 0, () => sameness(context)],
				[1, () => `(delete ${make('obj')}[${keyOf(context, deep)}])`],
				[3, () => memberRead(context, deep)],
				[2, () => updateExpression(context, deep)],
				[1, () => `Math.max(${make('num')}, ...${make('arr')}, ${make('num')})`],
				[1, () => `${make('arr')}.length`],
			]);
		case 'str':
			return random.make<string>([
				[3, () => `\`${text(context)}\${${make('num')}}${text(context)}\${${make('str')}}\``],
				[1, () => `(${make('str')} + ${make('num')})`],
				[1, () => `(typeof ${make('obj')})`],
				[1, () => `String(${make('num')})`],
				[1, () => `${make('str')}.slice(${make('num')}, 3)`],
			]);
		case 'arr':
			return arrayLiteral(context, deep);
		case 'obj':
			return objectLiteral(context, deep);
		case 'maybe':
			return random.make<string>([
				[1, () => `(${make('num')} ? null : ${make('obj')})`],
				[1, () => make('obj')],
			]);
		case 'any':
			return kindOf(context, deep);
		case 'map':
			return `new Map([[1, ${make('num')}], [2, ${make('num')}]])`;
		case 'set':
			return `new Set(${make('arr')})`;
		default:
			return leaf(context, type);
	}
}

function keyOf(context: Context, deep: number): string {
	return context.random.make<string>([
		[3, () => `log(${context.tag('k')}, '${context.random.pick(['a', 'b', 'c'])}')`],
		[context.suspends ? 1 : 0, () => `(await eff(${context.tag('k')}, 'a'))`],
		[1, () => context.make.expression(context, 'str', deep - 2)],
	]);
}

function leaf(context: Context, type: Type): string {
	const { random } = context;
	if (random.chance(0.7)) {
		const name = context.read(type);
		if (name !== null) return name;
	}
	switch (type) {
		case 'num':
			if (context.hasThis && random.chance(0.3)) return 'this.k';
			if (context.hasArguments && random.chance(0.1)) return random.pick(['arguments.length', 'arguments[0]']);
			return random.chance(0.06)
				? random.pick(['(-0)', 'NaN', 'undefined', 'null', 'Infinity'])
				: String(random.int(9));
		case 'str':
			return `'${random.pick(['a', 'b', 'c', 'ab', ''])}'`;
		case 'arr':
			return `[${random.times(random.int(4), () => String(random.int(9))).join(', ')}]`;
		case 'obj':
			return `{ a: ${random.int(9)}, b: ${random.int(9)} }`;
		case 'any':
			return random.pick(KINDS);
		case 'maybe':
			return random.pick(['null', 'undefined', `{ a: ${random.int(9)} }`]);
		case 'map':
			return `new Map([[1, ${random.int(9)}]])`;
		case 'set':
			return `new Set([${random.int(9)}, ${random.int(9)}])`;
		case 'thunks':
			return '[]';
		default:
			throw new Error(`${type} is no data`);
	}
}

const KINDS = [
	'12n',
	`Symbol.for('s')`,
	'new Date(7)',
	'/a(b)/gu',
	'new Uint8Array([1, 2])',
	'new Float64Array([-0, NaN])',
	'Object.freeze({ a: 1 })',
	'Object.assign(Object.create(null), { a: 1 })',
	`Object.assign([1, , 3], { extra: 'x' })`,
	`new RangeError('range')`,
	`'\\ud800\\u{1F600}'`,
	'true',
	'Object(1)',
	`new Error('outer', { cause: new TypeError('inner') })`,
	`Object.assign(new Error('own'), { code: 7 })`,
	`new AggregateError([new Error('one')], 'many')`,
	'2n ** 70n',
	'new DataView(new Uint8Array([1, 2]).buffer)',
	`new URL('https://example.com/?a=b')`,
];

/** Data of an odd kind, or data that holds what other variables hold too. */
function kindOf(context: Context, deep: number): string {
	const { random } = context;
	const part = () => {
		const type = random.pick(['any', 'obj', 'arr', 'map', 'set'] as const);
		return context.read(type) ?? context.make.expression(context, 'any', deep - 1);
	};
	return random.make<string>([
		[3, () => random.pick(KINDS)],
		[2, () => `[${part()}, ${part()}]`],
		[2, () => `({ p: ${part()}, q: ${part()} })`],
		[1, () => `new Map([[${part()}, ${part()}]])`],
		[1, () => `new Set([${part()}])`],
		[1, () => `[${part()}].map((e) => ({ e }))[0]`],
	]);
}

/** Whether two variables hold the same object, directly or inside. */
function sameness(context: Context): string {
	const pick = () => context.read(context.random.pick(['any', 'obj', 'arr'] as const)) ?? '0';
	const inside = context.random.pick(['', '?.p', '?.[0]', '?.q']);
	return `((${pick()})${inside} === ${pick()})`;
}

function text(context: Context): string {
	return context.random.pick(['', '-', 'x ', '\\n']);
}

/** True sometimes, and not in every turn of a loop alike. */
export function condition(context: Context, deep: number): string {
	const { random } = context;
	const make = (type: Type) => context.make.expression(context, type, deep - 1);
	return random.make<string>([
		[3, () => `(${context.counter()}++ ${random.pick(['===', '!==', '<'])} ${random.int(3)})`],
		[2, () => `(${make('num')} ${random.pick(['<', '>', '<=', '==='])} ${make('num')})`],
		[1, () => make('num')],
		[1, () => `(!${make(random.pick(['num', 'str', 'maybe']))})`],
		[deep > 0 ? 1 : 0, () => `log(${context.tag('c')}, ${context.make.condition(context, deep - 1)})`],
		[
			deep > 0 ? 1 : 0,
			() =>
				`(${context.make.condition(context, deep - 1)} ${random.pick(['&&', '||'])} ${context.make.condition(context, deep - 1)})`,
		],
	]);
}
