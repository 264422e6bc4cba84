/** A `catch` in a loop cannot swallow a cancellation (language.md, "Errors, cancellation"; M4). */
import { describe, expect, test } from 'vitest';
import { Machine } from '../../../packages/runtime/src/machine/machine.ts';
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

describe('behind a catch that swallowed it', () => {
	const POLL = 'async function watch(x) { "use durable"; for (;;) { await poll(x); await sleep(10); } }';

	test.each([
		['elements of Promise.all', 'await Promise.all([watch(1), poll(2), watch(3)])'],
		[
			'fibers and effects that are not awaited',
			'const p = watch(1); const q = [2, 3].map((x) => watch(x)); await sleep(50)',
		],
		['async closures', 'await Promise.race([1, 2].map(async (x) => { for (;;) await poll(x); }))'],
	])('%s begin no more', (_, body) => {
		for (const restored of [false, true]) {
			const run = durable(`for (;;) { try { ${body}; } catch { note('swallowed'); } }`, POLL);
			if (restored) run.restore();
			run.cancel('r');
			for (const { name } of [...run.outstanding]) run.settle(name);
			expect(run.last).toMatchObject({ status: 'cancelled', outcome: 'r' });
			expect(run.turns.slice(1).flatMap(({ dispatch }) => dispatch)).toEqual([]);
			expect(run.notes).toEqual(['swallowed']);
		}
	});

	test('what the catch itself begins and awaits goes on', () => {
		const run = durable(
			"try { await suspend(); } catch { const p = clean(1); const q = clean(2); await Promise.all([p, q]); } await poll('never');",
			"async function clean(x) { await undo(x); await sleep(5); note('clean ' + x); }".replace('{', '{ "use durable";'),
		);
		run.cancel();
		run.settle('undo');
		run.restore();
		run.settle('undo');
		run.advance(5);
		expect(run.last).toMatchObject({ status: 'cancelled', dispatch: [] });
		expect(run.notes).toEqual(['clean 1', 'clean 2']);
	});

	test('an effect that is not awaited is not dispatched, and its promise is rejected', () => {
		const run = durable(
			'try { await suspend(); } catch {} const p = Promise.all([poll(1)]); note(await p.catch((e) => e.name));',
		);
		expect(run.cancel()).toMatchObject({ status: 'cancelled', dispatch: [] });
		expect(run.last.log.findLast((item) => 'name' in item && item.name === 'poll')).toMatchObject({
			state: 'discarded',
		});
	});
});

test.each([true, false])(
	'a generator that stands at a yield is left by its finally, before the loop is (restored: %s)',
	(restored) => {
		const run = durable(
			`try { for await (const x of numbers()) { try { note(x); } finally { if (x === 2) await stop(); } } } finally { note('left'); }`,
			`async function* numbers() { "use durable"; try { yield 1; await sleep(1); yield 2; yield 3; } finally { await undo('n'); note('closed'); } }`,
		);
		run.advance(1);
		// It stands in the finally of the body, which is not disturbed; the loop would then ask for more.
		run.cancel('r');
		if (restored) run.restore();
		run.settle('stop');
		expect(run.pending).toEqual(['effect undo']);
		if (restored) run.restore();
		run.settle('undo');
		expect(run.last).toMatchObject({ status: 'cancelled', outcome: 'r' });
		expect(run.notes).toEqual([1, 2, 'closed', 'left']);
	},
);

describe('the root has ended', () => {
	const OTHER = 'async function other() { "use durable"; try { await poll(2); } finally { note(\'other\'); } }';

	test('what it issued is dispatched before what is left is cancelled', () => {
		const run = durable('other(); return 5;', OTHER);
		expect(run.last.dispatch).toHaveLength(1);
		expect(run.last).toMatchObject({ status: 'running', abort: [], wakeAt: 0 });
		expect(run.advance(0).abort).toHaveLength(1);
		run.settle('poll');
		expect(run.notes).toEqual(['other']);
		expect(run.last).toMatchObject({ status: 'completed', outcome: 5 });
	});

	test('after a crash it is issued again first', () => {
		const run = durable('other(); return 5;', OTHER);
		run.machine = Machine.load(run.machine.save());
		expect(run.machine.wakeAt).toBe(null);
		expect(run.machine.reissue()).toHaveLength(1);
		expect(run.machine.wakeAt).toBe(0);
	});
});
