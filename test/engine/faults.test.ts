/**
 * Every write of a run, from its start to its end, goes wrong once: refused, written without an answer,
 * or with the death of the process before or after it. Whatever happens, the run ends right, no
 * committed outcome is lost, and a repeated attempt has the key of the first.
 */
import { createEngine, type Engine, type LogEntry, type RunHandle, type Store } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { sqlite } from '@perdure/runtime/sqlite';
import { afterEach, describe, expect, it } from 'vitest';
import { compile } from '../support/compile.ts';
import { SOON } from '../support/soon.ts';
import { FAULTS, type Fault, FaultyStore } from './faulty-store.ts';
import { persistence } from './persist.ts';
import { ask, collect, failing, loop, nap, resetWorld, tidy, work, world } from './programs.ts';

interface Program {
	readonly name: string;
	start(engine: Engine): Promise<unknown>;
	/** What its clients do after the start; each step may be done again. */
	steps?: ((handle: RunHandle<unknown>) => Promise<unknown>)[];
	readonly ends: object;
	/** Arguments of the effects that must have been performed, in order unless several are under way at once. */
	readonly performs: readonly number[];
	readonly atOnce?: true;
}

const id = 'run';
const answer = async (handle: RunHandle<unknown>) => {
	const outcome = await handle.next(SOON);
	if (outcome.status !== 'suspended') return;
	await handle.resume('you', { suspension: outcome.id });
};

const branches = compile(
	`import { work } from 'world';
	async function branch(n) { "use durable"; const first = await work(n); const second = await work(n + 4); return first + second; }
	export async function main() { "use durable"; return await Promise.all([branch(0), branch(1), branch(2), branch(3)]); }`,
	{ world: { work } },
).exports.main as () => Promise<string[]>;

const PROGRAMS: readonly Program[] = [
	{
		name: 'four branches of two effects each',
		start: (e) => e.start(branches, [], { id }),
		ends: { value: ['04', '15', '26', '37'] },
		performs: [0, 1, 2, 3, 4, 5, 6, 7],
		atOnce: true,
	},
	{ name: 'a loop', start: (e) => e.start(loop, [3], { id }), ends: { value: ['0', '1', '2'] }, performs: [0, 1, 2] },
	{
		name: 'a question',
		start: (e) => e.start(ask, ['name?'], { id }),
		steps: [answer],
		ends: { value: 'hello you' },
		performs: [1],
	},
	{
		name: 'messages',
		start: (e) => e.start(collect, [], { id }),
		steps: [1, 2, 'end'].map((m) => (handle) => handle.send('m', m, { id: `${m}` })),
		ends: { value: [1, 2] },
		performs: [],
	},
	{ name: 'a nap', start: (e) => e.start(nap, [5], { id }), ends: { value: true }, performs: [] },
	{
		name: 'a failure',
		start: (e) => e.start(failing, [2], { id }),
		ends: { error: { message: 'no 2' } },
		performs: [0, 1],
	},
	{
		name: 'a cancellation',
		start: (e) => e.start(tidy, [], { id }),
		steps: [(handle) => handle.next(SOON), (handle) => handle.cancel('enough')],
		ends: { status: 'cancelled', reason: 'enough' },
		performs: [0, 99],
	},
];

describe.each([
	['memory', () => memory()],
	['sqlite', () => sqlite(':memory:')],
] as [string, () => Store][])('on %s', (_, make) => {
	const engines: Engine[] = [];
	afterEach(async () => {
		await Promise.all(engines.splice(0).map((engine) => engine.close({ grace: 0 })));
	});

	describe.each(PROGRAMS)('$name', (program) => {
		it.each(FAULTS)('survives each write that is %s', async (fault) => {
			for (let at = 1; ; at++) if (!(await survives(make(), program, fault, at))) return expect(at).toBeGreaterThan(2);
		});
	});

	/** False when the program had fewer writes. */
	async function survives(inner: Store, program: Program, fault: Fault, at: number): Promise<boolean> {
		resetWorld();
		const crashes = fault.startsWith('crash');
		world.work = (n) => `${n}`;
		const store = new FaultyStore(inner, fault, at);
		const { persist, engine } = persistence(store, inner, (on) => {
			engines.push(createEngine({ store: on, log: 'all' }));
			return engines.at(-1)!;
		});
		await persist(() => program.start(engine()));
		for (const step of program.steps ?? []) await persist(() => step(engine().get(id)));
		const ended = await persist(() => engine().get(id).settled(SOON));
		expect(ended, `write ${at}`).toMatchObject(program.ends);
		checkEffects(program, crashes, at, ended.log);
		await engine().close({ grace: 0 });
		return store.struck;
	}

	function checkEffects(program: Program, crashes: boolean, at: number, log: readonly LogEntry[]): void {
		const byArgument = Map.groupBy(world.performed, ({ argument }) => argument);
		const performed = [...byArgument.keys()];
		expect(program.atOnce ? performed.sort() : performed, `write ${at}`).toEqual(program.performs);
		for (const [argument, attempts] of byArgument) {
			expect(new Set(attempts.map(({ key }) => key)).size, `write ${at}`).toBe(1);
			expect(attempts.length, `write ${at}: attempts of ${argument}`).toBeLessThanOrEqual(crashes ? 2 : 1);
			if (attempts.length > 1)
				expect(
					attempts.map((a) => a.attempt),
					`write ${at}`,
				).toEqual([1, 2]);
		}
		const effects = log.filter(({ kind }) => kind === 'effect');
		if (program.atOnce) effects.sort((a, b) => Number(a.args[0]) - Number(b.args[0]));
		expect(effects, `write ${at}`).toMatchObject(
			program.performs.map((n) => ({ state: 'executed', args: [n], outcome: { value: `${n}` } })),
		);
	}
});
