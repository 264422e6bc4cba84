/** What each thread imports: durable functions and their effects. */
import { getEnvironmentData, parentPort, threadId } from 'node:worker_threads';
import { ChildRun, currentEffect, emit, receive, replace, start, suspend } from '@perdure/runtime';
import { type Tx, transaction } from '@perdure/runtime/sqlite';
import { durable, finish, park } from '../by-hand.ts';

export async function where(_n: number): Promise<number> {
	return threadId;
}

/** Memory that all threads share. */
const word = (i: number) => [new Int32Array(getEnvironmentData('words') as SharedArrayBuffer), i] as const;
/** Which word says what: the spinning thread, whether it may go on, and from `COUNTS` what was counted for each run. */
export const SPINNING = 0;
export const GO_ON = 1;
export const COUNTS = 10;

export async function count(i: number): Promise<void> {
	Atomics.add(...word(COUNTS + i), 1);
}

/** Counts, and takes for as long as the spinning does. */
export async function counted(i: number): Promise<number> {
	Atomics.add(...word(COUNTS + i), 1);
	const [words] = word(0);
	await Atomics.waitAsync(words, GO_ON, 0).value;
	return threadId;
}

/** Ends its thread the first time, in one way or another. */
export async function ends(how: 'throws' | 'memory'): Promise<number> {
	const { attempt } = currentEffect();
	if (attempt > 1) return attempt;
	if (how === 'throws')
		setTimeout(() => {
			throw new Error('of nobody');
		});
	// Bit by bit: V8 ends the whole process for a single piece that does not fit.
	else for (let much: object | null = null; ; ) much = { much };
	return new Promise(() => {});
}

/** Ends its thread the first time. */
export async function dies(): Promise<number> {
	const { attempt } = currentEffect();
	if (attempt === 1) process.exit(3);
	return attempt;
}

/** Says this and that to whoever made the thread, as code that knows nothing of the engine may. */
export async function posts(): Promise<string> {
	const asks = ['begin', 'close', 'commit', 'constructor', 'nothing'].map((what) => ({ ask: 1, what, args: [0] }));
	for (const said of [
		null,
		undefined,
		'ready',
		7,
		{},
		{ answer: 1 },
		{ answer: 2, error: new Uint8Array(3) },
		...asks,
	]) {
		parentPort!.postMessage(said);
	}
	return 'posted';
}

export async function real(): Promise<string> {
	return 'real';
}

export const handlers = [replace(real, async () => 'replaced')];

export const book = transaction(async (tx: Tx, n: number) => {
	await tx.run('CREATE TABLE IF NOT EXISTS booked (n INTEGER)');
	await tx.run('INSERT INTO booked VALUES (?)', n);
	if (n < 0) throw new RangeError('no');
	return (await tx.get<{ c: number }>('SELECT count(*) AS c FROM booked'))!.c;
});

/** `for (const until = Date.now() + ms; Date.now() < until; ); return await where(0);` */
export const busy = durable<(ms: number) => Promise<number>>({
	name: 'busy',
	points: [[]],
	calls: [where],
	step(f, mode, sent) {
		if (mode) throw sent;
		if (f.pc === 1) return finish(f, sent);
		for (const until = Date.now() + (f.s[0] as number); Date.now() < until; );
		return park(f, 1, [], 0, where, 0);
	},
});

/** `return await where(n);` */
export const quick = durable<(n: number) => Promise<number>>({
	name: 'quick',
	points: [[]],
	calls: [where],
	step(f, mode, sent) {
		if (mode) throw sent;
		return f.pc === 0 ? park(f, 1, [], 0, where, f.s[0]) : finish(f, sent);
	},
});

/** `return await dies();` */
export const dying = durable<() => Promise<number>>({
	name: 'dying',
	points: [[]],
	calls: [dies],
	step(f, mode, sent) {
		if (mode) throw sent;
		return f.pc === 0 ? park(f, 1, [], 0, dies) : finish(f, sent);
	},
});

/** `return await posts();` */
export const posting = durable<() => Promise<string>>({
	name: 'posting',
	points: [[]],
	calls: [posts],
	step(f, mode, sent) {
		if (mode) throw sent;
		return f.pc === 0 ? park(f, 1, [], 0, posts) : finish(f, sent);
	},
});

/**
 * `const a = await suspend('?'); await emit(a); const c = await start(quick, [1]); const thread = await c.result();
 * let b; try { await book(-1); } catch { b = await book(1); } return [a, thread > 0, b, await real()];`
 */
export const everythingElse = durable<() => Promise<unknown>>({
	name: 'everythingElse',
	points: [[], ['a'], ['a'], ['a'], ['a', 'thread'], ['a', 'thread'], ['a', 'thread', 'b']],
	calls: [suspend, emit, start, ChildRun.prototype.result, book, real],
	step(f, mode, sent) {
		if (mode && f.pc !== 5) throw sent;
		const [a, thread, b] = f.s;
		switch (f.pc) {
			case 0:
				return park(f, 1, [], 0, suspend, '?');
			case 1:
				return park(f, 2, [sent], 1, emit, sent);
			case 2:
				return park(f, 3, [a], 2, start, quick, [1]);
			case 3:
				return callResult(f, [a], sent as ChildRun);
			case 4:
				return park(f, 5, [a, sent], 4, book, -1);
			case 5:
				return park(f, 6, [a, thread], 4, book, 1);
			case 6:
				return park(f, 7, [a, thread, sent], 5, real);
			default:
				return finish(f, [a, (thread as number) > 0, b, sent]);
		}
	},
});

function callResult(f: Parameters<typeof park>[0], slots: readonly unknown[], child: ChildRun): unknown {
	f.pc = 4;
	f.s = slots;
	return child.result();
}

/** Computes until it is told to stop, and no message reaches its thread meanwhile. */
export const spins = durable<() => Promise<number>>({
	name: 'spins',
	points: [[]],
	calls: [where],
	step(f, mode, sent) {
		if (mode) throw sent;
		if (f.pc === 1) return finish(f, sent);
		Atomics.store(...word(SPINNING), threadId);
		while (Atomics.load(...word(GO_ON)) === 0);
		return park(f, 1, [], 0, where, 0);
	},
});

/** `for (let n = 0, m = 0; ; n++) { await count(i); const got = await receive('tick', { timeout: 1, otherwise: 0 }); if (got === 'end') return [n + 1, m]; m += got; }` */
export const hot = durable<(i: number) => Promise<[number, number]>>({
	name: 'hot',
	points: [
		['i', 'n', 'm'],
		['i', 'n', 'm'],
	],
	calls: [count, receive],
	step(f, mode, sent) {
		if (mode) throw sent;
		const [i, n = 0, m = 0] = f.s as number[];
		if (f.pc === 1) return park(f, 2, [i, n, m], 1, receive, 'tick', { timeout: 1, otherwise: 0 });
		if (f.pc === 2 && sent === 'end') return finish(f, [n + 1, m]);
		return f.pc === 0 ? park(f, 1, [i, 0, 0], 0, count, i) : park(f, 1, [i, n + 1, m + (sent as number)], 0, count, i);
	},
});

/** `return await counted(i);` */
export const long = durable<(i: number) => Promise<number>>({
	name: 'long',
	points: [[]],
	calls: [counted],
	step(f, mode, sent) {
		if (mode) throw sent;
		return f.pc === 0 ? park(f, 1, [], 0, counted, f.s[0]) : finish(f, sent);
	},
});

/** `return await ends(how);` */
export const ending = durable<(how: 'throws' | 'memory') => Promise<number>>({
	name: 'ending',
	points: [[]],
	calls: [ends],
	step(f, mode, sent) {
		if (mode) throw sent;
		return f.pc === 0 ? park(f, 1, [], 0, ends, f.s[0]) : finish(f, sent);
	},
});

/** A turn that ends its thread, each time. */
export const poison = durable<() => Promise<void>>({
	name: 'poison',
	points: [[]],
	calls: [where],
	step: () => process.exit(4),
});
