/** A `catch` in a loop cannot swallow a cancellation (language.md, "Errors, cancellation"; M4). */
import { expect, test } from 'vitest';
import { simulate } from './simulation.ts';

const IMPORTS = `import { sleep, suspend } from '@perdure/runtime'; import { poll, undo, stop, note } from 'world';`;

function durable(body: string, more = '') {
	const notes: unknown[] = [];
	const world = { poll() {}, undo() {}, stop() {}, note: (x: unknown) => notes.push(x) };
	const run = simulate(
		`${IMPORTS}${more}
		export async function main() { "use durable"; ${body} }`,
		{ world },
	);
	return Object.assign(run, { notes });
}

test('a poll loop that catches everything ends', () => {
	const run = durable("for (;;) { try { await sleep(10); } catch (e) { note('caught'); } }");
	run.advance(10);
	expect(run.cancel('r')).toMatchObject({ status: 'cancelled', outcome: 'r' });
	expect(run.notes).toEqual(['caught']);
});

test('a finally around it is run', () => {
	const run = durable(
		"try { for (;;) { try { await sleep(10); } catch {} } } finally { await stop(); note('stopped'); }",
	);
	run.cancel();
	expect(run.pending).toEqual(['effect stop']);
	run.settle('stop');
	expect(run.last.status).toBe('cancelled');
	expect(run.notes).toEqual(['stopped']);
});

test('a catch further out, of the same function, does not get it either once one has swallowed it', () => {
	const run = durable(`
		for (;;) {
			try { for (;;) { try { await sleep(10); } catch { note('inner'); } } }
			catch { note('outer'); }
		}`);
	expect(run.cancel().status).toBe('cancelled');
	expect(run.notes).toEqual(['inner']);
});

test('the caller gets it, with a catch of its own, once', () => {
	const run = durable(
		"for (;;) { try { await inner(); } catch { note('main'); } }",
		`
		async function inner() { "use durable"; for (;;) { try { await sleep(10); } catch { note('inner'); } } }`,
	);
	expect(run.cancel().status).toBe('cancelled');
	expect(run.notes).toEqual(['inner', 'main']);
});

test('each finally is still run for each iteration that was entered', () => {
	const run = durable(`
		for (const r of ['r1', 'r2', 'r3']) {
			try { try { await poll(r); } finally { note('close ' + r); } } catch { note('swallowed'); }
		}`);
	run.cancel();
	run.settle('poll');
	expect(run.notes).toEqual(['close r1', 'swallowed', 'close r2']);
	expect(run.last).toMatchObject({ status: 'cancelled', dispatch: [] });
});

test('a finally that overrides it cannot keep the run alive', () => {
	const run = durable("for (;;) { try { await sleep(10); } finally { note('again'); continue; } }");
	expect(run.cancel().status).toBe('cancelled');
	expect(run.notes.length).toBeLessThan(4);
});

test('compensation in a catch is awaited, then the loop ends, also when restored in its middle', () => {
	for (const restored of [false, true]) {
		const run = durable(`
			for (let i = 0; ; i++) {
				try { await poll(i); } catch (e) { await undo(i); note('undone ' + i); }
			}`);
		run.settle('poll');
		run.settle('poll');
		run.cancel();
		run.settle('poll');
		expect(run.pending).toEqual(['effect undo']);
		if (restored) run.restore();
		run.settle('undo');
		expect(run.last, String(restored)).toMatchObject({ status: 'cancelled', dispatch: [] });
		expect(run.notes).toEqual(['undone 2']);
	}
});

test('rethrown by one catch it reaches the next', () => {
	const run = durable(`
		try { try { await suspend(); } catch (e) { await undo(1); throw e; } }
		catch (e) { await undo(2); throw e; }`);
	run.cancel('r');
	run.restore();
	run.settle('undo');
	run.restore();
	run.settle('undo');
	expect(run.last).toMatchObject({ status: 'cancelled', outcome: 'r' });
});

test('an error of another kind is caught as ever in a run that was cancelled', () => {
	const run = durable(`
		try { await suspend(); }
		finally {
			for (let i = 0; i < 3; i++) { try { await undo(i); } catch (e) { note(e.message); } }
		}`);
	run.cancel();
	for (const i of [0, 1, 2]) run.fail('undo', new Error(`undo ${i}`));
	expect(run.notes).toEqual(['undo 0', 'undo 1', 'undo 2']);
	expect(run.last.status).toBe('cancelled');
});
