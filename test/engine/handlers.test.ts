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
			await given(charge('argument ' + n)), await given({ of: [mail.transport.send('part ' + n)] }),
			(await Promise.all([given(given.call(null, charge('nested ' + n)))]))[0],
		];
	}
	async function given(what) { "use durable"; return what.of ? await what.of[0] : await what; }
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
	['default', 'method', 'chain', 'wrapped', 'not awaited', 'branch', 'argument', 'part', 'nested'].map(
		(what) => `${by} ${what} ${n}`,
	);

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

it('a call in the arguments of an effect is made again by the handlers of whoever goes on', async () => {
	const make = (what: string) => () => `real ${what}`;
	const clients = { of: (what: string) => () => `real ${what}` };
	const send = async (a: () => string, b: () => string) => [a(), b()];
	const { main } = compile(
		`import { clients, make, send } from 'world';
		export async function main() { "use durable";
			const awaited = await send(make('a'), clients.of('b'));
			const started = send(make('c'), clients.of('d'));
			return [awaited, await started];
		}`,
		{ world: { clients, make, send } },
	).exports as { main: () => Promise<unknown> };
	const by = (whose: string) => [make, clients.of].map((fn) => replace(fn, (what) => () => `${whose} ${what}`));
	const stored: Uint8Array[] = [];
	const onCheckpoint = (continuation: Continuation<unknown>) => void stored.push(continuation.toBytes());
	const hot = await run(main, [], { handlers: by('first'), onCheckpoint });
	const all = (whose: string) => [
		[`${whose} a`, `${whose} b`],
		[`${whose} c`, `${whose} d`],
	];
	expect(hot).toMatchObject({ value: all('first') });
	const values = stored.map(async (bytes) => {
		const outcome = await Continuation.fromBytes(bytes).continue({ handlers: by('second') });
		return outcome.status === 'completed' && outcome.value;
	});
	expect(await Promise.all(values)).toEqual([all('second'), [all('first')[0], all('second')[1]]]);
});
