/** Calls: effects, durable functions, methods, closures, tagged templates, and the forms an await position takes. */
import { Activation, type Context, Scope, type Type } from './context.ts';

export function awaited(context: Context, type: Type, deep: number): string {
	const { random } = context;
	context.spend(1);
	const again = () => context.make.awaited(context, type, deep - 1);
	const value = () => context.make.expression(context, type, deep - 1);
	if (context.features.fibers) return awaitedInTurn(context, type, deep);
	const durable = type === 'num' && context.features.calls ? durableCall(context, deep) : null;
	return random.make<string>([
		[8, () => `eff(${context.tag('e')}, ${value()})`],
		[2, () => plain(context, type, deep)],
		[1, () => intrinsicCall(context, type, deep)],
		[1, () => `echo(${context.tag()}, ${value()})`],
		[
			type === 'num' ? 1 : 0,
			() => `plus(${value()}, ...${parenthesize(context.make.expression(context, 'arr', deep - 1))})`,
		],
		[
			context.caught || random.chance(0.1) ? 2 : 0,
			() => `${random.pick(['fail', 'fail', 'boom'])}(${context.tag('e')})`,
		],
		[durable ? 6 : 0, () => durable!],
		[context.features.chains && type === 'num' ? 1 : 0, () => effectChain(context, deep)],
		[context.features.parallel && type === 'num' && deep > 0 && context.root ? 3 : 0, () => parallel(context, deep)],
		[
			context.read('asyncGenerator') && type === 'num' ? 6 : 0,
			() => `${context.read('asyncGenerator')}.next(${value()}).then((r) => r.value)`,
		],
		[context.features.asyncClosures && type === 'num' && deep > 0 ? 1 : 0, () => asyncClosure(context, deep)],
		[deep > 0 ? 1 : 0, () => `(${context.make.condition(context, deep - 1)} ? ${again()} : ${again()})`],
		[deep > 0 ? 1 : 0, () => `(${value()} ${random.pick(['&&', '||', '??'])} ${again()})`],
		[deep > 0 ? 1 : 0, () => `(${value()}, ${again()})`],
	]);
}

/** What settles without an effect: the order of everything is then that of native promises. */
function awaitedInTurn(context: Context, type: Type, deep: number): string {
	const { random } = context;
	const again = () => context.make.awaited(context, type, deep - 1);
	const value = () => context.make.expression(context, type, deep - 1);
	const durable = type === 'num' && context.features.calls ? durableCall(context, deep) : null;
	const promise = type === 'num' ? context.read('promise') : null;
	return random.make<string>([
		[4, () => `tick(${context.tag('w')}, ${value()})`],
		[2, () => plain(context, type, deep)],
		[1, () => intrinsicCall(context, type, deep)],
		[context.caught || random.chance(0.1) ? 2 : 0, () => `refuse(${context.tag('w')})`],
		[durable ? 5 : 0, () => durable!],
		[promise ? 6 : 0, () => promise!],
		[type === 'num' && deep > 0 && context.root ? 4 : 0, () => context.make.promise(context, deep)],
		[deep > 0 ? 1 : 0, () => `(${context.make.condition(context, deep - 1)} ? ${again()} : ${again()})`],
		[deep > 0 ? 1 : 0, () => `(${value()} ${random.pick(['&&', '||', '??'])} ${again()})`],
	]);
}

/** Fibers with effects: what they do comes in any order, so they share nothing and their lines say whose they are. */
function parallel(context: Context, deep: number): string {
	const fiber = context.names.function();
	const activation = new Activation();
	const body = context.with({
		...functionContext(context, true),
		scope: new Scope(null, true),
		activation,
		features: { ...context.features, parallel: false, asyncClosures: false, calls: false },
		callables: [],
		caught: true,
		prefix: fiber,
		hasThis: false,
		hasArguments: false,
	});
	const parameter = body.declare('num');
	const statements = body.make.statements(body, 3);
	const result = body.make.expression(body, 'num', deep - 1);
	context.spend(3 * activation.cost);
	const counters = activation.counters.map((name) => `let ${name} = 0;\n`).join('');
	const list = context.random.make<string>([
		[2, () => '[1, 2]'],
		[1, () => `[1, ${context.make.expression(context, 'num', deep - 1)}]`],
		[1, () => `[3, 4, 5]`],
	]);
	const calls = `${list}.map(async (${parameter}, ${fiber}i) => {\nconst ${fiber} = '${fiber}' + ${fiber}i + ':';\n${counters}try {\n${statements}\nreturn ${result} | 0;\n} catch (e) { log(${fiber} + 'caught', e); ${context.random.chance(0.5) ? 'throw e' : 'return 0'}; }\n})`;
	return `Promise.allSettled(${calls}).then((all) => log(${context.tag('all')}, all).length)`;
}

/** Neither a call nor an assignment, whatever position it is in. */
export function plain(context: Context, type: Type, deep: number): string {
	const value = () => context.make.expression(context, type, deep - 1);
	switch (type) {
		case 'num':
			return context.random.pick([`(${value()} + 0)`, `(- ${value()})`, `[${value()}][0]`]);
		case 'str':
			return `\`${'${'}${value()}}\``;
		case 'arr':
			return `[...${parenthesize(value())}]`;
		case 'obj':
			return `({ ...${parenthesize(value())} })`;
		default:
			return context.read(type) ?? 'null';
	}
}

/** A call of a built-in in await position runs in the turn. Its receiver is no call: that would be a chain. */
function intrinsicCall(context: Context, type: Type, deep: number): string {
	const receiver = () => parenthesize(plain(context, type === 'num' ? 'arr' : type, deep - 1));
	const number = () => context.make.expression(context, 'num', deep - 1);
	switch (type) {
		case 'num':
			return context.random.pick([`Math.abs(${number()})`, `${receiver()}.at(${number()})`]);
		case 'str':
			return `${receiver()}.toUpperCase()`;
		case 'arr':
			return `${receiver()}.concat(${number()})`;
		default:
			return plain(context, type, deep);
	}
}

function parenthesize(text: string): string {
	return /^[{]/.test(text) ? `(${text})` : text;
}

/** A call of one of the program's durable functions, with its parameters and now and then one too few or many. */
function durableCall(context: Context, deep: number): string | null {
	const { random, activation } = context;
	if (activation.recursion && context.times === 1 && random.chance(0.4)) {
		const recursion = activation.recursion;
		activation.recursion = null;
		return recursion(context, deep);
	}
	const choices = context.callables.filter((callable) => !callable.makes && context.affords(callable.cost));
	if (choices.length === 0) return null;
	const callable = random.pick(choices);
	context.spend(callable.cost);
	const args = callable.parameters.map((type) => context.make.expression(context, type, deep - 1));
	if (random.chance(0.15)) args.pop();
	if (random.chance(0.1)) args.push(`...${context.make.expression(context, 'arr', deep - 1)}`);
	return `${callable.call}(${args.join(', ')})`;
}

/** One effect as a whole: its inner calls and its closure belong to it. */
function effectChain(context: Context, deep: number): string {
	// An argument that waits would make it two calls, the first of them not awaited.
	const inTurn = context.with({ suspends: false, yields: false });
	const call = `eff(${context.tag('e')}, ${inTurn.make.expression(inTurn, 'num', deep - 1)})`;
	return context.random.make<string>([
		[1, () => `${call}.then((r) => r + 1)`],
		[1, () => `${call}.finally(() => {})`],
		[1, () => `fail(${context.tag('e')}).catch(() => ${context.random.int(9)})`],
		[1, () => `eff(${context.tag('e')}, [1, 2]).then((r) => r.map((i) => i * 2)).then((r) => r[1])`],
	]);
}

/** Handed to a foreign function in place, it belongs to that effect. */
function asyncClosure(context: Context, deep: number): string {
	const body = functionContext(context, true);
	const parameter = body.declare('num');
	context.spend(4);
	const statements = body.make.statements(body, 2);
	const result = body.make.expression(body, 'num', deep - 1);
	const argument = context.make.expression(context, 'num', deep - 1);
	return `each([${argument}, 1], async (${parameter}) => {\n${statements}\nreturn ${result} | 0;\n})`;
}

/** The inside of a nested function: jumps do not leave it. */
export function functionContext(context: Context, suspends: boolean): Context {
	return context.with({
		scope: new Scope(context.scope, true),
		jumps: [],
		suspends,
		shielded: false,
		nested: true,
		yields: false,
		root: false,
		room: Math.min(context.room - 1, 2),
	});
}

/** A call whose result is not awaited. */
export function callExpression(context: Context, type: Type, deep: number): string {
	const { random } = context;
	const make = (kind: Type) => context.make.expression(context, kind, deep - 1);
	const map = context.read('map');
	const set = context.read('set');
	const generator = context.read('generator');
	const instance = context.read('instance');
	const iterator = context.read('iterator');
	return random.make<string>([
		[2, () => `log(${context.tag()}, ${make(type)})`],
		[type === 'num' && generator ? 6 : 0, () => `${generator}.next(${make('num')}).value`],
		[type === 'num' && iterator ? 5 : 0, () => `${iterator}.next().value`],
		[type === 'num' && instance ? 6 : 0, () => instanceUse(instance!, make)],
		[type === 'num' ? 1 : 0, () => `tag\`a\${${make('num')}}b\${${make('str')}}\``],
		[type === 'num' ? 1 : 0, () => `plus(${make('num')}, ...${make('arr')})`],
		[type === 'num' && map ? 1 : 0, () => `${map}.get(${make('num')} & 3)`],
		[type === 'num' && set ? 1 : 0, () => `${set}.has(${make('num')})`],
		[type === 'num' ? 1 : 0, () => `${make('arr')}.indexOf(${make('num')})`],
		[type === 'num' ? 1 : 0, () => `new Box(${make('num')}, ${make('num')}).sum()`],
		[type === 'num' && context.features.closures ? 3 : 0, () => calledClosure(context, deep)],
		[type === 'arr' ? 2 : 0, () => `${make('arr')}.concat(${make('num')}, ${random.int(9)})`],
		[
			type === 'arr' && context.features.closures ? 2 : 0,
			() => `${make('arr')}.${random.pick(['map', 'filter'])}(${closure(context, deep)})`,
		],
		[type === 'str' ? 1 : 0, () => `${make('str')}.concat(${make('num')})`],
	]);
}

function instanceUse(instance: string, make: (type: Type) => string): string {
	const value = make('num');
	return [
		`${instance}.k`,
		`${instance}.v`,
		`(${instance}.v = ${value})`,
		`(${instance}.k += ${value})`,
		`${instance}.m(${value})`,
	][value.length % 5]!;
}

/** Its parameter is a pattern with a default of its own. */
function patternClosure(context: Context): string {
	const body = functionContext(context, false);
	const fallback = body.make.expression(body, 'num', 1);
	const parameter = body.declare('num');
	return `(({ a: ${parameter} = ${fallback}, ...rest } = { a: ${context.random.pick(['1', 'undefined'])} }) => ${body.make.expression(body, 'num', 1)} + Object.keys(rest).length)`;
}

function calledClosure(context: Context, deep: number): string {
	const thunks = context.read('thunks');
	return context.random.make<string>([
		[2, () => `${closure(context, deep)}(${context.make.expression(context, 'num', deep - 1)})`],
		[thunks ? 3 : 0, () => `${thunks}.map((g) => g(${context.make.expression(context, 'num', -1)})).length`],
	]);
}

/** A synchronous closure over whatever is in sight. */
export function closure(context: Context, deep: number): string {
	const body = functionContext(context, false);
	// The default first: it must not refer to the parameter itself.
	const fallback = context.random.chance(0.2) ? body.make.expression(body, 'num', 1) : null;
	const parameter = body.declare('num');
	const result = () => body.make.expression(body, 'num', Math.min(deep - 1, 2));
	return context.random.make<string>([
		[3, () => `((${parameter}) => ${result()})`],
		[1, () => `((${parameter}) => {\n${body.make.statements(body, 2)}\nreturn ${result()};\n})`],
		[
			1,
			() =>
				`(function (${parameter}) { return ${body.make.expression(body.with({ hasThis: false, hasArguments: false }), 'num', 1)}; })`,
		],
		[context.features.patterns ? 1 : 0, () => patternClosure(context)],
		[fallback === null ? 0 : 3, () => `((${parameter} = ${fallback}) => ${result()})`],
	]);
}
