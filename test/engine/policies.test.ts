/** Retries of an engine's runs: the delays are in the store, so that whoever is there when one ends goes on. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
	createEngine,
	currentEffect,
	type EffectPolicy,
	type Engine,
	effect,
	type RunHandle,
	type Store,
} from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { sqlite } from '@perdure/runtime/sqlite';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { compile } from '../support/compile.ts';
import { SOON } from '../support/soon.ts';
import { FAULTS, type Fault, FaultyStore } from './faulty-store.ts';
import { persistence } from './persist.ts';

const folder = mkdtempSync(join(tmpdir(), 'perdure-policies-'));
let files = 0;
const file = () => join(folder, `${++files}.db`);

const STORES: [string, () => Store, () => Store][] = [
	['memory', () => memory(), () => memory()],
	['sqlite', () => sqlite(':memory:'), () => sqlite(file())],
];

interface Attempt {
	readonly n: number;
	readonly key: string;
	readonly attempt: number;
}

/** Two effects one after the other, each of which fails `failures` times. */
function program(failures: number, policy: Partial<EffectPolicy> = {}) {
	const seen: Attempt[] = [];
	const failed = new Map<number, number>();
	const act = async (n: number) => {
		const { key, attempt } = currentEffect();
		seen.push({ n, key, attempt });
		const before = failed.get(n) ?? 0;
		if (before >= failures) return n;
		failed.set(n, before + 1);
		throw new Error(`no ${n}`);
	};
	const { exports } = compile(
		`import { act } from 'world';
		export async function main() { "use durable"; const out = []; for (let i = 0; i < 2; i++) { try { out.push(await act(i)); } catch (error) { out.push(error.name); } } return out; }`,
		{ world: { act: effect(act, { retry: { attempts: 4, delay: 5, factor: 1 }, ...policy }) } },
	);
	return { main: exports['main'] as () => Promise<unknown[]>, seen };
}

const engines: Engine[] = [];
function engineOn(store: Store): Engine {
	const engine = createEngine({ store });
	engines.push(engine);
	return engine;
}
afterEach(async () => {
	await Promise.all(engines.splice(0).map((engine) => engine.close({ grace: 0 })));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function waiting(handle: RunHandle<unknown>): Promise<void> {
	while ((await handle.status()) !== 'waiting') await new Promise((resolve) => setTimeout(resolve, 1));
}

describe.each(STORES)('on %s', (_, make, makeLasting) => {
	it('a run that waits for the next attempt is parked, and goes on in the engine that is there', async () => {
		const store = makeLasting();
		const { main, seen } = program(1, { retry: { attempts: 2, delay: 150 } });
		const first = engineOn(store);
		const handle = await first.start(main, [], { id: 'run' });
		await waiting(handle);
		const { waitingFor } = await handle.describe();
		expect(waitingFor).toMatchObject([{ kind: 'time', until: expect.any(Date) }]);
		expect((await handle.inspect()).pending).toMatchObject([{ kind: 'effect', until: waitingFor[0]!.until }]);
		expect(seen).toHaveLength(1);
		await first.close();
		expect(await engineOn(store).get('run').result(SOON)).toEqual([0, 1]);
		expect(seen.map(({ n, attempt }) => [n, attempt])).toEqual([
			[0, 1],
			[0, 2],
			[1, 1],
			[1, 2],
		]);
	});

	it('a cancellation ends the delay', async () => {
		const { main, seen } = program(9, { retry: { attempts: 9, delay: '1 hour' } });
		const handle = await engineOn(make()).start(main, []);
		await waiting(handle);
		await handle.cancel('enough');
		expect(await handle.settled(SOON)).toMatchObject({ status: 'cancelled', reason: 'enough' });
		expect(seen).toHaveLength(1);
	});

	it("interrupted: 'throw' holds for an effect that was cut off when its engine closed, not for one that had failed", async () => {
		const store = makeLasting();
		let calls = 0;
		const { exports } = compile(
			`import { act } from 'world'; export async function main() { "use durable"; try { return await act(); } catch (error) { return [error.name, error.attempt]; } }`,
			{
				world: {
					act: effect(
						async () => {
							if (++calls === 1) throw new Error('the first fails');
							await new Promise(() => {});
						},
						{ interrupted: 'throw', retry: { attempts: 2, delay: 1 } },
					),
				},
			},
		);
		const first = engineOn(store);
		await first.start(exports['main'] as () => Promise<unknown>, [], { id: 'run' });
		while (calls < 2) await new Promise((resolve) => setTimeout(resolve, 1));
		await first.close({ grace: 0 });
		expect(await engineOn(store).get('run').result(SOON)).toEqual(['EffectInterruptedError', 2]);
		expect(calls).toBe(2);
	});

	it.each(FAULTS)('survives each write that is %s', async (fault) => {
		for (let at = 1; ; at++) {
			const { main, seen } = program(2);
			const { ended, struck } = await withFault(make(), fault, at, main);
			expect(ended, `write ${at}`).toMatchObject({ status: 'completed', value: [0, 1] });
			for (const n of [0, 1]) {
				const own = seen.filter((attempt) => attempt.n === n);
				expect(new Set(own.map(({ key }) => key)).size, `write ${at}`).toBe(1);
				// One more where a crash cut one off; the number of each is its own.
				const attempts = own.map(({ attempt }) => attempt);
				expect(attempts.length, `write ${at}`).toBeGreaterThanOrEqual(3);
				expect(attempts.length, `write ${at}`).toBeLessThanOrEqual(fault.startsWith('crash') ? 4 : 3);
				expect(new Set(attempts).size, `write ${at}: ${attempts}`).toBe(attempts.length);
			}
			if (!struck) return expect(at).toBeGreaterThan(8);
		}
	});

	it.each(FAULTS)(
		"interrupted: 'throw' makes no attempt that might be a second one, at each write that is %s",
		async (fault) => {
			let thrown = 0;
			for (let at = 1; ; at++) {
				const { main, seen } = program(0, { interrupted: 'throw' });
				const { ended, struck } = await withFault(make(), fault, at, main);
				if (ended.status !== 'completed') throw new Error(ended.status);
				for (const n of [0, 1]) {
					const attempts = seen.filter((attempt) => attempt.n === n).length;
					const value = (ended.value as unknown[])[n];
					expect(attempts, `write ${at}`).toBeLessThanOrEqual(1);
					if (value !== n) {
						expect(value, `write ${at}`).toBe('EffectInterruptedError');
						thrown++;
					} else expect(attempts, `write ${at}`).toBe(1);
				}
				if (struck) continue;
				expect(thrown > 0).toBe(fault.startsWith('crash'));
				return;
			}
		},
	);
});

async function withFault(inner: Store, fault: Fault, at: number, main: () => Promise<unknown[]>) {
	const store = new FaultyStore(inner, fault, at);
	const { persist, engine } = persistence(store, inner, engineOn);
	await persist(() => engine().start(main, [], { id: 'run' }));
	const ended = await persist(() => engine().get('run').settled(SOON));
	await engine().close({ grace: 0 });
	return { ended, struck: store.struck };
}

describe('a process that is killed while a delay runs', () => {
	it('leaves the delay to the next one', async () => {
		const [database, journal] = [file(), join(folder, 'journal')];
		const lines = () => (existsSync(journal) ? readFileSync(journal, 'utf8').trim().split('\n') : []);
		const child = process(database, journal);
		const dead = new Promise((resolve) => child.on('exit', (_, signal) => resolve(signal)));
		await said(child, 'waiting');
		const failedAt = JSON.parse(lines()[0]!).at as number;
		child.kill('SIGKILL');
		expect(await dead).toBe('SIGKILL');
		const next = process(database, journal);
		const over = new Promise((resolve) => next.on('exit', resolve));
		expect(await said(next, 'result')).toBe('result attempt 2');
		await over;
		const [first, second, ...more] = lines().map((line) => JSON.parse(line));
		expect(more).toEqual([]);
		expect([first.attempt, second.attempt]).toEqual([1, 2]);
		expect(second.key).toBe(first.key);
		expect(second.at - failedAt).toBeGreaterThanOrEqual(3000);
	});

	function process(...args: string[]) {
		const child = fileURLToPath(new URL('policies/child.ts', import.meta.url));
		const sources = new URL('../support/sources.ts', import.meta.url).href;
		return spawn(globalThis.process.execPath, ['--import', sources, child, ...args], {
			stdio: ['ignore', 'pipe', 'inherit'],
			env: { ...globalThis.process.env, NODE_OPTIONS: '' },
		});
	}

	async function said(child: ReturnType<typeof process>, what: string): Promise<string> {
		let text = '';
		for await (const chunk of child.stdout!.iterator({ destroyOnReturn: false })) {
			text += chunk;
			const line = text
				.split('\n')
				.slice(0, -1)
				.find((each) => each.startsWith(what));
			if (line !== undefined) return line;
		}
		throw new Error(`the process ended without '${what}': ${text}`);
	}
});
