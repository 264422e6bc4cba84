/** Closures handed to effects are passed as they are: they share their variables with the run (language.md). */
import { Continuation, type RunOptions, run } from '@perdure/runtime';
import { expect, test } from 'vitest';
import { loadMain } from './program.ts';

/** The value of a hot run, and of one stored before each dispatch and restored in a fresh evaluation of the module. */
async function both(source: string, world: () => object): Promise<unknown> {
	const hot = await run(loadMain(source, world()), []);
	let bytes!: Uint8Array;
	const options = (): RunOptions => {
		const parking = new AbortController();
		return {
			park: parking.signal,
			onCheckpoint(c) {
				bytes = c.toBytes();
				parking.abort();
			},
		};
	};
	let outcome = await run(loadMain(source, world()), [], options());
	while (outcome.status === 'parked') {
		loadMain(source, world());
		outcome = await Continuation.fromBytes(bytes).continue(options());
	}
	if (hot.status !== 'completed' || outcome.status !== 'completed') throw [hot, outcome];
	expect(outcome.value).toEqual(hot.value);
	return hot.value;
}

const world = () => ({
	each: async (list: unknown[], f: (x: unknown) => unknown) => {
		const out = [];
		for (const x of list) out.push(await f(x));
		return out;
	},
	twice: async (f: () => unknown, o: { f: () => unknown }) => [f === o.f, f(), o.f()],
	keep: async (x: unknown) => x,
});
const IMPORT = "import { each, twice, keep } from 'world';";

test('what a callback does to captured objects is seen by the run, restored or not', async () => {
	const value = await both(
		`${IMPORT}
		export async function main() { "use durable";
			const seen = []; const by = new Map();
			await each([1, 2], (x) => { seen.push(x); by.set(x, seen); });
			await each([3], (x) => seen.push(x));
			return [seen, by.get(1) === seen];
		}`,
		world,
	);
	expect(value).toEqual([[1, 2, 3], true]);
});

test('variables that are assigned are shared both ways', async () => {
	const value = await both(
		`${IMPORT}
		export async function main() { "use durable";
			let n = 1;
			const results = await each([10, 20], (x) => (n += x));
			n *= 2;
			await each([5], (x) => (n += x));
			return [n, results];
		}`,
		world,
	);
	expect(value).toEqual([67, [11, 31]]);
});

test('async callbacks await inside the effect', async () => {
	const value = await both(
		`${IMPORT}
		export async function main() { "use durable";
			const seen = [];
			const out = await each([1, 2], async (x) => { const y = await keep(x * 2); seen.push(y); return y; });
			return [out, seen];
		}`,
		world,
	);
	expect(value).toEqual([
		[2, 4],
		[2, 4],
	]);
});

test('one closure in two arguments is one; a closure that comes back is the same', async () => {
	const value = await both(
		`${IMPORT}
		export async function main() { "use durable";
			let n = 0;
			const up = () => ++n;
			const [same] = await twice(up, { f: up });
			const back = await keep({ up });
			return [same, back.up === up, back.up(), n];
		}`,
		world,
	);
	expect(value).toEqual([true, true, 3, 3]);
});

test('a callback that throws rejects the effect', async () => {
	const value = await both(
		`${IMPORT}
		export async function main() { "use durable";
			const seen = [];
			try { await each([1, 2, 3], (x) => { seen.push(x); if (x === 2) throw new RangeError('two'); }); }
			catch (e) { return [e.name, seen]; }
		}`,
		world,
	);
	expect(value).toEqual(['RangeError', [1, 2]]);
});
