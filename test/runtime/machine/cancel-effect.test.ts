/** Cancelling a fiber that waits for an effect (runtime.md, "Effects", Cancel). */

import { expect, test, vi } from 'vitest';
import { CancelledError } from '../../../packages/runtime/src/errors/run.ts';
import { readLog } from '../../../packages/runtime/src/machine/log.ts';
import { Machine } from '../../../packages/runtime/src/machine/machine.ts';
import { simulate } from './simulation.ts';

const GRACE = 10_000;

const CHARGE = `
	import { charge, refund, note } from 'world';
	export async function main() { "use durable";
		try { await charge(100); }
		catch (e) { note(e); await refund(e.effect.outcome); throw e; }
	}`;

function charging() {
	const seen: unknown[] = [];
	const run = simulate(CHARGE, { world: { charge() {}, refund() {}, note: (e: unknown) => seen.push(e) } });
	const { key } = run.last.dispatch[0]!;
	return { run, seen: seen as CancelledError[], key };
}

test('its signal is to be aborted, and the fiber waits until the effect has settled', () => {
	const { run, seen, key } = charging();
	const turn = run.cancel('changed my mind');
	expect(turn).toMatchObject({ status: 'running', abort: [key], dispatch: [], wakeAt: run.now + GRACE });
	expect(seen).toEqual([]);
	run.settle('charge', { id: 'ch_1' });
	expect(seen).toHaveLength(1);
	expect(CancelledError.is(seen[0])).toBe(true);
	expect(seen[0]).toMatchObject({
		reason: 'changed my mind',
		effect: { name: 'charge', key, outcome: { value: { id: 'ch_1' } } },
	});
	expect(run.last.dispatch.map(({ name }) => name)).toEqual(['refund']);
	run.settle('refund');
	expect(run.last).toMatchObject({ status: 'cancelled', outcome: 'changed my mind' });
});

test('whoever takes the run over does not issue it again', () => {
	const { run, key } = charging();
	expect(Machine.load(run.machine.save()).pendingCalls(true)).toMatchObject([{ key }]);
	run.cancel();
	expect(Machine.load(run.machine.save()).pendingCalls(true)).toEqual([]);
});

test('what it rejected with is attached as well', () => {
	const { run, seen } = charging();
	run.cancel();
	run.fail('charge', new RangeError('declined'));
	const { outcome } = seen[0]!.effect!;
	expect((outcome as { error: unknown }).error).toBeInstanceOf(RangeError);
	expect(readLog(run.last.log).find(({ name }) => name === 'charge')).toMatchObject({
		state: 'executed',
		outcome: { error: { message: 'declined' } },
	});
});

test('after the grace the outcome is unknown, the entry discarded, a late outcome ignored (M3)', () => {
	const { run, seen, key } = charging();
	run.cancel();
	run.advance(GRACE - 1);
	expect(seen).toEqual([]);
	run.advance(1);
	expect(seen[0]!.effect!.outcome).toBe('unknown');
	expect(readLog(run.last.log).find(({ name }) => name === 'charge')).toMatchObject({ state: 'discarded' });
	run.apply({ type: 'effectSettled', key, ok: true, value: 'late' });
	expect(run.pending).toEqual(['effect refund']);
	run.settle('refund');
	expect(run.last.status).toBe('cancelled');
});

test('cancelling twice changes nothing: the first reason holds', () => {
	const { run, seen } = charging();
	run.cancel('first');
	run.now += 5000;
	const again = run.cancel('second');
	expect(again).toMatchObject({ abort: [], wakeAt: run.now + GRACE - 5000 });
	run.settle('charge');
	expect(seen[0]!.reason).toBe('first');
});

test('an effect of a cancelled fiber is never handed out again; after a crash its outcome is unknown', () => {
	const { run, seen } = charging();
	run.cancel('why');
	run.restore();
	expect(run.outstanding).toEqual([]);
	// Nobody brings the outcome: nothing is waited for.
	expect(run.machine.wakeAt).toBeLessThanOrEqual(run.now);
	run.advance(0);
	expect(seen[0]!.effect!.outcome).toBe('unknown');
	expect(seen[0]!.reason).toBe('why');
	expect(run.last.dispatch.map(({ name }) => name)).toEqual(['refund']);
});

test('an effect that was loaded and is not performed by anybody is given up at once', () => {
	const { run, seen } = charging();
	run.machine = Machine.load(run.machine.save());
	run.cancel();
	expect(run.last.abort).toEqual([]);
	expect(seen[0]!.effect!.outcome).toBe('unknown');
});

test('what awaits in the run but cannot be aborted is left at once', () => {
	const run = simulate(
		`
		import { held } from 'world';
		export async function main() { "use durable"; const p = held.promise; await p; }`,
		{
			world: { held: { promise: new Promise(() => {}) } },
		},
	);
	expect(run.cancel('x')).toMatchObject({ status: 'cancelled', outcome: 'x', abort: [] });
	expect(run.apply({ type: 'nativeSettled', key: run.turns[0]!.watch[0]!.key, ok: true, value: 1 }).status).toBe(
		'cancelled',
	);
});

test('an effect that a tail call issued is waited for as well', () => {
	const run = simulate(
		`
		import { charge, release } from 'world';
		async function pay() { "use durable"; return charge(1); }
		export async function main() { "use durable";
			try { return await pay(); } catch (e) { return [e.name, e.effect.outcome]; }
		}`,
		{ world: { charge: vi.fn(), release: vi.fn() } },
	);
	run.cancel();
	expect(run.last.abort).toHaveLength(1);
	expect(run.settle('charge', 7)).toMatchObject({ status: 'completed', outcome: ['CancelledError', { value: 7 }] });
});

test('an unsaveable outcome reaches the compensation as it is', () => {
	const { run, seen } = charging();
	run.cancel();
	const live = () => 'live';
	run.settle('charge', live);
	expect(seen[0]!.effect!.outcome).toEqual({ value: live });
});
