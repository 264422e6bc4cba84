/** Cancelling what waits for time, an answer or a message: at once. */
import { expect, test } from 'vitest';
import { simulate } from './simulation.ts';

const IMPORTS = `import { sleep, suspend, receive } from '@perdure/runtime'; import { a, b, note } from 'world';`;

function durable(body: string, more = '') {
	const notes: unknown[] = [];
	const world = { a() {}, b() {}, note: (x: unknown) => notes.push(x) };
	const run = simulate(
		`${IMPORTS}${more}
		export async function main() { "use durable"; ${body} }`,
		{ world },
	);
	return Object.assign(run, { notes });
}

test.each(['sleep(1000)', "suspend('q')", "receive('m')", "suspend('q', { timeout: 5 })"])(
	'%s is left in the turn of the cancellation',
	(wait) => {
		const run = durable(`try { await ${wait}; } finally { note('cleaned'); }`);
		const turn = run.cancel({ by: 'test' });
		expect(turn).toMatchObject({ status: 'cancelled', outcome: { by: 'test' }, dispatch: [], abort: [], wakeAt: null });
		expect(turn.log.at(-1)).toMatchObject({ state: 'discarded' });
		expect(run.notes).toEqual(['cleaned']);
		expect(run.pending).toEqual([]);
	},
);

test('the reason enters as a copy', () => {
	const reason = { why: 'x' };
	const run = durable('try { await suspend(); } catch (e) { await a(); return e.reason; }');
	run.cancel(reason);
	reason.why = 'changed';
	expect(run.settle('a').outcome).toEqual({ why: 'x' });
});

test('a run that catches it and returns has completed', () => {
	const run = durable("try { await suspend(); } catch (e) { return 'saved'; }");
	expect(run.cancel()).toMatchObject({ status: 'completed', outcome: 'saved' });
});

test('a clean-up that throws something else has failed', () => {
	const run = durable("try { await suspend(); } finally { throw new Error('clean-up'); }");
	const turn = run.cancel();
	expect(turn.status).toBe('failed');
	expect(turn.outcome).toMatchObject({ message: 'clean-up' });
});

test('before its first turn too, a run can be cancelled at its first suspension point (M4)', () => {
	const run = durable("note('ran'); await a(); note('never');");
	run.restore();
	run.apply({ type: 'cancelled', reason: undefined });
	expect(run.notes).toEqual(['ran']);
	run.settle('a');
	expect(run.last.status).toBe('cancelled');
	expect(run.notes).toEqual(['ran']);
});

test('after it every kind of suspension point throws it again (M4)', () => {
	for (const point of [
		'a()',
		'sleep(1)',
		'suspend()',
		"receive('m')",
		'null',
		'[].concat(1)',
		'Promise.resolve(1)',
		'inner()',
	]) {
		const run = durable(
			`try { await suspend(); } catch {}
			 note('on'); const value = await ${point}; note(value);`,
			`async function inner() { "use durable"; note('inner'); return 1; }`,
		);
		expect(run.cancel().status, point).toBe('cancelled');
		expect(run.notes, point).toEqual(['on']);
		expect(run.outstanding, point).toEqual([]);
	}
});

test('a tail call is such a point, also behind a finally that awaited (M4)', () => {
	const run = durable(`
		try { await suspend(); } catch {} finally { await a(); }
		return b();`);
	run.cancel();
	run.settle('a');
	expect(run.last).toMatchObject({ status: 'cancelled', dispatch: [] });
});
