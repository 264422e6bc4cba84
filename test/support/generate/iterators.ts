/** Iterators that are held, iterables of the program's own, and things that are disposed of. */
import { closure, functionContext } from './calls.ts';
import type { Context } from './context.ts';

/** A native iterator is kept in a variable: it goes on where it was. */
export function iteratorStatement(context: Context): string {
	const { random } = context;
	const held = context.read('iterator');
	const t = context.tag('it');
	if (held !== null && random.chance(0.6)) {
		return random.make<string>([
			[3, () => `log(${t}, ${held}.next());`],
			[1, () => `log(${t}, [...${held}]);`],
			[1, () => `{ const [p, q = 5] = ${held}; log(${t}, [p, q]); }`],
			[2, () => iteratorLoop(context, held)],
		]);
	}
	const make = (type: 'arr' | 'str' | 'map' | 'set') => context.make.expression(context, type, 2);
	const source = random.make<string>([
		[2, () => `${make('arr')}.${random.pick(['values', 'keys', 'entries'])}()`],
		[1, () => `${make('str')}[Symbol.iterator]()`],
		[1, () => `${make('map')}.${random.pick(['values', 'keys', 'entries'])}()`],
		[1, () => `${make('set')}.values()`],
		[1, () => `new Uint8Array(${make('arr')}).values()`],
		[1, () => `'a1b2'.matchAll(/[a-z](\\d)/g)`],
		[2, () => `${make('arr')}.values().${helper(context)}`],
	]);
	return `const ${context.declare('iterator', { assignable: false })} = ${source};`;
}

function helper(context: Context): string {
	const { random } = context;
	return random.pick([
		`take(${random.int(3)})`,
		`drop(${random.int(3)})`,
		`map(${inTurn(context)})`,
		`filter(${inTurn(context)})`,
	]);
}

function inTurn(context: Context): string {
	return closure(context.with({ suspends: false, yields: false }), 2);
}

function iteratorLoop(context: Context, held: string): string {
	const inner = context.inner({ times: context.times * 2, jumps: [...context.jumps, { label: null, kind: 'loop' }] });
	const item = inner.declare('any');
	const guard = context.counter();
	return `${guard} = 0; for (const ${item} of ${held}) {\nif (${guard}++ > 1) break;\nlog(${context.tag('i')}, ${item});\n${inner.make.statements(inner, 2)}\n}`;
}

/** A collection that the body of its loop changes: the loop sees what it has not come to yet. */
export function changedWhileIterated(context: Context): string {
	const { random } = context;
	const kind = random.pick(['arr', 'map', 'set', 'typed'] as const);
	const name = context.names.tag('live');
	const guard = context.counter();
	const inner = context.inner({ times: context.times * 3, jumps: [...context.jumps, { label: null, kind: 'loop' }] });
	const item = inner.declare('any', { assignable: false });
	const made = {
		arr: '[1, 2, 3]',
		map: 'new Map([[1, 2], [2, 3]])',
		set: 'new Set([1, 2, 3])',
		typed: 'new Uint8Array([1, 2, 3])',
	}[kind];
	const change = {
		arr: [`${name}.push(${guard})`, `${name}.shift()`, `${name}.length = 2`, `${name}.splice(0, 1)`],
		map: [
			`${name}.set(${guard} + 2, 0)`,
			`${name}.delete(2)`,
			`${name}.clear()`,
			`(${name}.delete(1), ${name}.set(1, 9))`,
		],
		set: [`${name}.add(${guard} + 3)`, `${name}.delete(2)`, `${name}.clear()`, `(${name}.delete(1), ${name}.add(1))`],
		typed: [`${name}[2] = ${guard}`, `${name}.reverse()`, `${name}.fill(7, 1)`, `${name}.set([8], 2)`],
	}[kind];
	const changes = random.times(1 + random.int(2), () => `if (${guard} === ${random.int(3)}) ${random.pick(change)};`);
	const head = random.pick(['', '', '.entries()', '.keys()', '.values()']);
	return `const ${name} = ${made};\n${guard} = 0; for (const ${item} of ${name}${head}) {\nlog(${context.tag('i')}, ${item});\n${changes.join('\n')}\n${inner.make.statements(inner, 2)}\nif (${guard}++ > 4) break;\n}`;
}

/** A loop over an iterable that the program made: each step and the closing can be seen, and it can wait. */
export function ownIterable(context: Context, isAsync: boolean): string {
	const { random } = context;
	const t = () => context.tag('own');
	const wait = (value: string) => (isAsync && random.chance(0.6) ? `await eff(${context.tag('n')}, ${value})` : value);
	const head = isAsync ? 'async ' : '';
	const symbol = isAsync ? 'Symbol.asyncIterator' : 'Symbol.iterator';
	const limit = 1 + random.int(3);
	const failing = random.chance(0.2) ? `if (at > 1) throw new Error(${t()});\n` : '';
	const close = random.make<string>([
		[
			3,
			() =>
				`,\n${head}return(v) {\nlog(${t()}, v);\n${isAsync ? `await eff(${t()}, at);\n` : ''}return { done: true };\n}`,
		],
		[1, () => `,\n${head}return() {\nthrow new Error(${t()});\n}`],
		[1, () => ''],
	]);
	return `({ [${symbol}]() {\nlet at = 0;\nreturn {\n${head}next(sent) {\nlog(${t()}, sent);\n${failing}return { done: ${wait(`at >= ${limit}`)}, value: at++ };\n}${close}\n};\n} })`;
}

/** `for await` over anything that allows it, or `for of` over an iterable of the program's own. */
export function ownLoop(context: Context): string {
	const { random } = context;
	const isAsync = context.suspends && context.features.forAwait && random.chance(0.6);
	const guard = context.counter();
	const source = random.make<string>([
		[4, () => ownIterable(context, isAsync)],
		[isAsync ? 2 : 0, () => `[1, ${context.make.expression(context, 'num', 2)}]`],
		[isAsync ? 1 : 0, () => `[Promise.resolve(${context.make.expression(context, 'num', 2)}), 5]`],
		[isAsync ? 1 : 0, () => `new Set([7, Promise.resolve(8)])`],
		[
			isAsync ? 0 : 2,
			() =>
				`({ *[Symbol.iterator]() { try { yield 1; yield ${context.make.expression(functionContext(context, false), 'num', 1)}; } finally { log(${context.tag('own')}); } } })`,
		],
		[
			isAsync ? 2 : 0,
			() =>
				`({ async *[Symbol.asyncIterator]() { try { yield 1; yield eff(${context.tag('own')}, 2); } finally { await eff(${context.tag('own')}); } } })`,
		],
	]);
	const label = random.chance(0.3) ? context.names.label() : null;
	const inner = context.inner({
		times: context.times * 3,
		jumps: [...context.jumps, { label, kind: 'loop' }],
		shielded: true,
	});
	const binding = random.make<string>([
		[3, () => `const ${inner.declare('num', { assignable: false })}`],
		[1, () => `let ${inner.declare('num')}`],
		[1, () => inner.make.target(inner, 'num', 1)],
	]);
	const body = inner.make.statements(inner, 1 + random.int(2));
	const leave = `if (${guard}++ > ${random.int(4)}) ${random.pick(['break', 'break', 'continue'])};\n`;
	const jump = random.chance(0.4) ? `${inner.make.jump(inner)}\n` : '';
	const text = `${label === null ? '' : `${label}: `}for ${isAsync ? 'await ' : ''}(${binding} of ${source}) {\n${leave}${body}\n${random.chance(0.5) ? jump : ''}}`;
	const end = `${guard} = 0; `;
	return random.chance(0.5)
		? `${end}${text}`
		: `${end}try {\n${text}\n} catch (e) { log(${context.tag('caught')}, e); }`;
}

/** A block with things that are disposed of at its end, in whatever way it is left. */
export function usingBlock(context: Context): string {
	const { random } = context;
	const inner = context.inner({ shielded: true });
	const lines: string[] = [];
	for (let i = 1 + random.int(2); i > 0; i--) {
		lines.push(usingDeclaration(inner));
		lines.push(inner.make.statements(inner, 1));
	}
	if (random.chance(0.4)) lines.push(`if (${inner.make.condition(inner, 1)}) ${inner.make.jump(inner)}`);
	const text = `{\n${lines.join('\n')}\n}`;
	return random.chance(0.6) ? `try ${text} catch (e) { log(${context.tag('caught')}, e, e.suppressed); }` : text;
}

function usingDeclaration(context: Context): string {
	const { random } = context;
	const isAsync = context.suspends && random.chance(0.5);
	const name = context.names.tag('r');
	const t = context.tag('dispose');
	const end = random.make<string>([
		[4, () => ''],
		[1, () => ` throw new Error(${context.tag('disposing')});`],
	]);
	const sync = `{ [Symbol.dispose]() { log(${t}, ${context.make.expression(functionContext(context, false), 'num', 1)});${end} } }`;
	const value = random.make<string>([
		[3, () => sync],
		[
			isAsync ? 4 : 0,
			() => `{ async [Symbol.asyncDispose]() { log(${t}, await eff(${context.tag('e')}, 1));${end} } }`,
		],
		[1, () => random.pick(['null', 'undefined'])],
	]);
	return `${isAsync ? 'await using' : 'using'} ${name} = ${value};\nlog(${context.tag()}, typeof ${name});`;
}
