import type { Message, Question } from '@perdure/runtime';
import {
	AmbiguousResumeError,
	capture,
	type Event,
	isQuestion,
	NotSuspendedError,
	release,
	sent,
	validated,
	validatedByName,
} from '@perdure/runtime/simulation';
import type { Simulation } from './simulation.ts';

/** What whoever drives a run, or another run, sends to it, as it takes it: checked, and a copy. */

/** @throws InvalidAnswerError, NotSerializableError */
export async function messageOf(message: string | Message, given: unknown): Promise<Event> {
	const { name, payload } = await sent(message, given);
	return { type: 'received', name, payload: copyOf(payload, 'payload') };
}

/** @throws NotSerializableError */
export function cancellationOf(reason: unknown): Event {
	return { type: 'cancelled', reason: copyOf(reason, 'reason') };
}

export interface Answering {
	/** False: the value is an error to throw there. */
	readonly ok: boolean;
	readonly value: unknown;
	readonly question: Question | null;
	readonly suspension: string | undefined;
}

/** As `resume` is called: with a question, or without. */
export function answering(given: readonly unknown[]): Answering {
	const [first, ...rest] = given;
	const question = isQuestion(first) ? first : null;
	const [value, o = {}] = (question === null ? given : rest) as [unknown, { readonly suspension?: string }?];
	return { ok: true, value, question, suspension: o.suspension };
}

/**
 * @param standing where the run stands, as a clause.
 * @throws NotSuspendedError, AmbiguousResumeError, InvalidAnswerError, NotSerializableError
 */
export async function answerOf(
	run: Simulation,
	{ ok, value, question, suspension: named }: Answering,
	standing: () => string,
): Promise<Event> {
	const { runId, waits: all } = run.machine;
	const waits = run.hasEnded ? [] : all.filter(({ kind }) => kind === 'suspend');
	const open = waits.filter(({ name }) => question === null || name === question.name).map(({ id }) => id);
	const suspension = named ?? open[0];
	if (suspension === undefined || !open.includes(suspension)) {
		const cause = run.failure?.error;
		const facts = { runId, suspension: named, standing: standing() };
		throw new NotSuspendedError(facts, cause === undefined ? {} : { cause });
	}
	if (named === undefined && open.length > 1) throw new AmbiguousResumeError({ runId, suspensions: open });
	const answer = ok ? await valid(value, question, waits.find(({ id }) => id === suspension)!.name) : value;
	return { type: 'resumed', suspension, ok, value: copyOf(answer, ok ? 'answer' : 'error') };
}

/** What enters a run is a copy. @throws NotSerializableError that names it. */
export function copyOf(value: unknown, name: string): unknown {
	return release(capture([value], { names: [name] }))[0];
}

/** As its question takes it: of a suspension that was only named, the one of the name that it asks. */
async function valid(answer: unknown, question: Question | null, asked: string | null): Promise<unknown> {
	if (question !== null) return validated(question, answer);
	return asked === null ? answer : validatedByName('question', asked, answer);
}
