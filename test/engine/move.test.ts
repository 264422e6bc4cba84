/**
 * `onMismatch: 'replay'`: a stored run that does not fit the code which is there now is moved to it by a replay of its
 * log (design/schema.md, "Restoring a frame", 4). Two versions of one module; nothing is done twice, whatever fails.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
	BlockedError,
	createEngine,
	currentEffect,
	type Engine,
	type EngineOptions,
	keyring,
	type LogEntry,
	resource,
	type Store,
} from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { sqlite } from '@perdure/runtime/sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { shared } from '../../packages/runtime/src/registry/shared.ts';
import { load, loadMain } from '../runtime/run/program.ts';
import { SOON } from '../support/soon.ts';
import { FAULTS, type Fault, FaultyStore } from './faulty-store.ts';

const seen: { name: string; key: string; attempt: number }[] = [];
/** By name, what its next calls wait for. */
const held = new Map<string, Promise<unknown>>();

class Line {
	readonly to: string;
	constructor(to: string) {
		this.to = to;
	}
	call(): string {
		return `calls ${this.to}`;
	}
}
resource(Line, { marshal: ({ to }) => to, unmarshal: async (to: string) => new Line(to), id: 'test/move#Line' });

const effect = (name: string) => async (value: unknown) => {
	const { key, attempt } = currentEffect();
	seen.push({ name, key, attempt });
	await held.get(name);
	return `${name}(${value})`;
};
const world = {
	...Object.fromEntries(['a', 'b', 'c', 'slow', 'fresh'].map((name) => [name, effect(name)])),
	dial: async (to: string) => new Line(to),
	/** Called before its turn is committed, it cannot know what effect it is. */
	fetched: async (value: unknown) => (seen.push({ name: 'fetched', key: '', attempt: 1 }), value),
	pending: async (value: unknown) => {
		seen.push({ name: 'pending', key: '', attempt: 1 });
		await held.get('pending');
		return value;
	},
	/** Calls what it is given in the turn. */
	each: (list: readonly unknown[], f: (value: unknown) => unknown) => Promise.all(list.map(f)),
};
const names = () => seen.map(({ name }) => name);

/** Loads a version of the program: from then on its functions are what the ids stand for. */
function version(body: string, helpers = ''): (...args: unknown[]) => Promise<unknown> {
	const imports = `import { emit, mark, receive, sleep, start, suspend } from '@perdure/runtime'; import { a, b, c, slow, fresh, fetched, pending, each, dial } from 'world';`;
	const { main } = load(`${imports} ${helpers} export async function main(x) { "use durable"; ${body} }`, world);
	return main as never;
}

const folder = mkdtempSync(join(tmpdir(), 'perdure-move-'));
let files = 0;
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const stores: Record<string, () => Store> = {
	memory: () => memory(),
	sqlite: () => sqlite(join(folder, `${files++}.db`)),
};

let engine: Engine | null = null;

async function open(store: Store, o: Partial<EngineOptions> = {}): Promise<Engine> {
	await engine?.close({ grace: 0 });
	engine = createEngine({ store, ...o });
	return engine;
}

beforeEach(() => {
	seen.length = 0;
	held.clear();
});
afterEach(async () => {
	await engine?.close({ grace: 0 });
	engine = null;
});

const BEFORE = `
	const first = await a(x);
	const second = await b(first);
	await emit({ paid: second });
	const answer = await suspend({ confirm: second });
	return [await c(answer)];`;
/** Another local is live at the open suspension. */
const AFTER = BEFORE.replace('await emit', 'const tax = first.length; await emit').replace(
	'[await c(answer)]',
	'[await c(answer), tax, x]',
);

const essence = (log: readonly LogEntry[]) => log.map(({ kind, name, state, key }) => ({ kind, name, state, key }));

describe.each(Object.keys(stores))('on %s', (name) => {
	let store: Store;
	beforeEach(() => {
		store = stores[name]!();
	});

	async function parked(before: string, o: Partial<EngineOptions> = {}, helpers = '', runs = ['r']) {
		const main = version(before, helpers);
		await open(store, o);
		for (const id of runs) {
			await engine!.start(main, ['in'], { id });
			await expect.poll(() => engine!.get(id).status(), { interval: 2 }).toBe('waiting');
		}
	}

	test.each([{}, { keyring: keyring({ current: 'k', keys: { k: new Uint8Array(32) } }) }])(
		'a run that is blocked by default goes on with the new code, and nothing is done again %#',
		async (o) => {
			await parked(BEFORE, o);
			const was = await engine!.get('r').log();
			const { id } = await suspended('r');
			version(AFTER);
			await open(store, o);
			// What waits is looked at when something comes for it.
			await engine!.get('r').send('anything');
			await expect(engine!.get('r').result()).rejects.toSatisfy(BlockedError.is);
			await open(store, { ...o, onMismatch: 'replay' });
			await expect.poll(() => engine!.get('r').status(), { interval: 2 }).toBe('waiting');
			const moved = await suspended('r');
			expect(moved).toMatchObject({ id, value: { confirm: 'b(a(in))' } });
			expect(essence(moved.log)).toEqual(essence(was));
			expect(names()).toEqual(['a', 'b']);
			const [frame] = (await engine!.get('r').inspect()).fibers[0]!.frames;
			expect(frame!.locals).toMatchObject({ tax: 5 });
			// From now on it is a run of the new code as any other.
			await open(store, o);
			await engine!.get('r').resume('yes', { suspension: id });
			expect(await engine!.get('r').result()).toEqual(['c(yes)', 5, 'in']);
			expect(names()).toEqual(['a', 'b', 'c']);
			expect(new Set(seen.map(({ key }) => key)).size).toBe(3);
			const events: unknown[] = [];
			for await (const { seq, event, ack } of engine!.outbox()) {
				events.push([seq, event]);
				await ack();
				break;
			}
			expect(events).toEqual([[3, { paid: 'b(a(in))' }]]);
		},
	);

	test('what it was given of live things is open for the code that is replayed', async () => {
		const before = `const line = await dial(x); const said = line.call(); await suspend(); return [said, line.call()];`;
		await parked(before);
		version(before.replace('said = line', 'heard = line').replace('[said', '[heard'));
		await open(store, { onMismatch: 'replay' });
		await engine!.get('r').resume();
		expect(await engine!.get('r').result(SOON)).toEqual(['calls in', 'calls in']);
	});

	test('a run that stands in a function which was removed goes on when replay is switched on later', async () => {
		const inner =
			'async function inner(x) { "use durable"; const first = await a(x); const answer = await suspend(first); return answer; }';
		await parked('return [await inner(x)];', {}, inner);
		await wake();
		version('const first = await a(x); const answer = await suspend(first); return [answer, first];');
		shared.functions.delete('perdure/subject#inner');
		await open(store);
		expect(await reason()).toMatchObject({ code: 'PD5002' });
		await open(store, { onMismatch: 'replay' });
		await suspended('r');
		await engine!.get('r').resume('yes');
		expect(await engine!.get('r').result()).toEqual(['yes', 'a(in)']);
		expect(names()).toEqual(['a']);
	});

	async function suspended(id: string) {
		const outcome = await engine!.get(id).next(SOON);
		if (outcome.status !== 'suspended') throw new Error(`it has ${outcome.status}`);
		return outcome;
	}

	/** Why the run was set aside. */
	async function reason(id = 'r') {
		await expect.poll(() => engine!.get(id).status(), { interval: 2 }).toBe('blocked');
		return (await engine!.get(id).describe()).blocked!;
	}

	/** A run that waits is looked at when something comes for it. */
	async function wake(o: Partial<EngineOptions> = {}) {
		await open(store, { ...o, worker: false });
		await engine!.get('r').send('anything');
	}

	async function moved(after: string, o: Partial<EngineOptions> = {}, helpers = '') {
		await wake(o);
		version(after, helpers);
		seen.length = 0;
		await open(store, { ...o, onMismatch: 'replay' });
	}

	test('an effect in flight keeps its key, and is another attempt; what is new behind it has a key of its own', async () => {
		const main = version('const one = await a(x); const two = await slow(one); return [one, two];');
		held.set('slow', new Promise(() => {}));
		await open(store);
		await engine!.start(main, ['in'], { id: 'r' });
		await expect.poll(names).toEqual(['a', 'slow']);
		const [, { key }] = seen as [unknown, { key: string }];
		const keys = new Set(seen.map((call) => call.key));
		await engine!.close({ grace: 0 });
		held.clear();
		await moved(
			'const one = await a(x); const y = one.length; const two = await slow(one); return [two, y, await fresh(two)];',
		);
		expect(await engine!.get('r').result()).toEqual(['slow(a(in))', 5, 'fresh(slow(a(in)))']);
		expect(seen).toMatchObject([
			{ name: 'slow', key, attempt: 2 },
			{ name: 'fresh', attempt: 1 },
		]);
		expect(keys.has(seen[1]!.key)).toBe(false);
	});

	test('timers keep their time, messages that wait are there, and mail that comes meanwhile is taken', async () => {
		const body =
			'const one = await a(x); const wake = sleep("1 day"); const m = [await receive("m")]; TAX m.push(await receive("n")); await wake; return [...m, TAIL];';
		const before = body.replace('TAX', '').replace('TAIL', 'one');
		await parked(before);
		const nap = (await engine!.get('r').log()).find(({ kind }) => kind === 'sleep')!;
		await engine!.get('r').send('n', 'early');
		await engine!.get('r').send('n', 'second');
		await expect.poll(async () => (await engine!.get('r').status()) === 'waiting').toBe(true);
		await open(store, { worker: false });
		await engine!.get('r').send('m', 'meanwhile');
		await moved(
			body
				.replace('TAX', 'const tax = one.length;')
				.replace('TAIL', 'one, tax')
				.replace('const m =', 'const tax0 = x; const m =')
				.replace('one, tax', 'one, tax, tax0'),
		);
		await expect
			.poll(async () => (await engine!.get('r').log()).filter(({ name }) => name === 'receive').length)
			.toBe(2);
		await expect.poll(() => engine!.get('r').status()).toBe('waiting');
		const { key, args, state } = (await engine!.get('r').log()).find(({ kind }) => kind === 'sleep')!;
		expect({ key, args, state }).toEqual({ key: nap.key, args: nap.args, state: 'started' });
		expect((await engine!.get('r').describe()).waitingFor).toHaveLength(1);
		expect(names()).toEqual([]);
		const { fibers } = await engine!.get('r').inspect();
		expect(fibers[0]!.frames[0]!.locals).toMatchObject({ m: ['meanwhile', 'early'], tax: 5, tax0: 'in' });
	});

	test.each([
		['pruned iterations', {}, 'for (const n of [1, 2]) await a(n);', 'PD7002', /pruned/],
		['no log', { log: 'none' }, 'await a(1);', 'PD7002', /not in the log/],
		['what was excluded', { log: { exclude: 'a' } }, 'await a(1);', 'PD7002', /excluded/],
		['what was redacted', { log: { redact: 'a' } }, 'await a(1);', 'PD7002', /redacted/],
	] as const)('what the log does not have blocks it, and nothing is lost: %s', async (_, o, body, code, message) => {
		const before = `${body} const answer = await suspend(1); return answer;`;
		await parked(before, o);
		const row = await stored('r');
		await moved(
			before.replace('const answer', 'const extra = 1; const answer').replace('return answer', 'return answer + extra'),
			o,
		);
		const blocked = await reason();
		expect(blocked).toMatchObject({ code, message: expect.stringMatching(message) });
		expect(blocked.message).toMatch(/slots .*extra.* were not saved/);
		for (const way of ["log: 'all'", 'mark()', 'migrate(']) expect(blocked.help).toContain(way);
		expect(names()).toEqual([]);
		expect(await stored('r')).toEqual(row);
		version(before);
		await open(store, o);
		await engine!.get('r').resume(41);
		expect(await engine!.get('r').result()).toBe(41);
		expect(names()).toEqual([]);
	});

	test('calls that are not awaited where they stand are answered, and one in flight keeps its key', async () => {
		const main = version(
			'const all = await Promise.all([1, 2].map((n) => fetched(n))); const p = pending(3); const one = await a(x); return [all, await p, one];',
		);
		held.set('pending', new Promise(() => {}));
		await open(store);
		await engine!.start(main, ['in'], { id: 'r' });
		await expect
			.poll(async () => (await engine!.get('r').log()).filter(({ state }) => state === 'executed'))
			.toHaveLength(3);
		const keys = (log: readonly LogEntry[]) => log.map(({ key }) => key);
		const was = keys(await engine!.get('r').log());
		await engine!.close({ grace: 0 });
		held.clear();
		seen.length = 0;
		version(
			'const all = await Promise.all([1, 2].map((n) => fetched(n))); const p = pending(3); const one = await a(x); const y = 5; return [all, await p, one, y];',
		);
		await open(store, { onMismatch: 'replay' });
		expect(await engine!.get('r').result()).toEqual([[1, 2], 3, 'a(in)', 5]);
		expect(names()).toEqual(['pending']);
		expect(keys(await engine!.get('r').log())).toEqual(was);
	});

	test('one that has called closures of the run in its turn would have to be made again: the run is set aside', async () => {
		const before =
			'const p = each([1, 2], (n) => fetched(n)); const all = await p; const answer = await suspend(all); return answer;';
		await parked(before);
		await moved(
			before.replace('const answer', 'const extra = 1; const answer').replace('return answer', 'return extra'),
		);
		expect(await reason()).toMatchObject({
			code: 'PD7002',
			message: expect.stringContaining('has called closures of the run'),
		});
		expect(names()).toEqual([]);
	});

	test('a fork of a run whose arguments were not kept says that they are missing', async () => {
		const inner = store;
		store = {
			async open(listener) {
				return Object.assign(await inner.open(listener), { input: async () => null });
			},
		};
		await parked(BEFORE);
		await engine!.get('r').fork({ id: 'f' });
		await expect.poll(() => engine!.get('f').status(), { interval: 2 }).toBe('waiting');
		store = inner;
		version(AFTER);
		await open(store, { onMismatch: 'replay' });
		await engine!.get('f').send('anything');
		expect(await reason('f')).toMatchObject({
			code: 'PD7002',
			message: expect.stringContaining('which were not kept'),
		});
	});

	/** What a move must leave as it is while it cannot be made. */
	async function stored(id: string) {
		const { waitingFor, startedAt } = await engine!.get(id).describe();
		return { waitingFor, startedAt, log: await engine!.get(id).log() };
	}

	test.each([
		[
			'another effect',
			AFTER.replace('await b(first)', 'await fresh(first)'),
			/entry 2.*the log has b .*the code did fresh/s,
		],
		['an effect too many', AFTER.replace('const second', 'await fresh(1); const second'), /fresh/],
		['an effect too few', AFTER.replace('await a(x)', '"none"'), /the log has a/],
		['an error', AFTER.replace('await emit', 'if (tax > 1) throw new Error("too dear"); await emit'), /too dear/],
		[
			'its end',
			'const first = await a(x); const second = await b(first); await emit({ paid: second }); return 1;',
			/the end of the run/,
		],
	])('code that does something else blocks it, and nothing is done: %s', async (_, after, message) => {
		await parked(BEFORE);
		const row = await stored('r');
		await moved(after);
		const blocked = await reason();
		expect(blocked).toMatchObject({ code: 'PD7001', message: expect.stringMatching(message) });
		expect(blocked.help).toContain('migrate(');
		expect(names()).toEqual([]);
		expect(await stored('r')).toEqual(row);
	});

	test('from a mark, where the log does not reach back further; messages since then are not taken twice', async () => {
		const before = `let total = 0;
			for (let i = 0; i < 9; i++) {
				await mark('turn');
				total += (await a(i)).length;
				const n = await receive('n');
				EXTRA
				if (await suspend(n) === 'end') return [total, n SHOWN];
			}`;
		const as = (extra: string, shown: string) => before.replace('EXTRA', extra).replace('SHOWN', shown);
		await parked(as('', ''));
		for (const n of [1, 2, 3]) await engine!.get('r').send('n', n);
		for (const n of [1, 2]) {
			expect(await suspended('r')).toMatchObject({ value: n });
			await engine!.get('r').resume(n);
		}
		const { id } = await until('r', 3);
		await engine!.get('r').send('n', 4);
		await expect.poll(() => engine!.get('r').status(), { interval: 2 }).toBe('waiting');
		await moved(as('const twice = n * 2;', ', twice'));
		await engine!.get('r').resume('on', { suspension: id });
		expect(await until('r', 4)).toMatchObject({ value: 4 });
		expect(names()).toEqual(['a']);
		await engine!.get('r').resume('end');
		expect(await engine!.get('r').result()).toEqual([16, 4, 8]);
	});

	async function until(id: string, value: unknown) {
		await expect.poll(async () => (await suspended(id)).value, { interval: 2 }).toBe(value);
		return suspended(id);
	}

	test('children are not started again: their handles are those of the log, and their end is heard of', async () => {
		const helpers = 'export async function child(n) { "use durable"; await a(n); return await suspend(n); }';
		const before =
			'const kids = []; for (const n of [1, 2]) kids.push(await start(child, [n])); EXTRA const got = await kids[0].result(); return [got, await kids[1].result() SHOWN];';
		const as = (extra: string, shown: string) => before.replace('EXTRA', extra).replace('SHOWN', shown);
		await parked(as('', ''), { log: 'all' }, helpers);
		const kids = (await engine!.get('r').log())
			.filter(({ kind }) => kind === 'start')
			.map(({ outcome }) => (outcome as { value: { id: string } }).value.id);
		for (const id of kids) await suspended(id);
		await open(store, { worker: false });
		await engine!.get(kids[0]!).resume('one');
		await moved(as('const count = kids.length;', ', count'), { log: 'all' }, helpers);
		await until(kids[1]!, 2);
		await engine!.get(kids[1]!).resume('two');
		expect(await engine!.get('r').result(SOON)).toEqual(['one', 'two', 2]);
		expect(names()).toEqual([]);
		let runs = 0;
		for await (const _ of engine!.list()) runs++;
		expect(runs).toBe(3);
	});

	test('a failed run that is tried again on the mended code is moved first, and does again what failed', async () => {
		let fails = true;
		const failing = { ...world, b: async (x: unknown) => (fails ? Promise.reject(new Error('no')) : effect('b')(x)) };
		const source = (extra: string) =>
			`import { a, b } from 'world'; export async function main(x) { "use durable"; const first = await a(x); ${extra} }`;
		const main = loadMain(source('return [await b(first)];'), failing);
		await open(store);
		await engine!.start(main, ['in'], { id: 'r' });
		await expect(engine!.get('r').result()).rejects.toThrow('no');
		fails = false;
		load(source('const n = first.length; const second = await b(first); return [second, n];'), failing);
		seen.length = 0;
		await open(store, { onMismatch: 'replay' });
		await engine!.get('r').retry();
		expect(await engine!.get('r').result()).toEqual(['b(a(in))', 5]);
		expect(seen).toMatchObject([{ name: 'b', attempt: 2 }]);
	});

	test('between two attempts it goes on waiting for the next', async () => {
		const source = (extra: string) => `import { effect } from '@perdure/runtime'; import { a } from 'world';
			const flaky = effect(async (x) => a(x), { retry: { attempts: 3, delay: '1 hour' } });
			export async function main(x) { "use durable"; ${extra} }`;
		const failing = { a: async (x: unknown) => (await effect('a')(x), Promise.reject(new Error('down'))) };
		const main = loadMain(source('return await flaky(x);'), failing);
		await open(store);
		await engine!.start(main, ['in'], { id: 'r' });
		await expect.poll(() => engine!.get('r').status(), { interval: 2 }).toBe('waiting');
		const [before] = (await engine!.get('r').inspect()).pending;
		await wake();
		load(source('const kept = [x]; const y = await flaky(x); return [y, kept];'), failing);
		await open(store, { onMismatch: 'replay' });
		await expect
			.poll(
				async () =>
					(
						await engine!
							.get('r')
							.inspect()
							.catch(() => null)
					)?.fibers[0]?.frames[0]?.locals,
				{ interval: 2 },
			)
			.toEqual({ kept: ['in'] });
		expect((await engine!.get('r').inspect()).pending).toEqual([{ ...before, at: expect.anything() }]);
		await expect.poll(() => engine!.get('r').status(), { interval: 2 }).toBe('waiting');
		expect(names()).toEqual(['a']);
	});

	test.each(FAULTS)('every write of it goes wrong once, and it is made once: %s', async (fault: Fault) => {
		const helpers =
			'async function branch(n) { "use durable"; return await slow(n); } export async function child(n) { "use durable"; return await b(n); }';
		const before =
			'const first = await a(x); const p = branch(first); await emit(first); const kid = await start(child, [1]); EXTRA const answer = await suspend("go"); return [await p, answer, await kid.result() SHOWN];';
		const as = (extra: string, shown: string) => before.replace('EXTRA', extra).replace('SHOWN', shown);
		for (let at = 1, struck = true; struck; at++) {
			store = stores[name]!();
			seen.length = 0;
			held.set('slow', new Promise(() => {}));
			const main = version(as('', ''), helpers);
			await open(store);
			await engine!.start(main, ['in'], { id: 'r' });
			await expect.poll(() => [...names()].sort(), { interval: 1 }).toEqual(['a', 'b', 'slow']);
			const { id } = await suspended('r');
			await engine!.close({ grace: 0 });
			held.clear();
			version(as('const size = first.length;', ', size'), helpers);
			const faulty = new FaultyStore(store, fault, at);
			let first = createEngine({ store: faulty, onMismatch: 'replay' });
			const crashed = new Promise<void>((resolve) => (faulty.onCrash = resolve));
			engine = first;
			await Promise.race([
				crashed,
				expect
					.poll(async () => names().filter((n) => n === 'slow').length > 1, {
						interval: 1,
						timeout: 4000,
						message: `${at}`,
					})
					.toBe(true),
			]);
			struck = faulty.struck;
			first.close({ grace: 0 });
			engine = createEngine({ store, onMismatch: 'replay' });
			first = engine;
			await engine.get('r').resume('yes', { suspension: id });
			expect(await engine.get('r').result({ timeout: 4000 }), `${at}`).toEqual(['slow(a(in))', 'yes', 'b(1)', 5]);
			expect(
				names()
					.filter((n) => n !== 'slow')
					.sort(),
				`${at}`,
			).toEqual(['a', 'b']);
			expect(new Set(seen.filter((call) => call.name === 'slow').map(({ key }) => key)).size).toBe(1);
			const events: unknown[] = [];
			for await (const { event } of engine.outbox()) {
				events.push(event);
				break;
			}
			expect(events).toEqual(['a(in)']);
			await engine.close({ grace: 0 });
		}
	});
});
