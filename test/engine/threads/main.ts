/** A process with an engine whose runs are driven by threads. Arguments: which case, a database. Prints what it saw. */
import { setTimeout as pause } from 'node:timers/promises';
import { setEnvironmentData } from 'node:worker_threads';
import { createEngine } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { sqlite } from '@perdure/runtime/sqlite';
import type { Store, StoreSession, TurnCommit } from '../../../packages/runtime/src/ports/store.ts';
import {
	busy,
	COUNTS,
	dying,
	ending,
	everythingElse,
	GO_ON,
	hot,
	long,
	poison,
	posting,
	quick,
	SPINNING,
	spins,
} from './entry.ts';

const [what, path] = process.argv.slice(2) as [string, string];
const entry = new URL('entry.ts', import.meta.url);
/** Holds back how turns went that have dispatched something. */
const slow = { until: null as Promise<void> | null, held: new Map<StoreSession, Set<string>>() };
const made = path === 'memory' ? memory() : sqlite(path);
const store: Store = {
	async open(listener) {
		const session = await made.open(listener);
		const commit = session.commit.bind(session);
		return Object.assign(session, {
			async commit(turn: TurnCommit) {
				const committed = await commit(turn);
				if (slow.until === null || turn.status !== 'running') return committed;
				slow.held.set(session, (slow.held.get(session) ?? new Set()).add(turn.runId));
				await slow.until;
				return committed;
			},
		});
	},
};
const words = new Int32Array(new SharedArrayBuffer(400));
setEnvironmentData('words', words.buffer);
const resourceLimits = { maxOldGenerationSizeMb: 60 };
const engine = createEngine({ store, worker: { threads: what === 'alone' ? 1 : 2, entry, resourceLimits } });
const until = async (holds: () => boolean | Promise<boolean>) => {
	while (!(await holds())) await pause(2);
};
const counts = (from: number, length: number) =>
	Array.from({ length }, (_, i) => Atomics.load(words, COUNTS + from + i));

/** One thread spins; what goes on meanwhile. */
async function stalls(): Promise<unknown> {
	const HOT = 12;
	const LONG = 6;
	const runs = await Promise.all(Array.from({ length: HOT }, (_, i) => engine.start(hot, [i])));
	const longs = await Promise.all(Array.from({ length: LONG }, (_, i) => engine.start(long, [HOT + i])));
	// All are hot, on both threads, in the midst of effects, timers and commits.
	await until(() => counts(0, HOT).every((n) => n > 10) && counts(HOT, LONG).every((n) => n === 1));
	// Both threads wait for how turns of theirs went: what these dispatch is theirs, and has not begun.
	let go = () => {};
	do {
		go();
		slow.held.clear();
		slow.until = new Promise((resolve) => (go = resolve));
		await until(() => [...slow.held.values()].reduce((sum, runs) => sum + runs.size, 0) === HOT);
	} while (slow.held.size < 2);
	const spinning = await engine.start(spins, []);
	await until(() => Atomics.load(words, SPINNING) !== 0);
	const before = counts(0, HOT);
	slow.until = null;
	go();
	await until(() => counts(0, HOT).every((n, i) => n > before[i]! + 10));
	await Promise.all(runs.map((run) => run.send('tick', 5)));
	await Promise.all(runs.map((run) => run.send('tick', 'end')));
	const ended = await Promise.all(runs.map((run) => run.result()));
	const meanwhile = { spinning: await spinning.status(), long: await Promise.all(longs.map((run) => run.status())) };
	const done = counts(0, HOT);
	Atomics.store(words, GO_ON, 1);
	Atomics.notify(words, GO_ON);
	const on = await Promise.all(longs.map((run) => run.result()));
	return {
		meanwhile,
		ticks: ended.map(([, m]) => m),
		// Effects that were performed more often than the run has seen. */
		twice: ended.filter(([n], i) => n !== done[i]).length,
		longs: counts(HOT, LONG),
		shared: on.includes(Atomics.load(words, SPINNING)),
		spun: (await spinning.result()) === Atomics.load(words, SPINNING),
	};
}

async function see(): Promise<unknown> {
	switch (what) {
		case 'busy': {
			const long = await engine.start(busy, [2500]);
			while ((await long.status()) !== 'running') await new Promise((resolve) => setTimeout(resolve, 5));
			const handles = await Promise.all(Array.from({ length: 20 }, (_, n) => engine.start(quick, [n])));
			const threads = await Promise.all(handles.map((handle) => handle.result()));
			return { meanwhile: await long.status(), threads: [...new Set(threads)], ended: (await long.result()) > 0 };
		}
		case 'stalls':
			return stalls();
		case 'throws':
		case 'memory': {
			// What was parked loses nothing by it either.
			const others = await Promise.all([1, 2, 3, 4].map(() => engine.start(everythingElse, [])));
			await Promise.all(others.map((other) => other.next()));
			const attempt = await (await engine.start(ending, [what])).result();
			await Promise.all(others.map((other) => other.resume('answer')));
			return [attempt, (await Promise.all(others.map((other) => other.result()))).length];
		}
		case 'poison': {
			const ill = await engine.start(poison, []);
			const well = await Promise.all(Array.from({ length: 10 }, (_, n) => engine.start(quick, [n])));
			await Promise.all(well.map((run) => run.result()));
			await until(async () => (await ill.status()) === 'blocked');
			await (await engine.start(quick, [11])).result();
			return (await ill.describe()).blocked?.code;
		}
		case 'posts':
			return Promise.all([1, 2, 3].map(async () => (await engine.start(posting, [])).result({ timeout: 20_000 })));
		case 'dies':
			return (await engine.start(dying, [])).result({ timeout: 20_000 });
		case 'close': {
			const handle = await engine.start(everythingElse, []);
			await handle.next();
			await engine.close();
			const next = createEngine({ store, worker: { threads: 1, entry } });
			await next.get(handle.id).resume('later');
			const out = await next.get(handle.id).result();
			await next.close();
			return out;
		}
		default: {
			const handle = await engine.start(everythingElse, []);
			await handle.next();
			await handle.resume('answer');
			const value = await handle.result({ timeout: 20_000 });
			const event = (await engine.outbox().next()).value?.event;
			return { value, event, log: (await handle.log()).map(({ kind }) => kind) };
		}
	}
}

try {
	console.log(JSON.stringify(await see()));
} catch (error) {
	console.log(JSON.stringify({ error: String((error as Error).stack) }));
}
await engine.close();
