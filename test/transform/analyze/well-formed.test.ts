import { describe, expect, it } from 'vitest';
import type { Closure, Graph, Unit } from '../../../packages/transform/src/2-lower/cfg.ts';
import { assertWellFormed } from '../../../packages/transform/src/3-analyze/well-formed.ts';
import { expression, type GraphText, give, goto, graph, suspend } from '../../support/graph.ts';

function unit(made: Graph, closures: readonly Closure[] = []): Unit {
	return { graph: made, closures, strict: false, names: new Set() };
}

const good: GraphText = {
	variables: ['args', 'x'],
	blocks: { 0: ['x = 1; if (x) continue %2;', suspend('f(x)', 'x', 1)], 1: [goto(2)], 2: [give('x')] },
};

describe('the well-formedness assertion', () => {
	it('accepts what lowering makes', () => {
		expect(() => assertWellFormed(unit(graph(good)))).not.toThrow();
	});

	it.each<[string, Partial<GraphText>]>([
		['a target that is not there', { blocks: { 0: [goto(7)] } }],
		['a jump to a block that is not there', { blocks: { 0: ['for (;;) continue %5;', give(null)] } }],
		['a handler that is not there', { handlers: { 0: 9 } }],
		['a result that is no variable', { blocks: { 0: [suspend('f()', 'nowhere', 1)], 1: [give(null)] } }],
		['arguments that are no variable', { args: 'nowhere' }],
		['the exception outside a handler', { blocks: { 0: ['x = %exception;', give(null)] } }],
		['a closure that is not there', { blocks: { 0: ['x = %closure(%def3, []);', give(null)] } }],
	])('refuses %s', (_, wrong) => {
		expect(() => assertWellFormed(unit(graph({ ...good, ...wrong })))).toThrow(/PD9100/);
	});

	it('refuses an await in opaque code', () => {
		const made = graph({ variables: ['args'], blocks: { 0: [give('a')] } });
		const wrong = { type: 'AwaitExpression', argument: expression('a') } as never;
		made.blocks.get(0)!.end = { kind: 'return', value: wrong };
		expect(() => assertWellFormed(unit(made))).toThrow(/AwaitExpression/);
	});
});
