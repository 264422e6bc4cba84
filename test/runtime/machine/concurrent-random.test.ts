/** Concurrent programs, cancelled at each event or not: the same whether they stay in memory or are restored at every turn. */
import { expect, test } from 'vitest';
import { type Simulation, simulate } from './simulation.ts';

const PRELUDE = `
	import { eff, clean, note } from 'world';
	import { sleep, suspend, receive } from '@perdure/runtime';
	async function step(x) { "use durable";
		try { const y = await eff(x); await sleep(10); return y; } finally { await clean(x); note('cleaned ' + x); }
	}`;

const MOST_EVENTS = 40;

/** What can be seen of a run that gets what it waits for, oldest first. */
function observe(body: string, o: { restored: boolean; cancelAt: number }): string[] {
	const notes: string[] = [];
	const world = { eff() {}, clean() {}, note: (text: string) => notes.push(text) };
	const run = simulate(`${PRELUDE} export async function main() { "use durable"; ${body} }`, { world });
	for (let event = 0; run.machine.state.ended === null && event < MOST_EVENTS; event++) {
		if (o.restored && !cancelling(run)) run.restore();
		notes.push(`waits for ${run.pending.join(', ')}`);
		if (event === o.cancelAt) run.cancel('stop');
		else if (!feed(run, event)) break;
	}
	const { status, outcome } = run.last;
	return [...notes, `${status} ${outcome instanceof Error ? outcome.message : JSON.stringify(outcome)}`];
}

/** Of an effect that was cancelled in flight only this process learns the outcome. */
function cancelling({ machine }: Simulation): boolean {
	return [...machine.state.pending.values()].some((pending) => pending.kind === 'effect' && pending.graceAt !== null);
}

function feed(run: Simulation, event: number): boolean {
	const [call] = run.outstanding;
	const [wait] = run.machine.waits;
	if (call !== undefined) run.settle(call.name, event);
	else if (run.machine.wakeAt !== null) run.advance(Math.max(0, run.machine.wakeAt - run.now));
	else if (wait?.kind === 'suspend') run.answer(event);
	else if (wait !== undefined) run.send(wait.name!, event);
	else return false;
	return true;
}

const programs = [
	"return await Promise.all([step('a'), step('b'), eff('c')]);",
	"return await Promise.race([step('a'), sleep(5), suspend('q')]);",
	"return await Promise.allSettled([step('a'), Promise.reject(new Error('x')), receive('m')]);",
	"return await Promise.any([step('a'), step('b')]);",
	"const p = step('a'); await sleep(1); return [await p];",
	"const all = ['a', 'b', 'c'].map(async (x) => { const r = await eff(x); note(x); return r; }); return await Promise.all(all);",
	"let resolve; const p = new Promise((r) => { resolve = r; }); const q = (async () => { await sleep(3); resolve('done'); })(); const v = await p; await q; return v;",
	"const p = step('a').then((x) => x + 1).finally(() => note('fin')); return await p;",
	"try { await suspend(); } finally { const p = step('x'); const q = step('y'); await Promise.all([p, q]); }",
	"try { return await Promise.all([step('a'), step('b')]); } finally { await clean('main'); note('main'); }",
	"step('a'); return 'root';",
	"for (const x of [1, 2]) { try { await Promise.all([step(x), eff(x)]); } catch { note('swallowed'); } }",
	'const results = []; await Promise.all([1, 2, 3].map(async (x) => { results.push(await step(x)); })); return results;',
];

test.each(programs)('%s', (body) => {
	for (let cancelAt = -1; cancelAt < 9; cancelAt++) {
		const hot = observe(body, { restored: false, cancelAt });
		expect(observe(body, { restored: true, cancelAt }), `cancelled at ${cancelAt}`).toEqual(hot);
		expect(hot.at(-1), `cancelled at ${cancelAt}`).toMatch(/^(completed|cancelled)/);
	}
});

test('each step that began is cleaned up, whenever the run is cancelled', () => {
	for (let cancelAt = 0; cancelAt < 9; cancelAt++) {
		const seen = observe("await Promise.all([step('a'), step('b')]);", { restored: true, cancelAt });
		expect(
			seen.filter((text) => text.startsWith('cleaned')),
			`cancelled at ${cancelAt}`,
		).toHaveLength(2);
	}
});

// Also before the first await of a `finally`, when the frame still names the point it came from.
test('what a clean-up starts is not cancelled', () => {
	const body =
		"try { await suspend(); } finally { const p = step('x'); const q = step('y'); note(JSON.stringify(await Promise.all([p, q]))); }";
	for (const restored of [false, true]) {
		const seen = observe(body, { restored, cancelAt: 0 });
		expect(seen).toContain('cleaned x');
		expect(seen.some((text) => text.startsWith('['))).toBe(true);
	}
});
