/** Closing the iterator of a `for await` is cleaning up: it may await although the run is cancelled (M4). */
import { expect, test } from 'vitest';
import { simulate } from './simulation.ts';

function durable(body: string) {
	const notes: unknown[] = [];
	const world = { a() {}, b() {}, c() {}, note: (x: unknown) => void notes.push(x) };
	const run = simulate(
		`import { suspend } from '@perdure/runtime'; import { a, b, c, note } from 'world';
		export async function main() { "use durable";
			const source = {
				[Symbol.asyncIterator]: () => ({
					next: async () => ({ done: false, value: 1 }),
					return: async () => { note('return'); await a(); note('returned'); return {}; },
				}),
			};
			${body}
		}`,
		{ world },
	);
	return Object.assign(run, { notes });
}

test.each([true, false])(
	'a loop that is cancelled in its body closes its iterator first (restored: %s)',
	(restored) => {
		const run = durable(
			"try { for await (const x of source) await suspend(); } finally { note('finally'); await b(); }",
		);
		run.cancel('r');
		expect(run.pending).toEqual(['effect a']);
		if (restored) run.restore();
		run.settle('a');
		expect(run.notes).toEqual(['return', 'returned', 'finally']);
		if (restored) run.restore();
		run.settle('b');
		expect(run.last).toMatchObject({ status: 'cancelled', outcome: 'r' });
	},
);

test.each([true, false])('a closing that is under way is not disturbed (restored: %s)', (restored) => {
	const run = durable("for await (const x of source) break; note('on'); await b();");
	expect(run.pending).toEqual(['effect a']);
	if (restored) run.restore();
	run.cancel('r');
	expect(run.last).toMatchObject({ status: 'running', abort: [] });
	run.settle('a');
	expect(run.notes).toEqual(['return', 'returned', 'on']);
	expect(run.last).toMatchObject({ status: 'cancelled', outcome: 'r' });
});

test('a loop that waits for its next element is not closed', () => {
	const run = durable(`
		const waiting = { [Symbol.asyncIterator]: () => ({ next: () => suspend(), return: () => note('never') }) };
		try { for await (const x of waiting) note(x); } catch (e) { note('caught'); }
		await a();`);
	run.cancel('r');
	expect(run.notes).toEqual(['caught']);
	expect(run.last).toMatchObject({ status: 'cancelled' });
});
