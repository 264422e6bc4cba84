import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Attempt } from './child.ts';

export interface Rounds {
	/** Processes killed before the runs are let go to their ends. */
	readonly kills: number;
	/** Live at a time, on one file. */
	readonly processes: number;
	readonly runs: number;
	/** Awaits of each run. */
	readonly length: number;
	/** A number in [0, 1). */
	readonly random: () => number;
	/** Share of the processes that may be killed before they did anything, as they open the file. Default: YOUNG. */
	readonly young?: number;
	/** Share of the others that stand still for a while (SIGSTOP) before they are killed. Default: none. */
	readonly stopped?: number;
	/** Which process is killed. Default: child.ts. */
	readonly program?: Program;
}

/** `check`: what is wrong with what the processes have left. */
export interface Program {
	readonly child: URL;
	check(
		files: { readonly database: string; readonly journal: string; readonly results: string },
		rounds: Rounds,
	): string[];
}

const EVERYTHING: Program = {
	child: new URL('child.ts', import.meta.url),
	check: ({ journal, results }, rounds) => check(journal, results, rounds),
};
const SOURCES = new URL('../../support/sources.ts', import.meta.url).href;
/** How long one process lives at most before it is killed (ms): from its first line on, or, of some, from its birth on. */
const LONGEST = { working: 150, starting: 400 };
/** Share of those that may be killed before they did anything. */
const YOUNG = 0.15;
/** How long a process stands still, at most (ms). */
const STOPPED = 3000;
/** How long the runs may take once nothing is killed any more (ms). */
const PATIENCE = 60_000;

/**
 * Kills processes (SIGKILL) at random moments until `kills` are dead, then lets the runs end.
 * @returns what is wrong with how they ended; empty when nothing is. `killed`: processes that were.
 */
export async function killUntilDone(rounds: Rounds): Promise<{ readonly wrong: string[]; readonly killed: number }> {
	const { child, check } = rounds.program ?? EVERYTHING;
	const folder = mkdtempSync(join(tmpdir(), 'perdure-kill-'));
	const files = ['runs.db', 'journal', 'results'].map((name) => join(folder, name)) as [string, string, string];
	try {
		let killed = 0;
		let born = 0;
		const wrong: string[] = [];
		const lane = async () => {
			while (wrong.length === 0) {
				const last = killed >= rounds.kills;
				if (!last) killed++;
				const life = last ? { from: 'birth' as const, ms: PATIENCE, stopped: 0 } : lifeOf(rounds);
				const exit = await live(child, [...files, `${rounds.runs}`, `${rounds.length}`, `p${born++}`], life);
				if (exit === 'ended') return;
				if (exit !== 'killed') wrong.push(exit);
				else if (last) wrong.push(`the runs did not end in ${PATIENCE} ms`);
			}
		};
		await Promise.all(Array.from({ length: rounds.processes }, lane));
		return {
			wrong: [
				...wrong,
				...(wrong.length === 0 ? check({ database: files[0], journal: files[1], results: files[2] }, rounds) : []),
			],
			killed,
		};
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

interface Life {
	readonly from: 'birth' | 'first line';
	readonly ms: number;
	/** How long it stands still (ms), in the midst of whatever it does, before it goes on for another `ms`. */
	readonly stopped: number;
}

function lifeOf({ random, young = YOUNG, stopped = 0 }: Rounds): Life {
	if (random() < young) return { from: 'birth', ms: random() * LONGEST.starting, stopped: 0 };
	return { from: 'first line', ms: random() * LONGEST.working, stopped: random() < stopped ? random() * STOPPED : 0 };
}

/** `ended`, `killed`, or what it said before it died by itself. */
function live(program: URL, args: string[], { from, ms, stopped }: Life): Promise<string> {
	return new Promise((resolve) => {
		const child = spawn(process.execPath, ['--import', SOURCES, fileURLToPath(program), ...args], {
			stdio: ['ignore', 'pipe', 'pipe'],
		});
		let said = '';
		let timer: NodeJS.Timeout | undefined;
		const begin = () => {
			timer ??= setTimeout(stopped > 0 ? stop : die, ms);
		};
		const die = () => child.kill('SIGKILL');
		const stop = () => {
			child.kill('SIGSTOP');
			timer = setTimeout(() => {
				child.kill('SIGCONT');
				timer = setTimeout(die, ms);
			}, stopped);
		};
		if (from === 'birth') begin();
		child.stdout.on('data', begin);
		child.stderr.on('data', (data) => {
			said += data;
		});
		child.on('exit', (code, signal) => {
			clearTimeout(timer);
			resolve(signal === 'SIGKILL' ? 'killed' : code === 0 ? 'ended' : `a process failed: ${said || code}`);
		});
	});
}

function check(journal: string, results: string, { runs, length }: Rounds): string[] {
	const wrong: string[] = [];
	const lines = existsSync(journal) ? readFileSync(journal, 'utf8').split('\n').slice(0, -1) : [];
	const attempts = Map.groupBy(
		lines.map((line) => JSON.parse(line) as Attempt),
		({ run, argument }) => `${run} effect ${argument}`,
	);
	const ended: unknown[][] = JSON.parse(readFileSync(results, 'utf8'));
	if (ended.length !== runs) wrong.push(`${ended.length} results for ${runs} runs`);
	for (const [run, out] of ended.entries()) {
		if (out.length !== length) wrong.push(`run-${run} has ${out.length} results of ${length}`);
		for (const [i, value] of out.entries()) {
			const made = attempts.get(`run-${run} effect ${i}`) ?? [];
			const expected = [made.at(-1)?.token, `answer ${i}`, null, `message ${i}`][i % 4];
			// The outcome of the last attempt: an earlier one that was committed would have had no later attempt.
			if (value !== expected) wrong.push(`run-${run}[${i}] is ${value}, not ${expected}`);
			if (i % 4 === 0) wrong.push(...checkAttempts(`run-${run} effect ${i}`, made));
		}
	}
	const keys = new Set([...attempts.values()].map(([first]) => first!.key));
	if (keys.size !== attempts.size) wrong.push(`${attempts.size} effects have ${keys.size} keys`);
	return wrong;
}

function checkAttempts(what: string, made: readonly Attempt[]): string[] {
	const wrong: string[] = [];
	if (made.length === 0) wrong.push(`${what} was never performed`);
	if (new Set(made.map(({ key }) => key)).size > 1) wrong.push(`${what} was attempted under several keys`);
	for (let i = 1; i < made.length; i++) {
		const [before, after] = [made[i - 1]!, made[i]!];
		if (after.attempt <= before.attempt)
			wrong.push(`${what}: attempt ${after.attempt} after attempt ${before.attempt}`);
	}
	if (made[0]?.attempt !== 1 && made.length > 0) {
		// An attempt may be counted that died before it wrote its line; none may be left out by more.
		if (made[0]!.attempt > 3) wrong.push(`${what} begins with attempt ${made[0]!.attempt}`);
	}
	return wrong;
}
