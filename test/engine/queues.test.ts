/** Which runs a worker takes, and in what order. */
import { createEngine, type Store } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { sqlite } from '@perdure/runtime/sqlite';
import { describe, expect, it } from 'vitest';
import { compile } from '../support/compile.ts';

const world = { done: [] as string[], note: async (what: string) => void world.done.push(what) };

const { noting, parent } = compile(
	`import { start } from '@perdure/runtime';
	import { note } from '#world';
	export async function noting(what) { "use durable"; await note(what); }
	export async function parent(o) { "use durable"; return (await start(noting, ['child'], o)).result(); }`,
	{ '#world': world },
).exports as Record<string, (...args: any[]) => Promise<any>>;

const stores: readonly (readonly [string, () => Store])[] = [
	['memory', () => memory()],
	['sqlite', () => sqlite(':memory:')],
];

describe.each(stores)('queues and priorities, %s', (_, store) => {
	it('are taken by the workers of the queue, the highest priority first', async () => {
		world.done = [];
		const shared = store();
		await using client = createEngine({ store: shared, worker: false });
		const started = [
			await client.start(noting, ['plain']),
			await client.start(noting, ['low'], { priority: -5 }),
			await client.start(noting, ['high'], { priority: 5 }),
			await client.start(noting, ['mail'], { queue: 'mail', priority: 9 }),
		];
		{
			await using _one = createEngine({ store: shared, worker: { concurrency: 1, queues: ['default'] } });
			await Promise.all([started[0]!, started[1]!, started[2]!].map((run) => run.result()));
			expect(world.done).toEqual(['high', 'plain', 'low']);
			expect(await started[3]!.status()).toBe('pending');
		}
		await using _all = createEngine({ store: shared });
		await started[3]!.result();
		const listed = [];
		for await (const { queue, priority } of client.list()) listed.push([queue, priority]);
		expect(listed).toEqual([['default', 0], ['default', -5], ['default', 5], ['mail', 9]]); // biome-ignore format: a table
	});

	it('hold for a start by a worker of other queues, and for child runs', async () => {
		world.done = [];
		const shared = store();
		await using here = createEngine({ store: shared, worker: { queues: ['default'] } });
		const run = await here.start(noting, ['elsewhere'], { queue: 'mail' });
		const family = await here.start(parent, [{ queue: 'mail' }]);
		await here.start(noting, ['here']).then((other) => other.result());
		expect(world.done).toEqual(['here']);
		await using _there = createEngine({ store: shared, worker: { queues: ['mail'] } });
		await Promise.all([run.result(), family.result()]);
		expect(new Set(world.done)).toEqual(new Set(['here', 'elsewhere', 'child']));
	});

	it('are refused by name when they are none', async () => {
		await using engine = createEngine({ store: store() });
		await expect(engine.start(noting, ['x'], { priority: 0.5 })).rejects.toThrow(
			'a priority is a whole number, not 0.5',
		);
		await expect(engine.start(noting, ['x'], { queue: '' })).rejects.toThrow('the name of a queue');
		const run = await engine.start(parent, [{ priority: Number.NaN }]);
		await expect(run.result()).rejects.toThrow('a priority is a whole number, not NaN');
	});
});
