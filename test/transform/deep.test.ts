/** Every pass walks the tree by recursion: what is nested too deeply is told, and long is not deep. */
import { transform } from '@perdure/transform';
import { describe, expect, it } from 'vitest';

const program = (body: string) => `export async function f(a) {\n'use durable';\n${body}\n}`;

function codesOf(body: string): string[] {
	return transform(program(body), { filename: 'deep.js' }).diagnostics.map(({ code }) => code);
}

const nested = (depth: number, open: string, inner: string, close: string) =>
	open.repeat(depth) + inner + close.repeat(depth);

describe('what is nested too deeply is a diagnostic, not an overflow', () => {
	it.each([
		['calls', 'return ', 'g(', 'await a', ')'],
		['blocks', '', '{', 'await a;', '}'],
		['branches', '', 'if (await g()) {', 'await a;', '}'],
		['arrays', 'return ', '[', 'await a', ']'],
	])('%s', (_, before, open, inner, close) => {
		expect(codesOf(before + nested(20_000, open, inner, close))).toEqual(['PD0003']);
		expect(codesOf(before + nested(100, open, inner, close))).toEqual([]);
	});
});

it('a file that only mentions the directive may be as deep as the parser allows', () => {
	expect(transform('// use durable\n[[[[[[1]]]]]]', { filename: 'plain.js' }).diagnostics).toEqual([]);
});
