/** Time: sleeps and limits of waits. The clock is the test's. */

import { expect, test } from 'vitest';
import { TimeoutError } from '../../../packages/runtime/src/errors/run.ts';
import { simulate } from './simulation.ts';

const IMPORTS = `import { sleep, suspend, receive } from '@perdure/runtime';`;
const NOW = 1_000_000;

function durable(body: string, args: readonly unknown[] = []) {
	return simulate(
		`${IMPORTS}
		export async function main(x) { "use durable"; ${body} }`,
		{ args, now: NOW },
	);
}

test.each([
	[5, NOW + 5],
	['3 days', NOW + 3 * 86_400_000],
	['PT1M', NOW + 60_000],
	[new Date(NOW + 77), NOW + 77],
	[0, NOW],
	[new Date(0), 0],
])('sleep(%s) is due at %s and not before', (time, due) => {
	const run = durable('await sleep(x); return "woken";', [time]);
	expect(run.last).toMatchObject({ status: 'waiting', wakeAt: due });
	if (due > NOW) {
		run.advance(due - NOW - 1);
		expect(run.pending).toEqual(['sleep sleep']);
		run.advance(1);
	} else run.advance(0);
	expect(run.last).toMatchObject({ status: 'completed', outcome: 'woken' });
});

test('a restart does not begin a sleep anew', () => {
	const run = durable('await sleep(1000); await sleep(1000); return "woken";');
	run.now += 900;
	run.restore();
	expect(run.machine.wakeAt).toBe(NOW + 1000);
	run.advance(100);
	run.now += 300;
	run.restore();
	expect(run.machine.wakeAt).toBe(NOW + 2000);
	expect(run.advance(5000).outcome).toBe('woken');
});

test.each(['never', '-1ms', Number.NaN, -5, new Date(Number.NaN), {}])('sleep(%s) throws at its await', (time) => {
	const run = durable('try { await sleep(x); } catch (e) { return e.code; }', [time]);
	expect(run.last).toMatchObject({ status: 'completed', outcome: 'PD10016' });
});

test('a limit that passes throws TimeoutError at the await', () => {
	for (const wait of ["suspend('q', { timeout: 50 })", "receive('m', { timeout: 50 })"]) {
		const run = durable(`try { return await ${wait}; } catch (e) { return e; }`);
		expect(run.last.wakeAt).toBe(NOW + 50);
		expect(run.advance(49).status).toBe('waiting');
		run.advance(1);
		expect(run.last.status).toBe('completed');
		expect(TimeoutError.is(run.last.outcome)).toBe(true);
		expect((run.last.outcome as TimeoutError).timeout).toBe('50 ms');
		expect(run.last.log.at(-1)).toMatchObject({ state: 'executed', ok: false });
	}
});

test.each([
	['7 days', '7 days'],
	['36 h', '1.5 days'],
	[90_000, '1.5 min'],
	[1234, '1234 ms'],
] as const)('a limit of %s is told as people say it', (timeout, text) => {
	const run = durable("try { await suspend('q', { timeout: x }); } catch (e) { return e.message; }", [timeout]);
	run.advance(run.last.wakeAt! - NOW);
	expect(run.last.outcome).toMatch(new RegExp(` took longer than ${text}\\.$`));
});

test('an uncaught TimeoutError fails the run', () => {
	const run = durable("await suspend('q', { timeout: 50 });");
	run.advance(50);
	expect(run.last.status).toBe('failed');
	expect(TimeoutError.is(run.last.outcome)).toBe(true);
});

test('a time-out with `otherwise` gives that very value', () => {
	const run = durable(`
		const rest = { done: false };
		const got = await receive('m', { timeout: '1s', otherwise: rest });
		got.done = true;
		return [got === rest, rest.done];`);
	run.restore();
	expect(run.advance(1000)).toMatchObject({ status: 'completed', outcome: [true, true] });
});

test('`otherwise: undefined` is no error', () => {
	const run = durable("return [await receive('m', { timeout: 10, otherwise: undefined })];");
	expect(run.advance(10)).toMatchObject({ status: 'completed', outcome: [undefined] });
});

test('an answer before the limit wins, and the limit is gone', () => {
	const run = durable("const a = await suspend('q', { timeout: 50 }); await sleep(100); return a;");
	run.now += 10;
	run.answer('yes');
	expect(run.machine.wakeAt).toBe(NOW + 110);
	run.advance(50);
	expect(run.pending).toEqual(['sleep sleep']);
	expect(run.advance(50).outcome).toBe('yes');
});

test('a limit survives bytes', () => {
	const run = durable("try { await suspend('q', { timeout: 50 }); } catch (e) { return e.name; }");
	run.restore();
	expect(run.advance(50).outcome).toBe('TimeoutError');
});
