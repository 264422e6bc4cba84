import { currentEffect, effect, resource, type Store, sleep } from '@perdure/runtime';
import { type Tx, transaction } from '@perdure/runtime/sqlite';
import type { StoreListener } from '../../packages/runtime/src/ports/store.ts';
import { Random } from '../support/generate/random.ts';
import type { Ledger } from './ledger.ts';
import { originOf } from './past.ts';
import { type Emitted, ownerOf, type PlainWorld, type SimulatedProgram } from './program.ts';

/** What the plain function does, in a world whose answers depend on nothing but the question. */
export interface Expected {
	/** How it ends, as a text. */
	readonly ending: string;
	/** How many messages it takes, by name. */
	readonly received: ReadonlyMap<string, number>;
	readonly emitted: readonly Emitted[];
	readonly booked: readonly string[];
	/** What the runs that it starts are called with. */
	readonly started: readonly string[];
}

/** How often a failed run is tried again. */
const RETRIES = 3;

/** What it does at first, and where the call that it failed by fails no more, and the next one, and so on. */
export async function expectations(program: SimulatedProgram, seed: number): Promise<readonly Expected[]> {
	const mended = new Set<string>();
	const all = [await expect(program, seed, mended)];
	for (;;) {
		const failed = failedBy(all.at(-1)!.ending);
		if (failed === null || all.length > RETRIES) return all;
		all.push(await expect(program, seed, mended.add(failed)));
	}
}

/** The call that a run has failed by. */
export function failedBy(ending: string): string | null {
	return /^throws no (.*)$/.exec(ending)?.[1] ?? null;
}

/** @param mended calls that do not fail any more. */
async function expect(program: SimulatedProgram, seed: number, mended: ReadonlySet<string>): Promise<Expected> {
	const received = new Map<string, number>();
	const emitted: Emitted[] = [];
	const booked: string[] = [];
	const started: string[] = [];
	const plain: PlainWorld = {
		work: async (call) => outcomeOf(seed, call, mended.has(call)),
		async book(call) {
			const done = outcomeOf(seed, call, false);
			booked.push(call);
			return done;
		},
		steady: async (call) => `did steady ${call}`,
		hold: (call) => call,
		use: async (held) => `used ${held}`,
		suspend: async (call) => answerTo(call),
		async receive(name) {
			const n = received.get(name) ?? 0;
			received.set(name, n + 1);
			return messageOf(name, n);
		},
		async emit(event) {
			emitted.push(event);
		},
		async sleep() {},
		async mark() {},
		async start(part, [at]) {
			started.push(at);
			const result = part(at);
			return { result: () => result };
		},
		currentRun: () => ({ id: 'plain' }),
	};
	return { ending: await endingOf(program.plain(plain)), received, emitted, booked, started };
}

export const messageOf = (name: string, n: number) => `message ${n} of ${name}`;
export const answerTo = (call: string) => `answer to ${call}`;

export async function endingOf(promise: Promise<unknown>): Promise<string> {
	try {
		return JSON.stringify(await promise);
	} catch (error) {
		return `throws ${(error as Error).message ?? JSON.stringify(error)}`;
	}
}

/** The call that a transaction was made by, from what it gives. */
export const bookedBy = (value: unknown) => /^did (.*)$/.exec(String(value))![1]!;

/** @throws Error where it is the fate of the call to fail. */
function outcomeOf(seed: number, call: string, mended: boolean): string {
	if (!mended && !/^(begin|clean|steady) /.test(call) && fate(seed, call) < 0.15) throw new Error(`no ${call}`);
	return `did ${call}`;
}

/** A number in [0, 1) that only depends on the call. */
function fate(seed: number, call: string): number {
	let hash = seed;
	for (const char of call) hash = (Math.imul(hash, 31) + char.charCodeAt(0)) | 0;
	return new Random(hash).int(1000) / 1000;
}

/** The id of the run that another one was started below. */
export const rootOf = (id: string) => id.split(' ')[0]!;

/** Of all that the plain function did, what is this run's. */
export function ownOf<T>(id: string, all: readonly T[], at: (one: T) => string): T[] {
	return all.filter((one) => ownerOf(rootOf(id), at(one)) === id);
}

/** A thing that is open, or not. */
class Box {
	readonly name: string;
	open = true;
	constructor(name: string) {
		this.name = name;
	}
}
/** Of the simulation that goes on: they come one after another. */
let boxes = { opening: async (_name: string) => {}, opened: 0, closed: 0 };
resource(Box, {
	marshal: ({ name }) => name,
	async unmarshal(name: string) {
		await boxes.opening(name);
		boxes.opened++;
		return new Box(name);
	},
	close(box) {
		if (box.open) boxes.closed++;
		box.open = false;
	},
	id: 'simulation#Box',
});

export interface LiveOptions {
	readonly seed: number;
	readonly random: Random;
	readonly ledger: Ledger;
	/** Whether the store has transactions. */
	readonly transactions: boolean;
	/** `run call`: of calls that do not fail any more. */
	readonly mended: ReadonlySet<string>;
	/** Whether it storms still. */
	readonly storms: () => boolean;
}

/** The same world as runs of an engine meet it: slow, and told of in the ledger. */
export function liveWorld({ seed, random, ledger, transactions, mended, storms }: LiveOptions) {
	async function perform(call: string): Promise<string> {
		const { runId: run, key, attempt } = currentEffect();
		ledger.perform({ run, call, key, attempt });
		await sleep(random.int(random.chance(0.1) ? 2000 : 30));
		return run;
	}
	async function work(call: string): Promise<string> {
		const run = await perform(call);
		return outcomeOf(seed, call, mended.has(`${run} ${call}`));
	}
	/** Failures that are still to come, of each call. */
	const moods = new Map<string, number>();
	async function moody(call: string): Promise<string> {
		// A fork has what had failed before it behind it.
		const name = `${originOf(currentEffect().runId)} ${call}`;
		const mood = moods.get(name) ?? Math.floor(fate(seed, name) * 4);
		moods.set(name, mood - 1);
		const done = await work(`steady ${call}`);
		if (mood > 0) throw new Error('not now');
		return done;
	}
	async function book(tx: Tx, call: string): Promise<string> {
		const { runId: run, key, attempt } = currentEffect();
		ledger.perform({ run, call, key, attempt }, true);
		await tx.run('CREATE TABLE IF NOT EXISTS booked (run TEXT, call TEXT)');
		await tx.run('INSERT INTO booked VALUES (?, ?)', [run, call]);
		await sleep(random.int(20));
		return outcomeOf(seed, call, false);
	}
	async function use(box: Box): Promise<string> {
		const { name } = box;
		await sleep(random.int(20));
		if (!box.open && !currentEffect().signal.aborted) throw new Error(`${name} was closed while it was used`);
		return `used ${name}`;
	}
	boxes = {
		async opening(name) {
			// What a child fails by its parent hears at once, though the child be tried again.
			if (storms() && !name.includes('@') && random.chance(0.02)) throw new Error('stuck');
		},
		opened: 0,
		closed: 0,
	};
	const retry = { attempts: 4, delay: 50, jitter: random.chance(0.5) };
	return {
		boxes,
		module: {
			work,
			steady: effect(moody, { retry, timeout: '1 minute' }),
			// A process may stand still in the midst of it.
			book: transactions ? transaction(book, { timeout: '1 minute' }) : work,
			hold: (call: string) => new Box(call),
			use,
		},
	};
}

/** What transactions have left in a SQLite store, seen from inside of one that leaves nothing. */
export async function bookedIn(store: Store): Promise<readonly { readonly run: string; readonly call: string }[]> {
	const nobody: StoreListener = { moved() {}, mail() {}, due() {}, emitted() {} };
	const session = await store.open(nobody);
	await session.know([], 'auditor');
	let rows: { run: string; call: string }[] = [];
	const looked = session.transact!<{ readonly ok: boolean }>({
		store: 'sqlite',
		limit: 1000,
		late: () => ({ ok: false }),
		async body(tx) {
			await (tx as unknown as Tx).run('CREATE TABLE IF NOT EXISTS booked (run TEXT, call TEXT)');
			rows = await (tx as unknown as Tx).all('SELECT run, call FROM booked');
			return { ok: true };
		},
		turn: async () => {
			throw new Error('nothing is to be written');
		},
	});
	await looked.catch(() => {});
	await session.close();
	return rows;
}
