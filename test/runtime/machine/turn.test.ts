/** One turn: an event in, and out of it what is to be made durable and done. */
import { expect, test, vi } from 'vitest';
import { simulate } from './simulation.ts';

const TWO_STEPS = `
	import { first, second } from 'world';
	export async function main(x) { "use durable";
		const a = await first(x);
		const b = await second(a);
		return [a, b];
	}`;

test('an effect is asked for, never performed, by the turn that issues it (M2, write-ahead)', () => {
	const first = vi.fn();
	const run = simulate(TWO_STEPS, { args: [1], world: { first, second: first } });
	expect(first).not.toHaveBeenCalled();
	expect(run.last.dispatch.map(({ name, attempt }) => [name, attempt])).toEqual([['first', 1]]);
	expect(run.last.status).toBe('running');
});

test('a turn ends when the fiber is parked, and a fiber is parked on one thing (M1, F1)', () => {
	const run = simulate(TWO_STEPS, { world: { first() {}, second() {} } });
	expect(run.pending).toEqual(['effect first']);
	run.settle('first', 'a');
	expect(run.pending).toEqual(['effect second']);
	expect(run.last.dispatch.map(({ name }) => name)).toEqual(['second']);
	run.settle('second', 'b');
	expect(run.pending).toEqual([]);
	expect(run.last).toMatchObject({ status: 'completed', outcome: ['a', 'b'], number: 3, dispatch: [], wakeAt: null });
});

test('no effect is handed out twice by one process, and each once more after a load (M2)', () => {
	const run = simulate(TWO_STEPS, { world: { first() {}, second() {} } });
	const { key } = run.last.dispatch[0]!;
	expect(run.machine.reissue()).toEqual([]);
	run.restore();
	expect(run.outstanding.map((call) => [call.key, call.attempt])).toEqual([[key, 2]]);
	expect(run.machine.reissue()).toEqual([]);
});

test('an outcome for a key that is not pending changes nothing (M3)', () => {
	const run = simulate(TWO_STEPS, { world: { first() {}, second() {} } });
	const before = run.machine.save();
	const turn = run.apply({ type: 'effectSettled', key: 'of nobody', ok: true, value: 'crossed' });
	expect(turn).toMatchObject({ status: 'running', log: [], dispatch: [], abort: [] });
	run.settle('first', 'a');
	const late = run.turns[0]!.dispatch[0]!.key;
	run.apply({ type: 'effectSettled', key: late, ok: true, value: 'again' });
	run.settle('second', 'b');
	expect(run.last.outcome).toEqual(['a', 'b']);
	expect(before.length).toBeGreaterThan(0);
});

test('an answer to what does not wait, and a native outcome of an effect, change nothing (M3)', () => {
	const run = simulate(TWO_STEPS, { world: { first() {}, second() {} } });
	const { key } = run.last.dispatch[0]!;
	run.apply({ type: 'resumed', suspension: key, ok: true, value: 'x' });
	run.apply({ type: 'nativeSettled', key, ok: true, value: 'x' });
	run.apply({ type: 'timerFired' });
	expect(run.pending).toEqual(['effect first']);
	expect(run.settle('first', 1).dispatch).toHaveLength(1);
});

test('events after the end do nothing', () => {
	const run = simulate(`export async function main() { "use durable"; return 1; }`);
	expect(run.last.status).toBe('completed');
	for (const turn of [run.cancel('late'), run.send('m', 1), run.advance(1e9)]) {
		expect(turn).toMatchObject({ status: 'completed', outcome: 1, dispatch: [], log: [] });
	}
});

test('synchronous code, intrinsics and await of plain values need no turn of their own', () => {
	const run = simulate(
		`
		export async function main(list) { "use durable";
			let sum = 0;
			for (const x of list) sum += await x;
			const last = await list.pop();
			await null;
			return sum * (await Math.max(1, last));
		}`,
		{ args: [[1, 2, 3]] },
	);
	expect(run.turns).toHaveLength(1);
	expect(run.last).toMatchObject({ status: 'completed', outcome: 18 });
});

test('foreign functions called elsewhere than in await position run in the turn', () => {
	const seen: string[] = [];
	const run = simulate(
		`
		import { note, effect } from 'world';
		export async function main() { "use durable";
			note('before');
			await effect(note('argument'));
			note('after');
		}`,
		{ world: { note: (s: string) => seen.push(s), effect() {} } },
	);
	expect(seen).toEqual(['before', 'argument']);
	run.settle('effect');
	expect(seen).toEqual(['before', 'argument', 'after']);
});

test('thenables made elsewhere are watched, and resume with what they settle with', () => {
	const run = simulate(
		`
		import { held } from 'world';
		export async function main() { "use durable";
			const p = held.promise;
			try { return await p; } catch (e) { return e.message; }
		}`,
		{ world: { held: { promise: Promise.resolve(1) } } },
	);
	expect(run.pending).toEqual(['native']);
	const { key } = run.last.watch[0]!;
	run.apply({ type: 'nativeSettled', key, ok: false, value: new Error('no') });
	expect(run.last).toMatchObject({ status: 'completed', outcome: 'no' });
});

test('a thenable whose then cannot be read rejects at its await', () => {
	const run = simulate(`
		export async function main() { "use durable";
			const evil = { get then() { throw new Error('then') } };
			try { await evil; } catch (e) { return e.message; }
		}`);
	expect(run.last).toMatchObject({ status: 'completed', outcome: 'then' });
});

test('the run of the turn is known to its code, and to nobody else', () => {
	const run = simulate(
		`
		import { currentRun } from '@perdure/runtime';
		export async function main() { "use durable"; const { id, startedAt } = currentRun(); return [id, startedAt]; }`,
		{
			runId: 'me',
			now: 5,
		},
	);
	expect(run.last.outcome).toEqual(['me', new Date(5)]);
});
