/**
 * Several fibers of one run. `call` is foreign code that calls what it is given: so durable functions and
 * primitives are started without being awaited.
 */
import { expect, test } from 'vitest';
import { simulate } from './simulation.ts';

function fibers(body: string, more = '', world: object = {}) {
	const notes: string[] = [];
	const run = simulate(
		`import { eff, clean, call, note } from 'world';
		import { sleep, suspend, receive } from '@perdure/runtime';
		${more}
		export async function main() { "use durable"; ${body} }`,
		{
			world: {
				eff() {},
				clean() {},
				call: (f: (...args: unknown[]) => unknown, ...args: unknown[]) => f(...args),
				note: (s: string) => notes.push(s),
				...world,
			},
		},
	);
	return Object.assign(run, { notes });
}

const INNER = `
	async function inner(x) { "use durable";
		try { note('in ' + x); const y = await eff(x); note('got ' + x); await sleep(10); return y; }
		finally { await clean(x); note('cleaned ' + x); }
	}`;

test.each([false, true])(
	'fibers run side by side, and outcomes are told apart by identity (restored: %s)',
	(restored) => {
		const run = fibers("const p = call(inner, 'a'); const q = call(inner, 'b'); return [await p, await q];", INNER);
		const step = () => restored && run.restore();
		step();
		expect(run.pending).toEqual(['effect eff', 'effect eff']);
		const [, second] = run.outstanding;
		run.apply({ type: 'effectSettled', key: second!.key, ok: true, value: 'B' });
		run.outstanding = run.outstanding.filter((call) => call !== second);
		step();
		run.settle('eff', 'A');
		step();
		run.advance(10);
		step();
		run.settle('clean');
		step();
		run.settle('clean');
		expect(run.last).toMatchObject({ status: 'completed', outcome: ['A', 'B'] });
		expect(run.notes).toEqual(['in a', 'in b', 'got b', 'got a', 'cleaned b', 'cleaned a']);
	},
);

test('two open suspensions: each answer goes where it is addressed, in any order', () => {
	const run = fibers("const p = call(suspend, 'p'); const q = call(suspend, 'q'); return [await p, await q];");
	const [p, q] = run.machine.waits;
	expect([p!.value, q!.value]).toEqual(['p', 'q']);
	run.apply({ type: 'resumed', suspension: q!.id, ok: true, value: 2 });
	run.restore();
	expect(run.machine.waits.map(({ id }) => id)).toEqual([p!.id]);
	expect(run.apply({ type: 'resumed', suspension: p!.id, ok: true, value: 1 }).outcome).toEqual([1, 2]);
});

test('receivers are served first come, first served', () => {
	const run = fibers("const p = call(receive, 'm'); const q = call(receive, 'm'); return [await p, await q];");
	run.send('m', 1);
	run.restore();
	expect(run.send('m', 2).outcome).toEqual([1, 2]);
});

test('timers that are overdue fire in the order of their times, not of their issue', () => {
	const run = fibers(
		'const p = call(nap, 20); const q = call(nap, 10); const r = call(nap, 20); await p; await q; await r;',
		'async function nap(ms) { "use durable"; await sleep(ms); note(`woke ${ms}`); }',
	);
	run.restore();
	run.advance(1000);
	expect(run.notes).toEqual(['woke 10', 'woke 20', 'woke 20']);
});

test('when the root returns, what is left is cancelled and cleaned up; then the run is over with its value', () => {
	const run = fibers("call(inner, 'a'); return 'root';", INNER);
	// First what the turn has issued is dispatched.
	expect(run.last).toMatchObject({ status: 'running', abort: [], wakeAt: 0 });
	expect(run.restore().outstanding).toHaveLength(1);
	expect(run.advance(0).abort).toHaveLength(1);
	run.settle('eff');
	expect(run.pending).toEqual(['effect clean']);
	run.settle('clean');
	expect(run.last).toMatchObject({ status: 'completed', outcome: 'root' });
	expect(run.notes).toEqual(['in a', 'cleaned a']);
});

test('when the root throws, the run has failed at once and what is left is frozen', () => {
	const run = fibers("call(inner, 'a'); throw new Error('root');", INNER);
	expect(run.last).toMatchObject({ status: 'failed', outcome: { message: 'root' }, dispatch: [] });
	expect(run.notes).toEqual(['in a']);
});

test('a rejection that nobody handles by the end of the turn fails the run', () => {
	const run = fibers(
		"call(inner, 'a'); await sleep(1000);",
		'async function inner(x) { "use durable"; await eff(x); }',
	);
	run.fail('eff', new Error('lost'));
	expect(run.last).toMatchObject({ status: 'failed', outcome: { message: 'lost' } });
});

test('one that is handled later in the same turn does not', () => {
	const run = fibers(
		"const p = call(inner, 'a'); await eff('main'); try { await p; } catch (e) { return e.message; }",
		'async function inner(x) { "use durable"; await null; throw new Error(x); }',
	);
	expect(run.last.status).toBe('failed');
	const handled = fibers(
		"const p = call(inner, 'a'); await null; try { await p; } catch (e) { return e.message; }",
		'async function inner(x) { "use durable"; await null; throw new Error(x); }',
	);
	expect(handled.last).toMatchObject({ status: 'completed', outcome: 'a' });
});

test('cancelling: every fiber hears of it, each effect in flight is aborted, each finally runs', () => {
	const run = fibers(
		"const p = call(inner, 'a'); const q = call(inner, 'b'); try { await p; await q; } finally { note('main'); }",
		INNER,
	);
	const turn = run.cancel('stop');
	expect(turn.abort).toHaveLength(2);
	run.settle('eff', 1);
	run.settle('eff', 2);
	expect(run.pending).toEqual(['effect clean', 'effect clean']);
	run.restore();
	run.settle('clean');
	run.settle('clean');
	expect(run.last).toMatchObject({ status: 'cancelled', outcome: 'stop' });
	expect(run.notes).toEqual(['in a', 'in b', 'main', 'cleaned a', 'cleaned b']);
});

test('one promise awaited by two fibers; a promise kept in data', () => {
	const run = fibers(
		"const box = { p: call(inner, 'x') }; const q = call(other, box); return [await q, await box.p, box.p === box.p];",
		`async function inner(x) { "use durable"; return await eff(x); }
		 async function other(box) { "use durable"; return [await box.p]; }`,
	);
	run.restore();
	expect(run.settle('eff', 'v').outcome).toEqual([['v'], 'v', true]);
});

test('many fibers, restored in between', () => {
	const run = fibers(
		'const all = []; for (let i = 0; i < 200; i++) all.push(call(inner, i)); let sum = 0; for (const p of all) sum += await p; return sum;',
		'async function inner(x) { "use durable"; return await eff(x); }',
	);
	for (let i = 0; i < 200; i++) {
		if (i % 50 === 0) run.restore();
		// The latest first.
		const call = run.outstanding.pop()!;
		run.apply({ type: 'effectSettled', key: call.key, ok: true, value: 1 });
	}
	expect(run.last).toMatchObject({ status: 'completed', outcome: 200 });
});
