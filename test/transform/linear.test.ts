/** What compiling a long function costs grows with its length: counted in work, not in time. */
import type * as t from '@babel/types';
import { describe, expect, it } from 'vitest';
import { parse } from '../../packages/transform/src/1-parse/parse.ts';
import { liveness } from '../../packages/transform/src/3-analyze/liveness.ts';
import { lowerFile } from '../../packages/transform/src/compile.ts';

const repeat = (count: number, text: (i: number) => string) =>
	Array.from({ length: count }, (_, i) => text(i)).join('\n');

const SHAPES: Readonly<Record<string, (n: number) => string>> = {
	'awaits in a row': (n) => repeat(n, (i) => `x += await g(a, ${i});`),
	'equal awaits': (n) => repeat(n, () => 'x += await g(a);'),
	'branches, tries and catches': (n) =>
		repeat(n, (i) => `if (await g(x)) x += await h(${i}); else try { x -= await h(x); } catch (e) { log(e); }`),
	'loops in a row': (n) => repeat(n, () => 'for (const y of a) for (let j = 0; j < y; j++) x += await g(j);'),
	'finally with returns': (n) => repeat(n, () => 'try { if (await g(x)) return x; } finally { await h(x); }'),
	'nested loops': (n) => `${'for (const y of a) {'.repeat(n)} x += await g(x); ${'}'.repeat(n)}`,
	'nested branches': (n) => `${'if (await g(x++)) {'.repeat(n)} x += await g(x); ${'}'.repeat(n)}`,
};

function walksOf(body: string): { readonly walks: number; readonly blocks: number } {
	const source = `export async function f(a) {\n'use durable';\nlet x = 0;\n${body}\nreturn x;\n}`;
	const file: t.File = parse(source, { filename: 'long.js' });
	const { graph } = lowerFile(file, { filename: 'long.js', sourceType: 'module' }).lowered[0]!.unit;
	return { walks: liveness(graph).walks, blocks: graph.blocks.size };
}

describe('each block is walked a few times, however many there are', () => {
	it.each(Object.entries(SHAPES))('%s', (_, shape) => {
		for (const n of [10, 100, 300]) {
			const { walks, blocks } = walksOf(shape(n));
			expect(walks / blocks, `${n}`).toBeLessThan(4);
		}
	});
});

it('loops without an await are walked once, however deep', () => {
	const depth = 60;
	const body = `await a; ${'for (const y of a) {'.repeat(depth)} x += g(x); ${'}'.repeat(depth)}`;
	expect(walksOf(body).walks).toBeLessThan(20);
});
