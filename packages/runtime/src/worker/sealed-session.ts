import { framed, pieces } from '../codec/framing.ts';
import { SealError } from '../errors/saving.ts';
import { hash } from '../machine/key.ts';
import type { Mail, NewMail, NewRun, RunRow, Started, StoreSession, TurnCommit } from '../ports/store.ts';
import type { AtRest, Field } from '../sealing/at-rest.ts';
import { blockedBy } from './blocked.ts';

/**
 * A session whose bytes the store never sees as they are. What is not bytes stays readable there: ids, functions,
 * names, tags, times, and the hashes by which equal starts and answers are known.
 *
 * Owns: nothing but the order of writes. Called by: engine, worker and handles, in the session's place.
 * R1: a run that cannot be unsealed is blocked and keeps what it has; `know` tries again with other keys.
 * R2: writes reach the store in the order they were asked for, though sealing takes time.
 */
export function sealedSession(session: StoreSession, atRest: AtRest): StoreSession {
	const close = (bytes: Uint8Array, run: string, field: Field) => atRest.close(bytes, run, field);
	let last: Promise<unknown> = Promise.resolve();
	const inOrder = <T, R>(sealed: Promise<T>, write: (sealed: T) => Promise<R>): Promise<R> => {
		const before = last;
		const issued = (async () => {
			const value = await sealed;
			await before;
			// In an object: a promise would be waited for here, and the writes could not share a transaction.
			return { written: write(value) };
		})();
		last = issued.catch(() => {});
		return issued.then(({ written }) => written);
	};

	const run = async (made: NewRun): Promise<NewRun> => {
		const { id, input, midway } = made;
		const sealed = { ...made, input: await close(input, id, 'state') };
		if (midway === undefined) return sealed;
		const { state, waits, progress, log } = midway;
		return {
			...sealed,
			midway: {
				...midway,
				state: await Promise.all(state.map((part) => close(part, id, 'state'))),
				waits: { ...waits, detail: await close(waits.detail, id, 'waits') },
				progress: progress && (await close(progress, id, 'progress')),
				log: framed(await close(log, id, 'log')),
			},
		};
	};
	const mail = async (sent: NewMail): Promise<NewMail> => {
		return { ...sent, payload: await close(sent.payload, sent.runId, 'mail') };
	};
	const turn = async (commit: TurnCommit): Promise<TurnCommit> => {
		const { runId, state, log, waits, progress, outcome, event, emitted, starts } = commit;
		const seal = (bytes: Uint8Array, field: Field) => close(bytes, runId, field);
		return {
			...commit,
			state:
				state === null
					? null
					: 'full' in state
						? { full: await seal(state.full, 'state') }
						: { ...state, delta: await seal(state.delta, 'state') },
			log: log === null ? null : framed(await seal(log, 'log')),
			...(waits ? { waits: { ...waits, detail: await seal(waits.detail, 'waits') } } : {}),
			...(progress ? { progress: await seal(progress, 'progress') } : {}),
			...(outcome ? { outcome: await seal(outcome, 'outcome') } : {}),
			...(event ? { event: await seal(event, 'event') } : {}),
			...(emitted
				? {
						emitted: await Promise.all(
							emitted.map(async ({ seq, event }) => ({ seq, event: await seal(event, 'outbox') })),
						),
					}
				: {}),
			...(starts ? { starts: await Promise.all(starts.map(run)) } : {}),
		};
	};

	const opened = async (row: RunRow): Promise<RunRow> => {
		const open = async (bytes: Uint8Array | null, field: Field) => {
			return bytes === null ? null : atRest.open(bytes, row.id, field);
		};
		return {
			...row,
			waits: await open(row.waits, 'waits'),
			progress: await open(row.progress, 'progress'),
			outcome: await open(row.outcome, 'outcome'),
			event: await open(row.event, 'event'),
			state: await Promise.all(row.state.map((part) => atRest.open(part, row.id, 'state'))),
		};
	};
	const openedOrBare = async (row: RunRow): Promise<RunRow> => {
		try {
			return await opened(row);
		} catch (error) {
			if (!SealError.is(error) || row.status !== 'blocked') throw error;
			return { ...row, waits: null, progress: null, outcome: null, event: null, state: [] };
		}
	};
	/** Of a claimed run; null when it was set aside. */
	const openedOrBlocked = async (row: RunRow): Promise<RunRow | null> => {
		try {
			return await opened(row);
		} catch (error) {
			if (!SealError.is(error)) throw error;
			await session.block(row.id, row.epoch, JSON.stringify(blockedBy(error)));
			return null;
		}
	};
	const openedMail = async (runId: string, { payload, ...rest }: Mail): Promise<Mail> => {
		if (rest.kind !== 'ended') return { ...rest, payload: await atRest.open(payload, runId, 'mail') };
		return { ...rest, payload: rest.status ? await atRest.open(payload, rest.name, 'outcome') : payload };
	};

	return {
		now: () => session.now(),
		...(session.holds === undefined ? {} : { holds: () => session.holds!() }),
		async start(made) {
			const started: Started = await inOrder(run(made), (sealed) => session.start(sealed));
			return started.claimed ? { ...started, run: await opened(started.run) } : started;
		},
		post: (sent) => inOrder(mail(sent), (sealed) => session.post(sealed)),
		async read(runId, o) {
			const row = await session.read(runId, o);
			return row === null ? null : openedOrBare(row);
		},
		list: (filter) => session.list(filter),
		async log(runId) {
			const stored = pieces(await session.log(runId));
			return Promise.all(stored.map((piece) => atRest.open(piece, runId, 'log')));
		},
		async input(runId) {
			const stored = await session.input(runId);
			return stored && atRest.open(stored, runId, 'state');
		},
		async consume(o) {
			const rows = await session.consume(o);
			return Promise.all(
				// What cannot be unsealed says so to whoever reads the event.
				rows.map(async (row) => {
					try {
						return { ...row, event: await atRest.open(row.event, row.runId, 'outbox') };
					} catch (refused) {
						return { ...row, refused };
					}
				}),
			);
		},
		acknowledge: (consumer, event) => session.acknowledge(consumer, event),
		release: (consumer) => session.release(consumer),
		blobs: () => session.blobs(),
		know: async (functions, build, replaying) =>
			session.know(functions, hash(`${build} ${await atRest.fingerprint()}`), replaying),
		async claim(o) {
			const claimed = await session.claim(o);
			const runs = await Promise.all(claimed.runs.map(openedOrBlocked));
			return { ...claimed, runs: runs.filter((row) => row !== null) };
		},
		retry: (runId, turn, event) =>
			inOrder(close(event, runId, 'event'), (sealed) => session.retry(runId, turn, sealed)),
		giveUp: (claims) => session.giveUp(claims),
		keep: (claims) => session.keep(claims),
		answered: (runId, sender) => session.answered(runId, sender),
		mail: async (runId, after) =>
			Promise.all((await session.mail(runId, after)).map((sent) => openedMail(runId, sent))),
		commit: (commit) => inOrder(turn(commit), (sealed) => session.commit(sealed)),
		...(session.transact === undefined
			? {}
			: {
					transact: (o) => session.transact!({ ...o, turn: async (settled) => turn(await o.turn(settled)) }),
				}),
		block: (runId, epoch, reason, o) => session.block(runId, epoch, reason, o),
		close: (o) => session.close(o),
	};
}
