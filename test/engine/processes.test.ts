/** Engines of several processes on one file: here each has a connection and a worker lock of its own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createEngine, type Engine, type EngineOptions, functionRef } from '@perdure/runtime';
import { sqlite } from '@perdure/runtime/sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SOON } from '../support/soon.ts';
import { HANDLE_METHODS } from './handle-methods.ts';
import { ask, collect, failing, loop, nap, resetWorld, tidy, world } from './programs.ts';

let folder: string;
const engines: Engine[] = [];
const process = (o: Partial<EngineOptions> = {}): Engine => {
	const engine = createEngine({ store: sqlite(join(folder, 'runs.db')), ...o });
	engines.push(engine);
	return engine;
};

beforeEach(() => {
	resetWorld();
	folder = mkdtempSync(join(tmpdir(), 'perdure-processes-'));
});
afterEach(async () => {
	await Promise.all(engines.splice(0).map((engine) => engine.close({ grace: 0 })));
	rmSync(folder, { recursive: true });
});

it('open one new file at the same time', async () => {
	const all = Array.from({ length: 8 }, () => process());
	const handles = await Promise.all(all.map((engine) => engine.start(loop, [1], { id: 'one' })));
	for (const handle of handles) expect(await handle.result(SOON)).toEqual([0]);
	expect(world.performed).toHaveLength(1);
});

it('one asks and answers what the other drives', async () => {
	process();
	const client = process({ worker: false });
	const handle = await client.start(ask, ['name?']);
	expect(await handle.next(SOON)).toMatchObject({ status: 'suspended', value: { ask: 'name?' } });
	await handle.resume('you');
	expect(await handle.result(SOON)).toBe('hello you');
});

it('one sends to and cancels what the other has in flight', async () => {
	const worker = process();
	let aborted = 0;
	world.work = (n, signal) =>
		n === 99 ? n : new Promise((resolve) => signal.addEventListener('abort', () => resolve(++aborted)));
	await worker.start(tidy, [], { id: 'busy' });
	await worker.start(collect, [], { id: 'collect' });
	const client = process({ worker: false });
	await client.get('busy').cancel('from there');
	expect(await client.get('busy').settled(SOON)).toMatchObject({
		status: 'cancelled',
		reason: 'from there',
	});
	expect(aborted).toBe(1);
	for (const m of [1, 2, 'end']) await client.get('collect').send('m', m);
	expect(await client.get('collect').result(SOON)).toEqual([1, 2]);
});

it('share the work, each run driven by one at a time', async () => {
	world.work = async (n) => {
		await new Promise((resolve) => setTimeout(resolve, 1));
		return n;
	};
	const client = process({ worker: false });
	const handles = await Promise.all(Array.from({ length: 60 }, (_, i) => client.start(loop, [4], { id: `r${i}` })));
	const workers = Array.from({ length: 4 }, () => process({ worker: { concurrency: 5 } }));
	for (const handle of handles) expect(await handle.result(SOON)).toEqual([0, 1, 2, 3]);
	expect(world.performed).toHaveLength(240);
	expect(new Set(world.performed.map(({ key }) => key)).size).toBe(240);
	expect(workers).toHaveLength(4);
});

it('one wakes what slept under another that is gone', async () => {
	const first = process();
	await first.start(nap, [150], { id: 'nap' });
	await first.get('nap').describe();
	await new Promise((resolve) => setTimeout(resolve, 30));
	await first.close();
	expect(await process().get('nap').result(SOON)).toBe(true);
});

it('many that wait are told of what another process does', async () => {
	const client = process({ worker: false });
	const handles = await Promise.all(Array.from({ length: 300 }, (_, i) => client.start(loop, [2], { id: `r${i}` })));
	const results = Promise.all(handles.map((handle) => handle.result(SOON)));
	process();
	expect((await results).length).toBe(300);
});

it('one holds no more runs than it may', async () => {
	let most = 0;
	let now = 0;
	world.work = async (n) => {
		most = Math.max(most, ++now);
		await new Promise((resolve) => setTimeout(resolve, 2));
		now--;
		return n;
	};
	const engine = process({ worker: { concurrency: 4 } });
	const handles = await Promise.all(Array.from({ length: 40 }, () => engine.start(loop, [3])));
	for (const handle of handles) expect(await handle.result(SOON)).toEqual([0, 1, 2]);
	expect(most).toBe(4);
});

/** What another process is told that asks for what cannot be, by where the run stands. */
const REFUSED: Readonly<Record<string, Readonly<Record<string, readonly [name: string, help: RegExp]>>>> = {
	held: {
		retry: ['NotFailedError', /^nothing to do: settled\(\) waits/],
		resume: ['NotSuspendedError', /^wait until it asks/],
		throw: ['NotSuspendedError', /^wait until it asks/],
		settled: ['TimeoutError', /more time/],
		next: ['TimeoutError', /more time/],
	},
	blocked: {
		retry: ['NotFailedError', /^describe\(\)\.blocked says/],
		resume: ['NotSuspendedError', /^describe\(\)\.blocked says/],
		next: ['BlockedError', /^nothing is lost.*import the compiled module/],
		settled: ['BlockedError', /^nothing is lost/],
		result: ['BlockedError', /^nothing is lost/],
		inspect: ['UnknownFunctionError', /import the compiled module/],
	},
	failed: {
		resume: ['NotSuspendedError', /^retry\(\) tries it again/],
		send: ['NotSuspendedError', /^retry\(\) tries it again/],
	},
	completed: {
		retry: ['NotFailedError', /^nothing moves it on any more/],
		resume: ['NotSuspendedError', /^nothing moves it on any more/],
		send: ['NotSuspendedError', /^nothing moves it on any more/],
		fork: ['UnsupportedError', /^fork it while it lives/],
	},
	cancelled: {
		retry: ['NotFailedError', /^nothing moves it on any more/],
		throw: ['NotSuspendedError', /^nothing moves it on any more/],
		fork: ['UnsupportedError', /^fork it while it lives/],
	},
	nobody: Object.fromEntries(HANDLE_METHODS.map((method) => [method, ['RunNotFoundError', /^check the id/]])),
};

it.each(Object.keys(REFUSED))('another one is refused with a way out that is right: %s', async (standing) => {
	const worker = process();
	const never = functionRef<() => Promise<void>>('test/programs#never');
	if (standing === 'held') {
		world.work = () => new Promise(() => {});
		await worker.start(loop, [1], { id: 'held' });
	}
	if (standing === 'blocked') await (await worker.start(never, [], { id: 'blocked' })).settled().catch(() => {});
	if (standing === 'failed') await (await worker.start(failing, [1], { id: 'failed' })).settled();
	if (standing === 'completed') await (await worker.start(loop, [0], { id: 'completed' })).settled();
	if (standing === 'cancelled') {
		const run = await worker.start(ask, ['?'], { id: 'cancelled' });
		await run.cancel();
		await run.settled();
	}
	const handle = process({ worker: false }).get(standing);
	for (const [method, [name, help]] of Object.entries(REFUSED[standing]!)) {
		const given = method === 'settled' || method === 'next' || method === 'result' ? { timeout: 50 } : 'm';
		const refused = (handle[method as 'resume'] as (given: unknown) => Promise<unknown>).call(handle, given);
		await expect(refused, method).rejects.toMatchObject({ name, help: expect.stringMatching(help) });
	}
});

it('a file that is none of ours says what to give instead', async () => {
	const path = join(folder, 'other.db');
	writeFileSync(path, 'a text that is long enough to be taken for a database by its size alone');
	const store = sqlite(path);
	for (const given of [store, sqlite(join(folder, 'no', 'such', 'folder.db'))]) {
		const handle = process({ store: given }).get('r');
		await expect(handle.status()).rejects.toMatchObject({
			name: 'StoreError',
			help: expect.stringMatching(/takes a file/),
		});
		await expect(handle.cancel()).rejects.toMatchObject({ name: 'StoreError' });
	}
	const foreign = new DatabaseSync(join(folder, 'foreign.db'));
	foreign.exec('CREATE TABLE t (a)');
	foreign.close();
	await expect(
		process({ store: sqlite(join(folder, 'foreign.db')) })
			.get('r')
			.status(),
	).rejects.toMatchObject({
		name: 'StoreError',
		help: expect.stringMatching(/file of its own/),
	});
});
