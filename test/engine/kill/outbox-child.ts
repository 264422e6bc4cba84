/**
 * The process that is killed: drives runs that emit and book on one file, and consumes the outbox, writing what it gets to
 * a journal that outlives everybody. Arguments: as child.ts.
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import { type ChildRun, createEngine, emit, start } from '@perdure/runtime';
import { sqlite, type Tx, transaction } from '@perdure/runtime/sqlite';
import { durable, finish, park } from '../by-hand.ts';

const [database, journal, results, runs, length] = process.argv.slice(2) as [string, string, string, ...string[]];

const book = transaction(async (tx: Tx, run: string, i: number) => {
	await tx.run('CREATE TABLE IF NOT EXISTS booked (run TEXT, i INTEGER)');
	await tx.run('INSERT INTO booked VALUES (?, ?)', [run, i]);
	if (Math.random() < 0.3) await new Promise((resolve) => setTimeout(resolve, 1));
	return (await tx.get<{ c: number }>('SELECT count(*) AS c FROM booked WHERE run = ?', [run]))!.c;
});

/** `for (let i = 0; i < n; i++) { await emit({ run, i }); out.push(await book(run, i)); } return out;` */
const emits = durable<(run: string, n: number) => Promise<number[]>>({
	name: 'emits',
	points: [
		['run', 'n', 'out', 'for>i'],
		['run', 'n', 'out', 'for>i'],
	],
	calls: [emit, book],
	step(f, mode, sent) {
		if (mode) throw sent;
		let [run, n, out, i] = f.s as [string, number, number[], number];
		if (f.pc === 0) [out, i] = [[], 0];
		else if (f.pc === 1) return park(f, 2, [run, n, out, i], 1, book, run, i);
		else {
			out.push(sent as number);
			i++;
		}
		return i < n ? park(f, 1, [run, n, out, i], 0, emit, { run, i }) : finish(f, out);
	},
});

/** `const child = await start(emits, [run, n]); return await child.result();` */
const parent = durable<(run: string, n: number) => Promise<number[]>>({
	name: 'parent',
	points: [[], []],
	calls: [start],
	step(f, mode, sent) {
		if (mode) throw sent;
		if (f.pc === 0) return park(f, 1, [], 0, start, emits, f.s);
		if (f.pc === 2) return finish(f, sent);
		const child = sent as ChildRun;
		Object.assign(f, { pc: 2, s: [] });
		return child.result();
	},
});

const engine = createEngine({ store: sqlite(database) });
console.log('began');

async function consume(signal: AbortSignal | null): Promise<void> {
	for await (const { event, ack } of engine.outbox({ batch: 7, ...(signal && { signal }) })) {
		appendFileSync(journal, `${JSON.stringify(event)}\n`);
		await ack();
	}
}

const first = new AbortController();
const consuming = consume(first.signal).catch(() => {});
const handles = await Promise.all(
	Array.from({ length: Number(runs) }, (_, r) => {
		return engine.start(parent, [`run-${r}`, Number(length)] as [string, number], { id: `run-${r}` });
	}),
);
const ended = await Promise.all(handles.map((handle) => handle.result()));
first.abort();
await consuming;
// What is left when nothing more comes; another process may have died with some of it.
await consume(AbortSignal.timeout(1500)).catch(() => {});
writeFileSync(results, JSON.stringify(ended));
await engine.close();
