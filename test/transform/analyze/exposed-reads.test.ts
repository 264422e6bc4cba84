import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, test } from 'vitest';
import { parse } from '../../../packages/transform/src/1-parse/parse.ts';
import type { Closure, Graph } from '../../../packages/transform/src/2-lower/cfg.ts';
import { exposedReads } from '../../../packages/transform/src/3-analyze/exposed-reads.ts';
import { liveness } from '../../../packages/transform/src/3-analyze/liveness.ts';
import { lowerFile } from '../../../packages/transform/src/compile.ts';
import { branch, give, goto, graph, suspend } from '../../support/graph.ts';

function graphsOf(source: string, filename: string): Graph[] {
	const { lowered } = lowerFile(parse(source, { filename }), { filename, sourceType: 'module' });
	const inside = (closures: readonly Closure[]): Graph[] =>
		closures.flatMap(({ body, closures }) => [...(body ? [body] : []), ...inside(closures)]);
	return lowered.flatMap(({ unit }) => [unit.graph, ...inside(unit.closures)]);
}

/** Of the only function: by source text of a point, `name@line` of each read. */
function readsIn(source: string): Record<string, string[]> {
	const [only] = graphsOf(source, 'main.ts');
	return Object.fromEntries(
		[...exposedReads(only!)].map(([block, reads]) => {
			const { end } = only!.blocks.get(block)!;
			const { start, end: stop } = (end as { point: { node: { start: number; end: number } } }).point.node;
			const all = [...reads].flatMap(([, nodes]) => nodes.map((node) => `${node.name}@${node.loc?.start.line ?? '-'}`));
			return [source.slice(start, stop), all.sort()];
		}),
	);
}

const lines = (...text: string[]) => ["async function f(a, b, c) { 'use durable';", ...text, '}'].join('\n');

describe('the reads that a point is exposed to', () => {
	it('are all first ones behind it', () => {
		expect(readsIn(lines('await p();', 'use(a);', 'use(a, b);'))).toEqual({ 'p()': ['a@3', 'a@4', 'b@4'] });
	});

	it('end at a store', () => {
		expect(readsIn(lines('await p();', 'use(a);', 'a = 1;', 'use(a);'))).toEqual({ 'p()': ['a@3'] });
		expect(readsIn(lines('await p();', 'if (b) a = 1;', 'use(a);'))).toEqual({ 'p()': ['a@4', 'b@3'] });
		expect(readsIn(lines('await p();', 'a += 1;', 'use(a);'))).toEqual({ 'p()': ['a@3'] });
		expect(readsIn(lines('await p();', '({ a } = b);', 'use(a);'))).toEqual({ 'p()': ['b@3'] });
	});

	it('go around a loop', () => {
		expect(readsIn(lines('for (;;) {', 'use(a);', 'await p();', 'a = b;', '}'))).toEqual({ 'p()': ['b@5'] });
		expect(readsIn(lines('for (;;) {', 'use(a);', 'await p();', 'use(b);', '}'))).toEqual({ 'p()': ['a@3', 'b@5'] });
	});

	it('are those of the handler, where the point may throw', () => {
		expect(readsIn(lines('try {', 'await p();', 'a = 1;', '} catch {', 'use(a);', '}'))).toEqual({ 'p()': ['a@6'] });
	});

	it('have no place where lowering added them', () => {
		expect(readsIn(lines('await p();', 'return () => a;'))).toEqual({ 'p()': ['a@-'] });
	});

	it('are told apart by place, not by name', () => {
		const text = graph({
			variables: ['x'],
			blocks: {
				0: ['x = 1;', suspend('f()', null, 1)],
				1: [branch('x', 2, 3)],
				2: ['x = 2; use(x);', goto(3)],
				3: [suspend('g()', null, 4)],
				// Each text has places of its own: this one is not where the branch reads.
				4: [give('[x]')],
			},
		});
		const count = (block: number) => exposedReads(text).get(block)!.get('x')!.length;
		expect([count(0), count(3)]).toEqual([2, 1]);
	});
});

const root = fileURLToPath(new URL('../../../fixtures', import.meta.url));

test.each(globSync('{lower,run}/*/input.ts', { cwd: root }))('%s: what is live is what has an exposed read', (file) => {
	const graphs = graphsOf(readFileSync(`${root}/${file}`, 'utf8'), file);
	for (const each of graphs) {
		const exposed = [...exposedReads(each)].map(([block, reads]) => [block, [...reads.keys()].sort()]);
		expect(exposed).toEqual([...liveness(each).parked].map(([block, names]) => [block, [...names].sort()]));
	}
});
