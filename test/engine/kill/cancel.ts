import { existsSync, readFileSync } from 'node:fs';
import type { Program } from './kill.ts';

/** An attempt of an effect, as it is written down when it begins. */
export interface Deed {
	readonly run: string;
	readonly what: string;
	readonly key: string;
	readonly attempt: number;
}

/** How a run has ended. `done`: effects that its log has as executed. */
export interface CancelledRun {
	readonly status: string;
	readonly reason: unknown;
	readonly done: readonly string[];
}

const CLEAN_UPS = ['clean 1 first', 'clean 1 then', 'clean 2 first', 'clean 2 then', 'clean all'];

/** Runs that would go on for ever and are cancelled: each `finally` of theirs is executed whole, whatever dies meanwhile. */
export const CANCEL: Program = {
	child: new URL('cancel-child.ts', import.meta.url),
	check({ journal, results }, { runs }) {
		const wrong: string[] = [];
		const ended: CancelledRun[] = JSON.parse(readFileSync(results, 'utf8'));
		if (ended.length !== runs) wrong.push(`${ended.length} results for ${runs} runs`);
		const lines = existsSync(journal) ? readFileSync(journal, 'utf8').split('\n').slice(0, -1) : [];
		const deeds = Map.groupBy(
			lines.map((line) => JSON.parse(line) as Deed),
			({ run }) => run,
		);
		for (const [i, { status, reason, done }] of ended.entries()) {
			const run = `run-${i}`;
			if (status !== 'cancelled' || reason !== 'enough') wrong.push(`${run} is ${status}, for ${reason}`);
			wrong.push(...checkDeeds(run, deeds.get(run) ?? [], done));
		}
		return wrong;
	},
};

function checkDeeds(run: string, deeds: readonly Deed[], done: readonly string[]): string[] {
	// Cancelled before it began: nothing is to be cleaned up.
	if (deeds.length === 0) return done.length === 0 ? [] : [`${run} says that it did ${done}, and did nothing`];
	const wrong: string[] = [];
	const attempts = Map.groupBy(deeds, ({ what }) => what);
	for (const [what, made] of attempts) {
		if (new Set(made.map(({ key }) => key)).size > 1) wrong.push(`${run}: ${what} was attempted under several keys`);
		if (made.some(({ attempt }, n) => n > 0 && attempt <= made[n - 1]!.attempt)) {
			wrong.push(`${run}: ${what} had the attempts ${made.map(({ attempt }) => attempt)}`);
		}
	}
	if (new Set(deeds.map(({ key }) => key)).size !== attempts.size) wrong.push(`${run}: effects share a key`);
	for (const what of CLEAN_UPS) {
		if (!attempts.has(what)) wrong.push(`${run}: ${what} was never performed`);
		if (done.filter((other) => other === what).length !== 1) wrong.push(`${run}: its log does not have ${what} once`);
	}
	const at = (what: (name: string) => boolean) => deeds.flatMap((deed, n) => (what(deed.what) ? [n] : []));
	const follows = (before: (name: string) => boolean, after: string) => {
		const first = Math.min(...at((name) => name === after));
		if (at(before).some((n) => n > first)) wrong.push(`${run}: something of before ${after} was begun after it`);
	};
	for (const n of [1, 2]) {
		follows((name) => name.startsWith(`step ${n} `), `clean ${n} first`);
		follows((name) => name === `clean ${n} first`, `clean ${n} then`);
	}
	return wrong;
}
