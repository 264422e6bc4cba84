/** Closures of durable code: made in place, kept over awaits, shared cells. */
import { Continuation, run } from '@perdure/runtime';
import { expect, test } from 'vitest';
import { loadMain } from './program.ts';

/** Runs to the end, restored from bytes at each suspension (or not). */
async function answered(source: string, world: object, answers: unknown[], restored: boolean): Promise<unknown> {
	const main = loadMain(source, world);
	let outcome = await run(main, []);
	for (const answer of answers) {
		if (outcome.status !== 'suspended')
			throw new Error(`not suspended: ${outcome.status} ${String((outcome as { error?: unknown }).error)}`);
		const { continuation } = outcome;
		outcome = await (restored ? Continuation.fromBytes(continuation.toBytes()) : continuation).resume(answer);
	}
	if (outcome.status !== 'completed') throw (outcome as { error?: unknown }).error ?? new Error(outcome.status);
	return outcome.value;
}

const both = async (source: string, world: object, answers: unknown[]) => {
	const hot = await answered(source, world, answers, false);
	expect(await answered(source, world, answers, true)).toEqual(hot);
	return hot;
};

test('callbacks in place share what they capture with the run', async () => {
	const source = `
		import { each } from 'world';
		export async function main() { "use durable";
			const seen = [];
			const factor = 10;
			await each([1, 2], (x) => seen.push(x * factor));
			await each([3], (x) => seen.push(x));
			return seen;
		}`;
	const main = loadMain(source, { each: async (list: number[], f: (x: number) => void) => list.forEach((x) => f(x)) });
	expect(await run(main, [])).toMatchObject({ value: [10, 20, 3] });
});

test('two closures over one variable, and the function itself, share it also after bytes', async () => {
	const source = `
		import { suspend } from '@perdure/runtime';
		export async function main() { "use durable";
			let n = 0;
			const up = () => ++n;
			const read = () => n;
			up();
			await suspend();
			up(); n += 10;
			await suspend();
			return [read(), n, up(), read()];
		}`;
	expect(await both(source, {}, [1, 2])).toEqual([12, 12, 13, 13]);
});

test('each iteration has its own variable', async () => {
	const source = `
		import { suspend } from '@perdure/runtime';
		export async function main() { "use durable";
			const all = [];
			for (let i = 0; i < 3; i++) { all.push(() => i); await suspend(); i += 0; }
			return all.map((f) => f());
		}`;
	expect(await both(source, {}, [0, 0, 0])).toEqual([0, 1, 2]);
});

test('closures in data, in each other, and recursive', async () => {
	const source = `
		import { suspend } from '@perdure/runtime';
		export async function main() { "use durable";
			const fact = (n) => (n < 2 ? 1 : n * fact(n - 1));
			const table = new Map([['f', fact], ['twice', (f) => (x) => f(f(x))]]);
			await suspend();
			return [table.get('f')(5), table.get('twice')((x) => x + 1)(1), table.get('f') === fact];
		}`;
	expect(await both(source, {}, [0])).toEqual([120, 3, true]);
});

test('two restored copies share no variable', async () => {
	const source = `
		import { suspend } from '@perdure/runtime';
		export async function main() { "use durable"; let n = 0; const up = () => ++n; await suspend(); up(); return up(); }`;
	const outcome = await run(loadMain(source), []);
	if (outcome.status !== 'suspended') throw outcome;
	for (let i = 0; i < 3; i++) expect(await outcome.continuation.resume()).toMatchObject({ value: 2 });
});

test('a durable function as a value is saved by its id', async () => {
	const source = `
		import { suspend } from '@perdure/runtime';
		export async function other(x) { "use durable"; return x + 1; }
		export async function main() { "use durable"; const f = other; await suspend(); return [f === other, await f(1)]; }`;
	expect(await both(source, {}, [0])).toEqual([true, 2]);
});
