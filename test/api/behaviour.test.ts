/** What holds for many names of the API alike: limits of waits, use outside a run, errors of another copy of the package. */
import * as here from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { load, loadMain } from '../runtime/run/program.ts';

const main = loadMain(`
	import { suspend } from '@perdure/runtime';
	export async function main() { 'use durable as asks'; return await suspend('?'); }`);

describe('a wait of an engine', () => {
	const engine = here.createEngine({ store: memory(), functions: [main] });
	afterAll(() => engine.close());
	type Wait = (handle: here.RunHandle<unknown>, o: here.WaitLimits) => Promise<unknown>;
	const waits: Readonly<Record<string, Wait>> = {
		// One that stands at a suspension has its next outcome; one that has not begun has none.
		next: async (_, o) => (await engine.start(main, [], { startAt: '1 day' })).next(o),
		settled: (handle, o) => handle.settled(o),
		result: (handle, o) => handle.result(o),
		outcomes: async (handle, o) => {
			for await (const { status } of handle.outcomes(o)) expect(status).toBe('suspended');
		},
		outbox: async (_, o) => {
			for await (const _event of engine.outbox(o)) throw new Error('nothing was emitted');
		},
	};

	test.for(Object.keys(waits))('%s takes a limit and a signal', async (name) => {
		const handle = await engine.start(main, []);
		await handle.next();
		const error: unknown = await waits[name]!(handle, { timeout: '20ms' }).catch((error: unknown) => error);
		expect(here.TimeoutError.is(error)).toBe(true);
		expect(error).toMatchObject({ code: 'PD10007', timeout: '20 ms' });
		const why = new Error('given up');
		await expect(waits[name]!(handle, { signal: AbortSignal.abort(why) })).rejects.toBe(why);
		expect(await handle.status()).toBe('waiting');
	});

	test.for(['3 dais', 'P', -1, Number.NaN, {}])('refuses a limit that is no duration: %s', async (timeout) => {
		const handle = await engine.start(main, []);
		const wait = handle.settled({ timeout: timeout as here.Duration });
		await expect(wait).rejects.toMatchObject({ code: 'PD10016', given: String(timeout) });
	});
});

describe('what names nothing is refused', () => {
	const engine = here.createEngine({ store: memory(), functions: [main] });
	afterAll(() => engine.close());

	test.for([
		['an empty text', ''],
		['a number', 5],
		['null', null],
	])('%s as the id of a run', async ([, id]) => {
		const o = { id: id as string };
		const handle = await engine.start(main, []);
		const outcome = await here.run(main, []);
		const { continuation } = outcome as Extract<typeof outcome, { status: 'suspended' }>;
		const starts = [
			() => engine.start(main, [], o),
			() => handle.fork(o),
			() => here.run(main, [], o),
			async () => continuation.fork(o),
		];
		for (const start of starts) await expect(start()).rejects.toThrow(/^the id of a run is a string/);
		await handle.cancel();
	});

	test.for([[undefined], [5], [{ name: 'm' }]])('%s as the name of a message', async ([name]) => {
		const handle = await engine.start(main, []);
		const outcome = await here.run(main, []);
		const { continuation } = outcome as Extract<typeof outcome, { status: 'suspended' }>;
		for (const to of [handle, continuation]) {
			await expect(to.send(name as never)).rejects.toThrow(/^send\(name, payload\): the name/);
		}
		await handle.cancel();
	});
});

test('a wait without an end has no limit', async () => {
	const endless = loadMain(`
		import { suspend } from '@perdure/runtime';
		export async function main() { 'use durable'; return await suspend('?', { timeout: Infinity }); }`);
	const outcome = await here.run(endless, []);
	expect(outcome.status === 'suspended' && outcome.continuation.wakeAt).toBeNull();
	await using engine = here.createEngine({ store: memory(), functions: [endless] });
	const handle = await engine.start(endless, []);
	await handle.next();
	expect((await handle.describe()).waitingFor).toMatchObject([{ until: null }]);
});

describe('an answer that nothing waits for is told why', () => {
	const engine = here.createEngine({ store: memory(), functions: [main] });
	afterAll(() => engine.close());
	const start = () => engine.start(main, []);
	const ended: Readonly<Record<string, () => Promise<here.RunHandle<unknown>>>> = {
		'it has completed': async () => {
			const handle = await start();
			await handle.next();
			await handle.resume();
			await handle.settled();
			return handle;
		},
		'it was cancelled': async () => {
			const handle = await start();
			await handle.cancel();
			await handle.settled();
			return handle;
		},
		'it is on its way to the next suspension, which next() waits for': () =>
			engine.start(main, [], { startAt: '1 day' }),
	};

	test.for(Object.entries(ended))('%s', async ([why, make]) => {
		const handle = await make();
		await expect(handle.resume(1)).rejects.toMatchObject({
			code: 'PD10008',
			message: `run '${handle.id}' waits for no answer: ${why}.`,
		});
	});
});

describe('outside any run', () => {
	const outside: Readonly<Record<string, () => unknown>> = {
		suspend: () => here.suspend('?'),
		receive: () => here.receive('m'),
		receiveAll: () => here.receiveAll('m'),
		emit: () => here.emit({}),
		start: () => here.start(main, []),
		setProgress: () => here.setProgress(1),
		currentRun: () => here.currentRun(),
		currentEffect: () => here.currentEffect(),
	};

	test.for(Object.entries(outside))('%s says what it needs', async ([primitive, use]) => {
		const error: unknown = await (async () => use())().catch((error: unknown) => error);
		expect(here.OutsideRunError.is(error)).toBe(true);
		const { message, help } = error as here.OutsideRunError;
		expect(message).toContain(`'${primitive}'`);
		expect(help).toContain(primitive === 'currentEffect' ? 'inside an effect' : 'run(fn, args)');
	});

	test('sleep sleeps, mark does nothing, a durable function is a plain async function', async () => {
		const plain = loadMain(`
			import { mark, sleep } from '@perdure/runtime';
			export async function main(n) { 'use durable'; await sleep('20ms'); await mark('here'); return n + 1; }`);
		const before = performance.now();
		expect(await plain(1)).toBe(2);
		expect(performance.now() - before).toBeGreaterThan(15);
		await expect(main()).rejects.toMatchObject({ code: 'PD10006', primitive: 'suspend' });
	});

	test('a primitive inside an effect says where it is, and where it belongs', async () => {
		const main = loadMain(`
			import { currentRun, emit } from '@perdure/runtime';
			async function tells(how) { return how === 'emit' ? await emit(1) : currentRun().id; }
			export async function main(how) { 'use durable'; return await tells(how); }`);
		const error = {
			code: 'PD10006',
			primitive: 'emit',
			effect: 'tells',
			message: expect.stringContaining("effect 'tells'"),
		};
		expect(await here.run(main, ['emit'])).toMatchObject({
			error: { ...error, help: expect.stringContaining("awaits 'tells'") },
		});
		expect(await here.run(main, ['id'])).toMatchObject({
			error: { help: expect.stringContaining('currentEffect().runId') },
		});
	});

	test('a function that was not compiled says so, its file, and how to compile it', async () => {
		async function uncompiled() {
			'use durable';
		}
		const engine = here.createEngine({ store: memory(), worker: false });
		const uses = [
			() => here.run(uncompiled, []),
			() => engine.start(uncompiled, []),
			async () => here.Continuation.fromBytes(new Uint8Array(), uncompiled),
			async () => here.createEngine({ store: memory(), functions: [uncompiled] }),
			async () => here.createEngine({ store: memory(), functions: [{ uncompiled }] }),
		];
		for (const use of uses) {
			await expect(use()).rejects.toMatchObject({
				code: 'PD5004',
				message: expect.stringMatching(/^'uncompiled' \(test\/api\/behaviour\.test\.ts:\d+:\d+\) says "use durable"/),
				help: expect.stringContaining('@perdure/transform/register'),
			});
		}
		await engine.close();
	});
});

describe('errors of another copy of the package', async () => {
	vi.resetModules();
	const there: typeof here = await import('@perdure/runtime');

	/** Each as its copy throws it. */
	const thrown: Readonly<Record<string, (copy: typeof here) => unknown>> = {
		DecodeError: (copy) => copy.decode(new Uint8Array([1])),
		NotSerializableError: (copy) => copy.encode(new WeakMap()),
		OutsideRunError: (copy) => copy.currentRun(),
		InvalidDurationError: (copy) => copy.sleep('soon' as never),
		InvalidPolicyError: (copy) => copy.effect(main, { retry: { attempts: 0 } }),
		KeyringError: (copy) => copy.keyring({ current: 'a', keys: {} }),
		LogPrunedError: (copy) => copy.replay(main, [], [], { from: 'nowhere' }),
		NonRetryableError: (copy) => {
			throw new copy.NonRetryableError('no');
		},
	};

	test.for(Object.entries(thrown))('%s is known, and instanceof does not tell', async ([name, use]) => {
		const error: unknown = await (async () => use(there))().catch((error: unknown) => error);
		const Class = (here as unknown as Record<string, typeof here.DecodeError>)[name]!;
		expect(error).not.toBeInstanceOf(Class);
		expect(Class.is(error)).toBe(true);
		expect(here.PerdureError.is(error)).toBe(true);
		expect(here.TimeoutError.is(error)).toBe(false);
		expect(error).toMatchObject({ name, code: Class.code, help: expect.stringMatching(/./) });
	});
});

test('a module may be listed whatever else it exports', async () => {
	const module = load(`
		export async function* each() { 'use durable'; yield 1; }
		export function* all() { 'use durable'; yield 2; }
		export class Shop { static async open() { 'use durable'; return 'open'; } async sell() { 'use durable'; return 'sold'; } }
		export const text = 'use durable', nothing = null;
		export function plain() { return 'durable'.length; }
		export async function main() { 'use durable'; const got = []; for await (const x of each()) got.push(x); return [...got, ...all()]; }`);
	await using engine = here.createEngine({ store: memory(), functions: [module] });
	expect(await (await engine.start(module['main'] as here.AsyncFunction, [])).result()).toEqual([1, 2]);
	expect(() => here.createEngine({ store: memory(), functions: [module['each'] as never] })).toThrow(/generator/);
});
