import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as pass } from 'node:timers/promises';
import type { Clock, LogOptions, Outcome, Store } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { sqlite } from '@perdure/runtime/sqlite';
import { VirtualClock } from '../../packages/testing/src/virtual-clock.ts';
import { compile } from '../support/compile.ts';
import { Random } from '../support/generate/random.ts';
import { Clients, type End, settle } from './clients.ts';
import { Ledger } from './ledger.ts';
import { sourceOf } from './past.ts';
import { Processes } from './processes.ts';
import { generate } from './program.ts';
import { isPlain, Keys, unsealed } from './secrets.ts';
import { sealingAtOnce } from './subtle.ts';
import type { Weather } from './unreliable-store.ts';
import { bookedIn, expectations, liveWorld } from './world.ts';

/** `file`: each process with a connection of its own to one SQLite file. */
export type StoreName = 'memory' | 'sqlite' | 'file';

/** What became of a simulation, for whoever counts. */
export interface Tally {
	readonly runs: number;
	readonly crashes: number;
	/** Processes that were taken for dead and lived. */
	readonly expired: number;
	/** Turns that were refused because others had the run. */
	readonly fenced: number;
	readonly attempts: number;
	/** Attempts that were not the first of their effect. */
	readonly repeated: number;
	readonly cancelled: number;
	/** Failed runs that were tried again. */
	readonly retried: number;
	/** Child runs that were started. */
	readonly children: number;
	/** Runs that are forks of others. */
	readonly forked: number;
	/** Events that consumers were handed. */
	readonly delivered: number;
	/** How often something was stored that everybody can read, where nothing is sealed. */
	readonly readable: number;
	/** How often a run was set aside by somebody who lacked a key. */
	readonly blocked: number;
	/** Resources that were opened again. */
	readonly opened: number;
}

const RUNS = 3;
/** At most: of runs and of forks. */
const FORKS = 2;
/** One alone gets back what was taken from it while it still has it. */
const PROCESSES = [1, 3, 3];
/** Virtual time of the storm (ms), and how long all may take once it is over. */
const STORM = 4000;
const CALM = 3_600_000;

/** After how many looks at nothing there is nothing to come. */
const STILL = 1000;

const LOGS: readonly LogOptions[] = [
	'all',
	'iteration',
	'none',
	{ exclude: 'sleep', redact: /work/ },
	{ keep: 'all', include: ['effect', 'emit'] },
];

/**
 * One seed decides it all: the program, what its effects give and when, what clients send, fork, ask twice and
 * cancel, which calls of the store fail or come late, which processes die, stand still or are taken for dead,
 * and when. After the storm every run must end as the plain function does; the ledger watches every step.
 * @throws Error with what was broken. The same seed does the same again.
 */
export async function simulate(seed: number, on: StoreName): Promise<Tally> {
	const folder = on === 'file' ? mkdtempSync(join(tmpdir(), 'perdure-storm-')) : null;
	try {
		return await sealingAtOnce(() => storm(seed, on, folder));
	} finally {
		if (folder !== null) rmSync(folder, { recursive: true, force: true });
	}
}

async function storm(seed: number, on: StoreName, folder: string | null): Promise<Tally> {
	const random = new Random(seed);
	const time = new VirtualClock(1_000_000_000_000);
	const ids = {
		id: () => Array.from({ length: 26 }, () => 'abcdefghijklmnopqrstuvwxyz234567'[random.int(32)]).join(''),
		bytes: (n: number) => Uint8Array.from({ length: n }, () => random.int(256)),
	};
	// Its clock shows whole milliseconds, as clocks do.
	const clock: Clock = { now: () => Math.floor(time.now()), timer: (at, fire) => time.timer(at, fire) };
	const one: Store = on === 'memory' ? memory({ clock }) : sqlite(':memory:', { clock, random: ids });
	const store = () => (folder === null ? one : sqlite(join(folder, 'runs.db'), { clock, random: ids }));
	const ledger = new Ledger();
	const weather: Weather = { lost: 0.02, unknown: 0.02, crash: random.pick([0, 0.01, 0.04]) };
	const calm = time.now() + STORM;
	const delay = (ms: number) => new Promise<void>((resolve) => void time.timer(time.now() + ms, resolve));
	const problems: Error[] = [];

	const program = generate(seed);
	const mended = new Set<string>();
	const transactions = on !== 'memory';
	const storms = () => time.now() < calm;
	const world = liveWorld({ seed, random, ledger, transactions, mended, storms });
	const { exports } = compile(program.source, { world: world.module });
	const log = random.pick(LOGS);
	const keys = random.chance(0.3) ? new Keys() : null;
	const processes = new Processes(
		{ time, random, ids, store, weather, ledger, log, keys, calm },
		random.pick(PROCESSES),
	);
	const clients = new Clients({
		random,
		ledger,
		delay,
		persist: (step) => processes.persist(step),
		main: exports['main'] as (at: string) => Promise<unknown>,
		expectations: await expectations(program, seed),
		mended,
		problems,
	});

	/** All that clients do, and that is to be true afterwards. */
	async function scenario() {
		const closing = new AbortController();
		const consumers = random.times(2, () => clients.consume(closing.signal));
		const names = random.times(RUNS, (index) => `run-${index}`);
		const forks: string[] = [];
		for (let left = random.int(FORKS + 1); left > 0; left--) {
			forks.push(`${random.pick([...names, ...forks])}~${forks.length}`);
		}
		const working = Promise.all([
			...names.map(async (name) => [name, await clients.run(name)] as const),
			...forks.map(async (name) => [name, await clients.fork(name)] as const),
		]);
		const hands = keys === null ? [] : [rotated(keys), intruded()];
		const children = await clients.attend(working);
		const ends = new Map((await working).filter((ended): ended is readonly [string, End] => ended[1] !== null));
		// Whatever was emitted in the storm comes out afterwards.
		await delay(Math.max(0, calm - time.now()) + 10_000);
		closing.abort();
		await Promise.all([...consumers, ...hands]);
		if (keys !== null) await retired(keys, [...ends.keys(), ...children]);
		settle(ledger, ends, children, transactions ? await bookedIn(store()) : [], transactions);
		const forked = [...ends.keys()].filter((id) => sourceOf(id) !== null).length;
		return { ends: [...ends.values()], children: children.length, forked };
	}

	/** In the midst of it all processes get another key, and everything is sealed again, perhaps more than once. */
	async function rotated(keys: Keys) {
		await delay(random.int(1500));
		keys.rotate();
		await processes.renew();
		for (let times = random.int(3); times > 0; times--) {
			await processes.persist((engine) => engine.sealAgain());
			await delay(random.int(1000));
		}
	}

	async function intruded() {
		for (let times = random.int(3); times > 0; times--) {
			await delay(random.int(1500));
			await processes.intrude();
		}
	}

	/** Nothing in the store is readable, and with the new key alone all is as it was. */
	async function retired(keys: Keys, ids: readonly string[]) {
		const statusesOf = () => {
			return processes.persist((engine) => {
				return Promise.all(ids.map(async (id) => JSON.stringify(await engine.get(id).settled().then(shownOf))));
			});
		};
		const before = await statusesOf();
		await processes.persist((engine) => keys.retire(engine));
		await processes.renew();
		const after = await statusesOf();
		if (`${before}` !== `${after}`) problems.push(new Error(`sealed again, ${before} became ${after}`));
		if (await unsealed(store())) problems.push(new Error('not all that is stored is sealed'));
		const files = folder === null ? [] : readdirSync(folder).map((name) => readFileSync(join(folder, name)));
		if (files.some(isPlain)) problems.push(new Error('what was sealed is in a file of the store'));
	}

	/** Moves time on until that is done. */
	async function until<T>(what: Promise<T>, latest: number): Promise<T> {
		let done = false;
		let still = 0;
		what.finally(() => (done = true)).catch(() => {});
		for (;;) {
			for (let i = 0; i < 4; i++) await pass();
			if (done) return what;
			if (ledger.broken !== null) throw ledger.broken;
			if (!storms()) Object.assign(weather, { lost: 0, unknown: 0, crash: 0 });
			const { next } = time;
			// A store may need a while for what it does, though no time passes.
			if (next === null) {
				if (++still > STILL) throw new Error('nothing moves, and not all runs have ended');
				continue;
			}
			still = 0;
			if (next > latest) throw new Error('it takes too long: not all runs have ended');
			time.moveTo(next);
		}
	}

	const { ends, children, forked } = await until(scenario(), calm + CALM);
	await until(processes.close(), Number.POSITIVE_INFINITY);
	if (ledger.broken !== null) throw ledger.broken;
	if (problems.length > 0) throw problems[0];
	return {
		runs: ends.length,
		crashes: processes.crashes,
		expired: processes.expired,
		fenced: ledger.fenced,
		attempts: ledger.performed.length,
		repeated: ledger.performed.filter(({ attempt }) => attempt > 1).length,
		cancelled: ends.filter(({ cancelled }) => cancelled).length,
		retried: ends.filter(({ retries }) => retries > 0).length,
		children,
		forked,
		delivered: ledger.deliveries,
		readable: ledger.readable,
		blocked: ledger.blocks,
		opened: world.boxes.opened,
	};
}

/** What a run came to. */
function shownOf(ended: Outcome<unknown>): unknown {
	return [ended.status, 'value' in ended ? ended.value : String('error' in ended ? ended.error : ''), ended.log];
}
