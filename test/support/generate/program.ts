/** Puts a whole program together: a module whose `main` is durable, with a few more durable functions. */
import { awaited, plain } from './calls.ts';
import { Activation, type Callable, Context, type Features, type Makers, Names, Scope, type Type } from './context.ts';
import { condition, expression } from './expressions.ts';
import { FIBER_PROLOGUE, fiberRoot, promise, withoutEffects } from './fibers.ts';
import { jump } from './jumps.ts';
import { target } from './operands.ts';
import { assignmentPattern, declarationPattern } from './patterns.ts';
import { Random } from './random.ts';
import { block, statements } from './statements.ts';

const makers: Makers = {
	expression,
	condition,
	awaited,
	target,
	declarationPattern,
	assignmentPattern,
	statements,
	block,
	jump,
	promise,
};

const PROLOGUE = `import { log, echo, eff, fail, boom, spy, key } from '#trace';
class Box {
	constructor(a, b) { this.a = a; this.b = b; }
	sum() { return log('sum', this.a + this.b); }
}
function tag(strings, ...values) { log('tag', strings.raw.length + values.length); return values.length; }
async function each(list, f) {
	let sum = 0;
	for (const x of list) sum += await f(x);
	return log('each', sum);
}
function plus(...values) { log('plus', values); return values.length; }
`;

export interface GenerateOptions {
	/** Features that are off in every program. */
	readonly without?: readonly (keyof Features)[];
}

export function generateProgram(seed: number, options: GenerateOptions = {}): string {
	const random = new Random(seed);
	const features = pickFeatures(random, options.without ?? []);
	const names = new Names();
	const callables: Callable[] = [];
	const parts: string[] = [];
	if (features.generators) parts.push(generatorFunction(random, features, names, callables, false));
	if (features.asyncGenerators) parts.push(generatorFunction(random, features, names, callables, true));
	if (features.calls) {
		for (let i = random.int(3); i > 0; i--) parts.push(durableFunction(random, features, names, callables));
		if (features.methods) parts.push(methods(random, features, names, callables));
	}
	const activation = new Activation();
	const context = contextFor(random, features, names, callables, activation, new Scope(null, true)).with({
		root: true,
	});
	const text = features.fibers
		? fiberRoot(functionBody(context, 4 + random.int(6)))
		: functionBody(context, 4 + random.int(6));
	// The receiver of methods belongs to the run: what they write to it is part of the state.
	const own = features.calls && features.methods ? `const own = { k: ${random.int(9)}, run: methods.run };\n` : '';
	parts.push(`export async function main() {\n"use durable";\n${own}${text}}`);
	const program = features.fibers ? FIBER_PROLOGUE + withoutEffects(parts.join('\n')) : parts.join('\n');
	return indent(PROLOGUE + program);
}

function pickFeatures(random: Random, without: readonly (keyof Features)[]): Features {
	const on = (name: keyof Features, probability: number) => random.chance(probability) && !without.includes(name);
	const fibers = on('fibers', 0.15);
	return {
		fibers,
		parallel: on('parallel', 0.15) && !fibers,
		iterators: on('iterators', 0.25),
		generators: on('generators', 0.2),
		asyncGenerators: on('asyncGenerators', 0.15),
		forAwait: on('forAwait', 0.2),
		using: on('using', 0.15),
		instances: on('instances', 0.2),
		accessors: on('accessors', 0.15),
		closures: on('closures', 0.5),
		asyncClosures: on('asyncClosures', 0.2) && !fibers,
		chains: on('chains', 0.3) && !fibers,
		patterns: on('patterns', 0.6),
		loops: on('loops', 0.8),
		tries: on('tries', 0.7),
		switches: on('switches', 0.5),
		calls: on('calls', 0.6),
		methods: on('methods', 0.4),
		deadZones: on('deadZones', 0.3),
		optional: on('optional', 0.5),
		spies: on('spies', 0.3),
		kinds: on('kinds', 0.4),
		classes: on('classes', 0.2),
		arguments: on('arguments', 0.2),
	};
}

function contextFor(
	random: Random,
	features: Features,
	names: Names,
	callables: readonly Callable[],
	activation: Activation,
	scope: Scope,
): Context {
	return new Context({
		random,
		features,
		names,
		make: makers,
		scope,
		activation,
		callables: [...callables],
		suspends: true,
		jumps: [],
		shielded: false,
		caught: false,
		room: 3,
		times: 1,
		hasThis: false,
		hasArguments: features.arguments,
		nested: false,
		yields: false,
		prefix: '',
		root: false,
	});
}

function functionBody(context: Context, count: number): string {
	const text = context.make.statements(context, count);
	const result = `return ${plain(context, context.random.pick(['num', 'arr', 'obj', 'str']), 2)};\n`;
	const { counters } = context.activation;
	return `${counters.length > 0 ? `let ${counters.map((name) => `${name} = 0`).join(', ')};\n` : ''}${text}\n${result}`;
}

/** `async function f(depth, a, b = ..., ...rest)`, perhaps recursive. */
function durableFunction(random: Random, features: Features, names: Names, callables: Callable[]): string {
	const name = names.function();
	const activation = new Activation();
	const context = contextFor(random, features, names, callables, activation, new Scope(null, true)).with({ room: 2 });
	const recursive = random.chance(0.4);
	const head = parameters(context);
	if (recursive) {
		activation.recursion = (inner, deep) => {
			const others = head.types.slice(1).map((type) => inner.make.expression(inner, type, deep - 1));
			return `${name}(${[`Math.min(${head.first}, 2) - 1`, ...others].join(', ')})`;
		};
	}
	const guard = recursive ? `if (!(${head.first} > 0)) return ${random.int(9)};\n` : '';
	const text = functionBody(context, 1 + random.int(4));
	callables.push({
		name,
		call: name,
		parameters: head.types,
		cost: Math.max(1, activation.cost) * (recursive ? 3 : 1),
	});
	return `async function ${name}(${head.text}) {\n"use durable";\n${guard}${text}}`;
}

/** `function*` or `async function*`: finite, whoever drives it. */
function generatorFunction(
	random: Random,
	features: Features,
	names: Names,
	callables: Callable[],
	isAsync: boolean,
): string {
	const name = names.function();
	const activation = new Activation();
	const context = contextFor(random, features, names, callables, activation, new Scope(null, true)).with({
		room: 2,
		suspends: isAsync,
		yields: true,
		hasArguments: false,
	});
	const parameter = context.declare('num');
	const text = functionBody(context, 2 + random.int(4));
	const cost = Math.max(1, activation.cost);
	callables.push({ name, call: name, parameters: ['num'], cost, makes: isAsync ? 'asyncGenerator' : 'generator' });
	return `${isAsync ? 'async ' : ''}function* ${name}(${parameter}) {\n"use durable";\n${text}}`;
}

function parameters(context: Context): { text: string; types: Type[]; first: string } {
	const { random } = context;
	const types: Type[] = [];
	const parts: string[] = [];
	const sync = context.with({
		suspends: false,
		yields: false,
		hasArguments: false,
		features: { ...context.features, closures: false },
	});
	const first = context.declare('num', { assignable: false });
	types.push('num');
	parts.push(first);
	for (let i = random.int(3); i > 0; i--) {
		const type = random.pick(['num', 'arr', 'obj'] as const);
		types.push(type);
		parts.push(parameter(sync, type));
	}
	if (random.chance(0.2)) parts.push(`...${context.declare('arr')}`);
	return { text: parts.join(', '), types, first };
}

function parameter(context: Context, type: Type): string {
	const { random } = context;
	const fallback = () => context.make.expression(context, type, 2);
	if (context.features.patterns && random.chance(0.3) && type !== 'num') {
		const value = fallback();
		const inner = context.make.expression(context, 'num', 1);
		const name = context.declare('num');
		return type === 'arr' ? `[${name} = ${inner}] = ${value}` : `{ a: ${name} = ${inner} } = ${value}`;
	}
	if (random.chance(0.5)) return context.declare(type);
	const value = fallback();
	return `${context.declare(type)} = ${value}`;
}

/** Durable methods that read and write `this`. */
function methods(random: Random, features: Features, names: Names, callables: Callable[]): string {
	const activation = new Activation();
	const scope = new Scope(null, true);
	const context = contextFor(random, features, names, callables, activation, scope).with({ hasThis: true, room: 2 });
	const parameter = context.declare('num');
	const text = functionBody(context, 1 + random.int(3));
	callables.push({ name: 'run', call: 'own.run', parameters: ['num'], cost: Math.max(1, activation.cost) });
	return `const methods = {\nasync run(${parameter}) {\n"use durable";\n${text}},\n};`;
}

function indent(text: string): string {
	let depth = 0;
	const lines: string[] = [];
	for (const raw of text.split('\n')) {
		const line = raw.trim();
		if (line === '') continue;
		const closing = /^[}\])]/.test(line) ? 1 : 0;
		lines.push('\t'.repeat(Math.max(0, depth - closing)) + line);
		const bare = line.replace(/'[^']*'/g, '');
		for (const char of bare) depth += '{[('.includes(char) ? 1 : '}])'.includes(char) ? -1 : 0;
	}
	return `${lines.join('\n')}\n`;
}
