/** Promises made elsewhere may be awaited while hot; whoever asks for bytes is told what is in the way. */
import { run } from '@perdure/runtime';
import { expect, test } from 'vitest';
import { loadMain } from './program.ts';

const SOURCE = `
	import { make, eff } from 'world';
	export async function main() { "use durable";
		const held = make();
		const first = await eff();
		return [first, await held];
	}`;

const world = () => ({
	make: () => ({ then: (f: (x: number) => void) => void setTimeout(() => f(7), 5) }),
	eff: async () => 1,
});

test('awaited hot, it works', async () => {
	const main = loadMain(
		`import { make } from 'world'; export async function main() { "use durable"; const p = make(); return await p; }`,
		{
			make: () => ({ then: (f: (x: number) => void) => void setTimeout(() => f(7), 5) }),
		},
	);
	expect(await run(main, [])).toMatchObject({ status: 'completed', value: 7 });
});

test('held over an await and awaited later, bytes are refused', async () => {
	const outcome = await run(loadMain(SOURCE, world()), [], { onCheckpoint() {} });
	expect(outcome).toMatchObject({ status: 'failed', error: { path: expect.stringMatching(/^held/) } });
});

test('waited for, bytes are refused with the place of the await', async () => {
	const main = loadMain(
		`
		import { make } from 'world';
		export async function main() { "use durable";
			const p = make();
			return await p;
		}`,
		world(),
	);
	const outcome = await run(main, [], { onCheckpoint() {} });
	expect(outcome).toMatchObject({ status: 'failed', error: { code: 'PD3008', point: 'subject.ts:5:11' } });
});

test('parking waits for it, so that the parked run can be saved', async () => {
	const parking = new AbortController();
	const main = loadMain(
		`
		import { make, eff } from 'world';
		export async function main() { "use durable"; const p = make(); const x = await p; await eff(); return x; }`,
		{
			...world(),
			make: () => {
				parking.abort();
				return world().make();
			},
		},
	);
	const outcome = await run(main, [], { park: parking.signal });
	expect(outcome.status).toBe('parked');
	if (outcome.status !== 'parked') return;
	outcome.continuation.toBytes();
	expect(await outcome.continuation.continue()).toMatchObject({ status: 'completed', value: 7 });
});

test('a thenable that throws rejects at the await', async () => {
	const main = loadMain(
		`
		import { make } from 'world';
		export async function main() { "use durable"; const p = make(); try { await p; } catch (e) { return e.message; } }`,
		{
			make: () => ({
				then() {
					throw new Error('then threw');
				},
			}),
		},
	);
	expect(await run(main, [])).toMatchObject({ value: 'then threw' });
});
