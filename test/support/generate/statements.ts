/** Statements without jumps of their own: declarations, expressions, conditions, blocks, nested functions. */
import { closure, functionContext, plain } from './calls.ts';
import type { Context, Type } from './context.ts';
import { yielded } from './expressions.ts';
import { fiberStatement } from './fibers.ts';
import { delegation, driveStatement, innerGenerator } from './generators.ts';
import { accessorStatement, instanceStatement } from './instances.ts';
import { changedWhileIterated, iteratorStatement, ownLoop, usingBlock } from './iterators.ts';
import { jump, labelledBlock, switchStatement, tryStatement } from './jumps.ts';
import { loop } from './loops.ts';

export function statements(context: Context, count: number): string {
	const lines: string[] = [];
	for (let i = 0; i < count && context.affords(1); i++) lines.push(statement(context));
	return lines.join('\n');
}

export function block(context: Context, count: number): string {
	const inner = context.inner();
	return `{\n${inner.make.statements(inner, count)}\n}`;
}

function statement(context: Context): string {
	const { random, features } = context;
	const nested = context.room > 0 && context.affords(6);
	context.spend(1);
	const make = (type: Type, deep = 3) => context.make.expression(context, type, deep);
	return random.make<string>([
		[6, () => declaration(context)],
		[4, () => `log(${context.tag()}, ${make(random.pick(['num', 'num', 'str', 'arr', 'obj', 'maybe']))});`],
		[5, () => expressionStatement(context)],
		[nested ? 3 : 0, () => ifStatement(context)],
		[nested && features.loops ? 4 : 0, () => loop(context)],
		[nested && features.tries ? 4 : 0, () => tryStatement(context)],
		[nested && features.switches ? 2 : 0, () => switchStatement(context)],
		[nested ? 1 : 0, () => labelledBlock(context)],
		[
			context.jumps.length > 0 ? 2 : random.chance(0.3) ? 1 : 0,
			() => `if (${context.make.condition(context, 2)}) ${jump(context)}`,
		],
		[features.deadZones ? 1 : 0, () => deadZone(context)],
		[2, () => hiding(context)],
		[features.deadZones ? 1 : 0, () => constantAssignment(context)],
		[features.closures ? 2 : 0, () => keptClosure(context)],
		[features.closures && nested ? 1 : 0, () => functionDeclaration(context)],
		[features.patterns ? 1 : 0, () => `${context.make.assignmentPattern(context, 3)};`],
		[1, () => mutation(context)],
		[features.classes && nested ? 2 : 0, () => classStatement(context)],
		[features.kinds ? 2 : 0, () => kindStatement(context)],
		[context.yields ? 5 : 0, () => `log(${context.tag('sent')}, (yield ${yielded(context, 2)}));`],
		[context.yields ? 2 : 0, () => delegation(context)],
		[features.generators || features.asyncGenerators ? 3 : 0, () => driveStatement(context)],
		[(features.generators || features.asyncGenerators) && nested ? 2 : 0, () => innerGenerator(context)],
		[nested && context.times < 6 ? 1 : 0, () => changedWhileIterated(context)],
		[features.iterators ? 4 : 0, () => iteratorStatement(context)],
		[features.forAwait && nested && context.times < 4 ? 3 : 0, () => ownLoop(context)],
		[features.using && nested ? 3 : 0, () => usingBlock(context)],
		[features.instances && nested ? 4 : 0, () => instanceStatement(context)],
		[features.accessors && nested ? 2 : 0, () => accessorStatement(context)],
		[features.fibers && context.suspends && context.times < 4 ? 6 : 0, () => fiberStatement(context)],
	]);
}

function expressionStatement(context: Context): string {
	const text = context.make.expression(context, context.random.pick(['num', 'str', 'obj', 'arr']), 4);
	return text.startsWith('{') ? `(${text});` : `void ${text};`;
}

function declaration(context: Context): string {
	const { random } = context;
	const kind = random.pick(['let', 'let', 'const', 'const', 'var'] as const);
	if (context.features.patterns && random.chance(0.25)) {
		const { head, init } = context.make.declarationPattern(context, 3, kind);
		return `${kind} ${head} = ${init};`;
	}
	const type: Type =
		kind === 'var'
			? 'num'
			: random.pick(['num', 'num', 'num', 'str', 'arr', 'arr', 'obj', 'obj', 'maybe', 'map', 'set', 'thunks']);
	if (kind === 'let' && type === 'num' && random.chance(0.15)) return `let ${context.declare('num')};`;
	// The initialiser first: it must not refer to the new name.
	const value = context.make.expression(context, type, 4);
	const isGrown = type === 'thunks' || type === 'map' || type === 'set';
	const more = context.random.chance(0.15) && kind !== 'var' ? `, ${second(context, kind)}` : '';
	const name = context.declare(type, { assignable: kind !== 'const' && !isGrown, isVar: kind === 'var' });
	return more === '' ? `${kind} ${name} = ${value};` : `${kind} ${more.slice(2)}, ${name} = ${value};`;
}

/** Another declarator, which comes first. */
function second(context: Context, kind: 'let' | 'const'): string {
	const value = context.make.expression(context, 'num', 2);
	return `${context.declare('num', { assignable: kind !== 'const' })} = ${value}`;
}

function ifStatement(context: Context): string {
	const test = context.make.condition(context, 3);
	const { random } = context;
	const size = () => 1 + random.int(3);
	const otherwise = random.make<string>([
		[2, () => ''],
		[2, () => ` else ${context.make.block(context, size())}`],
		[1, () => ` else if (${context.make.condition(context, 2)}) ${context.make.block(context, size())}`],
	]);
	const then = random.chance(0.15) ? `log(${context.tag()});` : context.make.block(context, size());
	return `if (${test}) ${then}${otherwise}`;
}

/** A declaration hides a variable for a while, mostly without an await; afterwards the variable is what it was. */
function hiding(context: Context): string {
	const { random } = context;
	const name = context.read(random.pick(['num', 'arr', 'obj'] as const));
	if (name === null) return ';';
	const value = context.suspends && random.chance(0.2) ? `await eff(${context.tag('e')}, 5)` : String(random.int(9));
	const use = `log(${context.tag()}, ${name});`;
	const inner = random.make<string>([
		[3, () => `{ ${random.pick(['const', 'let'])} ${name} = ${value}; ${use} }`],
		[1, () => `{ let ${name} = ${value}; ${name}++; ${use} }`],
		[1, () => `{ const [${name}] = [${value}]; ${use} }`],
		[2, () => `for (let ${name} = 1; ${name} < 2; ${name}++) ${use}`],
		[1, () => `for (const ${name} of [${value}]) { ${use} }`],
		[1, () => `do { const ${name} = ${value}; ${use} } while (false);`],
		[1, () => `try { throw ${value}; } catch (${name}) { ${use} }`],
		[1, () => `switch (1) { case 1: let ${name} = ${value}; ${use} }`],
		[1, () => `{ class ${name} {} log(${context.tag()}, typeof ${name}); }`],
		[1, () => `{ function ${name}() {} log(${context.tag()}, typeof ${name}); }`],
	]);
	return random.chance(0.5) ? `${inner}\nlog(${context.tag()}, ${name});` : inner;
}

/** A use before the declaration: caught and recorded. */
function deadZone(context: Context): string {
	const { random } = context;
	const name = context.names.tag('late');
	const kind = random.pick(['let', 'const']);
	const use = random.make<string>([
		[2, () => name],
		[1, () => `${name} = ${context.make.expression(context, 'num', 1)}`],
		[1, () => `typeof ${name}`],
		[1, () => `${name}++`],
		[context.suspends ? 2 : 0, () => `(await eff(${context.tag('e')}, 1)) + ${name}`],
		[context.suspends ? 1 : 0, () => `${name} = await eff(${context.tag('e')}, 1)`],
		[context.features.closures ? 1 : 0, () => `(() => ${name})()`],
	]);
	const early = `try { log(${context.tag()}, ${use}); } catch (e) { log(${context.tag('tdz')}, e); }`;
	const value = context.make.expression(context, 'num', 2);
	return `{\n${early}\n${kind} ${name} = ${value};\nlog(${context.tag()}, ${name});\n}`;
}

/** An assignment to a constant evaluates its right side, then throws; a short-circuit does not. */
function constantAssignment(context: Context): string {
	const name = context.names.tag('fixed');
	const value = () => context.make.expression(context, 'num', 2);
	const use = context.random.make<string>([
		[2, () => `${name} = ${value()}`],
		[1, () => `${name} ${context.random.pick(['+=', '&&=', '||=', '??='])} ${value()}`],
		[1, () => `${name}++`],
		[1, () => `[${name}] = [${value()}]`],
		[1, () => `({ a: ${name} = ${value()} } = {})`],
	]);
	return `{\nconst ${name} = ${value()};\ntry { ${use}; log(${context.tag()}, ${name}); } catch (e) { log(${context.tag('const')}, e); }\n}`;
}

/** A closure that is called later, after other code (and other awaits) have run. */
function keptClosure(context: Context): string {
	const list = context.read('thunks');
	if (list === null) return `const ${context.declare('thunks', { assignable: false })} = [];`;
	return context.random.chance(0.7)
		? `if (${list}.length < 4) ${list}.push(${closure(context, 3)});`
		: `log(${context.tag()}, ${list}.map((g) => g(${context.random.int(5)})));`;
}

function functionDeclaration(context: Context): string {
	const name = context.names.function();
	const body = functionContext(context, false).with({ hasThis: false });
	const parameter = body.declare('num');
	const text = `function ${name}(${parameter}) {\n${body.make.statements(body, 2)}\nreturn ${plain(body, 'num', 2)};\n}`;
	const call = `log(${context.tag()}, ${name}(${context.make.expression(context, 'num', 2)}));`;
	// Hoisted to the top of its block: a call may stand before it.
	return context.random.chance(0.5) ? `{\n${call}\n${text}\n}` : `{\n${text}\n${statementBetween(context)}\n${call}\n}`;
}

function statementBetween(context: Context): string {
	return context.suspends ? `await eff(${context.tag('e')}, 0);` : '';
}

/** A class that is made, used and forgotten within a turn: instances of it cannot be saved. */
function classStatement(context: Context): string {
	const inTurn = context.inner({ suspends: false, yields: false });
	const name = context.names.tag('C');
	const method = functionContext(inTurn, false).with({ hasThis: true, hasArguments: false });
	const parameter = method.declare('num');
	const number = (inside: Context) => inside.make.expression(inside, 'num', 2);
	const members = [
		`k = ${number(inTurn.with({ hasThis: false, hasArguments: false }))};`,
		`run(${parameter}) {\n${method.make.statements(method, 2)}\nreturn ${number(method)};\n}`,
		`get twice() { return log(${context.tag()}, this.k * 2); }`,
		`static [log(${context.tag('k')}, 'make')]() { return new ${name}(); }`,
	];
	const use = `log(${context.tag()}, [${name}.make().run(${number(inTurn)}), new ${name}().twice]);`;
	return `{\nclass ${name} {\n${members.join('\n')}\n}\n${use}\n}`;
}

/** Declares data of an odd kind, or says what became of it. */
function kindStatement(context: Context): string {
	const name = context.read('any');
	if (name !== null && context.random.chance(0.6)) return `log(${context.tag()}, ${name});`;
	const value = context.make.expression(context, 'any', 3);
	return `let ${context.declare('any')} = ${value};`;
}

/** Changes an array, map or set in place. */
function mutation(context: Context): string {
	const { random } = context;
	const number = () => context.make.expression(context, 'num', 2);
	const array = context.read('arr');
	const map = context.read('map');
	const set = context.read('set');
	return random.make<string>([
		[1, () => ';'],
		[array ? 2 : 0, () => `if (${array}.length < 6) ${array}.push(${number()});`],
		[array ? 1 : 0, () => `${array}.${random.pick(['shift', 'pop', 'reverse'])}();`],
		[map ? 2 : 0, () => `${map}.set(${number()} & 3, ${number()});`],
		[map ? 1 : 0, () => `${map}.delete(${number()} & 3);`],
		[set ? 2 : 0, () => `${set}.add(${number()} & 3);`],
		[set ? 1 : 0, () => `${set}.delete(${number()} & 3);`],
	]);
}
