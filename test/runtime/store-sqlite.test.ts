import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { sqlite } from '@perdure/runtime/sqlite';
import { describe, expect, it } from 'vitest';
import type { SqliteSession } from '../../packages/runtime/src/store-sqlite/store.ts';
import { contract } from './store-contract.ts';

contract('sqlite', {
	make(clock) {
		const folder = mkdtempSync(join(tmpdir(), 'perdure-store-'));
		const path = join(folder, 'runs.db');
		return {
			here: sqlite(path, { clock }),
			there: sqlite(path, { clock }),
			dispose: () => rmSync(folder, { recursive: true }),
		};
	},
});

contract('sqlite :memory:', {
	make(clock) {
		const store = sqlite(':memory:', { clock });
		return { here: store, there: store, dispose() {} };
	},
});

describe('the file of a sqlite store', () => {
	const listener = { moved() {}, mail() {}, due() {}, emitted() {} };
	const inFolder = async (work: (folder: string) => Promise<void>) => {
		const folder = mkdtempSync(join(tmpdir(), 'perdure-store-'));
		try {
			await work(folder);
		} finally {
			rmSync(folder, { recursive: true });
		}
	};

	const thread = (name: string, workerData: object) => {
		const execArgv = ['--import', new URL('../support/sources.ts', import.meta.url).href];
		return new Worker(new URL(`store-threads/${name}.ts`, import.meta.url), { workerData, execArgv });
	};

	it('has a lock file beside it for each live worker, and none afterwards', () =>
		inFolder(async (folder) => {
			const session = await sqlite(join(folder, 'runs.db')).open(listener);
			await session.know(['f'], 'b');
			expect(readdirSync(folder).filter((name) => /^runs\.db-worker-[a-z2-7]{26}$/.test(name))).toHaveLength(1);
			await session.close();
			expect(readdirSync(folder)).toEqual(['runs.db']);
		}));

	it('tells that a worker lives again, which lost its lock file and was taken for dead, once it claims', () =>
		inFolder(async (folder) => {
			const path = join(folder, 'runs.db');
			const locks = () => readdirSync(folder).filter((name) => name.includes('-worker-') && !name.endsWith('-journal'));
			const claimed = async (session: SqliteSession) =>
				(await session.claim({ limit: 9, queues: null, suspects: false })).runs.map(({ id }) => id);
			const run = { functionId: 'f', hash: '', input: new Uint8Array(), tags: null, queue: '', priority: 0 };
			const mortal = await sqlite(path).open(listener);
			await mortal.know(['f'], 'b');
			await mortal.start({ id: 'r', ...run, startAt: null, claim: true });
			const [lock] = locks();
			const other = await sqlite(path).open(listener);
			await other.know(['f'], 'b');
			rmSync(join(folder, lock!));
			await expect.poll(() => other.read('r')).toMatchObject({ status: 'pending', recoveries: 1 });
			expect(locks()).toHaveLength(1);
			expect(await claimed(mortal)).toEqual(['r']);
			expect(locks()).toContain(lock);
			rmSync(join(folder, lock!));
			await mortal.start({ id: 's', ...run, startAt: null, claim: true });
			expect(locks()).toContain(lock);
			// Longer than the others wait between two looks at who lives.
			await new Promise((resolve) => setTimeout(resolve, 300));
			expect(await other.read('s')).toMatchObject({ status: 'running' });
			expect(await other.read('r')).toMatchObject({ status: 'running' });
			mortal.die();
			await expect.poll(() => other.read('r')).toMatchObject({ status: 'pending', recoveries: 2 });
			expect(await other.read('s')).toMatchObject({ status: 'pending', recoveries: 1 });
			expect(await claimed(other)).toEqual(['s']);
			await other.close();
		}));

	it('is made by whoever opens it first, though others do at the same time', () =>
		inFolder(async (folder) => {
			const files = Array.from({ length: 40 }, (_, i) => join(folder, `${i}.db`));
			const workerData = { files, arrived: new Int32Array(new SharedArrayBuffer(4 * files.length)), threads: 3 };
			const opened = Array.from({ length: workerData.threads }, async () => {
				return (await once(thread('opener', workerData), 'message'))[0] as string[];
			});
			expect((await Promise.all(opened)).flat()).toEqual([]);
		}));

	it('is read as of one moment, whatever another process commits meanwhile', () =>
		inFolder(async (folder) => {
			const file = join(folder, 'runs.db');
			const turns = 500;
			const committer = thread('committer', { file, turns });
			const over = once(committer, 'exit');
			await once(committer, 'message');
			const reader = await sqlite(file).open(listener);
			for (let logged = 0; logged < turns; ) {
				const { turn, state } = (await reader.read('r', { state: true }))!;
				const log = Buffer.concat(await reader.log('r'));
				logged = log.length / 1500;
				// A full state and its deltas begin with the number of their turn; so does each piece of the log.
				const last = Array.from({ length: turn === 0 ? 1 : ((turn + 2) % 3) + 1 }, (_, i) => (turn - i) % 256);
				expect(state.map(([first]) => first)).toEqual(last.reverse());
				expect(Array.from({ length: logged }, (_, i) => log[i * 1500])).toEqual(
					Array.from({ length: logged }, (_, i) => (i + 1) % 256),
				);
			}
			await over;
			await reader.close();
		}));

	it('is opened again after its last session has closed', () =>
		inFolder(async (folder) => {
			const store = sqlite(join(folder, 'runs.db'));
			await (await store.open(listener)).close();
			const again = await store.open(listener);
			expect(await again.read('r')).toBeNull();
			await again.close();
		}));

	it("is not another program's database, nor one of a later version", () =>
		inFolder(async (folder) => {
			const path = join(folder, 'other.db');
			const other = new DatabaseSync(path);
			other.exec('CREATE TABLE t (x)');
			await expect(sqlite(path).open(listener)).rejects.toThrow(/another program/);
			other.exec('DROP TABLE t; PRAGMA application_id = 0x70657264; PRAGMA user_version = 99');
			await expect(sqlite(path).open(listener)).rejects.toThrow(/later version \(99\)/);
			other.close();
			await expect(sqlite(join(folder, 'no', 'such', 'x.db')).open(listener)).rejects.toThrow(/cannot be opened/);
		}));

	it('is not written any more by a process that had it open when a later version took it over', () =>
		inFolder(async (folder) => {
			const path = join(folder, 'runs.db');
			const session = await sqlite(path).open(listener);
			await session.know(['f'], 'b');
			const place = { tags: null, queue: 'default', priority: 0, startAt: null, claim: false };
			const run = { functionId: 'f', hash: 'h', input: new Uint8Array([1]), ...place };
			await session.start({ id: 'a', ...run });
			const later = new DatabaseSync(path);
			const { user_version: own } = later.prepare('PRAGMA user_version').get()!;
			later.exec('PRAGMA user_version = 99');
			await expect(session.start({ id: 'b', ...run })).rejects.toThrow(/later version \(99\)/);
			await expect(session.claim({ limit: 1, queues: null, suspects: false })).rejects.toThrow(/later version/);
			const turn = async () => Promise.reject(new Error('not asked'));
			const body = async () => ({ ok: true });
			const transacted = session.transact!({ store: 'sqlite', limit: 1000, body, late: () => ({ ok: false }), turn });
			await expect(transacted).rejects.toThrow(/later version/);
			expect((await session.read('a'))!.status).toBe('pending');
			later.exec(`PRAGMA user_version = ${own}`);
			expect((await session.claim({ limit: 1, queues: null, suspects: false })).runs).toHaveLength(1);
			later.exec('PRAGMA user_version = 99');
			// It cannot write that it leaves, and leaves all the same: others can tell by its lock.
			await expect(session.close()).rejects.toThrow(/later version/);
			await session.close();
			later.close();
			expect(readdirSync(folder)).toEqual(['runs.db']);
		}));

	it('waits for another process that writes, without blocking this one', () =>
		inFolder(async (folder) => {
			const path = join(folder, 'runs.db');
			const session = await sqlite(path).open(listener);
			const other = new DatabaseSync(path);
			other.exec('BEGIN IMMEDIATE');
			let passes = 0;
			const turning = setInterval(() => passes++, 1);
			const started = session.start({
				id: 'r',
				functionId: 'f',
				hash: '',
				input: new Uint8Array(),
				tags: null,
				queue: 'default',
				priority: 0,
				startAt: null,
				claim: false,
			});
			await new Promise((resolve) => setTimeout(resolve, 300));
			expect(await session.read('r')).toBeNull();
			other.exec('COMMIT');
			expect((await started).outcome).toBe('created');
			clearInterval(turning);
			expect(passes).toBeGreaterThan(5);
			other.close();
			await session.close();
		}));
});
