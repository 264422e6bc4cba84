/** Destructuring, in declarations, assignments and heads of loops. */
import type { Context, Type } from './context.ts';

type Leaf = (type: Type) => string;

export function declarationPattern(
	context: Context,
	deep: number,
	kind: 'let' | 'const' | 'var',
): { head: string; init: string } {
	const leaf = (type: Type) => context.declare(type, { assignable: kind !== 'const', isVar: kind === 'var' });
	if (spies(context)) return spied(context, deep, leaf);
	// The source is evaluated before the names exist; defaults are evaluated between them.
	const isArray = context.random.chance(0.5);
	const init = context.make.expression(context, isArray ? 'arr' : 'obj', deep - 1);
	const head = pattern(context, deep, isArray, leaf);
	return { head, init };
}

export function assignmentPattern(context: Context, deep: number): string {
	if (spies(context)) {
		const inTurn = context.with({ suspends: false, yields: false });
		const { head, init } = spied(inTurn, deep, (type) => inTurn.make.target(inTurn, type, deep - 2));
		return `(${head} = ${init})`;
	}
	const isArray = context.random.chance(0.5);
	const head = pattern(context, deep, isArray, (type) => context.make.target(context, type, deep - 2));
	const init = context.make.expression(context, isArray ? 'arr' : 'obj', deep - 1);
	// V8 evaluates the first target before it finds out that the value is null; ECMA-262 13.15.5.2 says the other way.
	return `(${head} = ${isArray ? init : `(${init} ?? {})`})`;
}

function spies(context: Context): boolean {
	return context.features.spies && context.random.chance(0.25);
}

/** Over a user's iterator, which cannot be saved: the pattern stays within one turn. */
function spied(context: Context, deep: number, leaf: Leaf): { head: string; init: string } {
	const inTurn = context.with({ suspends: false, yields: false });
	const broken = context.random.pick(['', '', `, 'next'`, `, 'return'`, `, 'value'`]);
	return { head: arrayPattern(inTurn, deep, leaf), init: `spy(${context.tag('i')}, [1, 2, 3]${broken})` };
}

function pattern(context: Context, deep: number, isArray: boolean, leaf: Leaf): string {
	return isArray ? arrayPattern(context, deep, leaf) : objectPattern(context, deep, leaf);
}

function withDefault(context: Context, deep: number, type: Type, leaf: Leaf): string {
	// The default must not see the name it initialises.
	const value = context.random.chance(0.5) ? context.make.expression(context, type, deep - 1) : null;
	const name = leaf(type);
	return value === null ? name : `${name} = ${value}`;
}

function arrayPattern(context: Context, deep: number, leaf: Leaf): string {
	const { random } = context;
	const parts = random.times(1 + random.int(3), () =>
		random.chance(0.1) ? '' : withDefault(context, deep, 'num', leaf),
	);
	if (random.chance(0.3)) parts.push(`...${leaf('arr')}`);
	if (parts.at(-1) === '') parts.push('');
	return `[${parts.join(', ')}]`;
}

function objectPattern(context: Context, deep: number, leaf: Leaf): string {
	const { random } = context;
	const parts = random.times(1 + random.int(3), () =>
		random.make<string>([
			[3, () => `${random.pick(['a', 'b', 'c'])}: ${withDefault(context, deep, 'num', leaf)}`],
			[
				2,
				() =>
					`[log(${context.tag('k')}, '${random.pick(['a', 'b', 'c'])}')]: ${withDefault(context, deep, 'num', leaf)}`,
			],
			[
				context.suspends ? 1 : 0,
				() =>
					`[await eff(${context.tag('k')}, '${random.pick(['a', 'b'])}')]: ${withDefault(context, deep, 'num', leaf)}`,
			],
			[1, () => `d: ${arrayPattern(context, deep - 1, leaf)} = ${context.make.expression(context, 'arr', deep - 1)}`],
		]),
	);
	if (random.chance(0.3)) parts.push(`...${leaf('obj')}`);
	return `{ ${parts.join(', ')} }`;
}
