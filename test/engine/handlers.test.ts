/** Handlers by configuration: what an engine, or whoever goes on with a continuation, calls in place of functions. */
import { Continuation, createEngine, effect, replace, run } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { sqlite } from '@perdure/runtime/sqlite';
import { expect, it } from 'vitest';
import { compile } from '../support/compile.ts';
import { SOON } from '../support/soon.ts';

const real = async (what: string) => `real ${what}`;
const charge = async (what: string) => real(what);
const mail = { transport: { send: async (what: string) => real(what) } };
const table = { where: (what: string) => ({ run: async () => real(what) }) };
const wrapped = effect(async (what: string) => real(what), { retry: { attempts: 2, delay: 0 } });

const { main } = compile(
	`import charge, { mail, table, wrapped } from 'world'; import { suspend } from '@perdure/runtime';
	async function all(n) { "use durable";
		const started = wrapped('not awaited ' + n);
		return [
			await charge('default ' + n), await mail.transport.send('method ' + n), await table.where('chain ' + n).run(),
			await wrapped('wrapped ' + n), await started, (await Promise.all([charge('branch ' + n)]))[0],
		];
	}
	export async function main() { "use durable"; const before = await all(1); await suspend(); return [before, await all(2)]; }`,
	{ world: { default: charge, mail, table, wrapped, __esModule: true } },
).exports as { main: () => Promise<unknown> };

const handlersOf = (by: string) => [
	replace(charge, (what) => `${by} ${what}`),
	replace(mail.transport.send, async (what) => `${by} ${what}`),
	replace(table.where, (what) => ({ run: async () => `${by} ${what}` })),
	replace(wrapped, async (what) => `${by} ${what}`),
];
const told = (by: string, n: number) =>
	['default', 'method', 'chain', 'wrapped', 'not awaited', 'branch'].map((what) => `${by} ${what} ${n}`);

it.each([
	['memory', () => memory()],
	['sqlite', () => sqlite(':memory:')],
])('those of the engine that is there are called, on %s', async (_, make) => {
	const store = make();
	let engine = createEngine({ store, handlers: handlersOf('first') });
	await engine.start(main, [], { id: 'run' });
	await engine.get('run').next(SOON);
	await engine.close();
	engine = createEngine({ store, handlers: handlersOf('second') });
	await engine.get('run').resume();
	expect(await engine.get('run').result(SOON)).toEqual([told('first', 1), told('second', 2)]);
	// None: what is written is called.
	const bare = createEngine({ store: make() });
	const handle = await bare.start(main, []);
	await handle.next(SOON);
	await handle.resume();
	expect(await handle.result(SOON)).toEqual([told('real', 1), told('real', 2)]);
	await Promise.all([engine.close(), bare.close()]);
});

it.each(['in memory', 'from bytes'])('those of each call are called, and none are kept (%s)', async (way) => {
	const outcome = await run(main, [], { handlers: handlersOf('first') });
	if (outcome.status !== 'suspended') throw new Error(outcome.status);
	const { continuation } = outcome;
	const next = way === 'in memory' ? continuation : Continuation.fromBytes<unknown>(continuation.toBytes());
	const second = { handlers: handlersOf('second') };
	expect(await next.resume(null, second)).toMatchObject({ value: [told('first', 1), told('second', 2)] });
	expect(await next.resume(null)).toMatchObject({ value: [told('first', 1), told('real', 2)] });
});
