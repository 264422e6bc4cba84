import { type Engine, type Outcome, ResourceError } from '@perdure/runtime';
import type { Random } from '../support/generate/random.ts';
import type { Ledger } from './ledger.ts';
import { ownerOf } from './program.ts';
import { answerTo, type Expected, endingOf, messageOf, ownOf, rootOf } from './world.ts';

export interface ClientOptions {
	readonly random: Random;
	readonly ledger: Ledger;
	delay(ms: number): Promise<void>;
	persist<T>(step: (engine: Engine, theirs: () => boolean) => Promise<T>): Promise<T>;
	readonly main: (at: string) => Promise<unknown>;
	/** What the plain function does. */
	readonly expected: Expected;
	/** The same where these calls fail no more. */
	expect(mended: ReadonlySet<string>): Promise<Expected>;
	/** `run call`: of calls that fail no more. */
	readonly mended: Set<string>;
	readonly problems: Error[];
}

/** How a run ended: as the plain function does, or before. */
export interface End {
	readonly cancelled: boolean;
	/** How often it was tried again. */
	readonly retries: number;
	/** What the plain function does that it ended as. */
	readonly expected: Expected;
}

/** How often a failed run is tried again. */
const RETRIES = 3;
/** How long a consumer may hang (ms). */
const HANG = 5000;

/** What clients of the engines do: they start runs, answer, send, cancel and try again, and look at how it ends. */
export class Clients {
	readonly #o: ClientOptions;

	constructor(o: ClientOptions) {
		this.#o = o;
	}

	/** Starts a run and sees to it until its end. */
	async run(id: string): Promise<End> {
		const { random, ledger, delay, persist, main } = this.#o;
		await delay(random.int(500));
		for (let times = random.chance(0.3) ? 2 : 1; times > 0; times--) {
			await persist((engine) => engine.start(main, ['r'], { id }));
		}
		const cancels = random.chance(0.25);
		const over = { yes: false };
		const watching = this.#watch(id, over);
		const cancelling = cancels
			? Promise.all(random.times(1 + random.int(2), () => delay(random.int(3000)).then(() => this.#cancel(id))))
			: null;
		const end = await this.#bring(id, cancels);
		await cancelling;
		// What has ended stays as it is, but for a failed run that is given up.
		const { status } = await persist((engine) => engine.get(id).settled());
		if (random.chance(0.5)) await this.#cancel(id);
		const after = await persist((engine) => engine.get(id).settled());
		over.yes = true;
		await watching;
		const givenUp = status === 'failed' && after.status === 'cancelled';
		if (after.status !== status && !givenUp) this.#problem(`${id} was ${status} and is ${after.status}`);
		ledger.read(id, after.log);
		ledger.ended(id);
		return end;
	}

	/** Sees to what runs start: children are answered and sent what they wait for as well, and end by themselves. */
	async attend(roots: readonly string[], over: Promise<unknown>): Promise<readonly string[]> {
		const { random, ledger, delay, persist } = this.#o;
		const children = new Map<string, Promise<void>>();
		let last = false;
		void over.then(() => (last = true)).catch(() => {});
		const tend = async (id: string) => {
			await this.#bring(id, false);
			ledger.ended(id);
		};
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

	/** Takes events out of the outbox, or goes away with them, or hangs, or dies. */
	async consume(stop: AbortSignal): Promise<void> {
		const { random, ledger, delay, persist } = this.#o;
		while (!stop.aborted) {
			await persist(async (engine, theirs) => {
				for await (const { runId, seq, event, ack } of engine.outbox({ batch: 1 + random.int(4), signal: stop })) {
					ledger.delivered(runId, seq, event, theirs());
					await delay(random.int(random.chance(0.02) ? HANG : 20));
					if (random.chance(0.1)) return;
					await ack();
					ledger.acknowledged(runId, seq);
				}
			}).catch((error) => {
				if (!stop.aborted && error.name !== 'EventLostError') throw error;
			});
		}
	}

	/** Does what a run waits for until it ends; tries it again where it failed and another try may help. */
	async #bring(id: string, cancels: boolean): Promise<End> {
		const { random, persist } = this.#o;
		const isRoot = rootOf(id) === id;
		let expected = this.#o.expected;
		let former = expected;
		const calls = new Set<string>();
		let posting = this.#post(id, expected);
		for (let retries = 0; ; ) {
			await this.#answer(id);
			const ended = await persist((engine) => engine.get(id).settled());
			await posting;
			const stuck = ended.status === 'failed' && ResourceError.is(ended.error);
			if (stuck) {
				await this.#retry(id);
				// What was sent while it had failed was refused.
				posting = this.#post(id, expected);
				continue;
			}
			if (ended.status === 'cancelled' && cancels) return { cancelled: true, retries, expected };
			const got = await endingOf(
				ended.status === 'completed'
					? Promise.resolve(ended.value)
					: Promise.reject(ended.status === 'failed' ? ended.error : ended),
			);
			if (!isRoot) {
				if (ended.status !== 'completed') this.#problem(`${id} is ${ended.status}: ${got}`);
				return { cancelled: false, retries, expected };
			}
			const failed = /^throws no (.*)$/.exec(got)?.[1];
			const again = failed !== undefined && !calls.has(failed) && retries < RETRIES && random.chance(0.7);
			// Where clean-up came between the failure and the end, trying that end again is to fail again.
			if (got !== expected.ending && got === former.ending) expected = former;
			if (got !== expected.ending)
				this.#problem(`${id} ended with\n${got}\nthe plain function with\n${expected.ending}`);
			if (!again) return { cancelled: false, retries, expected };
			calls.add(failed);
			this.#o.mended.add(`${id} ${failed}`);
			former = expected;
			expected = await this.#o.expect(calls);
			await this.#retry(id);
			retries++;
			posting = this.#post(id, expected);
		}
	}

	async #retry(id: string): Promise<void> {
		// Whoever asks twice finds it going on.
		await this.#o.persist((engine) => engine.get(id).retry()).catch(unless('NotFailedError'));
	}

	async #cancel(id: string): Promise<void> {
		await this.#o.persist((engine) => engine.get(id).cancel('enough'));
	}

	/** Answers what is asked, sometimes twice, and sees that no other answer gets through afterwards. */
	async #answer(id: string): Promise<void> {
		const { random, delay, persist } = this.#o;
		for (;;) {
			const outcome: Outcome<unknown> = await persist((engine) => engine.get(id).next());
			if (outcome.status !== 'suspended') return;
			const open = { suspension: outcome.id };
			if (typeof outcome.value !== 'string') {
				// A wait for a message: it comes without us.
				await delay(random.int(50));
				continue;
			}
			const right = answerTo(outcome.value);
			for (let times = random.chance(0.2) ? 2 : 1; times > 0; times--) {
				await persist((engine) => engine.get(id).resume(right, open)).catch(unless('NotSuspendedError'));
			}
			if (random.chance(0.8)) continue;
			const wrong = await persist((engine) => engine.get(id).resume('another', open)).then(
				() => 'accepted',
				(error) => error.name,
			);
			if (wrong === 'accepted') this.#problem(`${id}: a second answer to ${outcome.value} was accepted`);
		}
	}

	/** Sends what the plain function received, name by name in order, some of it twice. */
	async #post(id: string, { received }: Expected): Promise<void> {
		const { random, delay, persist } = this.#o;
		const own = [...received].filter(([name]) => ownerOf(rootOf(id), name) === id);
		await Promise.all(
			own.map(async ([name, count]) => {
				for (let n = 0; n < count; n++) {
					await delay(random.int(200));
					for (let times = random.chance(0.2) ? 2 : 1; times > 0; times--) {
						const sent = persist((engine) => engine.get(id).send(name, messageOf(name, n), { id: `${name} ${n}` }));
						await sent.catch(unless('NotSuspendedError'));
					}
				}
			}),
		);
	}

	async #watch(id: string, over: { yes: boolean }): Promise<void> {
		const { random, ledger, delay, persist } = this.#o;
		while (!over.yes) {
			ledger.read(id, await persist((engine) => engine.get(id).log()));
			await delay(random.int(400));
		}
	}

	#problem(message: string): void {
		this.#o.problems.push(new Error(message));
	}
}

/** What of all that has happened is to be there in the end. */
export function settle(
	ledger: Ledger,
	ends: ReadonlyMap<string, End>,
	children: readonly string[],
	rows: readonly { readonly run: string; readonly call: string }[],
	transactions: boolean,
): void {
	for (const id of [...ends.keys(), ...children]) {
		const { cancelled, expected } = ends.get(rootOf(id))!;
		const whole = children.includes(id) || !cancelled;
		ledger.emitted(
			id,
			ownOf(id, expected.emitted, ({ at }) => at),
			whole,
		);
		if (!transactions) continue;
		const own = rows.filter(({ run }) => run === id).map(({ call }) => call);
		ledger.booked(
			id,
			own,
			ownOf(id, expected.booked, (call) => call),
			whole,
		);
	}
}

async function idsOf(engine: Engine): Promise<readonly string[]> {
	const ids: string[] = [];
	for await (const { id } of engine.list()) ids.push(id);
	return ids;
}

function unless(name: string): (error: { name?: string }) => void {
	return (error) => {
		if (error.name !== name) throw error;
	};
}
