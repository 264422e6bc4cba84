import type { MessagePort } from 'node:worker_threads';
import { StoreError } from '../errors/store.ts';
import { decode, encode } from '../machine/bytes.ts';
import { reasonBytes } from '../machine/failure.ts';
import type {
	Claimed,
	ClaimOptions,
	Committed,
	HeldRun,
	OpenTransaction,
	RunRow,
	StoreSession,
	Transacted,
	TurnCommit,
} from '../ports/store.ts';
import { Gate } from './gate.ts';
import type { Holds } from './holds.ts';

/**
 * A store's session, used from a thread: its calls and their answers go as messages, in which only bytes and plain
 * facts cross. Each side may ask the other: the store asks the thread what a transaction is to do.
 */

type Port = Pick<MessagePort, 'postMessage' | 'on'>;

interface Asked {
	readonly ask: number;
	readonly what: string;
	readonly args: readonly unknown[];
}

interface Answered {
	readonly answer: number;
	readonly value?: unknown;
	readonly error?: Uint8Array;
}

type Tasks = Readonly<Record<string, (...args: never[]) => unknown>>;

/**
 * Owns: the questions under way. Called by: both ends of a port.
 * P1: a question is answered once; when the port is gone, with an error.
 */
export class Asking {
	readonly #port: Port;
	readonly #open = new Map<number, (answered: Answered) => void>();
	#next = 0;

	/** @param tasks what the other side may ask for, by name. */
	constructor(port: Port, tasks: Tasks) {
		this.#port = port;
		port.on('message', (message: Asked | Answered) => {
			if ('answer' in message) this.#open.get(message.answer)?.(message);
			else if ('ask' in message) this.#do(tasks, message);
		});
	}

	ask<T>(what: string, ...args: unknown[]): Promise<T> {
		const ask = ++this.#next;
		return new Promise((resolve, reject) => {
			this.#open.set(ask, ({ value, error }) => {
				this.#open.delete(ask);
				if (error === undefined) resolve(value as T);
				else reject(decode(error));
			});
			this.#port.postMessage({ ask, what, args });
		});
	}

	/** Of what nobody will answer any more. */
	end(why: string): void {
		const error = encode(new StoreError({ problem: `the thread has ended: ${why}` }));
		for (const [answer, give] of [...this.#open]) give({ answer, error });
	}

	async #do(tasks: Tasks, { ask, what, args }: Asked): Promise<void> {
		try {
			const task = tasks[what] as (...args: unknown[]) => unknown;
			this.#port.postMessage({ answer: ask, value: await task(...args) });
		} catch (error) {
			this.#port.postMessage({ answer: ask, error: reasonBytes(error) });
		}
	}
}

/** Calls that go over as they are. */
const CALLS = ['start', 'post', 'read', 'log', 'input', 'acknowledge', 'release', 'consume', 'know', 'mail'] as const;

interface RemoteClaimed extends Claimed {
	/** For each run the memory of its gate. */
	readonly gates: readonly SharedArrayBuffer[];
}

/** What a transaction of a user's asks of the store, by name. */
const STATEMENTS = ['run', 'get', 'all'] as const;

/** The store's end: what the thread may ask for. `holds` follows what it holds. */
export function sessionTasks(session: StoreSession, asking: () => Asking, holds: Holds): Tasks {
	const open = new Map<number, OpenTransaction>();
	let transactions = 0;
	const tasks: Record<string, (...args: never[]) => unknown> = {
		async transact(store: string, limit: number, id: number): Promise<Committed> {
			if (session.transact === undefined) throw new StoreError({ problem: 'there are no transactions' });
			const number = ++transactions;
			let made: TurnCommit | null = null;
			const committed = await session.transact<{ readonly ok: boolean; readonly late?: true }>({
				store,
				limit,
				body: async (tx) => {
					open.set(number, tx);
					return { ok: await asking().ask<boolean>('body', id, number) };
				},
				late: () => ({ ok: false, late: true }),
				turn: async ({ late = false }) => {
					open.delete(number);
					made = await asking().ask<TurnCommit>('turn', id, late);
					return made;
				},
			});
			holds.committed(made!, committed);
			return committed;
		},
		async commit(turn: TurnCommit): Promise<Committed> {
			const committed = await session.commit(turn);
			holds.committed(turn, committed);
			return committed;
		},
		async block(runId: string, epoch: number, reason: string, o?: { readonly died: boolean }): Promise<boolean> {
			const done = await session.block(runId, epoch, reason, o);
			holds.gone(runId, epoch);
			return done;
		},
		async keep(claims: readonly HeldRun[]): Promise<void> {
			await session.keep(claims);
			holds.keep(claims);
		},
		// One at a time: a turn that computes for long must not hold up others that nobody has begun.
		async claim(o: ClaimOptions): Promise<RemoteClaimed> {
			const claimed = await session.claim({ ...o, limit: Math.min(o.limit, 1) });
			return { ...claimed, gates: claimed.runs.map((run) => holds.claimed(run)) };
		},
		statement(number: number, name: (typeof STATEMENTS)[number], sql: string, parameters: readonly unknown[]) {
			const tx = open.get(number) as unknown as Record<string, (sql: string, ...parameters: unknown[]) => unknown>;
			if (tx === undefined || !STATEMENTS.includes(name))
				throw new StoreError({ problem: 'the transaction has ended' });
			return tx[name]!(sql, ...parameters);
		},
	};
	for (const name of CALLS) tasks[name] = (session[name] as (...args: never[]) => unknown).bind(session);
	return tasks;
}

/** The thread's end. `tasks` is to be added to what the store may ask for; `transactions`: it has any. */
export function remoteSession(
	asking: () => Asking,
	now: () => number,
	transactions: boolean,
): { readonly session: StoreSession; readonly tasks: Tasks; readonly gateOf: (run: RunRow) => Gate | null } {
	const open = new Map<number, { body(number: number): Promise<boolean>; turn(late: boolean): Promise<TurnCommit> }>();
	const gates = new WeakMap<RunRow, Gate>();
	let latest = 0;
	const session = {
		now,
		commit: (turn: TurnCommit) => asking().ask('commit', turn),
		block: (...args: unknown[]) => asking().ask('block', ...args),
		keep: (runIds: readonly string[]) => asking().ask('keep', runIds),
		async claim(o: ClaimOptions) {
			const { gates: memory, ...claimed } = await asking().ask<RemoteClaimed>('claim', o);
			for (const [i, run] of claimed.runs.entries()) gates.set(run, new Gate(memory[i]));
			return claimed;
		},
		async transact<S extends { readonly ok: boolean }>(o: Transacted<S>) {
			const id = ++latest;
			let settled: S;
			open.set(id, {
				async body(number) {
					const tx = new RemoteTransaction(o.store, asking(), number);
					settled = await o.body(tx);
					tx.ended = true;
					return settled.ok;
				},
				turn: (late) => o.turn(late ? o.late() : settled),
			});
			try {
				return await asking().ask('transact', o.store, o.limit, id);
			} finally {
				open.delete(id);
			}
		},
		list: () => notHere('list'),
		blobs: () => notHere('blobs'),
		close: async () => {},
	} as unknown as StoreSession & Record<string, unknown>;
	if (!transactions) delete session.transact;
	for (const name of CALLS) Object.assign(session, { [name]: (...args: unknown[]) => asking().ask(name, ...args) });
	const tasks: Tasks = {
		body: (id: number, number: number) => open.get(id)!.body(number),
		turn: (id: number, late: boolean) => open.get(id)!.turn(late),
	};
	return { session, tasks, gateOf: (run) => gates.get(run) ?? null };
}

function notHere(what: string): never {
	throw new StoreError({ problem: `'${what}' is not for threads` });
}

/** The transaction as its function sees it in a thread. */
class RemoteTransaction implements OpenTransaction {
	readonly store: string;
	readonly #asking: Asking;
	readonly #number: number;
	ended = false;

	constructor(store: string, asking: Asking, number: number) {
		this.store = store;
		this.#asking = asking;
		this.#number = number;
	}

	run(sql: string, ...parameters: unknown[]): Promise<unknown> {
		return this.#asking.ask('statement', this.#number, 'run', sql, parameters);
	}

	get(sql: string, ...parameters: unknown[]): Promise<unknown> {
		return this.#asking.ask('statement', this.#number, 'get', sql, parameters);
	}

	all(sql: string, ...parameters: unknown[]): Promise<unknown> {
		return this.#asking.ask('statement', this.#number, 'all', sql, parameters);
	}
}
