import { type Claimed, type ClaimOptions, type HeldRun, type RunRow, SUSPECT } from '../ports/store.ts';
import { type Data, type Member, type Run, rowOf, setReady, tell } from './data.ts';
import { freeEvents } from './outbox.ts';

/** Bytes of state that one claim hands over, at most (the first run comes whatever its size). */
const CLAIM_BYTES = 64 * 1024 * 1024;

export function know(
	data: Data,
	member: Member,
	functions: readonly string[],
	build: string,
	replaying: boolean,
): void {
	member.functions = new Set(functions);
	member.build = build;
	member.replaying = replaying;
	for (const run of data.runs.values()) {
		if (run.status === 'blocked' && mayFit(member, run)) unblock(data, run);
	}
	tell(data, (listener) => listener.due());
}

function unblock(data: Data, run: Run): void {
	run.status = 'pending';
	run.blocked = null;
	run.recoveries = Math.min(run.recoveries, 1);
	setReady(data, run, data.clock.now());
}

/** A run that was blocked is another worker's to try, if there is one. */
export function handOn(data: Data, run: Run): void {
	if (fits(data, run)) unblock(data, run);
	tell(data, (listener) => listener.due());
}

export function claim(data: Data, member: Member, { limit, queues, suspects }: ClaimOptions): Claimed {
	const now = data.clock.now();
	const due: Run[] = [];
	let next: number | null = null;
	let others = false;
	for (const run of data.due) {
		if ((queues !== null && !queues.includes(run.queue)) || !claimable(data, member, run)) continue;
		const isDue = run.readyAt! <= now;
		if (run.recoveries >= SUSPECT !== suspects) others ||= isDue;
		else if (isDue) due.push(run);
		else {
			next = run.readyAt;
			break;
		}
	}
	due.sort((a, b) => b.priority - a.priority);
	const runs: RunRow[] = [];
	let bytes = 0;
	for (const run of due) {
		if (runs.length >= limit || bytes > CLAIM_BYTES) {
			next = run.readyAt;
			break;
		}
		setReady(data, run, null);
		run.owner = member;
		run.epoch++;
		run.status = 'running';
		for (const part of run.state) bytes += part.length;
		runs.push(rowOf(run, true));
	}
	return { runs, next, suspects: suspects ? runs.length > 0 || next !== null : others };
}

/** Runs of a worker, all but those of the claims that it keeps. */
export function free(data: Data, member: Member, died: boolean, kept: readonly HeldRun[] = []): void {
	const epochs = new Map(kept.map(({ runId, epoch }) => [runId, epoch]));
	for (const run of data.runs.values()) {
		if (run.owner === member && epochs.get(run.id) !== run.epoch) letGo(data, run, died);
	}
	tell(data, (listener) => listener.due());
}

export function giveUp(data: Data, member: Member, claims: readonly HeldRun[]): void {
	for (const { runId, epoch } of claims) {
		const run = data.runs.get(runId);
		if (run?.owner === member && run.epoch === epoch) letGo(data, run, false);
	}
	tell(data, (listener) => listener.due());
}

function letGo(data: Data, run: Run, died: boolean): void {
	run.owner = null;
	run.epoch++;
	run.status = 'pending';
	if (died) run.recoveries++;
	setReady(data, run, data.clock.now());
}

/** G6, G8. A session has ended. */
export function leave(data: Data, member: Member, died: boolean): void {
	free(data, member, died);
	freeEvents(data, (event) => event.owner === member);
}

function claimable(data: Data, member: Member, run: Run): boolean {
	// What fits nobody is anybody's, to say so.
	if (run.blockedBy.has(member.build)) return !fits(data, run);
	if (knows(member, run)) return true;
	return ![...data.members].some((other) => knows(other, run));
}

/** Does it fit a live worker, as far as anybody knows? */
function fits(data: Data, run: Run): boolean {
	return [...data.members].some((other) => mayFit(other, run));
}

function mayFit(member: Member, run: Run): boolean {
	const can = knows(member, run) || (member.replaying && member.functions!.has(run.functionId));
	return can && !run.blockedBy.has(member.build);
}

function knows(member: Member, run: Run): boolean {
	return run.functions.every((id) => member.functions?.has(id));
}
