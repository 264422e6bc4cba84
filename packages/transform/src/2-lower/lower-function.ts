import type * as t from '@babel/types';
import type { Binding, FunctionInfo, FunctionNode } from '../1-parse/scope.ts';
import { assign, call, id, index, member, number, returns, statement } from './build.ts';
import type { Closure, Graph } from './cfg.ts';
import { checkArguments } from './check-function.ts';
import { bindParameter } from './closures.ts';
import { makeCells } from './declarations.ts';
import { Frame } from './frame.ts';
import { finishGraph } from './graph.ts';
import { lowerReturn } from './returns.ts';
import { lowerStatements } from './statements.ts';
import { atEntry, storageOf } from './storage.ts';
import { type Code, uniqueName } from './unit.ts';
import { lowerStart, markReturns } from './yields.ts';

/** An async closure or a generator gets a graph of its own; what it captures are variables that are set at entry. */
export function lowerClosure(
	code: Code,
	node: FunctionNode,
	info: FunctionInfo,
	captured: readonly Binding[],
): { graph: Graph; closures: Closure[] } {
	checkArguments(code.unit, node);
	const frame = new Frame(code.unit, info, ['closure']);
	for (const binding of captured) {
		const storage = storageOf(code.unit, binding);
		code.unit.taken.add(storage.name);
		frame.variables.set(storage.name, {
			name: storage.name,
			// A name of its own scopes may be the same.
			slot: binding.kind === 'this' ? 'this' : `^${binding.name}`,
			temporary: null,
			source: binding.name,
			binding,
			cell: storage.cell,
			reload: null,
			declaration: binding.node.loc ?? null,
		});
	}
	const parameters = lowerBody(
		frame,
		node,
		captured.map((binding) => storageOf(code.unit, binding).name),
	);
	return { graph: finishGraph(frame, parameters), closures: frame.closures };
}

/**
 * Everything of a function is inside its step, so that an error in a default rejects. (Of a generator
 * function the call throws it: its step is entered once by the call.)
 */
export function lowerBody(frame: Frame, node: FunctionNode, env: readonly string[]): Graph['parameters'] {
	markReturns(node, frame.unit.memo);
	frame.enter(frame.block());
	const args = uniqueName(frame.unit, '$args');
	frame.variables.set(args, {
		name: args,
		slot: '%args',
		temporary: null,
		source: null,
		cell: false,
		reload: null,
		declaration: null,
	});
	const { self, arguments: list } = frame.fn;
	if (self) {
		frame.addBinding(self, 'this');
		if (!frame.fn.strict) frame.emit(coerceSelf(storageOf(frame.unit, self).name));
	}
	if (list) {
		frame.addBinding(list, 'arguments');
		// The engine's own arguments object, not mapped: a strict function, or one without parameters.
		const make = returning(id('arguments'));
		const name = storageOf(frame.unit, list).name;
		frame.emit(
			statement(assign(id(name), call(member(make, 'apply'), [{ type: 'NullLiteral' } as t.NullLiteral, id(args)]))),
		);
	}
	const scope = frame.unit.scopes.byNode.get(node)!;
	lowerParameters(frame, node, args);
	lowerStart(frame, node);
	frame.openScope(scope);
	frame.openScope(frame.unit.scopes.bodies.get(node));
	if (node.body.type === 'BlockStatement') lowerStatements(frame, node.body.body);
	else lowerReturn(frame, node.body, node.body);
	frame.end({ kind: 'return', value: null });
	return { args, self: self ? storageOf(frame.unit, self).name : null, env };
}

/** A sloppy function's `this` is an object (ECMA-262 OrdinaryCallBindThis): a sloppy function makes it so. */
function coerceSelf(name: string): t.Statement {
	const self = returning({ type: 'ThisExpression' } as t.ThisExpression);
	return statement(assign(id(name), call(member(self, 'call'), [id(name)])));
}

/** `function () { return value }` */
function returning(value: t.Expression): t.FunctionExpression {
	return {
		type: 'FunctionExpression',
		id: null,
		params: [],
		body: { type: 'BlockStatement', directives: [], body: [returns(value)] },
		async: false,
		generator: false,
	} as unknown as t.FunctionExpression;
}

function lowerParameters(frame: Frame, node: FunctionNode, args: string): void {
	const scope = frame.unit.scopes.byNode.get(node)!;
	const params = node.params.filter((param) => !(param.type === 'Identifier' && param.name === 'this'));
	const bindings = [...scope.bindings.values()].filter((binding) => binding.kind === 'param');
	for (const binding of bindings) frame.addBinding(binding);
	for (const binding of bindings) {
		const storage = storageOf(frame.unit, binding);
		const empty = atEntry(storage);
		if (empty) frame.emit(statement(assign(id(storage.name), empty)));
	}
	for (const param of params) if (param.type !== 'Identifier') makeCells(frame, param);
	params.forEach((param, i) => {
		const plain = param.type === 'TSParameterProperty' ? param.parameter : param;
		if (plain.type === 'Identifier') {
			const binding = frame.unit.scopes.declared.get(plain)!;
			// Of two parameters of one name (sloppy) the last counts.
			if (
				binding.node === plain ||
				params.findLastIndex((each) => each.type === 'Identifier' && each.name === plain.name) === i
			) {
				frame.emit(frame.initialise(binding, index(id(args), number(i))));
			}
		} else if (plain.type === 'RestElement') {
			const value = call(member(id(args), 'slice'), [number(i)]);
			frame.emit(statement(bindParameter(frame, plain.argument, value)));
		} else frame.emit(statement(bindParameter(frame, plain, index(id(args), number(i)))));
	});
}
