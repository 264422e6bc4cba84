/** Transactions of users: exactly once with the turn of their outcome (G10, H5, W5). */
import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createEngine, currentEffect, type Engine, effect, replace, run, type Store } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { sqlite, type Tx, transaction } from '@perdure/runtime/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compile } from '../support/compile.ts';
import { SOON } from '../support/soon.ts';
import { FAULTS, FaultyStore } from './faulty-store.ts';

let calls = 0;
let current: Engine;
/** Outside whatever effect is being performed. */
const apart: (work: () => Promise<void>) => Promise<void> = AsyncLocalStorage.snapshot();
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

const flaky = transaction(
	async (tx: Tx) => {
		const { attempt, key } = currentEffect();
		await tx.run('CREATE TABLE IF NOT EXISTS tried (attempt INTEGER)');
		await tx.run('INSERT INTO tried VALUES (?)', attempt);
		if (attempt < 3) throw new Error('not yet');
		return [attempt, key, (await tx.all<{ attempt: number }>('SELECT * FROM tried')).map((row) => row.attempt)];
	},
	{ name: 'flaky', retry: { attempts: 3, delay: 1 }, key: () => 'booking-1' },
);
const values = transaction(async (tx: Tx) => {
	await tx.run('CREATE TABLE IF NOT EXISTS pair (a, b)');
	await tx.run('INSERT INTO pair VALUES (?, ?) -- why?', 1, 2);
	await tx.run("INSERT INTO pair VALUES (?, '?')", [3]);
	await tx.run('INSERT INTO pair VALUES (:a, :b)', { a: 5, b: null });
	await tx.run('INSERT INTO pair VALUES (?1, ?2)', new Uint8Array([7]), 8n);
	const problems: string[] = [];
	const tried = [
		() => tx.run('INSERT INTO pair VALUES (?, ?)', 1),
		() => tx.all('SELECT ?'),
		() => tx.get('SELECT ?', 1, 2),
		() => tx.get('SELECT ?', {}),
		() => tx.get('SELECT :a, \'not :this\', b AS "nor :this" FROM pair', { b: 1 }),
		() => tx.get('SELECT ?', new Date(0) as never),
		() => tx.get('SELECT ?, ?', 1, undefined as never),
		() => tx.get('SELECT :a', { a: [1] as never }),
	];
	for (const one of tried) await one().catch((error) => problems.push((error as Error).message));
	const rows = await tx.all('SELECT * FROM pair WHERE a IN (?, ?, ?) ORDER BY a', 1, 3, 5);
	return [rows, await tx.get('SELECT b FROM pair WHERE a = ?', 1), problems];
});

const world = { inside: async () => {} };
const inside = transaction(async (tx: Tx) => {
	await tx.run('CREATE TABLE IF NOT EXISTS account (id TEXT, amount INTEGER)');
	await tx.run("INSERT INTO account VALUES ('inside', 1)");
	await apart(() => world.inside());
	return 1;
});

const modules = {
	'#bank': {
		inside,
		flaky,
		values,
		book,
		balance,
		slow,
		asking,
		committing,
		constraint,
		leaks,
		other: async () => wait(5),
	},
};
const {
	never,
	booksInside,
	busyInside,
	retried,
	bound,
	books,
	fails,
	times,
	calling,
	control,
	catches,
	leaking,
	both,
	started,
} = compile(
	`import { emit, suspend, start, receive } from '@perdure/runtime';
	import { inside, flaky, values, book, balance, slow, asking, committing, constraint, leaks, other } from '#bank';
	export async function books(n) { "use durable";
		const out = [];
		for (let i = 1; i <= n; i++) { out.push(await book('a' + i, i)); await emit(i); }
		return out;
	}
	export async function busyInside() { "use durable";
		const asked = (async () => await receive('while'))();
		const side = (async () => { await other(); return 'quick'; })();
		return [await inside(), await side, await asked];
	}
	export async function booksInside() { "use durable"; return await inside(); }
	export async function never() { "use durable"; await suspend(); }
	export async function retried() { "use durable"; return await flaky(); }
	export async function bound() { "use durable"; return await values(); }
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

	it('is tried again as its policy says, each attempt rolled back, with the key that it gives', async () => {
		const engine = opened(make());
		const handle = await engine.start(retried!, []);
		expect(await handle.result()).toEqual([3, 'booking-1', [3]]);
		const log = (await handle.log()).filter(({ name, state }) => name === 'flaky' && state === 'executed');
		expect(log).toMatchObject([{ attempt: 3, outcome: { value: [3, 'booking-1', [3]] } }]);
	});

	it('binds values one by one, as a list or by name, and never NULL for one that is missing', async () => {
		expect(await result(bound)).toEqual([
			[
				{ a: 1, b: 2 },
				{ a: 3, b: '?' },
				{ a: 5, b: null },
			],
			{ b: 2 },
			[
				'the statement has 2 places for values (?) and was given 1.',
				'the statement has 1 places for values (?) and was given 0.',
				expect.stringMatching(/out of range/),
				'the statement has 1 places for values (?) and was given 0.',
				"the statement has a place for ':a', and there is no value of that name.",
				"value 1 of the statement is 'Date': give a text, a number, a bigint, bytes, or null.",
				"value 2 of the statement is 'undefined': give a text, a number, a bigint, bytes, or null.",
				"the value 'a' of the statement is 'Array': give a text, a number, a bigint, bytes, or null.",
			],
		]);
	});

	it('waits for the turn that is not committed, and lets no other turn in until it is', async () => {
		const inner = make();
		const seen: string[] = [];
		const around = async <T>(what: string, work: () => Promise<T>) => {
			seen.push(`${what} begins`);
			const done = await work();
			seen.push(`${what} ends`);
			return done;
		};
		const store: Store = {
			async open(listener) {
				const session = await inner.open(listener);
				const commit = session.commit.bind(session);
				const transact = session.transact!.bind(session);
				return Object.assign(session, {
					// A turn whose commit takes long.
					commit: (turn: Parameters<typeof commit>[0]) => around('commit', () => wait(20).then(() => commit(turn))),
					transact: (o: Parameters<typeof transact>[0]) => around('transaction', () => transact(o)),
				});
			},
		};
		const engine = opened(store);
		let bodies = 0;
		world.inside = async () => {
			bodies++;
			seen.push('body');
			// It waits for the transaction to end.
			handle.send('while', bodies).then(() => seen.push('sent'));
			await wait(30);
		};
		const handle = await engine.start(busyInside!, []);
		expect(await handle.result()).toEqual([1, 'quick', 1]);
		expect(bodies).toBe(1);
		const from = seen.indexOf('transaction begins');
		expect(seen.slice(from - 1, from + 3)).toEqual(['commit ends', 'transaction begins', 'body', 'transaction ends']);
		expect(seen.indexOf('sent')).toBeGreaterThan(from);
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

	it('refuses to do the first of several statements only, and to change tables of the store', async () => {
		for (const sql of [
			'CREATE TABLE a (x); CREATE TABLE b (x)',
			"UPDATE run SET status = 'completed'",
			'WITH gone AS (SELECT 1) DELETE FROM "outbox"',
			'INSERT OR REPLACE INTO main.mail VALUES (1)',
			'CREATE TABLE IF NOT EXISTS `log` (line)',
			'DROP TABLE input',
		]) {
			expect(await result(control, sql), sql).toBe('PD9002');
		}
		for (const sql of [
			"CREATE TABLE run_log (line TEXT DEFAULT 'delete from run'); -- update run",
			' SELECT count(*) FROM run; /* that is all */ ;',
			'CREATE TABLE temp.part (x)',
		]) {
			expect(await result(control, sql), sql).toBe(undefined);
		}
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

	it.each(FAULTS)('happens once, though each write is %s', async (fault) => {
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
				const working = engine.start(books!, [2], { id: 'r' }).then((one) => one.settled(SOON));
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

describe('sqlite in a file', () => {
	const path = () => join(folder, 'runs.db');

	it('lets others read meanwhile, who see nothing of it before it is committed', async () => {
		const engine = opened(sqlite(path()));
		await (await engine.start(books!, [1])).result();
		const seen: unknown[] = [];
		const reader = new DatabaseSync(path());
		world.inside = async () => {
			seen.push(reader.prepare("SELECT count(*) AS n FROM account WHERE id = 'inside'").get()!['n']);
			seen.push((await engine.get(handle.id).describe()).status);
		};
		const handle = await engine.start(booksInside!, []);
		await handle.result();
		seen.push(reader.prepare("SELECT count(*) AS n FROM account WHERE id = 'inside'").get()!['n']);
		reader.close();
		expect(seen).toEqual([0, 'running', 1]);
	});

	/** As another process that has begun to write when the transaction is to begin. */
	const locked = (inner: Store, during: (begun: Promise<unknown>, unlock: () => void) => void): Store => ({
		async open(listener) {
			const session = await inner.open(listener);
			const transact = session.transact!.bind(session);
			let first = true;
			return Object.assign(session, {
				async transact(o: Parameters<typeof transact>[0]) {
					if (!first) return transact(o);
					first = false;
					const other = new DatabaseSync(path());
					other.exec('BEGIN IMMEDIATE');
					const begun = transact(o);
					during(begun, () => other.close());
					return begun;
				},
			});
		},
	});

	it("waits for another process's transaction, and what is written meanwhile waits for it", async () => {
		const order: string[] = [];
		world.inside = async () => void order.push('body');
		const engine = opened(
			locked(sqlite(path()), async (begun, unlock) => {
				begun.then(() => order.push('committed'));
				(engine as Engine).start(never!, []).then(() => order.push('another start'));
				await wait(100);
				order.push('unlocked');
				unlock();
			}),
		);
		await (await engine.start(booksInside!, [])).result();
		await wait(50);
		expect(order).toEqual(['unlocked', 'body', 'committed', 'another start']);
	});

	it('gives up waiting after its time, and is tried again', async () => {
		let now = Date.now();
		// Nothing waits for real: the half minute is over at once.
		const clock = {
			now: () => now,
			timer(at: number, fire: () => void) {
				const handle = setImmediate(() => {
					now = Math.max(now, Math.ceil(at) + 1000);
					fire();
				});
				return () => clearImmediate(handle);
			},
		};
		let problem: unknown;
		let bodies = 0;
		world.inside = async () => void bodies++;
		const store = locked(sqlite(path(), { clock }), (begun, unlock) => {
			begun.catch((error) => {
				problem = error;
				expect(bodies).toBe(0);
				unlock();
			});
		});
		expect(await (await opened(store).start(booksInside!, [])).result()).toBe(1);
		expect(problem).toMatchObject({ name: 'StoreError', message: expect.stringMatching(/locked/) });
		expect(bodies).toBe(1);
	});
});

it('refuses a policy that it cannot follow', () => {
	const refused = (o: object) => expect(() => transaction(async () => {}, o));
	for (const name of ['interrupted', 'cancelGrace', 'retries'])
		refused({ [name]: 'throw' }).toThrow(`it has no '${name}'`);
	refused({ retry: { attempts: 0 } }).toThrow(/retry.attempts/);
	refused({ timeout: 'soon' }).toThrow(expect.objectContaining({ name: 'InvalidDurationError' }));
	expect(() => effect(book, { interrupted: 'throw' })).toThrow(/cannot be followed: it has no 'interrupted'/);
	expect(() => effect(book, { timeout: '1 second' })).not.toThrow();
});

it('can be replaced, and says what it needs where there is no such store', async () => {
	const replaced = opened(memory(), { handlers: [replace(book, async (_, amount) => amount)] });
	expect(await (await replaced.start(books!, [2])).result()).toEqual([1, 2]);
	expect(await (await opened(memory()).start(books!, [1])).settled()).toMatchObject({ error: { code: 'PD9002' } });
	expect(await run(books!, [1])).toMatchObject({ status: 'failed', error: { code: 'PD9002' } });
	await expect(book('a', 1)).rejects.toMatchObject({ code: 'PD9002' });
});
