/** Timers of the host in durable code, and what to write in their place. */
import type * as t from '@babel/types';
import { isFunctionNode, unwrap } from '../1-parse/scope.ts';
import type { LocalFix } from '../diagnostics/sink.ts';
import { outOfTypes } from './flows.ts';
import { TIMERS } from './globals.ts';
import type { Imported } from './origin.ts';
import type { Origins } from './origins.ts';

type Call = t.CallExpression | t.OptionalCallExpression;

const RUNTIME = '@perdure/runtime';

export interface Timer {
	/** As the host calls it. */
	readonly name: string;
	/** It only lets time pass: `await new Promise((resolve) => setTimeout(resolve, ms))`. */
	readonly waits: boolean;
	readonly fix: LocalFix | null;
}

/** Null where the call is none of a timer. */
export function timerOf(call: Call, origins: Origins): Timer | null {
	const name = hostName(call, origins);
	if (name !== null && TIMERS.has(name)) {
		const whole = waitedFor(call, origins);
		const fix = whole === null ? null : sleepInstead(whole, call.arguments[1], origins);
		return { name, waits: whole !== null, fix };
	}
	const imported = importOf(call, origins);
	if (imported === null) return null;
	const local = imported.path.at(-1) ?? importedName(imported);
	if (/^(node:)?timers$/.test(imported.from) && TIMERS.has(local)) return { name: local, waits: false, fix: null };
	if (!/^(node:)?timers\/promises$/.test(imported.from) || !/^(setTimeout|wait)$/.test(local)) return null;
	const awaited = outOfTypes(call, origins.source.flows.parentOf)?.type === 'AwaitExpression';
	const fix = awaited && call.arguments.length === 1 ? sleepInstead(call, call.arguments[0], origins) : null;
	return { name: local, waits: awaited, fix };
}

function hostName(call: Call, origins: Origins): string | null {
	const name = origins.globalName(call.callee);
	return name?.replace(/^(globalThis|window|self)\./, '') ?? null;
}

function importOf(call: Call, origins: Origins): Imported | null {
	const [origin, ...others] = origins.ofCallee(call);
	return origin?.kind === 'import' && others.length === 0 ? origin : null;
}

function importedName({ node }: Imported): string {
	if (node.type !== 'ImportSpecifier') return '';
	return node.imported.type === 'Identifier' ? node.imported.name : node.imported.value;
}

/** The awaited `new Promise(...)` that a timer fulfils and that does nothing else. */
function waitedFor(call: Call, origins: Origins): t.NewExpression | null {
	const { parentOf } = origins.source.flows;
	const [callback, time] = call.arguments;
	if (!callback || !time || call.arguments.length > 2) return null;
	let executor = outOfTypes(call, parentOf);
	if (executor?.type === 'ExpressionStatement') {
		const block = parentOf(executor);
		if (block?.type !== 'BlockStatement' || block.body.length !== 1) return null;
		executor = parentOf(block);
	}
	if (executor === null || !isFunctionNode(executor)) return null;
	const made = outOfTypes(executor, parentOf);
	if (made?.type !== 'NewExpression' || origins.globalName(made.callee) !== 'Promise') return null;
	if (outOfTypes(made, parentOf)?.type !== 'AwaitExpression') return null;
	const [resolve] = executor.params;
	if (resolve?.type !== 'Identifier' || !resolves(callback, resolve.name)) return null;
	return made;
}

/** `resolve`, or `() => resolve()`: with nothing. */
function resolves(callback: t.Node, name: string): boolean {
	const node = unwrap(callback);
	if (node.type === 'Identifier') return node.name === name;
	if (node.type !== 'ArrowFunctionExpression' || node.params.length > 0) return false;
	const body = node.body.type === 'BlockStatement' && node.body.body.length === 1 ? node.body.body[0]! : node.body;
	const call = unwrap(body.type === 'ExpressionStatement' ? body.expression : body);
	return (
		call.type === 'CallExpression' &&
		call.arguments.length === 0 &&
		call.callee.type === 'Identifier' &&
		call.callee.name === name
	);
}

/** `sleep(ms)` in the place of an expression, imported where it is not yet. Null where its name means something else. */
function sleepInstead(whole: t.Node, time: t.Node | undefined, origins: Origins): LocalFix | null {
	if (time === undefined || time.type === 'SpreadElement') return null;
	const { scopes } = origins.source;
	const program = scopes.module.node as t.Program;
	const declared = [...scopes.byNode.values(), ...scopes.bodies.values()].flatMap(
		({ bindings }) => bindings.get('sleep') ?? [],
	);
	const [known] = declared;
	const isOurs = known !== undefined && sourceOf(known.declaration, program) === RUNTIME;
	if (declared.length > (isOurs ? 1 : 0)) return null;
	const replaced = { start: whole.start!, length: whole.end! - whole.start! };
	// What is written between the parentheses stays: the text before and behind the time goes.
	const edits = [
		{ start: replaced.start, length: time.start! - replaced.start, text: 'sleep(' },
		{ start: time.end!, length: whole.end! - time.end!, text: ')' },
	];
	return { title: 'Use sleep', edits: isOurs ? edits : [importing(program), ...edits] };
}

function sourceOf(specifier: t.Node, program: t.Program): string | null {
	const found = program.body.find(
		(each) =>
			each.type === 'ImportDeclaration' && each.importKind !== 'type' && each.specifiers.includes(specifier as never),
	);
	return found?.type === 'ImportDeclaration' ? found.source.value : null;
}

/** Adds `sleep` to what is imported from the runtime. */
function importing(program: t.Program): LocalFix['edits'][number] {
	const imports = program.body.filter((each) => each.type === 'ImportDeclaration');
	const ours = imports.find(({ source, importKind }) => source.value === RUNTIME && importKind !== 'type');
	const last = ours?.specifiers.findLast(({ type }) => type === 'ImportSpecifier');
	if (last) return { start: last.end!, length: 0, text: ', sleep' };
	const start = imports[0]?.start ?? program.body[0]?.start ?? 0;
	return { start, length: 0, text: `import { sleep } from '${RUNTIME}';\n` };
}
