import { StoreError } from '../errors/store.ts';
import { type Clock, realClock } from '../ports/clock.ts';
import type { Store, StoreListener, StoreSession } from '../ports/store.ts';
import { blobs } from './blobs.ts';
import { claim, free, giveUp, know, leave } from './claim.ts';
import { block, commit } from './commit.ts';
import type { Data, Member } from './data.ts';
import { acknowledge, consume, release } from './outbox.ts';
import { post } from './post.ts';
import { answered, list, mail, read } from './read.ts';
import { retry } from './retry.ts';
import { start } from './start.ts';

/** A session of a memory store; a test may let its process die. */
export interface MemorySession extends StoreSession {
	/** As if its process had been killed: it does nothing any more, and the others know. */
	die(): void;
	/** As if its process had been taken for dead: what it has is others', and it goes on without knowing. */
	expire(): Promise<void>;
}

export interface MemoryStore extends Store {
	open(listener: StoreListener): Promise<MemorySession>;
}

/**
 * Keeps everything in this process, for as long as the returned object lives: for tests, and for
 * programs that want the engine without a file. The reference for what the other stores do.
 */
export function memory(o: { readonly clock?: Clock } = {}): MemoryStore {
	const data: Data = {
		clock: o.clock ?? realClock,
		runs: new Map(),
		due: [],
		members: new Set(),
		awaited: new Map(),
		outbox: new Set(),
	};
	return { open: async (listener) => openSession(data, listener) };
}

function openSession(data: Data, listener: StoreListener): MemorySession {
	const member: Member = { listener, functions: null, build: '', replaying: false };
	data.members.add(member);
	/** Every call is asynchronous, and none is answered once the session is over. */
	const when = async <T>(work: () => T): Promise<T> => {
		await null;
		if (!data.members.has(member)) throw new StoreError({ problem: 'the session is closed' });
		return work();
	};
	const end = (died: boolean) => {
		if (data.members.delete(member)) leave(data, member, died);
	};
	return {
		now: () => data.clock.now(),
		start: (run) => when(() => start(data, member, run)),
		post: (mail) => when(() => post(data, mail)),
		read: (runId, o) => when(() => read(data, runId, o?.state ?? false)),
		list: (filter) => list(data, filter),
		log: (runId) => when(() => [...(data.runs.get(runId)?.log ?? [])]),
		input: (runId) => when(() => data.runs.get(runId)?.input ?? null),
		know: (functions, build, replaying = false) => when(() => know(data, member, functions, build, replaying)),
		claim: (o) => when(() => claim(data, member, o)),
		giveUp: (claims) => when(() => giveUp(data, member, claims)),
		keep: (claims) => when(() => free(data, member, false, claims)),
		answered: (runId, sender) => when(() => answered(data, runId, sender)),
		mail: (runId, after) => when(() => mail(data, runId, after)),
		commit: (turn) => when(() => commit(data, member, turn)),
		retry: (runId, turn, event) => when(() => retry(data, runId, turn, event)),
		block: (runId, epoch, reason, o) => when(() => block(data, member, runId, epoch, reason, o?.died)),
		blobs: () => blobs(data),
		consume: (o) => when(() => consume(data, member, o)),
		acknowledge: (consumer, event) => when(() => acknowledge(data, member, consumer, event)),
		release: (consumer) => when(() => release(data, member, consumer)),
		close: async (o) => end(o?.died ?? false),
		die: () => end(true),
		expire: () => when(() => leave(data, member, true)),
	};
}
