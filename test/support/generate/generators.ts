/** Generators: their bodies, and the ways of driving them. */
import { functionContext, plain } from './calls.ts';
import type { Context } from './context.ts';
import { yielded } from './expressions.ts';

/** A generator that is made and held; the function is the program's own or made where it stands. */
export function generatorStatement(context: Context): string {
	const { random } = context;
	const known = context.callables.filter((callable) => callable.makes && context.affords(callable.cost));
	if (known.length === 0) return ';';
	const { call, makes, parameters, cost } = random.pick(known);
	if (makes === 'asyncGenerator' && !context.suspends) return ';';
	context.spend(cost);
	const args = parameters.map((type) => context.make.expression(context, type, 2)).join(', ');
	const name = context.declare(makes!, { assignable: false });
	return `const ${name} = ${call}(${args});`;
}

/** Resumes a held generator, in one of the three ways, or to its end. */
export function driveStatement(context: Context): string {
	const { random } = context;
	const isAsync = context.suspends && random.chance(0.5);
	const name = context.read(isAsync ? 'asyncGenerator' : 'generator');
	if (name === null) return generatorStatement(context);
	const wait = isAsync ? 'await ' : '';
	const value = () => context.make.expression(context, 'num', 2);
	const t = context.tag('g');
	const attempt = (text: string) => `try { ${text} } catch (e) { log(${context.tag('caught')}, e); }`;
	return random.make<string>([
		[4, () => attempt(`log(${t}, ${wait}${name}.next(${value()}));`)],
		[2, () => attempt(`log(${t}, ${wait}${name}.return(${value()}));`)],
		[2, () => attempt(`log(${t}, ${wait}${name}.throw(new Error(${context.tag('x')})));`)],
		[isAsync ? 0 : 1, () => attempt(`log(${t}, [...${name}]);`)],
		[isAsync ? 0 : 1, () => attempt(`log(${t}, ${name}.take(2).map((i) => [i]).toArray());`)],
		[isAsync ? 0 : 2, () => attempt(`const [first, , third = 3] = ${name}; log(${t}, [first, third]);`)],
		// Requests are queued: each has its own answer.
		[
			isAsync && !context.features.fibers ? 2 : 0,
			() => attempt(`log(${t}, await Promise.allSettled([${name}.next(1), ${name}.next(2), ${name}.return(3)]));`),
		],
		[2, () => generatorLoop(context, name, isAsync)],
	]);
}

function generatorLoop(context: Context, name: string, isAsync: boolean): string {
	const guard = context.counter();
	const inner = context.inner({
		times: context.times * 3,
		jumps: [...context.jumps, { label: null, kind: 'loop' }],
		shielded: true,
	});
	const item = inner.declare('num');
	const body = inner.make.statements(inner, 1 + context.random.int(2));
	const text = `${guard} = 0; for ${isAsync ? 'await ' : ''}(const ${item} of ${name}) {\nif (${guard}++ > 3) break;\nlog(${context.tag('i')}, ${item});\n${body}\n}`;
	return context.random.chance(0.5) ? text : `try {\n${text}\n} catch (e) { log(${context.tag('caught')}, e); }`;
}

/** `yield*` over another generator, an array, or an iterable of the program. */
export function delegation(context: Context): string {
	const { random } = context;
	const known = context.callables.filter((callable) => callable.makes && context.affords(callable.cost));
	const target = random.make<string>([
		[1, () => context.make.expression(context, 'arr', 2)],
		[known.length * 3, () => delegated(context, known)],
	]);
	return `log(${context.tag('d')}, yield* ${target});`;
}

function delegated(context: Context, known: readonly Context['callables'][number][]): string {
	const usable = known.filter(({ makes }) => makes === 'generator' || context.suspends);
	if (usable.length === 0) return '[1, 2]';
	const { call, parameters, cost } = context.random.pick(usable);
	context.spend(cost);
	return `${call}(${parameters.map((type) => context.make.expression(context, type, 1)).join(', ')})`;
}

/** A generator function made where it stands: what it captures it shares. */
export function innerGenerator(context: Context): string {
	const { random } = context;
	const isAsync = context.suspends && random.chance(0.4);
	const body = functionContext(context, isAsync).with({ yields: true, hasThis: false });
	const parameter = body.declare('num');
	const text = `(${parameter}) {\n${body.make.statements(body, 2)}\nlog(${context.tag('sent')}, (yield ${yielded(body, 2)}));\n${body.make.statements(body, 1)}\nreturn ${plain(body, 'num', 1)};\n}`;
	const argument = context.make.expression(context, 'num', 1);
	const made = random.make<string>([
		[2, () => `(${isAsync ? 'async ' : ''}function* ${text})(${argument})`],
		[1, () => `({ ${isAsync ? 'async ' : ''}* m${text} }).m(${argument})`],
	]);
	const name = context.declare(isAsync ? 'asyncGenerator' : 'generator', { assignable: false });
	const wait = isAsync ? 'await ' : '';
	return `const ${name} = ${made};\ntry { log(${context.tag('g')}, ${wait}${name}.next()); } catch (e) { log(${context.tag('caught')}, e); }`;
}
