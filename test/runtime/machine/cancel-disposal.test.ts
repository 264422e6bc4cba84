/** Disposal may await although the run is cancelled, with everything called there (M4). */
import { expect, test } from 'vitest';
import { simulate } from './simulation.ts';

function durable(body: string) {
	const notes: unknown[] = [];
	const world = { a() {}, b() {}, c() {}, note: (x: unknown) => void notes.push(x) };
	const run = simulate(
		`import { serializable, suspend } from '@perdure/runtime'; import { a, b, c, note } from 'world';
		class Tx { constructor(name) { this.name = name; } async [Symbol.asyncDispose]() {} }
		serializable(Tx);
		export async function main() { "use durable";
			const open = (name) => ({
				[Symbol.asyncDispose]: async () => { note('disposing ' + name); await a(name); note('disposed ' + name); },
			});
			${body}
		}`,
		{ world },
	);
	return Object.assign(run, { notes });
}

test.each([true, false])('a cancelled scope disposes of all it has declared (restored: %s)', (restored) => {
	const run = durable("await using x = open('x'); await using y = open('y'); await suspend();");
	run.cancel('r');
	expect(run.pending).toEqual(['effect a']);
	if (restored) run.restore();
	run.settle('a');
	if (restored) run.restore();
	run.settle('a');
	expect(run.notes).toEqual(['disposing y', 'disposed y', 'disposing x', 'disposed x']);
	expect(run.last).toMatchObject({ status: 'cancelled', outcome: 'r' });
});

test.each([true, false])('a disposal that is under way is not disturbed (restored: %s)', (restored) => {
	const run = durable("{ await using x = open('x'), y = open('y'); } note('on'); await b();");
	expect(run.pending).toEqual(['effect a']);
	if (restored) run.restore();
	run.cancel('r');
	expect(run.last).toMatchObject({ status: 'running', abort: [] });
	run.settle('a');
	if (restored) run.restore();
	run.settle('a');
	expect(run.notes).toEqual(['disposing y', 'disposed y', 'disposing x', 'disposed x', 'on']);
	expect(run.last).toMatchObject({ status: 'cancelled', outcome: 'r' });
});

test('the cancellation is what is suppressed by an error of disposal', () => {
	const run = durable(`
		try {
			await using x = { [Symbol.asyncDispose]: async () => { await a(); throw new Error('dispose'); } };
			await suspend();
		} catch (e) { note([e.name, e.error.message, e.suppressed.reason]); }
		await b();`);
	run.cancel('r');
	run.settle('a');
	expect(run.notes).toEqual([['SuppressedError', 'dispose', 'r']]);
	expect(run.last).toMatchObject({ status: 'cancelled' });
});

test.each([true, false])('a foreign method is an effect on a saved receiver (restored: %s)', (restored) => {
	const run = durable("await using tx = new Tx('t'); await b();");
	if (restored) run.restore();
	run.settle('b');
	expect(run.pending).toEqual(['effect tx[Symbol.asyncDispose]']);
	if (restored) run.restore();
	run.settle('tx[Symbol.asyncDispose]');
	expect(run.last).toMatchObject({ status: 'completed' });
});
