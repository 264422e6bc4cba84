/** Transactions of users: exactly once with the turn of their outcome (G10, H5, W5). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, type Engine, replace, run, type Store } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { sqlite, type Tx, transaction } from '@perdure/runtime/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compile } from '../support/compile.ts';
import { FAULTS, FaultyStore } from './faulty-store.ts';

let calls = 0;
let current: Engine;
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const book = transaction(async (tx: Tx, id: string, amount: number) => {
	calls++;
	await tx.run('CREATE TABLE IF NOT EXISTS account (id TEXT, amount INTEGER)');
	await tx.run('INSERT INTO account VALUES (:id, :amount)', { id, amount });
	await wait(1);
	if (amount < 0) throw Object.assign(new RangeError('overdrawn'), { amount });
	const row = await tx.get<{ sum: number }>('SELECT sum(amount) AS sum FROM account');
	return row!.sum;
});
const balance = transaction(async (tx: Tx) => {
	await tx.run('CREATE TABLE IF NOT EXISTS account (id TEXT, amount INTEGER)');
	return await tx.all('SELECT id, amount FROM account ORDER BY rowid');
});
const slow = transaction(
	async (tx: Tx) => {
		await tx.run("INSERT INTO account VALUES ('slow', 1)");
		await wait(300);
		await tx.run("INSERT INTO account VALUES ('slow', 2)");
	},
	{ timeout: 30 },
);
const asking = transaction(async (_: Tx) => current.start(books!, [1]));
const committing = transaction(async (tx: Tx, sql: string) => tx.run(sql));
const constraint = transaction(async (tx: Tx) => {
	await tx.run('CREATE TABLE IF NOT EXISTS one (id TEXT PRIMARY KEY)');
	await tx.run("INSERT INTO one VALUES ('a')");
	try {
		await tx.run("INSERT INTO one VALUES ('a')");
	} catch (error) {
		return [(error as Error).message, (await tx.all('SELECT * FROM one')).length];
	}
	return null;
});
let kept: Tx | null = null;
const leaks = transaction(async (tx: Tx) => void (kept = tx));

const modules = { '#bank': { book, balance, slow, asking, committing, constraint, leaks, other: async () => wait(5) } };
const { books, fails, times, calling, control, catches, leaking, both, started } = compile(
	`import { emit, suspend, start } from '@perdure/runtime';
	import { book, balance, slow, asking, committing, constraint, leaks, other } from '#bank';
	export async function books(n) { "use durable";
		const out = [];
		for (let i = 1; i <= n; i++) { out.push(await book('a' + i, i)); await emit(i); }
		return out;
	}
	export async function fails() { "use durable";
		await book('first', 1);
		try { await book('second', -5); } catch (error) { return [error instanceof RangeError, error.message, error.amount, await balance()]; }
	}
	export async function times() { "use durable";
		await balance();
		try { await slow(); } catch (error) { return [error.code, await balance()]; }
	}
	export async function calling() { "use durable"; try { await asking(); } catch (error) { return error.code; } }
	export async function control(sql) { "use durable"; try { await committing(sql); } catch (error) { return error.code; } }
	export async function catches() { "use durable"; return await constraint(); }
	export async function leaking() { "use durable"; await leaks(); await suspend(); }
	export async function both() { "use durable";
		return await Promise.all([book('x', 1), book('y', 2), other(), book('z', 3), balance()]);
	}
	export async function started() { "use durable"; const later = book('p', 7); await other(); return await later; }`,
	modules,
).exports as Record<string, (...args: any[]) => Promise<any>>;

const engines: Engine[] = [];
const opened = (store: Store, o: object = {}) => {
	current = createEngine({ store, ...o });
	engines.push(current);
	return current;
};
let folder: string;
beforeEach(() => {
	calls = 0;
	folder = mkdtempSync(join(tmpdir(), 'perdure-tx-'));
});
afterEach(async () => {
	await Promise.all(engines.splice(0).map((engine) => engine.close({ grace: 0 })));
	rmSync(folder, { recursive: true, force: true });
});

describe.each([
	['a file', () => sqlite(join(folder, 'runs.db'))],
	['memory', () => sqlite(':memory:')],
])('sqlite in %s', (_, make) => {
	const result = async (fn: unknown, ...args: unknown[]) =>
		(await opened(make()).start(fn as () => Promise<any>, args as [])).result();

	it('commits what the function wrote together with the turn', async () => {
		expect(await result(books, 3)).toEqual([1, 3, 6]);
		expect(calls).toBe(3);
	});

	it('rolls back what a function wrote that threw, and throws that at the await', async () => {
		expect(await result(fails)).toEqual([true, 'overdrawn', -5, [{ id: 'first', amount: 1 }]]);
	});

	it('runs several of one run one after the other, beside other effects', async () => {
		const [x, y, , z, all] = await result(both);
		expect([x, y, z]).toEqual([1, 3, 6]);
		expect(all).toHaveLength(3);
		expect(await result(started)).toBeTypeOf('number');
	});

	it('rolls back when its time is up, and others can write then', async () => {
		const engine = opened(make());
		const one = await engine.start(times!, []);
		const other = await engine.start(books!, [1]);
		expect(await one.result()).toEqual(['PD10007', expect.not.arrayContaining([{ id: 'slow', amount: 1 }])]);
		expect(await other.result()).toHaveLength(1);
	});

	it('is called by the name it has in the log where it cannot be done, or by none', async () => {
		await expect(book('a', 1)).rejects.toThrow(
			/^a transaction outside an engine over sqlite\(\.\.\.\) is not supported\.$/,
		);
		const named = transaction(async () => {}, { name: 'book' });
		await expect(named()).rejects.toThrow(/^the transaction 'book' outside/);
	});

	it('refuses calls of the engine, control of the transaction, and its use after its end', async () => {
		expect(await result(calling)).toBe('PD9002');
		for (const sql of ['COMMIT', ' /* x */ rollback', '-- x\nBEGIN', 'SAVEPOINT a', "ATTACH ':memory:' AS x"]) {
			expect(await result(control, sql), sql).toBe('PD9002');
		}
		const engine = opened(make());
		await (await engine.start(leaking!, [])).next();
		await expect(kept!.run('SELECT 1')).rejects.toMatchObject({ code: 'PD9002' });
	});

	it('goes on after an error of a statement that the function has caught', async () => {
		expect(await result(catches)).toEqual([expect.stringContaining('UNIQUE'), 1]);
	});

	it('lets many runs book at once', async () => {
		const engine = opened(make());
		const handles = await Promise.all(Array.from({ length: 20 }, () => engine.start(books!, [2])));
		await Promise.all(handles.map((handle) => handle.result()));
		expect(calls).toBe(40);
		expect(await (await engine.start(fails!, [])).result()).toMatchObject([true, 'overdrawn', -5, { length: 41 }]);
	});

	it.each(FAULTS)('happens once, though each write is %s', { timeout: 60_000 }, async (fault) => {
		for (let at = 1; ; at++) {
			rmSync(folder, { recursive: true, force: true });
			folder = mkdtempSync(join(tmpdir(), 'perdure-tx-'));
			const inner = make();
			const store = new FaultyStore(inner, fault, at);
			let crash = () => {};
			const crashed = new Promise<'crashed'>((resolve) => (crash = () => resolve('crashed')));
			store.onCrash = () => crash();
			let engine = opened(store);
			for (let attempt = 0; ; attempt++) {
				const working = engine.start(books!, [2], { id: 'r' }).then((one) => one.settled({ timeout: 5000 }));
				working.catch(() => {});
				const ended = await Promise.race([working, crashed]).catch((error) => {
					if (attempt > 2 || !/injected/.test(String(error))) throw error;
				});
				if (ended === 'crashed' && attempt === 0) engine = opened(inner);
				else if (ended !== undefined) {
					expect(await working, `write ${at}`).toMatchObject({ status: 'completed', value: [1, 3] });
					break;
				}
			}
			await Promise.all(engines.splice(0).map((one) => one.close({ grace: 0 })));
			if (!store.struck) return expect(at).toBeGreaterThan(3);
		}
	});
});

it('can be replaced, and says what it needs where there is no such store', async () => {
	const replaced = opened(memory(), { handlers: [replace(book, async (_, amount) => amount)] });
	expect(await (await replaced.start(books!, [2])).result()).toEqual([1, 2]);
	expect(await (await opened(memory()).start(books!, [1])).settled()).toMatchObject({ error: { code: 'PD9002' } });
	expect(await run(books!, [1])).toMatchObject({ status: 'failed', error: { code: 'PD9002' } });
	await expect(book('a', 1)).rejects.toMatchObject({ code: 'PD9002' });
});
