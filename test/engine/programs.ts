import { appendFileSync } from 'node:fs';
import { currentEffect, receive, setProgress, sleep, suspend } from '@perdure/runtime';
import { durable, finish, park } from './by-hand.ts';

/** What effects did, for the test to look at: `<effect>(<argument>) <key> <attempt>`. */
export interface Performed {
	readonly run: string;
	readonly effect: string;
	readonly argument: unknown;
	readonly key: string;
	readonly attempt: number;
}

/** Set by a test: sees each attempt begin, decides how it goes. Default: gives the argument back, doubled. */
export const world = {
	performed: [] as Performed[],
	/** Of a file that outlives the process: each attempt is appended as a line. */
	journal: null as string | null,
	work: null as ((argument: number, signal: AbortSignal) => unknown) | null,
};

export function resetWorld(): void {
	world.performed.length = 0;
	world.journal = null;
	world.work = null;
}

export async function work(argument: number): Promise<unknown> {
	const { key, attempt, runId, signal } = currentEffect();
	const performed = { run: runId, effect: 'work', argument, key, attempt };
	world.performed.push(performed);
	if (world.journal !== null) appendFileSync(world.journal, `${JSON.stringify(performed)}\n`);
	if (world.work !== null) return world.work(argument, signal);
	return argument * 2;
}

/** `const out = []; for (let i = 0; i < n; i++) out.push(await work(i)); return out;` */
export const loop = durable<(n: number) => Promise<unknown[]>>({
	name: 'loop',
	points: [['n', 'out', 'for>i']],
	calls: [work],
	step(f, mode, sent) {
		let [n, out, i] = f.s as [number, unknown[], number];
		if (f.pc === 0) [out, i] = [[], 0];
		else if (mode) throw sent;
		else {
			out.push(sent);
			i++;
		}
		return i < n ? park(f, 1, [n, out, i], 0, work, i) : finish(f, out);
	},
});

/** `const name = await suspend({ ask: question }, { timeout }); await work(1); return 'hello ' + name;` */
export const ask = durable<(question: string, timeout?: number) => Promise<string>>({
	name: 'ask',
	points: [['question'], ['name']],
	calls: [suspend, work],
	step(f, mode, sent) {
		if (mode) throw sent;
		switch (f.pc) {
			case 0: {
				const [question, timeout] = f.s as [string, number | undefined];
				return park(f, 1, [question], 0, suspend, { ask: question }, ...(timeout === undefined ? [] : [{ timeout }]));
			}
			case 1:
				return park(f, 2, [sent], 1, work, 1);
			default:
				return finish(f, `hello ${f.s[0]}`);
		}
	},
});

/** `const all = []; for (;;) { const m = await receive('m'); if (m === 'end') return all; all.push(m); }` */
export const collect = durable<() => Promise<unknown[]>>({
	name: 'collect',
	points: [['all']],
	calls: [receive],
	step(f, mode, sent) {
		if (mode) throw sent;
		const all = f.pc === 0 ? [] : (f.s[0] as unknown[]);
		if (f.pc === 1 && sent === 'end') return finish(f, all);
		if (f.pc === 1) all.push(sent);
		return park(f, 1, [all], 0, receive, 'm');
	},
});

/** `setProgress('asleep'); await sleep(ms); setProgress('awake'); return Date.now() > 0;` */
export const nap = durable<(ms: number) => Promise<boolean>>({
	name: 'nap',
	points: [[]],
	calls: [sleep],
	step(f, mode, sent) {
		if (mode) throw sent;
		if (f.pc === 1) {
			setProgress('awake');
			return finish(f, true);
		}
		setProgress('asleep');
		return park(f, 1, [], 0, sleep, f.s[0]);
	},
});

/** `const v = await loop(n); throw Object.assign(new RangeError('no ' + v.length), { n });` */
export const failing = durable<(n: number) => Promise<never>>({
	name: 'failing',
	points: [['n']],
	calls: [loop],
	step(f, mode, sent) {
		if (mode) throw sent;
		if (f.pc === 0) return park(f, 1, [f.s[0]], 0, loop, f.s[0]);
		f.done = true;
		throw Object.assign(new RangeError(`no ${(sent as unknown[]).length}`), { n: f.s[0] });
	},
});

/** `const socket = await work(0); await work(1); return typeof socket;` where the first result cannot be saved. */
export const unsaveable = durable<() => Promise<string>>({
	name: 'unsaveable',
	points: [[], ['socket']],
	calls: [work],
	step(f, mode, sent) {
		if (mode) throw sent;
		if (f.pc === 0) return park(f, 1, [], 0, work, 0);
		if (f.pc === 1) return park(f, 2, [sent], 0, work, 1);
		return finish(f, typeof f.s[0]);
	},
});

/** `try { await work(0); await suspend(); } finally { await work(99); }` */
export const tidy = durable<() => Promise<string>>({
	name: 'tidy',
	points: [[], [], ['kind', 'value']],
	calls: [work, suspend],
	step(f, mode, sent) {
		switch (f.pc) {
			case 0:
				return park(f, 1, [], 0, work, 0);
			case 1:
				if (!mode) return park(f, 2, [], 1, suspend);
				break;
			case 3: {
				if (mode) throw sent;
				const [kind, value] = f.s;
				if (kind === 'throw') throw value;
				return finish(f, value);
			}
		}
		return park(f, 3, [mode ? 'throw' : 'return', sent], 0, work, 99);
	},
	guards: { 3: ['finally'] },
});

/**
 * `for (let i = 0; i < n; i++)` with each way of waiting in turn:
 * `out.push(await work(i))`, `await suspend(i)`, `await sleep(2)`, `await receive('m')`.
 */
export const everything = durable<(n: number) => Promise<unknown[]>>({
	name: 'everything',
	points: [0, 1, 2, 3].map(() => ['n', 'out', 'for>i']),
	calls: [work, suspend, sleep, receive],
	step(f, mode, sent) {
		if (mode) throw sent;
		let [n, out, i] = f.s as [number, unknown[], number];
		if (f.pc === 0) [out, i] = [[], 0];
		else {
			out.push(sent);
			i++;
		}
		if (i >= n) return finish(f, out);
		const way = i % 4;
		const calls = [
			[work, i],
			[suspend, i],
			[sleep, 2],
			[receive, 'm'],
		] as const;
		const [callee, argument] = calls[way]!;
		return park(f, way + 1, [n, out, i], way, callee, argument);
	},
});
