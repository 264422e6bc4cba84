/** Everything that jumps, and what jumps pass through: labels, switch, try. */
import { plain } from './calls.ts';
import { type Context, type Jump, Scope, type Type } from './context.ts';

/** `break`, `continue`, `return` or `throw`, to any place that is allowed here. */
export function jump(context: Context): string {
	const { random, jumps } = context;
	const breakable = jumps.some((jump) => jump.kind !== 'block');
	const inLoop = jumps.some((jump) => jump.kind === 'loop');
	const labels = jumps.filter((jump) => jump.label !== null);
	const loops = labels.filter((jump) => jump.kind === 'loop');
	const value = (type: Type = 'num') => context.make.expression(context, type, 2);
	return random.make<string>([
		[breakable ? 4 : 0, () => 'break;'],
		[inLoop ? 4 : 0, () => 'continue;'],
		[labels.length * 2, () => `break ${random.pick(labels).label};`],
		[loops.length * 2, () => `continue ${random.pick(loops).label};`],
		[context.caught || random.chance(0.2) ? 2 : 0, () => `throw new Error(${context.tag('x')});`],
		[context.caught || random.chance(0.2) ? 1 : 0, () => `throw ${value(random.pick(['num', 'obj']))};`],
		[1, () => `return ${plain(context, 'num', 2)};`],
		[context.suspends ? 1 : 0, () => `return await ${context.make.awaited(context, 'num', 2)};`],
		// Beside a `finally` a call of `return` starts after it, and inside a `try` with `catch` an error that a foreign
		// function throws before its first await is not told apart from one that it throws later.
		[
			context.suspends && !context.shielded && !context.caught && !context.features.fibers ? 1 : 0,
			() => `return ${context.make.awaited(context, 'num', 2)};`,
		],
	]);
}

export function labelledBlock(context: Context): string {
	const label = context.names.label();
	const inner = context.inner({ jumps: [...context.jumps, { label, kind: 'block' }] });
	if (context.random.chance(0.2)) {
		return `${label}: if (${context.make.condition(context, 2)}) {\n${inner.make.statements(inner, 2)}\n}`;
	}
	const body = inner.make.statements(inner, 2 + context.random.int(3));
	return `${label}: {\n${body}\n}`;
}

export function switchStatement(context: Context): string {
	const { random } = context;
	const labelled = random.chance(0.3) ? context.names.label() : null;
	const made: Jump = { label: labelled, kind: 'switch' };
	const on = context.make.expression(context, 'num', 3);
	// All cases share one scope; a name declared in one may be in the dead zone in another.
	const inner = context.inner({ jumps: [...context.jumps, made] });
	const count = 1 + random.int(4);
	const middle = random.int(count + 1);
	const parts: string[] = [];
	for (let i = 0; i <= count; i++) {
		if (i === middle && random.chance(0.7)) parts.push(`default:\n${caseBody(inner)}`);
		if (i === count) break;
		const test = random.make<string>([
			[3, () => String(random.int(5))],
			[2, () => `log(${context.tag('case')}, ${random.int(5)})`],
			[context.suspends ? 2 : 0, () => `await eff(${context.tag('case')}, ${random.int(5)})`],
		]);
		parts.push(`case ${test}:\n${caseBody(inner)}`);
	}
	return `${labelled ? `${labelled}: ` : ''}switch (${random.chance(0.5) ? `(${on}) % 4` : on}) {\n${parts.join('\n')}\n}`;
}

function caseBody(context: Context): string {
	const { random } = context;
	if (random.chance(0.25))
		return `${context.make.statements(context, random.int(3))}\n${random.chance(0.5) ? 'break;' : ''}`;
	// Declarations of one case are mostly not offered to the next: they would be in the dead zone.
	const scope = new Scope(context.scope, false);
	const body = context.with({ scope });
	const text = body.make.statements(body, random.int(3));
	const ending = random.make<string>([
		[3, () => 'break;'],
		[3, () => ''],
		[1, () => jump(body)],
	]);
	return random.chance(0.5) ? `{\n${text}\n${ending}\n}` : `{\n${text}\n}\n${endingOf(context, ending)}`;
}

/** Outside of the braces only what does not mention their names. */
function endingOf(context: Context, ending: string): string {
	return /^(break|continue)\b/.test(ending) || ending === '' ? ending : jumpOrNothing(context);
}

function jumpOrNothing(context: Context): string {
	return context.random.chance(0.3) ? jump(context) : '';
}

export function tryStatement(context: Context): string {
	const { random } = context;
	const hasCatch = random.chance(0.75);
	const hasFinally = !hasCatch || random.chance(0.5);
	const shielded = context.shielded || hasFinally;
	const part = (count: number, caught = context.caught) => {
		const inner = context.inner({ shielded, caught });
		const text = inner.make.statements(inner, count);
		return `${text}\n${random.chance(0.3) ? jump(inner) : ''}`;
	};
	const raise =
		hasCatch && random.chance(0.5)
			? `\nif (${context.make.condition(context, 1)}) throw new Error(${context.tag('x')});`
			: '';
	const pieces = [`try {\n${part(1 + random.int(3), hasCatch)}${raise}\n}`];
	if (hasCatch) pieces.push(catchClause(context.with({ shielded }), part));
	if (hasFinally) pieces.push(`finally {\n${log(context)}${finallyBody(context, shielded)}\n}`);
	return pieces.join(' ');
}

function catchClause(context: Context, part: (count: number) => string): string {
	return context.random.make<string>([
		[3, () => `catch (e) {\nlog(${context.tag('caught')}, e);\n${part(context.random.int(3))}\n${rethrow(context)}}`],
		[1, () => `catch {\n${log(context)}${part(context.random.int(3))}\n}`],
		[
			1,
			() =>
				`catch ({ name: e = ${context.make.expression(context, 'num', 1)} }) {\nlog(${context.tag('caught')}, e);\n${part(1)}\n}`,
		],
	]);
}

function rethrow(context: Context): string {
	return context.random.chance(0.15) ? 'throw e;\n' : `log(${context.tag()}, e);\n`;
}

/** A jump out of `finally` overrides what was pending. */
function finallyBody(context: Context, shielded: boolean): string {
	const inner = context.inner({ shielded });
	const text = inner.make.statements(inner, context.random.int(3));
	return `${text}\n${context.random.chance(0.2) ? `if (${context.make.condition(inner, 1)}) ${jump(inner)}` : ''}`;
}

function log(context: Context): string {
	return `log(${context.tag()});\n`;
}
