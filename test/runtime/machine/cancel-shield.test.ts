/** `finally`, and the `catch` that received it, may await with everything called there (M4). */
import { expect, test } from 'vitest';
import { simulate } from './simulation.ts';

const IMPORTS = `import { sleep, suspend, receive } from '@perdure/runtime'; import { a, b, c, note } from 'world';`;

function durable(body: string, more = '') {
	const notes: unknown[] = [];
	const world = { a() {}, b() {}, c() {}, note: (x: unknown) => notes.push(x) };
	const run = simulate(
		`${IMPORTS}${more}
		export async function main() { "use durable"; ${body} }`,
		{ world },
	);
	return Object.assign(run, { notes });
}

const HELPER = `
	async function cleanUp() { "use durable"; note('clean 1'); await a(); await deeper(); note('clean 3'); }
	async function deeper() { "use durable"; await sleep(10); note('clean 2'); }`;

test.each([true, false])('finally runs to its end, durable calls and sleeps included (restored: %s)', (restored) => {
	const run = durable('try { await suspend(); } finally { await cleanUp(); } await b();', HELPER);
	run.cancel('r');
	expect(run.pending).toEqual(['effect a']);
	if (restored) run.restore();
	run.settle('a');
	expect(run.pending).toEqual(['sleep sleep']);
	if (restored) run.restore();
	run.advance(10);
	expect(run.last).toMatchObject({ status: 'cancelled', outcome: 'r' });
	expect(run.notes).toEqual(['clean 1', 'clean 2', 'clean 3']);
});

test.each([true, false])('so does the catch that received it (restored: %s)', (restored) => {
	const run = durable('try { await suspend(); } catch (e) { await cleanUp(); note(e.reason); } await b();', HELPER);
	run.cancel('r');
	if (restored) run.restore();
	run.settle('a');
	if (restored) run.restore();
	run.advance(10);
	expect(run.last).toMatchObject({ status: 'cancelled', dispatch: [] });
	expect(run.notes).toEqual(['clean 1', 'clean 2', 'clean 3', 'r']);
});

test('a catch that holds another error does not shield', () => {
	const run = durable("try { throw new Error('x'); } catch (e) { await a(); note('never'); }");
	run.cancel();
	run.settle('a');
	expect(run.last.status).toBe('cancelled');
	expect(run.notes).toEqual([]);
});

test('a catch that received it once does not shield when it is entered again with another error', () => {
	const run = durable(`
		for (let i = 0; i < 2; i++) {
			try { if (i === 0) await suspend(); else throw new Error('other'); }
			catch (e) { note(e.message); await a(i); note('after ' + i); }
		}`);
	run.cancel('r');
	run.settle('a');
	expect(run.notes).toEqual(['the run was cancelled: r.', 'after 0', 'other']);
	expect(run.last).toMatchObject({ status: 'cancelled', dispatch: [] });
});

test('a fiber that stands in a finally is not disturbed, and cancelled behind it', () => {
	const run = durable("try { await a(); } finally { await b(); note('finally'); } note('on'); await c();");
	run.settle('a');
	const turn = run.cancel();
	expect(turn).toMatchObject({ status: 'running', abort: [], dispatch: [] });
	run.settle('b');
	expect(run.notes).toEqual(['finally', 'on']);
	expect(run.last).toMatchObject({ status: 'cancelled', dispatch: [] });
});

test('a finally further out shields the callee that stands in a callee of it', () => {
	const run = durable('try { await b(); } finally { await cleanUp(); }', HELPER);
	run.settle('b');
	expect(run.cancel().abort).toEqual([]);
	run.settle('a');
	run.advance(10);
	expect(run.notes).toEqual(['clean 1', 'clean 2', 'clean 3']);
	expect(run.last.status).toBe('completed');
});

test('frames are left from the inside out, each with its own finally', () => {
	const run = durable(
		"try { await outer(); } finally { await c(); note('main'); }",
		`
		async function outer() { "use durable"; try { await inner(); } finally { await b(); note('outer'); } }
		async function inner() { "use durable"; try { await suspend(); } finally { await a(); note('inner'); } }`,
	);
	run.cancel();
	run.settle('a');
	run.restore();
	run.settle('b');
	run.restore();
	run.settle('c');
	expect(run.notes).toEqual(['inner', 'outer', 'main']);
	expect(run.last.status).toBe('cancelled');
});

test('an answer may be waited for during clean-up', () => {
	const run = durable("try { await a(); } catch { note(await suspend('really?')); }");
	run.cancel();
	run.settle('a');
	expect(run.last.status).toBe('waiting');
	run.restore();
	run.answer('yes');
	expect(run.notes).toEqual(['yes']);
});

test('returning from the catch calls the compensation under its shield', () => {
	const run = durable(
		'try { await suspend(); } catch { return undo(); }',
		`
		async function undo() { "use durable"; await a(); await b(); return 'undone'; }`,
	);
	run.cancel();
	run.settle('a');
	run.settle('b');
	expect(run.last).toMatchObject({ status: 'completed', outcome: 'undone' });
});
