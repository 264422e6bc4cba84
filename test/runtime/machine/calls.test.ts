/** Durable calls: frames on a fiber, any depth; tail calls replace the frame. */
import { expect, test } from 'vitest';
import { simulate } from './simulation.ts';

test('a durable call is entered in the same turn, and its result awaited', () => {
	const run = simulate(
		`
		import { eff } from 'world';
		async function inner(x) { "use durable"; return (await eff(x)) + 1; }
		export async function main() { "use durable"; return (await inner(1)) + (await inner(2)); }`,
		{
			world: { eff() {} },
		},
	);
	expect(run.last.dispatch).toHaveLength(1);
	run.settle('eff', 10);
	run.restore();
	expect(run.settle('eff', 20).outcome).toBe(32);
});

test('arguments, this, rest and defaults reach the callee by reference, as in JavaScript', () => {
	const run = simulate(
		`
		import { eff } from 'world';
		const shared = {
			async method(a, b = 2, ...rest) { "use durable"; await eff(); a.seen = true; return [this === shared, b, rest]; }
		};
		export async function main() { "use durable";
			const a = {};
			const out = await shared.method(a, undefined, 3, 4);
			return [...out, a.seen];
		}`,
		{ world: { eff() {} } },
	);
	expect(run.settle('eff').outcome).toEqual([true, 2, [3, 4], true]);
});

test('100,000 deep recursion, stored and restored at its bottom', () => {
	const run = simulate(
		`
		import { eff } from 'world';
		async function down(n) { "use durable"; return n === 0 ? await eff() : 1 + (await down(n - 1)); }
		export async function main(n) { "use durable"; return await down(n); }`,
		{
			args: [100_000],
			world: { eff() {} },
		},
	);
	expect(run.pending).toEqual(['effect eff']);
	run.restore();
	expect(run.settle('eff', 0).outcome).toBe(100_000);
});

test('an error passes 100,000 frames', () => {
	const run = simulate(
		`
		async function down(n) { "use durable"; if (n === 0) throw new Error('bottom'); return 1 + (await down(n - 1)); }
		export async function main(n) { "use durable"; try { await down(n); } catch (e) { return e.message; } }`,
		{
			args: [100_000],
		},
	);
	expect(run.last.outcome).toBe('bottom');
});

test('a loop of 10,000 tail calls keeps the state at a constant size', () => {
	const run = simulate(
		`
		import { eff } from 'world';
		async function loop(n, sum) { "use durable"; const x = await eff(n); if (n === 0) return sum; return loop(n - 1, sum + x); }
		export async function main(n) { "use durable"; return await loop(n, 0); }`,
		{ args: [10_000], world: { eff() {} } },
	);
	const sizes: number[] = [];
	for (let i = 0; i <= 10_000; i++) {
		if (i % 2500 === 1) sizes.push(run.machine.save().length);
		run.turns.length = 0;
		run.settle('eff', 1);
	}
	expect(run.last).toMatchObject({ status: 'completed', outcome: 10_000 });
	expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThan(40);
});

test('a tail call of an effect leaves no frame; its outcome is that of the caller', () => {
	const run = simulate(
		`
		import { eff } from 'world';
		async function inner() { "use durable"; return eff(1); }
		export async function main() { "use durable"; try { return [await inner()]; } catch (e) { return e.message; } }`,
		{
			world: { eff() {} },
		},
	);
	expect(run.machine.inspect().fibers[0]!.frames.map(({ name }) => name)).toEqual(['main']);
	run.restore();
	expect(run.fail('eff', new Error('no')).outcome).toBe('no');
});

test('a tail call of the root itself can be stored', () => {
	const run = simulate(
		`
		import { eff } from 'world';
		export async function main() { "use durable"; return eff(1); }`,
		{ world: { eff() {} } },
	);
	run.restore();
	expect(run.settle('eff', { v: 1 })).toMatchObject({ status: 'completed', outcome: { v: 1 } });
});

test('a returned call is not caught by the try around it, but its synchronous part is', () => {
	const run = simulate(
		`
		import { eff, api } from 'world';
		async function late() { "use durable"; try { return eff(); } catch { return 'caught'; } }
		async function early() { "use durable"; try { return api.missing(); } catch { return 'caught'; } }
		export async function main() { "use durable";
			const a = await early();
			try { return [a, await late()]; } catch (e) { return [a, e.message]; }
		}`,
		{ world: { eff() {}, api: {} } },
	);
	expect(run.fail('eff', new Error('not caught')).outcome).toEqual(['caught', 'not caught']);
});

test('what is returned is awaited as await does: promises and thenables', () => {
	const run = simulate(
		`
		import { held } from 'world';
		async function inner() { "use durable"; const p = held.promise; return p; }
		export async function main() { "use durable"; return [await inner()]; }`,
		{ world: { held: { promise: Promise.resolve(5) } } },
	);
	const { key } = run.last.watch[0]!;
	expect(run.apply({ type: 'nativeSettled', key, ok: true, value: 5 }).outcome).toEqual([5]);
});

test('mutual recursion across awaits keeps each activation’s variables', () => {
	const run = simulate(
		`
		import { eff } from 'world';
		async function even(n) { "use durable"; const mine = await eff(n); return n === 0 ? [mine] : [mine, ...(await odd(n - 1))]; }
		async function odd(n) { "use durable"; const mine = await eff(n); return [mine, ...(await even(n - 1))]; }
		export async function main() { "use durable"; return await even(4); }`,
		{ world: { eff() {} } },
	);
	for (let n = 4; n >= 0; n--) {
		run.restore();
		run.settle('eff', `v${n}`);
	}
	expect(run.last.outcome).toEqual(['v4', 'v3', 'v2', 'v1', 'v0']);
});
