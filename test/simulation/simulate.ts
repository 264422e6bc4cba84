import { setImmediate as pass } from 'node:timers/promises';
import { createEngine, currentEffect, type Engine, effect, type Outcome, type Store } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { sqlite } from '@perdure/runtime/sqlite';
import { VirtualClock } from '../../packages/testing/src/virtual-clock.ts';
import { compile } from '../support/compile.ts';
import { Random } from '../support/generate/random.ts';
import { Ledger } from './ledger.ts';
import { type Emitted, generate, ownerOf, type PlainWorld } from './program.ts';
import { UnreliableStore, type Weather } from './unreliable-store.ts';

export type StoreName = 'memory' | 'sqlite';

/** What became of a simulation, for whoever counts. */
export interface Tally {
	readonly runs: number;
	readonly crashes: number;
	readonly attempts: number;
	/** Attempts that were not the first of their effect. */
	readonly repeated: number;
	readonly cancelled: number;
	/** Child runs that were started. */
	readonly children: number;
	/** Events that consumers were handed. */
	readonly delivered: number;
}

/** How a run ended: as the plain function does, or before. */
type End = 'cancelled' | 'ended';

const RUNS = 3;
const PROCESSES = 3;
/** Virtual time of the storm (ms), and how long all may take once it is over. */
const STORM = 4000;
const CALM = 3_600_000;

/**
 * One seed decides it all: the program, what its effects give and when, what clients send, ask twice and
 * cancel, which calls of the store fail or come late, which processes die and when. After the storm every
 * run must end as the plain function does; the ledger watches every step.
 * @throws Error with what was broken. The same seed does the same again.
 */
export async function simulate(seed: number, on: StoreName): Promise<Tally> {
	const random = new Random(seed);
	const clock = new VirtualClock(1_000_000_000_000);
	const ids = {
		id: () => Array.from({ length: 26 }, () => 'abcdefghijklmnopqrstuvwxyz234567'[random.int(32)]).join(''),
		bytes: (n: number) => Uint8Array.from({ length: n }, () => random.int(256)),
	};
	const store: Store = on === 'memory' ? memory({ clock }) : sqlite(':memory:', { clock, random: ids });
	const ledger = new Ledger();
	const log = random.pick(['all', 'iteration', 'iteration', 'none'] as const);
	const weather: Weather = { lost: 0.02, unknown: 0.02, crash: random.pick([0, 0.01, 0.04]) };
	const delay = (ms: number) => new Promise<void>((resolve) => void clock.timer(clock.now() + ms, resolve));

	const program = generate(seed);
	const world = worldOf(seed);
	const expected = await ending(program.plain(world.plain));
	async function work(call: string): Promise<string> {
		const { runId, key, attempt } = currentEffect();
		ledger.perform({ run: runId, call, key, attempt });
		await delay(random.int(random.chance(0.1) ? 2000 : 30));
		return world.plain.work(call);
	}
	/** Failures that are still to come, of each call. */
	const moods = new Map<string, number>();
	async function moody(call: string): Promise<string> {
		const name = `${currentEffect().runId} ${call}`;
		const mood = moods.get(name) ?? Math.floor(fate(seed, name) * 4);
		moods.set(name, mood - 1);
		const done = await work(`steady ${call}`);
		if (mood > 0) throw new Error('not now');
		return done;
	}
	const retry = { attempts: 4, delay: 50, jitter: random.chance(0.5) };
	const { exports } = compile(program.source, {
		world: { work, steady: effect(moody, { retry, timeout: '1 minute' }) },
	});
	const main = exports['main'] as (at: string) => Promise<unknown>;

	const problems: Error[] = [];
	let crashes = 0;
	const alive: Engine[] = [];
	const deaths = new WeakMap<Engine, Promise<never>>();
	function boot(): void {
		let die: (error: Error) => void;
		const death = new Promise<never>((_, reject) => (die = reject));
		death.catch(() => {});
		const unreliable = new UnreliableStore(store, {
			clock,
			random,
			weather,
			ledger,
			onCrash() {
				crashes++;
				alive.splice(alive.indexOf(engine), 1);
				die(new Error('the process died'));
				void delay(random.int(300)).then(boot);
			},
		});
		const engine = createEngine({ store: unreliable, clock, random: ids, log });
		deaths.set(engine, death);
		alive.push(engine);
	}
	for (let i = 0; i < PROCESSES; i++) boot();

	/** What a client does until it is told that it is done: any process will do. */
	async function persist<T>(step: (engine: Engine) => Promise<T>): Promise<T> {
		for (;;) {
			if (alive.length === 0) await delay(10);
			else {
				const engine = random.pick(alive);
				try {
					return await Promise.race([step(engine), deaths.get(engine)!]);
				} catch (error) {
					if (!/the store failed|the process died|closed/.test(String((error as Error).message))) throw error;
					await delay(random.int(20));
				}
			}
		}
	}

	async function client(id: string): Promise<End> {
		await delay(random.int(500));
		await persist((engine) => engine.start(main, ['r'], { id }));
		if (random.chance(0.3)) await persist((engine) => engine.start(main, ['r'], { id }));
		const cancels = random.chance(0.25);
		const over = { yes: false };
		const helpers = [post(id), watch(id, over)];
		if (cancels) helpers.push(delay(random.int(3000)).then(() => persist((engine) => engine.get(id).cancel('enough'))));
		await answer(id);
		const ended = await persist((engine) => engine.get(id).settled());
		over.yes = true;
		await Promise.all(helpers);
		ledger.read(id, ended.log);
		ledger.ended(id);
		if (ended.status === 'cancelled' && cancels) return 'cancelled';
		same(
			id,
			ending(
				ended.status === 'completed'
					? Promise.resolve(ended.value)
					: Promise.reject(ended.status === 'failed' ? ended.error : ended),
			),
		);
		return 'ended';
	}
	async function same(id: string, got: Promise<string>): Promise<void> {
		const was = await got;
		if (was !== expected) problems.push(new Error(`${id} ended with\n${was}\nthe plain function with\n${expected}`));
	}
	/** Answers what is asked, sometimes twice, and sees that no other answer gets through afterwards. */
	async function answer(id: string): Promise<void> {
		for (;;) {
			const outcome: Outcome<unknown> = await persist((engine) => engine.get(id).next());
			if (outcome.status !== 'suspended') return;
			const open = { suspension: outcome.id };
			if (typeof outcome.value !== 'string') {
				// A wait for a message: it comes without us.
				await delay(random.int(50));
				continue;
			}
			const right = world.answer(outcome.value);
			for (let times = random.chance(0.2) ? 2 : 1; times > 0; times--) {
				await persist((engine) => engine.get(id).resume(right, open)).catch(unlessOver);
			}
			if (random.chance(0.2)) {
				const wrong = await persist((engine) => engine.get(id).resume('another', open)).then(
					() => 'accepted',
					(error) => error.name,
				);
				if (wrong === 'accepted') problems.push(new Error(`${id}: a second answer to ${outcome.value} was accepted`));
			}
		}
	}

	/** Sends what the plain function received, name by name in order, some of it twice. */
	async function post(id: string): Promise<void> {
		await Promise.all(
			[...world.received].map(async ([name, count]) => {
				if (ownerOf(rootOf(id), name) !== id) return;
				for (let n = 0; n < count; n++) {
					await delay(random.int(200));
					for (let times = random.chance(0.2) ? 2 : 1; times > 0; times--) {
						const sent = persist((engine) => engine.get(id).send(name, world.message(name, n), { id: `${name} ${n}` }));
						await sent.catch(unlessOver);
					}
				}
			}),
		);
	}

	async function watch(id: string, over: { yes: boolean }): Promise<void> {
		while (!over.yes) {
			ledger.read(id, await persist((engine) => engine.get(id).log()));
			await delay(random.int(400));
		}
	}

	/** Sees to what runs start: children are answered and sent what they wait for as well, and end by themselves. */
	async function attend(roots: readonly string[], over: Promise<unknown>): Promise<readonly string[]> {
		const children = new Map<string, Promise<void>>();
		let last = false;
		void over.then(() => (last = true)).catch(() => {});
		for (;;) {
			const before = children.size;
			const final = last;
			const all = await persist(idsOf);
			for (const id of all) if (!roots.includes(id) && !children.has(id)) children.set(id, tend(id));
			if (final && children.size === before) break;
			if (final) await Promise.all(children.values());
			else await delay(random.int(200));
		}
		await Promise.all(children.values());
		return [...children.keys()];
	}

	async function tend(id: string): Promise<void> {
		await Promise.all([post(id), answer(id)]);
		const ended = await persist((engine) => engine.get(id).settled());
		ledger.ended(id);
		if (ended.status !== 'completed') problems.push(new Error(`${id} is ${ended.status}`, { cause: ended }));
	}

	/** Takes events out of the outbox, or goes away with them, or dies. */
	async function consume(stop: AbortSignal): Promise<void> {
		while (!stop.aborted) {
			await persist(async (engine) => {
				for await (const { runId, seq, event, ack } of engine.outbox({ batch: 1 + random.int(4), signal: stop })) {
					ledger.delivered(runId, seq, event);
					await delay(random.int(20));
					if (random.chance(0.1)) return;
					await ack();
					ledger.acknowledged(runId, seq);
				}
			}).catch((error) => {
				if (!stop.aborted && error.name !== 'EventLostError') throw error;
			});
		}
	}

	/** All that clients do, and that is to be true afterwards. */
	async function scenario(): Promise<{ readonly ends: readonly End[]; readonly children: number }> {
		const closing = new AbortController();
		const consumers = random.times(2, () => consume(closing.signal));
		const ids = random.times(RUNS, (index) => `run-${index}`);
		const working = Promise.all(ids.map(client));
		const children = await attend(ids, working);
		const ends = await working;
		// Whatever was emitted in the storm comes out afterwards.
		await delay(Math.max(0, storm - clock.now()) + 10_000);
		closing.abort();
		await Promise.all(consumers);
		const whole = (id: string) => children.includes(id) || ends[ids.indexOf(id)] === 'ended';
		for (const id of [...ids, ...children]) {
			const own = world.emitted.filter(({ at }) => ownerOf(rootOf(id), at) === id);
			ledger.emitted(id, own, whole(id));
		}
		return { ends, children: children.length };
	}

	let done = false;
	const storm = clock.now() + STORM;
	const clients = scenario().finally(() => (done = true));
	clients.catch(() => {});
	while (!done) {
		for (let i = 0; i < 4; i++) await pass();
		if (done) break;
		if (ledger.broken !== null) throw ledger.broken;
		if (clock.now() > storm) Object.assign(weather, { lost: 0, unknown: 0, crash: 0 });
		const { next } = clock;
		if (next === null || next > storm + CALM)
			throw new Error(`${next === null ? 'nothing moves' : 'too long'}, and not all runs have ended`);
		clock.moveTo(next);
	}
	const { ends, children } = await clients;
	for (let i = 0; i < 4; i++) await pass();
	const closing = Promise.all(alive.map((engine) => engine.close({ grace: 0 })));
	let closed = false;
	void closing.finally(() => (closed = true));
	while (!closed) {
		await pass();
		if (clock.next !== null) clock.moveTo(clock.next);
	}
	if (ledger.broken !== null) throw ledger.broken;
	if (problems.length > 0) throw problems[0];
	return {
		runs: ends.length,
		crashes,
		attempts: ledger.performed.length,
		repeated: ledger.performed.filter(({ attempt }) => attempt > 1).length,
		cancelled: ends.filter((end) => end === 'cancelled').length,
		children,
		delivered: ledger.deliveries,
	};
}

async function idsOf(engine: Engine): Promise<readonly string[]> {
	const ids: string[] = [];
	for await (const { id } of engine.list()) ids.push(id);
	return ids;
}

const rootOf = (id: string) => id.split(' ')[0]!;

function unlessOver(error: { name?: string }): void {
	if (error.name !== 'NotSuspendedError') throw error;
}

async function ending(promise: Promise<unknown>): Promise<string> {
	try {
		return JSON.stringify(await promise);
	} catch (error) {
		return `throws ${(error as Error).message ?? JSON.stringify(error)}`;
	}
}

/** Answers that depend on nothing but the question, and a count of the messages that the plain function takes. */
function worldOf(seed: number) {
	const received = new Map<string, number>();
	const message = (name: string, n: number) => `message ${n} of ${name}`;
	const answer = (call: string) => `answer to ${call}`;
	const emitted: Emitted[] = [];
	const plain: PlainWorld = {
		async work(call) {
			if (!/^(begin|clean|steady) /.test(call) && fate(seed, call) < 0.15) throw new Error(`no ${call}`);
			return `did ${call}`;
		},
		async suspend(call) {
			return answer(call);
		},
		async receive(name) {
			const n = received.get(name) ?? 0;
			received.set(name, n + 1);
			return message(name, n);
		},
		async steady(call) {
			return `did steady ${call}`;
		},
		async emit(event) {
			emitted.push(event);
		},
		async sleep() {},
		async mark() {},
		async start(part, [at]) {
			const result = part(at);
			return { result: () => result };
		},
		currentRun: () => ({ id: 'plain' }),
	};
	return { plain, received, emitted, message, answer };
}

/** A number in [0, 1) that only depends on the call. */
function fate(seed: number, call: string): number {
	let hash = seed;
	for (const char of call) hash = (Math.imul(hash, 31) + char.charCodeAt(0)) | 0;
	return new Random(hash).int(1000) / 1000;
}
