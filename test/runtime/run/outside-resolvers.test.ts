/** `new Promise` whose resolvers foreign code was given: a hot run waits for it, as JavaScript does. */
import { createEngine, run } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { expect, it } from 'vitest';
import { compile } from '../../support/compile.ts';

const kept: ((value: unknown) => void)[] = [];
const { exports } = compile(
	`
	import { keep } from '#world';
	import { sleep, suspend } from '@perdure/runtime';
	export async function waits() {
		'use durable';
		const wait = (ms, value) => new Promise((resolve) => setTimeout(resolve, ms, value));
		const first = await wait(2, 'first');
		const both = await Promise.all([wait(3, 'a'), wait(1, 'b')]);
		const raced = await Promise.race([wait(1, 'fast'), wait(200, 'slow')]);
		return [first, both, raced];
	}
	export async function fails() {
		'use durable';
		const soon = () => new Promise((_, reject) => setTimeout(reject, 1, new RangeError('late')));
		try { await soon(); } catch (error) { return error.message; }
	}
	export async function beside() {
		'use durable';
		const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms, 'timer'));
		const p = wait(1);
		await sleep(20);
		return await p;
	}
	export async function leaves() {
		'use durable';
		const given = () => new Promise((resolve) => keep(resolve));
		given();
		return 'over';
	}
	export async function mixed() {
		'use durable';
		const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms, 'timer'));
		return await Promise.race([suspend(), wait(5)]);
	}
`,
	{ '#world': { keep: (resolve: (value: unknown) => void) => kept.push(resolve) } },
) as { exports: Record<string, any> };

it('a run waits for what a timer of the host settles', async () => {
	expect(await run(exports['waits'], [])).toMatchObject({ value: ['first', ['a', 'b'], 'fast'] });
	expect(await run(exports['fails'], [])).toMatchObject({ value: 'late' });
	expect(await run(exports['beside'], [])).toMatchObject({ value: 'timer' });
	expect(await run(exports['mixed'], [])).toMatchObject({ status: 'completed', value: 'timer' });
});

it('a resolver that is called when the run is over does nothing', async () => {
	expect(await run(exports['leaves'], [])).toMatchObject({ value: 'over' });
	kept.pop()!('late');
});

it('such a run cannot be saved, and says what it waits for', async () => {
	expect(await run(exports['waits'], [], { onCheckpoint: () => {} })).toMatchObject({
		status: 'failed',
		error: { code: 'PD3008' },
	});
	const engine = createEngine({ store: memory() });
	const handle = await engine.start(exports['waits'], []);
	await expect(handle.result()).rejects.toMatchObject({ code: 'PD3008' });
	await engine.close();
});
