/** Keys (runtime.md, "Effects"): run id, lineage, issue number; stored, in program order, never reused. */
import { expect, test } from 'vitest';
import { Machine } from '../../../packages/runtime/src/machine/machine.ts';
import { simulate } from './simulation.ts';

const LOOP = `
	import { eff } from 'world';
	export async function main(n) { "use durable"; for (let i = 0; i < n; i++) { try { await eff(i); } catch {} } }`;

function keysOf(runId: string, restored: boolean, n = 5): string[] {
	const run = simulate(LOOP, { args: [n], world: { eff() {} }, runId });
	const keys: string[] = [];
	for (let i = 0; i < n; i++) {
		keys.push(run.outstanding[0]!.key);
		if (restored) {
			run.restore();
			expect(run.outstanding[0]!.key).toBe(keys.at(-1));
		}
		if (i % 2 === 0) run.settle('eff');
		else run.fail('eff', new Error('again'));
	}
	return keys;
}

test('the same run gives the same keys, restored or not; each issue has its own', () => {
	const keys = keysOf('r', false);
	expect(new Set(keys).size).toBe(5);
	expect(keysOf('r', true)).toEqual(keys);
	expect(keysOf('r', false)).toEqual(keys);
});

test('another run has other keys', () => {
	const keys = new Set([...keysOf('r', false), ...keysOf('s', false)]);
	expect(keys.size).toBe(10);
});

test('a restore keeps key and counts an attempt; a call that was not begun counts none', () => {
	const run = simulate(LOOP, { args: [1], world: { eff() {} } });
	const { key } = run.outstanding[0]!;
	for (const attempt of [2, 3, 4]) {
		run.restore();
		expect(run.outstanding.map((call) => [call.key, call.attempt])).toEqual([[key, attempt]]);
	}
	run.machine.withhold(key);
	run.restore();
	expect(run.outstanding[0]!.attempt).toBe(4);
});

test('a lineage changes the keys of what is issued after it, not of what is pending', () => {
	const bytes = simulate(LOOP, { args: [2], world: { eff() {} } }).machine.save();
	const keys = ['', 'a', 'b', 'a'].map((lineage) => {
		const machine = Machine.load(bytes);
		if (lineage !== '') machine.branch(lineage);
		const { key } = machine.reissue()[0]!;
		const next = machine.apply({ type: 'effectSettled', key, ok: true, value: 0 }, 0).dispatch[0]!.key;
		return [key, next] as const;
	});
	expect(new Set(keys.map(([first]) => first)).size).toBe(1);
	const [plain, a, b, again] = keys.map(([, next]) => next);
	expect(again).toBe(a);
	expect(new Set([plain, a, b]).size).toBe(3);
});

test('a fork has other keys, pending effects and suspensions included', () => {
	const run = simulate(LOOP, { args: [2], world: { eff() {} } });
	const fork = Machine.load(run.machine.save());
	fork.fork('r1', 'lineage');
	const { key } = fork.reissue()[0]!;
	expect(key).not.toBe(run.outstanding[0]!.key);
	expect(fork.apply({ type: 'effectSettled', key, ok: true, value: 0 }, 0).dispatch).toHaveLength(1);
});

test('issue numbers are not reused after many, and state does not grow with them', () => {
	const run = simulate(LOOP, { args: [1000], world: { eff() {} } });
	const first = run.machine.save().length;
	const keys = new Set<string>();
	for (let i = 0; i < 1000; i++) {
		keys.add(run.outstanding[0]!.key);
		if (i === 998) expect(run.machine.save().length - first).toBeLessThan(30);
		run.settle('eff');
	}
	expect(keys.size).toBe(1000);
});
