/** What an effect does to other runs is done once, however often the effect is attempted. */
import { createEngine, defineQuestion, type Engine, effect, type Store } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { sqlite } from '@perdure/runtime/sqlite';
import { afterEach, describe, expect, it } from 'vitest';
import { compile } from '../support/compile.ts';
import { SOON } from '../support/soon.ts';

type Main = (...args: unknown[]) => Promise<unknown>;

let engine: Engine;
afterEach(() => engine.close({ grace: 0 }));

const colour = defineQuestion<string, string>('inside-effect.colour');
/** Told by a test: what the effect does; it then fails twice. */
let act: () => Promise<unknown>;
const asked = compile(
	`import { receive, suspend } from '@perdure/runtime'; import { colour } from 'world';
	export async function main() { "use durable"; return [await suspend('1?'), await suspend('2?'), await receive('m'), await receive('m')]; }
	export async function typed() { "use durable"; return [await suspend(colour, '1?'), await suspend(colour, '2?')]; }`,
	{ world: { colour } },
).exports as Record<string, Main>;
const asking = compile(
	`import { thrice } from 'world';
	export async function acting() { "use durable"; return await thrice(); }`,
	{
		world: {
			thrice: (() => {
				let attempts = 0;
				return effect(
					async () => {
						await act();
						if (++attempts % 3 !== 0) throw new Error('the process dies here');
					},
					{ retry: { attempts: 3, delay: 1 } },
				);
			})(),
		},
	},
).exports as Record<string, Main>;
const acting = asking['acting']!;

describe.each([
	['memory', () => memory()],
	['sqlite', () => sqlite(':memory:')],
] as [string, () => Store][])('on %s', (_, make) => {
	it('an answer without an address is given once', async () => {
		engine = createEngine({ store: make() });
		const run = await engine.start(asked['main']!, []);
		await run.next(SOON);
		act = async () => {
			await run.resume('one');
			// The run has moved on by the time of the next attempt.
			await run.next(SOON);
		};
		await (await engine.start(acting, [])).result(SOON);
		expect(await run.next(SOON)).toMatchObject({ status: 'suspended', value: '2?' });
		act = () => run.resume('two');
		await (await engine.start(acting, [])).result(SOON);
		act = () => run.send('m', 'sent');
		await (await engine.start(acting, [])).result(SOON);
		await run.send('m', 'from outside');
		expect(await run.result(SOON)).toEqual(['one', 'two', 'sent', 'from outside']);
	});

	it('two answers of one effect are two', async () => {
		engine = createEngine({ store: make() });
		const run = await engine.start(asked['typed']!, []);
		await run.next(SOON);
		const waitsAt = async () => (await run.describe()).waitingFor[0]?.id;
		const first = await waitsAt();
		act = async () => {
			await run.resume(colour, 'red');
			while ((await waitsAt()) === first) await new Promise((resolve) => setTimeout(resolve, 1));
			await run.resume(colour, 'blue');
		};
		await (await engine.start(acting, [])).result(SOON);
		expect(await run.result(SOON)).toEqual(['red', 'blue']);
	});

	it('a run is started once', async () => {
		engine = createEngine({ store: make() });
		const ids = new Set<string>();
		act = async () => ids.add((await engine.start(asked['typed']!, [])).id);
		await (await engine.start(acting, [])).result(SOON);
		expect(ids.size).toBe(1);
	});
});
