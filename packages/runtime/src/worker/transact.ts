import { performEffect, type Runs, type Settled, settledWith } from '../driver/effects.ts';
import { UnsupportedError } from '../errors/internal.ts';
import { TimeoutError } from '../errors/run.ts';
import { durationText } from '../language/duration-text.ts';
import type { EffectCall } from '../machine/effect-call.ts';
import type { Turn } from '../machine/turn.ts';
import type { Clock } from '../ports/clock.ts';
import type { Committed, StoreSession, TurnCommit } from '../ports/store.ts';

/** A turn that was computed, and as it is to be stored. */
export interface Made {
	readonly turn: Turn;
	readonly commit: TurnCommit;
}

export interface TransactHost {
	readonly session: StoreSession;
	readonly clock: Clock;
	readonly runs: Runs;
}

/** `made` null: it failed before there was a turn. */
export type Transacting =
	| { readonly made: Made; readonly committed: Committed }
	| { readonly made: Made | null; readonly failed: unknown };

/** Why it cannot even be tried: its outcome is this then. */
export function refusalOf(call: EffectCall, { session }: TransactHost, signal: AbortSignal): Settled | null {
	if (signal.aborted) return settledWith(signal.reason);
	return session.transact === undefined ? settledWith(noTransactions(call)) : null;
}

/**
 * Performs an effect in a transaction of the store, computes the turn of its outcome, and commits it with what the
 * effect has written.
 * @throws what `compute` throws: nothing has happened then.
 */
export async function transact(
	call: EffectCall,
	signal: AbortSignal,
	{ session, clock, runs }: TransactHost,
	compute: (settled: Settled) => Promise<Made>,
): Promise<Transacting> {
	const { store, limit: usual } = call.transaction()!;
	const limit = call.policy()?.timeout ?? usual;
	let made: Made | null = null;
	let broken: { readonly error: unknown } | null = null;
	try {
		const committed = await session.transact!<Settled>({
			store,
			limit,
			body: (transaction) => performEffect(call, signal, { own: clock, runs, transaction }),
			late: () =>
				settledWith(new TimeoutError({ what: `the transaction '${call.name}'`, timeout: durationText(limit) })),
			turn: async (settled) => {
				try {
					made = await compute(settled);
					return made.commit;
				} catch (error) {
					broken = { error };
					throw error;
				}
			},
		});
		return { made: made!, committed };
	} catch (failed) {
		// What the store makes of it is another error.
		if (broken !== null) throw (broken as { readonly error: unknown }).error;
		return { made, failed };
	}
}

function noTransactions({ name, at }: EffectCall): UnsupportedError {
	return new UnsupportedError({
		what: `the transaction '${name}' on this store`,
		point: at,
		help: 'create the engine over the store that the function belongs to',
	});
}
