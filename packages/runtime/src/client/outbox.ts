import { SealError } from '../errors/saving.ts';
import { EngineClosedError, EventLostError, StoreError } from '../errors/store.ts';
import { type Duration, milliseconds } from '../language/duration.ts';
import { decode } from '../machine/bytes.ts';
import type { Clock } from '../ports/clock.ts';
import type { OutboxRow, StoreSession } from '../ports/store.ts';
import { keyIdOf } from '../sealing/at-rest.ts';
import type { Changes, WaitLimits } from './changes.ts';
import { Handed } from './handed.ts';

/** An event that a run has emitted, in the hands of one consumer. */
export interface OutboxEvent {
	readonly runId: string;
	/** Position of its entry in the run's log; grows within the run. With `runId` it names the event for ever. */
	readonly seq: number;
	/** When the turn that emitted it was committed. */
	readonly emittedAt: Date;
	/** A fresh copy each time. @throws DecodeError where this process lacks a class of it, SealError where it lacks its key or the store was changed. */
	readonly event: unknown;
	/**
	 * Takes it out of the outbox: it is never handed out again. Doing so twice does no harm.
	 * @throws EventLostError when it is no longer this consumer's: its loop is over, or it took too long (`visibility`);
	 * EngineClosedError: then it is handed out again.
	 */
	ack(): Promise<void>;
}

/** How the outbox is consumed. When a limit ends the loop, what was not acknowledged is others'. */
export interface OutboxOptions extends WaitLimits {
	/** How long to wait for the next event, each time; then `TimeoutError`. */
	readonly timeout?: Duration | undefined;
	/** How many events are fetched at a time. Default 100. */
	readonly batch?: number | undefined;
	/**
	 * A loop that has events, and neither acknowledges one nor asks for the next for so long, is taken to hang: what it
	 * has not acknowledged is handed to others, or to itself when it goes on. Longer than the slowest event may take;
	 * default 15 minutes.
	 */
	readonly visibility?: Duration | undefined;
}

/** What consumers need of their engine. */
export interface OutboxHost {
	session(): Promise<StoreSession>;
	readonly clock: Clock;
	/** Told of each change of the outbox. */
	readonly changes: Changes;
	/** A name for another consumer. */
	consumer(): string;
}

/** Under which name changes of the outbox are waited for. */
export const OUTBOX = 'outbox';

const BATCH = 100;
/** Ms. */
const VISIBILITY = 15 * 60_000;
/** Pause before a consumer that left is tried again to be let go of (ms), doubled up to the second. */
const RETRY = [100, 10_000] as const;

/**
 * Events as they are committed, those of one run in order, each until it is acknowledged.
 * Owns: the claims of one consumer. Called by: the loop of a user.
 * O1: whatever ends the loop, or holds it up for long, what it has not acknowledged is others' afterwards.
 */
export async function* consumeOutbox(
	host: OutboxHost,
	{ batch: limit = BATCH, visibility, ...limits }: OutboxOptions,
): AsyncGenerator<OutboxEvent, void, undefined> {
	const session = await host.session();
	let consumer = host.consumer();
	let batch = 0;
	const look = async () => {
		const by = consumer;
		const rows = await session.consume({ consumer: by, batch, limit });
		return rows.length === 0 ? undefined : { rows, by };
	};
	const visible = visibility === undefined ? VISIBILITY : milliseconds(visibility);
	const handed = new Handed(host.changes, visible, () => {
		letGo(host, session, consumer);
		// Another name: what the old one has is not this loop's any more, even if it comes back to it.
		consumer = host.consumer();
	});
	try {
		for (;;) {
			batch++;
			const { rows, by } = await host.changes.until(OUTBOX, 'the next event', look, limits);
			for (const row of rows) {
				limits.signal?.throwIfAborted();
				if (by !== consumer) break;
				handed.hand(nameOf(row));
				yield eventOf(row, async () => {
					if (!(await acknowledge(host, session, by, row)))
						throw new EventLostError({ runId: row.runId, seq: row.seq });
					handed.acknowledged(nameOf(row));
				});
			}
		}
	} catch (error) {
		// The natural end of an endless stream.
		if (!EngineClosedError.is(error)) throw error;
	} finally {
		handed.end();
		letGo(host, session, consumer);
	}
}

const nameOf = ({ runId, seq }: OutboxRow) => `${runId}/${seq}`;

function eventOf({ runId, seq, at, event, refused }: OutboxRow, ack: () => Promise<void>): OutboxEvent {
	return {
		runId,
		seq,
		emittedAt: new Date(at),
		get event() {
			if (refused !== undefined) throw refused;
			const keyId = keyIdOf(event);
			if (keyId !== null) throw new SealError({ kind: 'unknown-key', keyId });
			return decode(event);
		},
		ack,
	};
}

async function acknowledge(host: OutboxHost, session: StoreSession, consumer: string, { runId, seq }: OutboxRow) {
	try {
		// Not the event, which may have been sealed.
		return await session.acknowledge(consumer, { runId, seq });
	} catch (error) {
		// Of an engine that was closed that is what is the matter, whatever its store says.
		await host.session();
		throw error;
	}
}

/** Until the store has taken it: this session may live long, and nobody else would get these events. */
async function letGo({ clock, session: open }: OutboxHost, session: StoreSession, consumer: string): Promise<void> {
	for (let pause: number = RETRY[0]; ; pause = Math.min(pause * 2, RETRY[1])) {
		try {
			await open();
			return await session.release(consumer);
		} catch (error) {
			// A session that is closed has let go of everything.
			if (!StoreError.is(error)) return;
		}
		await new Promise<void>((resolve) => {
			clock.timer(clock.now() + pause, resolve);
		});
	}
}
