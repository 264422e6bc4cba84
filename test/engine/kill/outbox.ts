import { existsSync, readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Program } from './kill.ts';

/** Runs that emit, book in transactions and wait for children, and consumers of the outbox. */
export const OUTBOX: Program = {
	child: new URL('outbox-child.ts', import.meta.url),
	check({ database, journal, results }, { runs, length }) {
		const wrong: string[] = [];
		const ended: number[][] = JSON.parse(readFileSync(results, 'utf8'));
		const all = Array.from({ length }, (_, i) => i);
		const lines = existsSync(journal) ? readFileSync(journal, 'utf8').split('\n').slice(0, -1) : [];
		const events = Map.groupBy(
			lines.map((line) => JSON.parse(line) as { run: string; i: number }),
			({ run }) => run,
		);
		const db = new DatabaseSync(database);
		for (let r = 0; r < runs; r++) {
			const run = `run-${r}`;
			const got = (events.get(run) ?? []).map(({ i }) => i);
			if (`${[...new Set(got)]}` !== `${all}`) wrong.push(`${run}: events ${[...new Set(got)]}`);
			if (got.some((i, at) => at > 0 && i < got[at - 1]!)) wrong.push(`${run}: events came out of order: ${got}`);
			const booked = db
				.prepare('SELECT i FROM booked WHERE run = ? ORDER BY rowid')
				.all(run)
				.map(({ i }) => i);
			if (`${booked}` !== `${all}`) wrong.push(`${run}: booked ${booked}`);
			if (`${ended[r]}` !== `${all.map((i) => i + 1)}`) wrong.push(`${run}: gave ${ended[r]}`);
		}
		const { left } = db.prepare('SELECT count(*) AS left FROM outbox').get() as { left: number };
		if (left > 0) wrong.push(`${left} events are left in the outbox`);
		db.close();
		return wrong;
	},
};
