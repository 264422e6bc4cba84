import { describe, expect, it } from 'vitest';
import { liveness } from '../../../packages/transform/src/3-analyze/liveness.ts';
import { branch, expression, type GraphText, give, goto, graph, suspend } from '../../support/graph.ts';

/** Live while parked, by suspending block. */
function parked(text: GraphText): Record<number, string[]> {
	return Object.fromEntries([...liveness(graph(text)).parked].map(([block, names]) => [block, [...names]]));
}

/** Live across `await f()` when `code` follows it. */
function liveAfter(code: string, variables = ['x', 'y', 'z'], end = give(null)): string[] {
	return parked({ variables, blocks: { 0: [suspend('f()', null, 1)], 1: [code, end] } })[0]!;
}

describe('across a suspension point', () => {
	it('keeps what is read afterwards, and not what is dead', () => {
		const live = parked({
			variables: ['used', 'dead', 'result'],
			blocks: { 0: ['used = 1; dead = 2;', suspend('f(dead)', 'result', 1)], 1: [give('used + result')] },
		});
		expect(live).toEqual({ 0: ['used'] });
	});

	it('keeps what an earlier part of the loop reads again', () => {
		const live = parked({
			variables: ['i', 'limit', 'last'],
			blocks: {
				0: ['i = 0; limit = 3;', goto(1)],
				1: [branch('i < limit', 2, 3)],
				2: ['last = i;', suspend('f(last)', null, 4)],
				4: ['i++;', goto(1)],
				3: [give('i')],
			},
		});
		expect(live).toEqual({ 2: ['i', 'limit'] });
	});

	it('keeps the value of an operand that was evaluated before', () => {
		const live = parked({
			variables: ['a', 'b'],
			blocks: { 0: ['a = first();', suspend('second()', 'b', 1)], 1: [suspend('f(a, b)', null, 2)], 2: [give(null)] },
		});
		expect(live).toEqual({ 0: ['a'], 1: [] });
	});

	it('keeps a value to be read again in memory only', () => {
		const live = parked({
			variables: [{ name: 'log', reload: expression('console.log') }, 'x'],
			blocks: { 0: ['log = console.log;', suspend('x', 'x', 1)], 1: [suspend('log(x)', null, 2)], 2: [give(null)] },
		});
		expect(live).toEqual({ 0: ['log'], 1: [] });
	});

	it('does not keep what only unreachable code reads', () => {
		const live = parked({
			variables: ['x', 'y'],
			blocks: { 0: [branch('true', 1, 3)], 1: [suspend('f(y)', null, 2)], 2: [goto(0)], 3: [give('x')] },
		});
		expect(live).toEqual({ 1: ['y'] });
	});

	it('does not keep what both arms assign', () => {
		expect(liveAfter('if (c) x = 1; else x = 2; use(x);')).toEqual([]);
		expect(liveAfter('if (c) x = 1; use(x);')).toEqual(['x']);
		const live = parked({
			variables: ['x'],
			blocks: {
				0: [suspend('f()', null, 1)],
				1: [branch('c', 2, 3)],
				2: ['x = 1;', goto(4)],
				3: ['x = 2;', goto(4)],
				4: [give('x')],
			},
		});
		expect(live).toEqual({ 0: [] });
	});
});

describe('in what evaluates before a point', () => {
	it('sees operands that assign', () => {
		const live = parked({
			variables: ['i', 'r'],
			blocks: { 0: [suspend('f(i++)', 'r', 1)], 1: [give('i + r')] },
		});
		expect(live).toEqual({ 0: ['i'] });
	});
});

describe('inside opaque code', () => {
	it.each([
		['use(x); x = 1;', ['x']],
		['x = 1; use(x);', []],
		['use(x, x = 1);', ['x']],
		['use(x = 1, x);', []],
		['x += 1;', ['x']],
		['x++;', ['x']],
		['c && (x = 1); use(x);', ['x']],
		['x ??= y; use(x);', ['x', 'y']],
		['x = c ? 1 : y; use(x);', ['y']],
		['o?.[x = 1]; use(x);', ['x']],
		['o[x = 1]; use(x);', []],
		['o?.p[x](y);', ['x', 'y']],
		['[x, y = x] = o; use(x, y);', []],
		['[y = x, x] = o; use(x, y);', ['x']],
		['({ x, [x]: y } = o); use(y);', []],
		['({ [x]: y, x } = o); use(y, x);', ['x']],
		['({ x: 1, y });', ['y']],
		['o.x = y;', ['y']],
		['x.p = y;', ['x', 'y']],
		['let local = x; use(local);', ['x']],
		['(() => x)();', ['x']],
		['class A { m() { return y } }', ['y']],
		['`${x = 1}${x}`;', []],
		['delete x.p; typeof y;', ['x', 'y']],
	])('%s', (code, live) => {
		expect(liveAfter(code)).toEqual(live);
	});

	it.each([
		['while (c()) { use(x); x = 1; }', ['x']],
		['while (c()) { x = 1; use(x); }', []],
		['while (c()) { x = 1; } use(x);', ['x']],
		['do { x = 1; } while (c()); use(x);', []],
		['for (x = 0; x < 3; x++) use(y);', ['y']],
		['for (; c(); y = x) x = 1; use(y);', ['y']],
		['for (x of list) use(x);', []],
		['for (const k in y) x = k; use(x);', ['x', 'y']],
		['while (true) { if (c()) break; x = 1; } use(x);', ['x']],
		['for (;;) { x = 1; if (c()) break; } use(x);', []],
		['outer: for (;;) { for (;;) { if (c()) continue outer; x = 1; break outer; } } use(x);', []],
		['switch (k) { case 1: x = 1; break; default: x = 2; } use(x);', []],
		['switch (k) { case 1: x = 1; break; } use(x);', ['x']],
		['switch (k) { case y: x = 1; case 2: use(x); }', ['x', 'y']],
		['a: { if (c()) break a; x = 1; } use(x);', ['x']],
		['while (true) { use(y); } use(x);', ['y']],
		['for (;;) { if (c()) { x = 1; break; } } use(x);', []],
		['do { use(y); } while (1); use(x);', ['y']],
		['return y; use(x);', ['y']],
		['throw y; use(x);', ['y']],
	])('%s', (code, live) => {
		expect(liveAfter(code)).toEqual(live);
	});

	it.each([
		['try { f(); x = 1; } catch { } use(x);', ['x']],
		['try { x = 1; f(); } catch { } use(x);', []],
		['try { x = 1; f(); } catch { use(x); }', []],
		['try { f(); x = 1; } catch { use(x); }', ['x']],
		['try { f(); } catch { x = 1; } use(x);', ['x']],
		['try { f(); x = 1; } finally { use(x); }', ['x']],
		['try { x = 1; f(); } finally { y = 1; } use(x, y);', []],
		['try { return f(); } finally { use(x); }', ['x']],
		['try { return f(); } finally { x = 1; } use(x);', []],
		['for (;;) { try { break; } finally { x = 1; } } use(x, y);', ['y']],
		['try { throw f(); } catch (e) { use(e); } ', []],
		['try { throw f(); } catch ({ m = x }) { use(m); } ', ['x']],
	])('%s', (code, live) => {
		expect(liveAfter(code)).toEqual(live);
	});

	it('follows jumps to blocks out of the middle of a statement', () => {
		const live = parked({
			variables: ['x', 'y'],
			blocks: {
				0: [suspend('f()', null, 1)],
				1: ['while (c()) { if (d()) continue %2; x = 1; }', give('y')],
				2: [give('x')],
			},
		});
		expect(live).toEqual({ 0: ['x', 'y'] });
	});
});

describe('where exceptions are caught', () => {
	it('keeps what the handler reads', () => {
		const live = parked({
			variables: ['x', 'y', 'r'],
			blocks: { 0: ['x = 1;', goto(1)], 1: [suspend('f()', 'r', 2)], 2: ['x = 2;', give('r')], 3: [give('x')] },
			handlers: { 1: 3 },
		});
		expect(live).toEqual({ 1: ['x'] });
	});

	it('does not keep what is assigned before anything can throw', () => {
		const live = parked({
			variables: ['x'],
			blocks: {
				0: [suspend('f()', null, 1)],
				1: ['x = 2; g();', give(null)],
				2: [give('x')],
			},
			handlers: { 1: 2 },
		});
		expect(live).toEqual({ 0: [] });
	});

	it('keeps an older value while the assignment may still fail', () => {
		const live = parked({
			variables: ['x'],
			blocks: { 0: [suspend('f()', null, 1)], 1: ['x = g();', give(null)], 2: [give('x')] },
			handlers: { 1: 2 },
		});
		expect(live).toEqual({ 0: ['x'] });
	});
});

describe('cells', () => {
	const variables = [{ name: 'x', cell: true }, 'y'];

	it('are read by a write through them', () => {
		expect(liveAfter('x.v = 1;', variables as never)).toEqual(['x']);
	});

	it('are dead before they are made', () => {
		expect(liveAfter('x = new %Cell(y); use(x);', variables as never)).toEqual(['y']);
	});
});
