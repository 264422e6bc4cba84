/** One program with every name that durable code and its definitions have (design: "Inside durable functions", "Effects", "Classes"). */
import {
	CancelledError,
	type ChildRun,
	currentEffect,
	currentRun,
	DESERIALIZE,
	defineMessage,
	defineQuestion,
	effect,
	emit,
	functionRef,
	mark,
	NonRetryableError,
	receive,
	receiveAll,
	resource,
	SERIALIZE,
	secret,
	serializable,
	setProgress,
	sleep,
	start,
	suspend,
	TimeoutError,
} from '@perdure/runtime';
import { transaction } from '@perdure/runtime/sqlite';
import { z } from 'zod';

export const approve = defineQuestion<{ sum: number }, boolean>('approve', { answer: z.boolean() });
export const item = defineMessage('item', { payload: z.object({ sku: z.string(), n: z.number() }) });

class Money {
	readonly #cents: number;
	constructor(cents: number) {
		this.#cents = cents;
	}
	plus(other: Money): Money {
		return new Money(this.#cents + other.#cents);
	}
	get cents(): number {
		return this.#cents;
	}
	static [SERIALIZE](money: Money): number {
		return money.#cents;
	}
	static [DESERIALIZE](cents: number): Money {
		return new Money(cents);
	}
}
serializable(Money);

class Journal {
	readonly lines: string[] = [];
	readonly name: string;
	constructor(name: string) {
		this.name = name;
	}
	write(line: string): void {
		this.lines.push(line);
	}
}
resource(Journal, {
	marshal: ({ name }) => name,
	unmarshal: async (name: string) => new Journal(name),
	close: (journal) => journal.write('closed'),
});

class OutOfStock extends Error {
	readonly sku: string;
	constructor(sku: string) {
		super(`no ${sku}`);
		this.sku = sku;
	}
}

const reserve = transaction(async (tx, sku: string, n: number): Promise<number> => {
	await tx.run('create table if not exists stock (sku text primary key, n integer)');
	await tx.run('insert into stock values (?, ?) on conflict (sku) do update set n = n + excluded.n', [sku, n]);
	return Number((await tx.get('select n from stock where sku = ?', [sku]))!.n);
});

const price = effect(
	async (sku: string): Promise<number> => {
		const { attempt, key, runId, signal } = currentEffect();
		signal.throwIfAborted();
		if (sku === 'none') throw new NonRetryableError('nobody sells that');
		if (attempt < 3) throw new Error(`${runId} asks for ${key}, and the shop is shut`);
		return 100;
	},
	{
		name: 'price',
		key: (sku) => `price of ${sku}`,
		timeout: '5 s',
		cancelGrace: '1 s',
		interrupted: 'reissue',
		retry: { attempts: 5, delay: '5ms', factor: 2, maxDelay: '1 s', jitter: true, when: (e) => e instanceof Error },
	},
);

export async function double(n: number): Promise<number> {
	'use durable';
	await sleep('5ms');
	return n * 2;
}

const doubling = functionRef<typeof double>('perdure/test/api/program/flows#double');

export interface Ordered {
	readonly total: number;
	readonly reserved: number;
	readonly late: string | null;
	readonly doubled: readonly number[];
	readonly halves: readonly number[];
	readonly nine: number;
	readonly first: string;
}

export async function order(sku: string): Promise<Ordered | { readonly out: string }> {
	'use durable';
	const { id, functionId, startedAt } = currentRun();
	const journal = new Journal(functionId);
	const token = secret('not to be seen');
	setProgress({ at: 'items' });
	const children: ChildRun<number>[] = [];
	for (const n of [1, 2]) children.push(await start(double, [n], { id: `${id}, child ${n}`, tags: { of: id } }));
	children.push(await start(doubling, [3]));
	let total = new Money(0);
	for await (const { sku, n } of receiveAll(item)) {
		total = total.plus(new Money((await price(sku)) * n));
		setProgress({ sku, total: total.cents });
		if (n === 0) break;
	}
	await mark('collected');
	const reserved = await reserve(sku, 1);
	let ok: boolean;
	try {
		ok = await suspend(approve, { sum: total.cents }, { timeout: '1 day' });
	} catch (error) {
		if (!TimeoutError.is(error)) throw error;
		ok = false;
	}
	const late = await receive<string, null>('late', { timeout: '5ms', otherwise: null });
	const doubled = await Promise.all(children.map((child) => child.result({ timeout: '1 minute' })));
	const pending = double(4.5);
	const halves = await Promise.all(
		[1, 2, 3].map(async (n) => {
			await sleep(n);
			return n / 2;
		}),
	);
	try {
		if (!ok) throw new OutOfStock(sku);
		await emit({ id, total, startedAt });
	} catch (error) {
		if (CancelledError.is(error)) await emit('cancelled');
		if (error instanceof OutOfStock) return { out: error.sku };
		throw error;
	} finally {
		journal.write(`${token.value}: ${startedAt.toISOString()}`);
	}
	const first = await Promise.race([sleep('1 hour').then(() => 'slow'), double(1).then(() => 'fast')]);
	return { total: total.cents, reserved, late, doubled, halves, nine: await pending, first };
}
