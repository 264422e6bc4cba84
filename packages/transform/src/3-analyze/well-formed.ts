/**
 * What every pass behind lowering takes for granted, checked. A breach is our own mistake, never the
 * user's: it stops the build, for the alternative is code that resumes at the wrong place.
 */
import * as t from '@babel/types';
import type { Block, BlockId, Closure, Graph, Unit } from '../2-lower/cfg.ts';
import { targetsOf } from '../2-lower/graph.ts';
import { broken } from '../invariant.ts';
import { jumpTarget, operandsOf } from './liveness.ts';

/** @throws CompilerInvariantError that says what is wrong and where. */
export function assertWellFormed({ graph, closures }: Unit): void {
	checkGraph(graph, new Set(refsOf(closures)));
	for (const closure of closures) checkClosure(closure, closures);
}

function checkClosure(closure: Closure, siblings: readonly Closure[]): void {
	// A closure refers to those made in it, and to what is beside it: itself, when it is recursive.
	const refs = new Set([...refsOf(closure.closures), ...refsOf(siblings)]);
	if (closure.body) checkGraph(closure.body, refs);
	if ((closure.make === null) === (closure.body === null)) {
		fail(`closure ${closure.ref} has ${closure.make ? 'two bodies' : 'no body'}`);
	}
	for (const inner of closure.closures) checkClosure(inner, closure.closures);
}

function refsOf(closures: readonly Closure[]): string[] {
	return closures.map(({ ref }) => ref);
}

function checkGraph(graph: Graph, refs: ReadonlySet<string>): void {
	const { blocks, variables, parameters, entry } = graph;
	const need = (id: BlockId, from: string) => {
		if (!blocks.has(id)) fail(`${from} leads to block ${id}, which is not there`);
	};
	const variable = (name: string, from: string) => {
		if (!variables.has(name)) fail(`${from}: no variable '${name}'`);
	};
	need(entry, 'the entry');
	for (const name of [parameters.args, parameters.self, ...parameters.env]) if (name !== null) variable(name, 'entry');
	for (const [name, { name: own, reload, temporary, source }] of variables) {
		if (name !== own) fail(`variable '${own}' is listed as '${name}'`);
		if (reload && source !== null && !temporary) fail(`variable '${name}' of the user's is to be read again`);
	}
	const handlers = new Set([...blocks.values()].map(({ handler }) => handler));
	for (const [id, block] of blocks) {
		const where = `block ${id}`;
		if (block.id !== id) fail(`${where} calls itself ${block.id}`);
		if (block.handler !== null) need(block.handler, `the handler of ${where}`);
		for (const guard of block.guards) if (guard !== 'finally') need(guard, `a guard of ${where}`);
		for (const to of targetsOf(block.end)) need(to, where);
		if (block.end.kind === 'suspend') {
			if (block.end.result !== null) variable(block.end.result, where);
			if (block.end.returned) variable(block.end.returned.value, where);
		}
		for (const node of codeOf(block)) checkCode(node, where, need, handlers.has(id), refs);
	}
}

function checkCode(
	root: t.Node,
	where: string,
	need: (id: BlockId, from: string) => void,
	isHandler: boolean,
	refs: ReadonlySet<string>,
): void {
	t.traverseFast(root, (node) => {
		switch (node.type) {
			case 'FunctionExpression':
			case 'FunctionDeclaration':
			case 'ArrowFunctionExpression':
			case 'ClassExpression':
			case 'ClassDeclaration':
			case 'ObjectMethod':
				// Native functions keep their own `return`, `await` and `this`.
				return t.traverseFast.skip;
			case 'AwaitExpression':
			case 'YieldExpression':
				return fail(`${where}: ${node.type} in opaque code`);
			case 'ContinueStatement': {
				const to = jumpTarget(node.label?.name ?? null);
				if (to !== null) need(to, `a jump in ${where}`);
				return;
			}
			case 'Identifier':
				if (node.name === '%exception' && !isHandler) fail(`${where} reads the exception, but handles none`);
				if (/^%def\d+$/.test(node.name) && !refs.has(node.name)) fail(`${where}: no closure ${node.name}`);
		}
	});
}

function codeOf({ body, end }: Block): t.Node[] {
	switch (end.kind) {
		case 'branch':
			return [...body, end.test];
		case 'dispatch':
			return [...body, end.on];
		case 'suspend':
		case 'tail':
			return [...body, ...operandsOf(end.op)];
		case 'return':
		case 'throw':
			return end.value ? [...body, end.value] : [...body];
		default:
			return [...body];
	}
}

function fail(what: string): never {
	broken(`the graph is not well formed: ${what}`);
}
