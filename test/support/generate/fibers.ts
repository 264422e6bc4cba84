/**
 * Several fibers that wait for one another, and for nothing outside: the order of everything they do is
 * then that of native promises. Only the root waits for effects, when nothing else can go on.
 */
import { functionContext, plain } from './calls.ts';
import type { Context } from './context.ts';

export const FIBER_PROLOGUE = `
async function tick(tag, value) { "use durable"; log(tag, value); await null; return value; }
async function refuse(tag) { "use durable"; log(tag, 'refuses'); await null; throw new Error(tag); }
async function calm() { "use durable"; for (let i = 0; i < 150; i++) await null; }
`;

/** A promise that settles by itself, or is settled already. (`await new Promise(...)` alone would be an effect.) */
export function promise(context: Context, deep: number): string {
	const { random } = context;
	// An element of a combinator's list is in await position: there a foreign call would be an effect.
	const value = () => plain(context, 'num', deep);
	const again = () => (deep > 0 ? context.make.promise(context, deep - 1) : value());
	const known = () => context.read('promise') ?? again();
	const t = () => context.tag('w');
	context.spend(2);
	const inner = functionContext(context, false);
	return random.make<string>([
		[3, () => `tick(${t()}, ${value()})`],
		[1, () => `refuse(${t()}).catch((e) => log(${t()}, e))`],
		[deep > 0 ? 3 : 0, () => asyncClosureCall(context, deep)],
		[1, () => `Promise.resolve(${again()})`],
		[deep > 0 ? 2 : 0, () => `Promise.all([${again()}, ${known()}]).then((all) => all.length, (e) => log(${t()}, e))`],
		[
			deep > 0 ? 1 : 0,
			() => `Promise.allSettled([${again()}, ${value()}, refuse(${t()})]).then((all) => log(${t()}, all).length)`,
		],
		[deep > 0 ? 1 : 0, () => `Promise.${random.pick(['race', 'any'])}([${again()}, ${known()}])`],
		[
			deep > 0 ? 1 : 0,
			() => `Promise.any([refuse(${t()}), refuse(${t()})]).catch((e) => log(${t()}, e.errors).length)`,
		],
		[deep > 0 ? 3 : 0, () => `${tickOf(context, deep)}.then((v) => log(${t()}, v))`],
		[deep > 0 ? 1 : 0, () => `${tickOf(context, deep)}.then((v) => ${inner.make.promise(inner, deep - 1)})`],
		[deep > 0 ? 1 : 0, () => `${tickOf(context, deep)}.finally(() => { log(${t()}); })`],
		[deep > 0 ? 1 : 0, () => `${tickOf(context, deep)}.finally(() => tick(${t()}, 0))`],
		[
			1,
			() =>
				`[new Promise((resolve, reject) => { log(${t()}); resolve(${inner.make.promise(inner, deep - 1)}); reject(new Error('late')); })][0]`,
		],
		[1, () => `new Promise((_, reject) => reject(new Error(${t()}))).catch((e) => log(${t()}, e))`],
		[1, () => `new Promise(() => { throw new Error(${t()}); }).catch((e) => log(${t()}, e))`],
		[1, () => `Promise.try((x) => ${plainIn(context)}, ${value()})`],
		[3, () => `Promise.resolve({ then(resolve) { log(${t()}, 'thenable'); resolve(${plainIn(context)}); } })`],
		[1, () => `Promise.reject(new Error(${t()})).catch((e) => log(${t()}, e))`],
		[2, () => known()],
	]);
}

function tickOf(context: Context, deep: number): string {
	return context.random.chance(0.5)
		? `tick(${context.tag('w')}, ${deep})`
		: `Promise.resolve(${context.random.int(9)})`;
}

function plainIn(context: Context): string {
	return context.make.expression(functionContext(context, false), 'num', 1);
}

/** It shares the variables around it with all other fibers. */
function asyncClosureCall(context: Context, deep: number): string {
	const body = functionContext(context, true).with({ caught: true });
	const parameter = body.declare('num');
	context.spend(4);
	const statements = body.make.statements(body, 2);
	const text = `(async (${parameter}) => {\ntry {\n${statements}\nreturn ${plain(body, 'num', 1)};\n} catch (e) { log(${context.tag('fiber')}, e); return 0; } finally { log(${context.tag('fiber')}); }\n})`;
	const argument = context.make.expression(context, 'num', deep - 1);
	return context.random.chance(0.25)
		? `Promise.all([${argument}, 2].map(${text})).then((all) => log(${context.tag('w')}, all).length)`
		: `${text}(${argument})`;
}

export function fiberStatement(context: Context): string {
	const { random } = context;
	const resolver = context.read('resolver');
	const held = context.read('promise');
	return random.make<string>([
		[
			4,
			() => {
				const made = promise(context, 3);
				const name = context.declare('promise', { assignable: false });
				// Anything may throw, and a rejection that nobody handles fails a run.
				return `const ${name} = ${made};\n${name}.catch(() => {});`;
			},
		],
		[context.root ? 3 : 0, () => gate(context)],
		[
			resolver ? 3 : 0,
			() => `${resolver}(${random.chance(0.3) && held ? held : context.make.expression(context, 'num', 2)});`,
		],
		[held ? 2 : 0, () => `log(${context.tag()}, await ${held});`],
		[context.root ? 4 : 0, () => checkpoint(context)],
	]);
}

/** A promise that another fiber settles, at the latest the root at its end; only other fibers wait for it. */
function gate(context: Context): string {
	const [open, gated, waiting] = [
		context.declare('resolver', { assignable: false }),
		context.names.tag('gate'),
		context.names.tag('v'),
	];
	const body = functionContext(context, true).with({ caught: true });
	const statements = body.make.statements(body, 2);
	const make = context.random.pick([
		`let ${open}; const ${gated} = new Promise((resolve) => { ${open} = resolve; });`,
		`const { promise: ${gated}, resolve: ${open} } = Promise.withResolvers();`,
	]);
	const fiber = `(async () => {\ntry {\nconst ${waiting} = await ${gated};\nlog(${context.tag('gate')}, ${waiting});\n${statements}\n} catch (e) { log(${context.tag('gate')}, e); }\n})()`;
	return `${make}\ngates.push(${open});\n${context.random.pick([`waiting.push(${fiber});`, `${fiber};`, `waiting.push(${gated}.then((v) => log(${context.tag('gate')}, v), () => {}));`])}`;
}

/** Here the run is dropped: everything else waits for a gate. */
export function checkpoint(context: Context): string {
	const inTurn = context.with({ suspends: false, yields: false });
	return `await calm(); log(${context.tag()}, await sure(${context.tag('e')}, ${inTurn.make.expression(inTurn, 'num', 1)}));`;
}

/** The root lets nothing go on behind its end, where a run would cancel it. */
export function fiberRoot(body: string): string {
	return `const gates = [], waiting = [];\ntry {\n${body}} finally {\nawait calm();\nawait sure('gates', gates.length);\nfor (const open of gates) open(0);\nlog('waiting', (await Promise.all(waiting)).length);\nawait calm();\n}\n`;
}

/** Effects are known by their names: in these programs only `sure` is one. */
export function withoutEffects(text: string): string {
	return text
		.replace(/\beff\(/g, 'tick(')
		.replace(/\bfail\(/g, 'refuse(')
		.replace(/\bsure\(/g, 'eff(');
}
