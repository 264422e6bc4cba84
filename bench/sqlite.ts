/**
 * What the engine adds to SQLite: the steps of a run, against the same statements with the same bytes
 * issued by a bare loop. A step is one effect: one committed turn.
 */
process.env.NODE_ENV = 'production';

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { createEngine } from '@perdure/runtime';
import { sqlite } from '@perdure/runtime/sqlite';
import { load } from './compiled.ts';
import { compare } from './ratio.ts';
import { ratio, report, time } from './report.ts';

type Programs = typeof import('./programs/runs.ts');
type Parameters = Record<string, SQLInputValue>;

interface Issued {
	readonly sql: string;
	readonly parameters: Parameters;
}

const { effects } = await load<Programs>('runs', 'perdure');
const folder = mkdtempSync(join(tmpdir(), 'perdure-bench-'));
const ABREAST = 50;
/** Turns of the run whose statements are recorded. */
const RECORDED = 1000;

/** The statements that the engine issues while `work` runs, but for those around transactions. */
async function record(work: () => Promise<unknown>): Promise<Issued[]> {
	const recorded: Issued[] = [];
	const prepare = DatabaseSync.prototype.prepare;
	DatabaseSync.prototype.prepare = function (this: DatabaseSync, sql: string): StatementSync {
		const statement = prepare.call(this, sql);
		if (!/^\s*(INSERT|UPDATE|DELETE)/.test(sql)) return statement;
		for (const name of ['get', 'run'] as const) {
			const issue = statement[name].bind(statement) as unknown as (parameters: Parameters) => never;
			statement[name] = (parameters: never) => {
				recorded.push({ sql, parameters });
				return issue(parameters);
			};
		}
		return statement;
	};
	try {
		await work();
	} finally {
		DatabaseSync.prototype.prepare = prepare;
	}
	return recorded;
}

function open(name: string) {
	const store = sqlite(join(folder, name));
	return createEngine({ store });
}

const recording = await record(async () => {
	const engine = open('recorded.db');
	await (await engine.start(effects, [RECORDED], { id: 'recorded' })).result();
	await engine.close();
});
const start = recording.find(({ sql }) => /INSERT INTO run/.test(sql))!;
/** Of each turn: its own statement, then what some turns also do (the tail of the log is moved). */
const turns: Issued[][] = [];
for (const issued of recording) {
	if ('after' in issued.parameters) turns.push([issued]);
	else if ('n' in issued.parameters) turns.at(-1)?.push(issued);
}

// The same file format, made by the store itself; then nobody but the bare loop writes.
await open('bare.db').list().next();
const bare = new DatabaseSync(join(folder, 'bare.db'));
bare.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
const prepared = new Map<string, StatementSync>();
const statement = (sql: string) => {
	const made = prepared.get(sql) ?? bare.prepare(sql);
	prepared.set(sql, made);
	return made;
};

let runs = 0;
function bareLoop(steps: number): void {
	for (let left = steps; left > 0; left -= RECORDED) {
		const id = `bare-${runs++}`;
		statement(start.sql).get({ ...start.parameters, id });
		for (const [own, ...others] of turns.slice(0, Math.min(left, RECORDED))) {
			if (others.length > 0) bare.exec('BEGIN');
			const { n } = statement(own!.sql).get({ ...own!.parameters, id }) as { n: number };
			for (const { sql, parameters } of others) statement(sql).run({ ...parameters, n });
			if (others.length > 0) bare.exec('COMMIT');
		}
	}
}

const engine = open('engine.db');
const drive = async (steps: number) => {
	await (await engine.start(effects, [steps])).result();
};

/** Steps are counted by as many, so that each of the runs abreast has whole ones. */
const [base, one, many] = await compare(
	[
		{ name: 'bare', run: (times) => bareLoop(times * ABREAST) },
		{ name: 'engine', run: (times) => drive(times * ABREAST) },
		{ name: 'abreast', run: (times) => Promise.all(Array.from({ length: ABREAST }, () => drive(times))) },
	],
	{ rounds: 11, sample: 300 },
);
const against = `the same statements, one a commit, in a bare loop (${time(base!.least / ABREAST)})`;
report([
	{ what: `SQLite: steps of one run: ${time(one!.least / ABREAST)}`, against, figure: ratio(one!) },
	{
		what: `&emsp;of ${ABREAST} runs abreast: ${time(many!.least / ABREAST)}`,
		against: 'the same',
		figure: ratio(many!),
	},
]);

await engine.close();
bare.close();
rmSync(folder, { recursive: true });
process.exit();
