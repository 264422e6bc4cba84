/**
 * Programs that are answered, sent to, thrown into and cancelled, hot and cold: by `run` from memory and from bytes, by
 * an engine that keeps the run warm and by a fresh one over the same store each time. The outcomes, what effects did and
 * the log are the same in all of them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
	Continuation,
	createEngine,
	currentEffect,
	effect,
	type LogEntry,
	type LogOptions,
	type Outcome,
	run,
	type Store,
} from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { sqlite } from '@perdure/runtime/sqlite';
import { describe, expect, it } from 'vitest';
import { compile } from '../support/compile.ts';
import { SOON } from '../support/soon.ts';

type Act = 'resume' | 'throw' | 'send' | 'cancel';
type Main = () => Promise<unknown>;

const BRANCH = `async function branch(n) { "use durable"; try { await suspend(n); return n; } finally { await act('left ' + n); } }`;
const STREAM = `async function* stream() { "use durable"; try { for (let i = 0; ; i++) yield await suspend(i); } finally { await act('closed'); } }`;

/** What is done at each suspension in turn, and the program. */
const PROGRAMS: Readonly<Record<string, readonly [readonly Act[], string, helpers?: string]>> = {
	'nested frames': [
		['cancel'],
		`try { await middle(); } catch (e) { await act('main ' + e.name); } await act('never');`,
		`async function inner() { "use durable"; try { await suspend('q'); } catch (e) { await act('caught ' + e.reason.get('why')); throw e; } finally { await act('inner'); } }
		async function middle() { "use durable"; try { await inner(); } finally { await act('middle'); await sleep(2); await act('middle again'); } }`,
	],
	'clean-up that asks, cancelled again': [
		['cancel', 'cancel', 'resume'],
		`try { await suspend('q'); } finally { await act(await suspend('sure?')); }`,
	],
	'a catch in a loop': [
		['resume', 'cancel'],
		`for (let n = 0; ; n++) { try { await suspend('q'); } catch { await act('caught ' + n); } }`,
	],
	'a finally that overrides it': [
		['cancel'],
		`for (let n = 0; n < 3; n++) { try { await suspend(n); } finally { await act('finally ' + n); continue; } } return 'over';`,
	],
	'await using': [
		['cancel'],
		`await using a = { async [Symbol.asyncDispose]() { await act('dispose a'); await sleep(2); await act('disposed a'); } };
		await using b = { async [Symbol.asyncDispose]() { await act('dispose b'); } };
		await suspend('q');`,
	],
	'a disposal that fails': [
		['cancel'],
		`await using a = { async [Symbol.asyncDispose]() { await fail('a'); } }; await suspend('q');`,
	],
	'Promise.all': [
		['resume', 'cancel'],
		`try { return await Promise.all([branch(1), branch(2)]); } catch (e) { await act('caught ' + e.name); throw e; }`,
		BRANCH,
	],
	'Promise.allSettled': [
		['cancel'],
		`const all = await Promise.allSettled([branch(1), branch(2)]); await act('never'); return all;`,
		BRANCH,
	],
	'Promise.race': [
		['cancel'],
		`try { return await Promise.race([branch(1), branch(2)]); } finally { await act('main'); }`,
		BRANCH,
	],
	'a generator that waits': [
		['resume', 'resume', 'cancel'],
		`const out = []; try { for await (const x of stream()) { out.push(await act(x)); await suspend('between'); } } finally { await act(out.join()); }`,
		STREAM,
	],
	'a generator at its yield': [
		['resume', 'cancel'],
		`const out = []; try { for await (const x of stream()) { out.push(await act(x)); await suspend('between'); } } finally { await act(out.join()); }`,
		STREAM,
	],
	'messages in a loop': [
		['send', 'send', 'cancel'],
		`const out = []; try { for await (const m of receiveAll('m')) out.push(await act(m)); } finally { await act('got ' + out); }`,
	],
	'compensation in the catch': [
		['cancel', 'resume'],
		`const undo = []; try { await act('a'); undo.push(async () => act('undo a')); await act('b'); undo.push(async () => act('undo b')); await suspend('q'); }
		catch (e) { for (const one of undo.reverse()) await one(); await act(await suspend('undone?')); throw e; }`,
	],
	'clean-up that fails': [['cancel'], `try { await suspend('q'); } finally { await fail('clean-up'); }`],
	'clean-up that fails beside other clean-up': [
		['cancel'],
		`twice('other'); try { await suspend('q'); } finally { await fail('clean-up'); }`,
		`async function twice(label) { "use durable"; try { await suspend(label); } finally { await act(label); await sleep(2); await act(label + ' again'); } }`,
	],
	'another error in its place': [
		['cancel'],
		`try { await suspend('q'); } catch (cause) { throw new RangeError('instead', { cause }); }`,
	],
	'retries, in clean-up too': [
		['resume', 'cancel'],
		`await suspend('q'); try { await flaky('one'); await suspend('r'); } finally { await flaky('two'); }`,
	],
	'errors thrown into it': [
		['throw', 'throw', 'resume'],
		`for (;;) try { return await suspend('q'); } catch (e) { await act(e.message + e.extra); }`,
	],
	'fibers that wait for each other': [
		['cancel'],
		`const { promise, resolve } = Promise.withResolvers();
		const other = (async () => { try { await suspend('x'); } finally { await act('other'); resolve(1); } })();
		try { await promise; await other; } finally { await act('main'); }`,
	],
	'a return in its place': [['cancel'], `try { await suspend('q'); } finally { return await act('over'); }`],
};

let journal: string[] = [];
async function act(label: unknown): Promise<unknown> {
	journal.push(`${label} ${currentEffect().attempt}`);
	return label;
}
const flaky = effect(
	async (label: string) => {
		await act(label);
		if (currentEffect().attempt < 3) throw new Error('again');
	},
	{ retry: { attempts: 3, delay: 2, jitter: true } },
);
const fail = async (label: string) => {
	await act(label);
	throw new RangeError(`no ${label}`);
};

interface Seen {
	readonly outcomes: readonly unknown[];
	readonly log: readonly unknown[];
	readonly did: readonly string[];
}

function seenOf(outcome: Outcome<unknown>): unknown {
	const { log: _, emitted: __, ...facts } = outcome;
	if (facts.status === 'suspended') return ['suspended', facts.value];
	if (facts.status === 'failed') return ['failed', facts.error];
	return facts;
}

/** Keys, moments and the ids made of them differ. */
function entriesOf(log: readonly LogEntry[]): unknown[] {
	return log.map(({ startedAt: _, endedAt: __, key: ___, args, ...entry }) => {
		return { ...entry, args: entry.kind === 'sleep' ? [] : args };
	});
}

const reason = () => new Map([['why', 'enough']]);
const thrown = (extra: number) => Object.assign(new Error('thrown'), { extra });

async function byRun(main: Main, acts: readonly Act[], bytes: boolean, log: LogOptions): Promise<Seen> {
	journal = [];
	const outcomes: unknown[] = [];
	let outcome = await run(main, [], { log });
	for (const [at, next] of [...acts, null].entries()) {
		outcomes.push(seenOf(outcome));
		if (outcome.status !== 'suspended' || next === null) break;
		const { continuation, id: suspension } = outcome;
		const one = bytes ? Continuation.fromBytes<unknown>(continuation.toBytes({ log: true })) : continuation;
		if (next === 'cancel') outcome = await one.cancel(reason(), { log });
		else if (next === 'send') outcome = await one.send('m', at, { log });
		else if (next === 'resume') outcome = await one.resume(`answer ${at}`, { suspension, log });
		else outcome = await one.throw(thrown(at), { suspension, log });
	}
	return { outcomes, log: entriesOf(outcome.log), did: journal };
}

async function byEngine(
	main: Main,
	acts: readonly Act[],
	store: Store,
	again: boolean,
	log: LogOptions,
): Promise<Seen> {
	journal = [];
	const outcomes: unknown[] = [];
	let engine = createEngine({ store, log });
	await engine.start(main, [], { id: 'run' });
	let entries: LogEntry[] = [];
	for (const [at, next] of [...acts, null].entries()) {
		const outcome = await engine.get('run').next(SOON);
		outcomes.push(seenOf(outcome));
		entries = outcome.log;
		if (outcome.status !== 'suspended' || next === null) break;
		if (again) {
			await engine.close();
			engine = createEngine({ store, log });
		}
		const handle = engine.get('run');
		const { id: suspension } = outcome;
		if (next === 'cancel') await handle.cancel(reason());
		else if (next === 'send') await handle.send('m', at);
		else if (next === 'resume') await handle.resume(`answer ${at}`, { suspension });
		else await handle.throw(thrown(at), { suspension });
	}
	await engine.close({ grace: 0 });
	return { outcomes, log: entriesOf(entries), did: journal };
}

describe('a run that failed in its own clean-up', () => {
	const { main } = compile(
		`import { sleep, suspend } from '@perdure/runtime'; import { act } from 'world';
		async function twice(label) { "use durable"; try { await suspend(label); } finally { await act(label); await sleep(2); await act(label + ' again'); } }
		export async function main() { "use durable"; twice('other'); try { throw new RangeError('as it must'); } finally { await act('main'); } }`,
		{ world: { act } },
	).exports as { main: Main };
	const did = ['main 1', 'other 1', 'other again 1'];
	const failed = { status: 'failed', error: { message: 'as it must' } };

	it.each([false, true])(
		'does none of it again when it is cancelled, and all of the others (from bytes: %s)',
		async (bytes) => {
			journal = [];
			const outcome = await run(main, []);
			if (outcome.status !== 'failed') throw new Error(outcome.status);
			expect(journal).toEqual(['main 1']);
			const { continuation } = outcome;
			const one = bytes ? Continuation.fromBytes<unknown>(continuation.toBytes()) : continuation;
			expect(await one.cancel('enough')).toMatchObject(failed);
			expect(journal).toEqual(did);
		},
	);

	it.each([true, false])('nor in an engine (warm: %s)', async (warm) => {
		journal = [];
		const store = memory();
		let engine = createEngine({ store });
		await engine.start(main, [], { id: 'run' });
		expect(await engine.get('run').settled(SOON)).toMatchObject(failed);
		if (!warm) {
			await engine.close();
			engine = createEngine({ store });
		}
		await engine.get('run').cancel('enough');
		await expect.poll(() => journal).toEqual(did);
		await expect.poll(() => engine.get('run').status()).toBe('failed');
		expect(await engine.get('run').settled()).toMatchObject(failed);
		await engine.close();
	});
});

describe.each(Object.entries(PROGRAMS))('%s', (name, [acts, body, helpers = '']) => {
	const { main } = compile(
		`import { receiveAll, sleep, suspend } from '@perdure/runtime'; import { act, fail, flaky } from 'world';
		${helpers}
		export async function main() { "use durable"; ${body} }`,
		{ world: { act, fail, flaky } },
		{ filename: `${name.replaceAll(/\W+/g, '-')}.ts` },
	).exports as { main: Main };

	it.each<LogOptions>(['all', 'iteration'])('is the same in every way, with its log (%s)', async (log) => {
		const hot = await byRun(main, acts, false, log);
		expect(hot.outcomes.length).toBe(acts.length + 1);
		expect(hot.log.length).toBeGreaterThan(0);
		expect(await byRun(main, acts, true, log)).toEqual(hot);
		expect(await byEngine(main, acts, memory(), false, log)).toEqual(hot);
		const folder = mkdtempSync(join(tmpdir(), 'perdure-ways-'));
		try {
			expect(await byEngine(main, acts, sqlite(join(folder, 'runs.db')), true, log)).toEqual(hot);
		} finally {
			rmSync(folder, { recursive: true });
		}
	});
});
