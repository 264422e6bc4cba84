import { describe, expect, it } from 'vitest';
import { emitGraph, evaluateGraph } from '../../support/emit-graph.ts';
import { branch, give, goto, suspend, tail } from '../../support/graph.ts';

const later = async (value: unknown) => value;
const fail = async (value: unknown) => {
	throw value;
};

describe('a step', () => {
	it('goes straight through without a loop or a pc of its own', async () => {
		const text = {
			variables: ['args', 'x', 'y'],
			blocks: {
				0: ['x = args[0];', suspend('later(x + 1)', 'y', 1)],
				1: [suspend('later(y * x)', 'y', 2)],
				2: [give('y')],
			},
		};
		await expect(evaluateGraph(text, { later })(3)).resolves.toBe(12);
		expect(emitGraph(text)).not.toMatch(/for \(;;\)|let pc/);
	});

	it('loops', async () => {
		const text = {
			variables: ['i', 'sum', 'x'],
			blocks: {
				0: ['i = 0; sum = 0;', goto(1)],
				1: [branch('i < 4', 2, 3)],
				2: [suspend('later(i)', 'x', 4)],
				4: ['sum += x; i++;', goto(1)],
				3: [give('sum')],
			},
		};
		await expect(evaluateGraph(text, { later })()).resolves.toBe(6);
	});

	it('joins what branched', async () => {
		const text = {
			variables: ['args', 'x', 'y'],
			blocks: {
				0: ['x = args[0];', branch('x', 1, 2)],
				1: [suspend('later("yes")', 'y', 3)],
				2: ['y = "no";', goto(3)],
				3: [give('y + x')],
			},
		};
		const subject = evaluateGraph(text, { later });
		await expect(subject(1)).resolves.toBe('yes1');
		await expect(subject(0)).resolves.toBe('no0');
	});

	it('catches what is thrown at a point, by operands, and by code in the region', async () => {
		const text = {
			variables: ['args', 'x', 'y'],
			blocks: {
				0: ['x = args[0];', goto(1)],
				1: [suspend('x(1)', 'y', 2)],
				2: ['if (y === "bad") throw "inside";', suspend('later(y.p.q)', 'y', 3)],
				3: [give('y')],
				4: ['y = %exception;', suspend('later(y)', 'y', 5)],
				5: [give('"caught " + (y.message ?? y)')],
			},
			handlers: { 1: 4, 2: 4 },
		};
		const subject = evaluateGraph(text, { later });
		await expect(subject(() => fail('rejected'))).resolves.toBe('caught rejected');
		await expect(subject(() => 'bad')).resolves.toBe('caught inside');
		await expect(subject(() => ({}))).resolves.toMatch(/^caught Cannot read properties/);
		await expect(subject(() => ({ p: { q: 1 } }))).resolves.toBe(1);
		await expect(subject(1)).resolves.toMatch(/is not a function/);
	});

	it('leaves a region behind, and enters the next', async () => {
		const text = {
			variables: ['args', 'f', 'log'],
			blocks: {
				0: ['f = args[0]; log = "";', goto(1)],
				1: [suspend('f(1)', null, 2)],
				2: ['log += "after ";', suspend('f(2)', null, 3)],
				3: ['log += "end";', give('log')],
				4: ['log += "caught " + %exception + " ";', goto(2)],
			},
			handlers: { 1: 4 },
		};
		const failing = (at: number) => (n: number) => (n === at ? fail(n) : later(n));
		await expect(evaluateGraph(text)(failing(0))).resolves.toBe('after end');
		await expect(evaluateGraph(text)(failing(1))).resolves.toBe('caught 1 after end');
		await expect(evaluateGraph(text)(failing(2))).rejects.toBe(2);
	});

	it('saves what operands assign, after they did', async () => {
		const text = {
			variables: ['i', 'r', 'value'],
			blocks: {
				0: ['i = 1;', suspend('later(i++)', 'r', 1)],
				1: [suspend('value = later(i)', 'r', 2)],
				2: [suspend('value', 'value', 3)],
				3: [give('[i, r, value]')],
			},
		};
		await expect(evaluateGraph(text, { later })()).resolves.toEqual([2, 2, 2]);
	});

	it('jumps out of the middle of a statement', async () => {
		const text = {
			variables: ['args', 'x'],
			blocks: {
				0: ['for (const a of args) { if (a > 2) { x = a; continue %1; } }', give('"none"')],
				1: [suspend('later(x)', 'x', 2)],
				2: [give('x')],
			},
		};
		const subject = evaluateGraph(text, { later });
		await expect(subject(1, 5, 6)).resolves.toBe(5);
		await expect(subject(1)).resolves.toBe('none');
	});

	it('calls in tail position', async () => {
		const text = { variables: ['args'], blocks: { 0: [tail('later(args[0])')] } } as const;
		await expect(evaluateGraph(text, { later })(7)).resolves.toBe(7);
	});
});

describe('a return inside opaque code', () => {
	it('is not taken for the end while a catch may still see its operand throw', async () => {
		const text = {
			variables: ['args', 'x'],
			blocks: {
				0: ['try { return args[0](); } catch { x = 1; }', suspend('later(x)', 'x', 1)],
				1: [give('"caught"')],
			},
		};
		const subject = evaluateGraph(text, { later });
		await expect(subject(() => 'plain')).resolves.toBe('plain');
		await expect(
			subject(() => {
				throw 1;
			}),
		).resolves.toBe('caught');
	});

	it('is overridden by a finally that leaves otherwise', async () => {
		const text = {
			variables: ['x'],
			blocks: {
				0: ['for (;;) { try { return 1; } finally { x = 2; break; } }', suspend('later(x)', 'x', 1)],
				1: ['try { try { return 3; } finally { throw 4; } } catch (e) { x += e; }', suspend('later(x)', 'x', 2)],
				2: ['try { return x; } finally { x = 9; }', give(null)],
			},
		};
		await expect(evaluateGraph(text, { later })()).resolves.toBe(6);
	});
});
