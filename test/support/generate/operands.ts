/** Members, literals and assignments: where the order of evaluation is easiest to get wrong. */
import type { Context, Type } from './context.ts';

/** A property key in brackets, or a dot and a name. */
function access(context: Context, deep: number): string {
	const { random } = context;
	const name = random.pick(['a', 'b', 'c']);
	return random.make<string>([
		[4, () => `.${name}`],
		[2, () => `[log(${context.tag('k')}, '${name}')]`],
		[context.suspends ? 2 : 0, () => `[await eff(${context.tag('k')}, '${name}')]`],
		[1, () => `[${context.make.expression(context, 'str', deep - 2)}]`],
	]);
}

export function memberRead(context: Context, deep: number): string {
	const { random } = context;
	const make = (type: Type) => context.make.expression(context, type, deep - 1);
	return random.make<string>([
		[3, () => `${parenthesize(make('obj'))}${access(context, deep)}`],
		[2, () => `${make('arr')}[${make('num')}]`],
		[context.features.optional ? 3 : 0, () => optionalChain(context, deep)],
	]);
}

function optionalChain(context: Context, deep: number): string {
	const { random } = context;
	const root = parenthesize(context.make.expression(context, 'maybe', deep - 1));
	const argument = () => context.make.expression(context, 'num', deep - 2);
	return random.make<string>([
		[2, () => `${root}?.${access(context, deep).replace(/^\./, '')}`],
		[1, () => `${root}?.[${context.make.expression(context, 'str', deep - 1)}]?.toFixed(${random.int(3)})`],
		[1, () => `${root}?.a.toFixed?.(${argument()})`],
		[1, () => `${root}?.missing?.(${argument()}).x.y`],
		[1, () => `(${root}?.a)${random.pick(['', '?.b', ' ?? 1'])}`.replace(/^(.*)$/, '($1)')],
		[1, () => `(delete ${root}?.${access(context, deep).replace(/^\./, '')})`],
		[1, () => `${root}?.hasOwnProperty(${context.make.expression(context, 'str', deep - 1)})`],
	]);
}

/** An object literal would otherwise read as a block at the head of a statement. */
function parenthesize(text: string): string {
	return text.startsWith('{') ? `(${text})` : text;
}

export function arrayLiteral(context: Context, deep: number): string {
	const { random } = context;
	const parts = random.times(random.int(4), () => context.make.expression(context, 'num', deep - 1));
	// One spread at most: arrays must not grow exponentially in a loop.
	if (random.chance(0.5)) {
		parts.splice(random.int(parts.length + 1), 0, `...${parenthesize(spreadable(context, deep))}`);
	}
	if (random.chance(0.1)) parts.splice(random.int(parts.length + 1), 0, '');
	return `[${parts.join(', ')}]`;
}

function spreadable(context: Context, deep: number): string {
	return context.random.make<string>([
		[4, () => context.make.expression(context, 'arr', deep - 1)],
		[1, () => context.make.expression(context, 'set', deep - 1)],
		[
			context.features.spies ? 1 : 0,
			() => `spy(${context.tag('i')}, [1, 2]${context.random.chance(0.3) ? `, 'next'` : ''})`,
		],
	]);
}

export function objectLiteral(context: Context, deep: number): string {
	const { random } = context;
	const value = () => context.make.expression(context, 'num', deep - 1);
	const parts = random.times(1 + random.int(3), () =>
		random.make<string>([
			[3, () => `${random.pick(['a', 'b', 'c'])}: ${value()}`],
			[2, () => `[log(${context.tag('k')}, '${random.pick(['a', 'b', 'c'])}')]: ${value()}`],
			[context.suspends ? 1 : 0, () => `[await eff(${context.tag('k')}, '${random.pick(['a', 'b'])}')]: ${value()}`],
			[1, () => `...${parenthesize(context.make.expression(context, random.pick(['obj', 'maybe']), deep - 1))}`],
			[1, () => shorthand(context) ?? `c: ${value()}`],
		]),
	);
	return `({ ${parts.join(', ')} })`;
}

function shorthand(context: Context): string | null {
	return context.read('num');
}

/** Something that can be assigned to. */
export function target(context: Context, type: Type, deep: number): string {
	const { random } = context;
	const make = (kind: Type) => parenthesize(context.make.expression(context, kind, deep - 1));
	const member = () =>
		random.make<string>([
			[3, () => `${make('obj')}${access(context, deep)}`],
			[2, () => `${make('arr')}[${random.chance(0.6) ? random.int(3) : `(${make('num')} & 3)`}]`],
			[context.hasThis ? 3 : 0, () => 'this.k'],
		]);
	if (type !== 'num') return context.read(type, true) ?? `${make('obj')}.d`;
	return random.chance(0.6) ? (context.read('num', true) ?? member()) : member();
}

export function assignment(context: Context, type: Type, deep: number): string {
	const { random } = context;
	const value = () => context.make.expression(context, type, deep - 1);
	return random.make<string>([
		[4, () => `(${context.make.target(context, type, deep)} = ${value()})`],
		[
			type === 'num' ? 4 : 0,
			() =>
				`(${context.make.target(context, 'num', deep)} ${random.pick(['+=', '-=', '*=', '/=', '%=', '**=', '|=', '&=', '^=', '<<=', '>>>='])} ${value()})`,
		],
		[2, () => `(${context.make.target(context, type, deep)} ${random.pick(['&&=', '||=', '??='])} ${value()})`],
		[context.features.patterns ? 1 : 0, () => `(${context.make.assignmentPattern(context, deep)}, ${value()})`],
	]);
}

export function updateExpression(context: Context, deep: number): string {
	const operator = context.random.pick(['++', '--']);
	const operand = context.make.target(context, 'num', deep);
	return context.random.chance(0.5) ? `(${operand}${operator})` : `(${operator}${operand})`;
}
