import { AmbiguousResumeError, InvalidAnswerError, NotSuspendedError } from '../errors/run.ts';
import type { RunRow, StoreSession } from '../ports/store.ts';
import { isDefined, type Question, validated, validatedByName } from '../registry/topics.ts';
import { readQuestions } from '../worker/stored.ts';
import { whyNoAnswer } from './describe.ts';

/** An answer as its sender gave it. */
export interface Given {
	readonly question: Question | null;
	readonly answer: unknown;
	readonly suspension: string | undefined;
}

/** `suspension` null: the only one that is open when it arrives. */
export interface Addressed {
	readonly suspension: string | null;
	readonly value: unknown;
}

/**
 * Finds the suspension that an answer is for, and makes of the answer what its question takes.
 * @throws InvalidAnswerError, NotSuspendedError, AmbiguousResumeError
 */
export async function addressed(
	session: StoreSession,
	read: () => Promise<RunRow>,
	{ question, answer, suspension }: Given,
): Promise<Addressed> {
	if (question === null && !isDefined('question')) return { suspension: suspension ?? null, value: answer };
	const row = await read();
	const asked = readQuestions(row.waits);
	if (question === null) {
		const id = suspension ?? onlyOf(await unansweredOf(session, row)) ?? null;
		const name = id === null ? undefined : asked.get(id);
		const value = name === undefined ? answer : await validatedByName('question', name, answer);
		return { suspension: id, value };
	}
	if (suspension === undefined) {
		const open = (await unansweredOf(session, row)).filter((id) => asked.get(id) === question.name);
		if (open.length > 1) throw new AmbiguousResumeError({ runId: row.id, suspensions: open });
		if (open.length === 0) throw new NotSuspendedError({ runId: row.id, ...whyNoAnswer(row) });
		return { suspension: open[0]!, value: await validated(question, answer) };
	}
	if (row.open.includes(suspension) && asked.get(suspension) !== question.name) {
		const issues = [`the suspension '${suspension}' asks ${quoted(asked.get(suspension))}`];
		throw new InvalidAnswerError({ to: question.name, issues });
	}
	return { suspension, value: await validated(question, answer) };
}

/** Open suspensions whose answer is not on its way. */
async function unansweredOf(session: StoreSession, { id: runId, open, sent, seen }: RunRow): Promise<string[]> {
	const mail = sent === seen ? [] : await session.mail(runId, seen);
	return open.filter((id) => !mail.some(({ kind, name }) => kind === 'answer' && name === id));
}

function onlyOf(ids: readonly string[]): string | undefined {
	return ids.length === 1 ? ids[0] : undefined;
}

function quoted(name: string | undefined): string {
	return name === undefined ? 'no question that is defined' : `the question '${name}'`;
}
