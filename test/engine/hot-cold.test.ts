/**
 * Hot and cold: a live handle goes on from memory, the same run from bytes, in another engine each time. Both come to the
 * same outcomes, the same log and the same events, and so does `run` without a store.
 */
import { getEventListeners } from 'node:events';
import { Continuation, createEngine, type LogEntry, type Outcome, run, type Store } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { sqlite } from '@perdure/runtime/sqlite';
import { describe, expect, it } from 'vitest';
import { Changes } from '../../packages/runtime/src/client/changes.ts';
import { compile } from '../support/compile.ts';
import { SOON } from '../support/soon.ts';

const world = {
	work: async (n: number) => ({ n, list: [n] }),
	fail: async (n: number) => {
		throw new RangeError(`no ${n}`);
	},
};

const PROGRAMS: Readonly<Record<string, string>> = {
	'questions in a loop': `const out = [];
		for (let i = 0; i < 3; i++) out.push(await suspend({ i, out }), (await work(i)).n);
		return out;`,
	'an effect that fails': `try { await fail(1); } catch (error) { return [error.message, await suspend('caught')]; } finally { await emit('finally'); }`,
	'branches that ask': `return await Promise.all([1, 2].map(async (n) => [await work(n), await suspend(n)]));`,
	'a failure in the end': `const first = await suspend('first'); await emit(first); throw Object.assign(new TypeError('the end'), { first });`,
	'events and marks': `for (let i = 0; i < 4; i++) { await emit({ i }); if (i === 2) await mark('two'); await suspend(i); } return new Map([['a', new Date(0)]]);`,
	'a message and a question': `const m = receive('m'); const q = await suspend('q'); return [q, await m];`,
};

const programs = Object.entries(PROGRAMS).map(([name, body]) => {
	const { main } = compile(
		`import { emit, mark, receive, suspend } from '@perdure/runtime';
		import { work, fail } from '#world';
		export async function main() { "use durable"; ${body} }`,
		{ '#world': world },
		{ filename: `${name.replaceAll(' ', '-')}.ts` },
	).exports as { main: () => Promise<unknown> };
	return [name, main] as const;
});

/** What a person would compare: values, not moments or ids of runs. */
interface Seen {
	readonly outcomes: unknown[];
	readonly log: unknown[];
	readonly emitted: unknown[];
}

function seenOf(outcome: Outcome<unknown>): unknown {
	switch (outcome.status) {
		case 'completed':
			return ['completed', outcome.value];
		case 'failed':
			return ['failed', String(outcome.error)];
		case 'suspended':
			return ['suspended', outcome.value];
		default:
			return [outcome.status];
	}
}

function entriesOf(log: readonly LogEntry[]): unknown[] {
	return log.map(({ startedAt: _, endedAt: __, frames, settledSeq, ...entry }) => {
		// Bytes of a mark hold times too.
		return { ...entry, settled: settledSeq !== null, frames: frames !== undefined };
	});
}

/** `again`: a fresh engine before each answer, which loads the run from what is stored. */
async function inEngine(main: () => Promise<unknown>, store: Store, again: boolean): Promise<Seen> {
	let engine = createEngine({ store, log: 'all' });
	const { id } = await engine.start(main, [], { id: 'run' });
	const outcomes: unknown[] = [];
	for (;;) {
		if (again) {
			await engine.close();
			engine = createEngine({ store, log: 'all' });
		}
		const outcome = await engine.get(id).next(SOON);
		outcomes.push(seenOf(outcome));
		if (outcome.status !== 'suspended') break;
		if (outcome.value === undefined) await engine.get(id).send('m', 'message');
		else await engine.get(id).resume(outcomes.length, { suspension: outcome.id });
	}
	const log = entriesOf(await engine.get(id).log());
	const emitted: unknown[] = [];
	const events = log.filter((entry) => (entry as LogEntry).kind === 'emit').length;
	const consumer = engine.outbox();
	while (emitted.length < events) emitted.push(((await consumer.next()).value as { event: unknown }).event);
	await engine.close();
	return { outcomes, log, emitted };
}

/** `bytes`: each answer is given to the continuation as it comes out of its bytes. */
async function inProcess(main: () => Promise<unknown>, bytes: boolean): Promise<Seen> {
	const outcomes: unknown[] = [];
	const emitted: unknown[] = [];
	let outcome = await run(main, [], { id: 'run' });
	for (;;) {
		outcomes.push(seenOf(outcome));
		emitted.push(...outcome.emitted);
		if (outcome.status !== 'suspended') break;
		const { continuation } = outcome;
		const next = bytes ? Continuation.fromBytes<unknown>(continuation.toBytes({ log: true })) : continuation;
		outcome =
			outcome.value === undefined
				? await next.send('m', 'message')
				: await next.resume(outcomes.length, { suspension: outcome.id });
	}
	return { outcomes, log: entriesOf(outcome.log), emitted };
}

describe.each(programs)('%s', (_, main) => {
	it('is the same hot and cold, in an engine', async () => {
		const hot = await inEngine(main, memory(), false);
		expect(hot.outcomes.length).toBeGreaterThan(1);
		expect(hot.log.length).toBeGreaterThan(0);
		expect(await inEngine(main, memory(), true)).toEqual(hot);
		expect(await inEngine(main, sqlite(':memory:'), false)).toEqual(hot);
		expect(await inEngine(main, sqlite(':memory:'), true)).toEqual(hot);
	});

	it('is the same hot and cold, without one', async () => {
		const hot = await inProcess(main, false);
		expect(await inProcess(main, true)).toEqual(hot);
		const { outcomes, emitted } = await inEngine(main, memory(), true);
		expect({ outcomes, emitted }).toEqual({ outcomes: hot.outcomes, emitted: hot.emitted });
	});

	it('tells each outcome to whoever iterates, in whichever process', async () => {
		const store = memory();
		const driver = createEngine({ store });
		const watcher = createEngine({ store, worker: false });
		const handle = await driver.start(main, [], { id: 'run' });
		const seen: unknown[] = [];
		for await (const outcome of watcher.get<unknown>(handle.id).outcomes(SOON)) {
			seen.push(seenOf(outcome));
			if (outcome.status !== 'suspended') continue;
			if (outcome.value === undefined) await watcher.get(handle.id).send('m', 'message');
			else await watcher.get(handle.id).resume(seen.length, { suspension: outcome.id });
		}
		expect(seen).toEqual((await inEngine(main, memory(), false)).outcomes);
		await Promise.all([driver.close(), watcher.close()]);
	});
});

it('tells each of several suspensions once, answered or not, and those that open beside them', async () => {
	const { main } = compile(
		`import { suspend } from '@perdure/runtime';
		export async function main() { "use durable";
			return await Promise.all([suspend('a'), suspend('b'), suspend('c').then((c) => suspend('after ' + c))]);
		}`,
	).exports as { main: () => Promise<unknown> };
	const engine = createEngine({ store: memory() });
	const handle = await engine.start(main, []);
	const asked: unknown[] = [];
	const ids = new Map<unknown, string>();
	const answer = (value: string, given: string) => handle.resume(given, { suspension: ids.get(value)! });
	for await (const outcome of handle.outcomes(SOON)) {
		asked.push(seenOf(outcome));
		if (outcome.status !== 'suspended') break;
		ids.set(outcome.value, outcome.id);
		if (outcome.value === 'c') await answer('c', '3');
		if (outcome.value === 'after 3') {
			for (const [value, given] of [
				['after 3', '4'],
				['b', '2'],
				['a', '1'],
			] as const)
				await answer(value, given);
		}
	}
	expect(asked).toEqual([
		...['a', 'b', 'c', 'after 3'].map((value) => ['suspended', value]),
		['completed', ['1', '2', '4']],
	]);
	await engine.close();
});

it('lets go of its timer and its signal when it has what it waited for', async () => {
	const timers = new Set<() => void>();
	const changes = new Changes({
		now: () => 0,
		timer(_, fire) {
			timers.add(fire);
			return () => timers.delete(fire);
		},
	});
	const { signal } = new AbortController();
	let found: string | undefined;
	const waiting = changes.until('run', 'it', async () => found, { timeout: 1000, signal });
	await new Promise(setImmediate);
	expect([timers.size, getEventListeners(signal, 'abort').length]).toEqual([1, 1]);
	found = 'found';
	changes.moved('run');
	expect(await waiting).toBe('found');
	expect([timers.size, getEventListeners(signal, 'abort').length]).toEqual([0, 0]);
});

it('stops waiting at a time-out or when told to, and the run goes on', async () => {
	const engine = createEngine({ store: memory() });
	const handle = await engine.start(programs[1]![1], []);
	const first = await handle.next();
	await expect(handle.settled({ timeout: 10 })).rejects.toMatchObject({ code: 'PD10007' });
	const aborted = AbortSignal.abort(new RangeError('enough'));
	await expect(handle.settled({ signal: aborted })).rejects.toThrow('enough');
	await expect(handle.outcomes({ signal: aborted }).next()).rejects.toThrow('enough');
	expect(await handle.next()).toMatchObject({ id: (first as { id: string }).id });
	await handle.resume(1);
	expect(await handle.result()).toEqual(['no 1', 1]);
	await engine.close();
});

it('what the log does not keep is counted alike in memory and in a store', async () => {
	const [, main] = programs.find(([name]) => name === 'events and marks')!;
	const log = { keep: 'iteration', exclude: 'emit' } as const;
	let outcome = await run(main, [], { log });
	while (outcome.status === 'suspended') outcome = await outcome.continuation.resume(1, { log });
	await using engine = createEngine({ store: sqlite(':memory:'), log });
	const handle = await engine.start(main, []);
	while ((await handle.next()).status === 'suspended') await handle.resume(1);
	const prunedOf = (entries: readonly LogEntry[]) => entriesOf(entries.filter(({ kind }) => kind === 'pruned'));
	expect(prunedOf(outcome.log)).toHaveLength(2);
	expect(prunedOf(await handle.log())).toEqual(prunedOf(outcome.log));
});
