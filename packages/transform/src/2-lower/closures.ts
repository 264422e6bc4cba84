import type * as t from '@babel/types';
import { type Binding, type FunctionInfo, type FunctionNode, generatorOf, type Scope } from '../1-parse/scope.ts';
import {
	array,
	arrow,
	assign,
	block,
	call,
	construct,
	declare,
	helper,
	id,
	index,
	logical,
	member,
	named,
	number,
	object,
	property,
	returns,
	sequence,
	statement,
	text,
} from './build.ts';
import type { Closure, Site } from './cfg.ts';
import { homeOf, isHomeOfRoot } from './home.ts';
import { lowerClosure } from './lower-function.ts';
import { shallow } from './nodes.ts';
import { withParameterFields } from './parameter-properties.ts';
import { rewrite } from './rewrite.ts';
import { rewriteNamed } from './rewrite-assignment.ts';
import { rewritePattern, targetName } from './rewrite-pattern.ts';
import { makeNativeScope } from './rewrite-scope.ts';
import { rewriteStatement } from './rewrite-statement.ts';
import { readBinding, storageOf } from './storage.ts';
import { type Code, isNativeFunction, isOfUnit, isPlain, uniqueName, withCode } from './unit.ts';

type ClosureNode = t.FunctionExpression | t.ArrowFunctionExpression | t.FunctionDeclaration | t.ObjectMethod;

/**
 * A function created in durable code is data: `%closure(definition, [cells and values it
 * captures])`. `name` is given where the declaration has it; an anonymous function takes the name
 * of what it initialises (`code.path`), or of the computed key that `key` keeps.
 */
export function closureOf(
	code: Code,
	node: ClosureNode,
	name: string | null,
	key: t.Identifier | null = null,
): t.Expression {
	const unit = code.unit;
	const info = unit.scopes.functions.get(node)!;
	if (isNativeFunction(info)) return nativeFunction(code, node, name, key);
	let closure = unit.closures.get(node);
	if (!closure) {
		closure = defineClosure(code, node, info, name ?? ownName(code, node), key ? uniqueName(unit, '$name') : null);
		unit.closures.set(node, closure);
		code.closures.push(closure);
	}
	const own = selfBinding(info);
	const captures = unit.captures.get(closure)!;
	const made = (self: t.Expression | null) =>
		call(helper('closure'), [
			id(closure.ref),
			array([
				...captures.map((binding) => (binding === own && self ? self : capture(code, binding))),
				...(closure.captures.length > captures.length && key ? [key] : []),
			]),
		]);
	if (!own) return made(null);
	// Its own name inside it: a cell that is filled once the closure exists.
	const cell = id(uniqueName(unit, '$self'));
	const make = arrow([cell], assign(member(cell, 'v'), made(cell)));
	return call(make, [construct(helper('Cell'), [])]);
}

/** A function that stays where it stands. */
function nativeFunction(code: Code, node: ClosureNode, name: string | null, key: t.Identifier | null): t.Expression {
	const value = rewriteFunction(withCode(code, { plain: true }), node) as t.FunctionExpression;
	if (node.type === 'FunctionDeclaration') {
		(value as t.Node).type = 'FunctionExpression';
		value.id = null;
	}
	if (key) return index(object([property(key, value, true)]), { ...key });
	const called = name ?? ownName(code, node);
	return value.id || called === '' ? value : named(value, called);
}

function ownName(code: Code, node: ClosureNode): string {
	if ((node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression') && node.id) return node.id.name;
	return code.path?.split('.').at(-1) ?? '';
}

/** Its code is a graph of its own: an async function or a generator. */
function hasGraph(node: FunctionNode): boolean {
	return node.async === true || generatorOf(node) !== null;
}

/** The name of such a function expression inside it: its step stands elsewhere, so it is captured. */
function selfBinding(info: FunctionInfo): Binding | null {
	const node = info.node;
	if (node.type !== 'FunctionExpression' || !hasGraph(node)) return null;
	return info.ownName?.used ? info.ownName : null;
}

/** What a closure is made over: the cell itself, or the value. */
export function capture(code: Code, binding: Binding): t.Expression {
	const storage = storageOf(code.unit, binding);
	// In the head of a loop: the name that is captured there never gets a value.
	if (storage.cell && code.dead?.has(binding)) return construct(helper('Cell'), [helper('TDZ')]);
	if (storage.cell) return id(storage.name);
	return readBinding(code, binding, false);
}

function defineClosure(code: Code, node: ClosureNode, info: FunctionInfo, name: string, key: string | null): Closure {
	const unit = code.unit;
	const ref = `%def${unit.definitions++}`;
	const captured = [...info.free].filter(
		(binding) => isOfUnit(unit, binding) && !isPlain(unit, binding.scope.fn) && !isHomeOfRoot(unit, binding),
	);
	const home = homeOf(unit, info);
	if (home) captured.push(home);
	const own = selfBinding(info);
	if (own) {
		unit.storages.set(own, { name: uniqueName(unit, own.name), cell: true, frame: true, tdz: false, atEntry: false });
		captured.push(own);
	}
	const captures = captured.map((binding) => {
		const storage = storageOf(unit, binding);
		return { name: storage.name, source: binding.name, cell: storage.cell };
	});
	if (key !== null) captures.push({ name: key, source: '%name', cell: false });
	const parts: Omit<Closure, 'kind' | 'make' | 'body' | 'wrapper' | 'closures' | 'starts'> = {
		ref,
		name,
		place: { node, chain: code.chain, loc: node.loc ?? null },
		path: code.path,
		captures,
	};
	let closure: Closure;
	if (hasGraph(node)) {
		const { graph, closures } = lowerClosure(code, node, info, captured);
		closure = {
			...parts,
			kind: generatorOf(node) === null ? 'async-closure' : 'generator-closure',
			make: null,
			body: graph,
			wrapper: {
				length: lengthOf(node),
				generator: generatorOf(node),
				kind: WRAPPERS[node.type],
			},
			closures,
			starts: [],
		};
	} else {
		const closures: Closure[] = [];
		const starts: Site[] = [];
		const outer = localsOf(code);
		const inside = withCode(code, {
			closures,
			starts,
			owner: ref,
			chain: ['closure'],
			path: parts.path,
			local: outer.local,
		});
		const owner = uniqueName(unit, '$owner');
		const value = guarded(rewriteFunction(inside, node), owner, ref);
		closure = {
			...parts,
			kind: 'closure',
			make: makerOf(code, info, nameFunction(value, name, key), [...captures, { name: owner }], outer.names),
			body: null,
			wrapper: null,
			closures,
			starts,
		};
	}
	unit.captures.set(closure, captured);
	return closure;
}

const WRAPPERS = {
	ArrowFunctionExpression: 'arrow',
	FunctionExpression: 'expression',
	FunctionDeclaration: 'declaration',
	ObjectMethod: 'method',
} as const;

/** The function or class with the name that it has in the user's program; `key` is a variable with a computed one. */
export function nameFunction(value: t.Node, name: string, key: string | null): t.Expression {
	if (value.type === 'ObjectMethod') {
		const method = value as t.ObjectMethod;
		method.key = key === null ? text(name) : id(key);
		method.computed = key !== null;
		if (method.kind !== 'method') return call(helper('accessorIn'), [object([method])]);
		return index(object([method]), key === null ? text(name) : id(key));
	}
	const fn = value as t.ArrowFunctionExpression | t.FunctionExpression;
	if (fn.type === 'FunctionExpression' && fn.id) return fn;
	if (key !== null) return index(object([property(id(key), fn, true)]), id(key));
	return name === '' ? fn : named(fn, name);
}

/** Before anything else it is asked whether the closure may be entered now: cheap, since each call asks. */
function guarded(value: t.Node, owner: string, ref: string): t.Node {
	const fn = value as t.FunctionExpression | t.ArrowFunctionExpression;
	const check = logical('||', member(id(owner), 'open'), call(helper('outside'), [id(owner), id(ref)]));
	if (fn.body.type === 'BlockStatement') fn.body.body = [statement(check), ...fn.body.body];
	else fn.body = sequence(check, ...(fn.body.type === 'SequenceExpression' ? fn.body.expressions : [fn.body]));
	return fn;
}

/** `(captures) => function`, strict where the function is. */
export function makerOf(
	code: Code,
	info: FunctionInfo,
	result: t.Expression,
	captures: readonly { readonly name: string }[],
	locals: readonly string[],
): t.ArrowFunctionExpression {
	const params = captures.map((each) => id(each.name));
	const program = code.unit.scopes.module.node as t.Program;
	const strict =
		program.sourceType === 'module' || program.directives.some((each) => each.value.value === 'use strict');
	if (locals.length === 0 && (strict || !info.strict)) return arrow(params, result);
	const body = block([...locals.map((name) => declare('let', id(name), null)), returns(result)]);
	if (strict || !info.strict) return arrow(params, body);
	body.directives = [{ type: 'Directive', value: { type: 'DirectiveLiteral', value: 'use strict' } } as t.Directive];
	return arrow(params, body);
}

/** ECMA-262 ExpectedArgumentCount. */
export function lengthOf(node: FunctionNode): number {
	const params = node.params.filter((param) => !(param.type === 'Identifier' && param.name === 'this'));
	const end = params.findIndex((param) => param.type === 'AssignmentPattern' || param.type === 'RestElement');
	return end < 0 ? params.length : end;
}

/**
 * A function that stays a function: the body of a synchronous closure, or a method or nested
 * function of a class. A declaration that becomes a closure becomes an expression without a name,
 * since a name of its own would hide the captured cell.
 */
export function rewriteFunction(code: Code, node: FunctionNode, prologue: readonly t.Statement[] = []): t.Node {
	const info = code.unit.scopes.functions.get(node)!;
	const scope = code.unit.scopes.byNode.get(node)!;
	const bodyScope = code.unit.scopes.bodies.get(node) ?? null;
	const { names: locals, local } = localsOf(code);
	const inside = withCode(code, { fn: info, frame: false, jumps: null, dead: null, local });
	const result = shallow(node) as t.FunctionExpression;
	if (node.type === 'FunctionDeclaration' && !code.plain) {
		(result as t.Node).type = 'FunctionExpression';
		result.id = null;
	} else if ('id' in node && node.id) result.id = shallow(node.id);
	// Parameters with defaults do not see what their body declares: a value that they need twice, right
	// away, is kept around the function.
	const aside = bodyScope ? withCode(inside, { local: code.local.bind(code) }) : inside;
	const { params, head } = rewriteParameters(aside, node, scope, prologue.length > 0);
	result.params = params as t.FunctionExpression['params'];
	if (node.body.type !== 'BlockStatement') {
		const value = rewrite(withCode(inside, { path: null }), node.body);
		const arrowFunction = result as unknown as t.ArrowFunctionExpression;
		const before = [...locals.map((name) => declare('let', id(name), null)), ...head];
		arrowFunction.body = before.length > 0 ? block([...before, returns(value)]) : value;
		arrowFunction.expression = before.length === 0;
		return result;
	}
	const body = shallow(node.body);
	body.directives = node.body.directives
		.filter((each) => !each.value.value.startsWith('use durable'))
		.map((each) => shallow(each));
	const statements = [
		...prologue,
		...head,
		...makeNativeScope(inside, scope),
		...(bodyScope ? makeNativeScope(inside, bodyScope) : []),
		...withParameterFields(inside, node, node.body.body, (each) => rewriteStatement(inside, each)),
	];
	body.body = [...locals.map((name) => declare('let', id(name), null)), ...statements];
	result.body = body;
	return result;
}

/** Variables of a native function that its expressions need, named as they are asked for. */
export function localsOf(code: Code): { names: string[]; local: (role: string) => string } {
	const names: string[] = [];
	const local = (role: string) => {
		const name = uniqueName(code.unit, `$${role}`);
		names.push(name);
		return name;
	};
	return { names, local };
}

/** Parameters; those that live in cells are moved into the body, in order, `length` kept; with `late`, all that evaluate anything. */
function rewriteParameters(
	code: Code,
	node: FunctionNode,
	scope: Scope,
	late: boolean,
): { params: t.Node[]; head: t.Statement[] } {
	const params = node.params.filter((param) => !(param.type === 'Identifier' && param.name === 'this'));
	const cells = [...scope.bindings.values()].filter((each) => each.kind === 'param' && storageOf(code.unit, each).cell);
	const simple = params.every((param) => param.type === 'Identifier');
	if (code.plain || (cells.length === 0 && (!late || simple))) {
		return { params: params.map((param) => rewritePattern(code, param, 'declare')), head: [] };
	}
	const length = lengthOf(node);
	const names = params.slice(0, length).map(() => uniqueName(code.unit, '$p'));
	const result: t.Node[] = names.map(id);
	const rest = length < params.length ? uniqueName(code.unit, '$rest') : null;
	if (rest !== null) result.push({ type: 'RestElement', argument: id(rest) } as t.RestElement);
	const head: t.Statement[] = [];
	for (const binding of scope.bindings.values()) {
		if (binding.kind !== 'param') continue;
		const storage = storageOf(code.unit, binding);
		head.push(
			storage.cell
				? declare('const', id(storage.name), construct(helper('Cell'), storage.tdz ? [helper('TDZ')] : []))
				: declare('let', id(storage.name), null),
		);
	}
	params.forEach((param, i) => {
		const value = i < length ? id(names[i]!) : index(id(rest!), number(i - length));
		if (param.type === 'RestElement') {
			const tail = call(member(id(rest!), 'slice'), [number(i - length)]);
			head.push(statement(assign(rewritePattern(code, param.argument, 'declare'), tail)));
		} else head.push(statement(bindParameter(code, param, value)));
	});
	return { params: result, head };
}

/** `target = value`, or the default where the argument is `undefined`. */
export function bindParameter(code: Code, param: t.Node, value: t.Expression): t.Expression {
	const plain = param.type === 'TSParameterProperty' ? param.parameter : param;
	if (plain.type !== 'AssignmentPattern') return assign(rewritePattern(code, plain, 'declare'), value);
	const fallback = rewriteNamed(code, plain.right, targetName(plain.left));
	const test = {
		type: 'BinaryExpression',
		operator: '===',
		left: value,
		right: { type: 'UnaryExpression', operator: 'void', prefix: true, argument: number(0) },
	} as t.BinaryExpression;
	const chosen = {
		type: 'ConditionalExpression',
		test,
		consequent: fallback,
		alternate: value,
	} as t.ConditionalExpression;
	return assign(rewritePattern(code, plain.left, 'declare'), chosen);
}
