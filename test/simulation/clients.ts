import { Continuation, type Engine, type Outcome, ResourceError } from '@perdure/runtime';
import type { Random } from '../support/generate/random.ts';
import type { Ledger } from './ledger.ts';
import { sourceOf } from './past.ts';
import { ownerOf } from './program.ts';
import { answerTo, type Expected, endingOf, failedBy, messageOf, ownOf, rootOf } from './world.ts';

export interface ClientOptions {
	readonly random: Random;
	readonly ledger: Ledger;
	delay(ms: number): Promise<void>;
	persist<T>(step: (engine: Engine, theirs: () => boolean) => Promise<T>): Promise<T>;
	readonly main: (at: string) => Promise<unknown>;
	/** What the plain function does; then what it does where the call that it failed by fails no more, and so on. */
	readonly expectations: readonly Expected[];
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

/** How long a consumer may hang (ms). */
const HANG = 5000;

/** What clients of the engines do: they start and fork runs, answer, send, cancel and try again, and look at how it ends. */
export class Clients {
	readonly #o: ClientOptions;
	/** Runs that somebody cancels. */
	readonly #cancelled = new Set<string>();

	constructor(o: ClientOptions) {
		this.#o = o;
	}

	/** Starts a run and sees to it until its end. */
	async run(id: string): Promise<End> {
		const { random, delay, persist, main } = this.#o;
		await delay(random.int(500));
		for (let times = random.chance(0.3) ? 2 : 1; times > 0; times--) {
			await persist((engine) => engine.start(main, ['r'], { id }));
		}
		return this.#tend(id);
	}

	/** Forks the run that an id says at some moment, and sees to the fork until its end; null where it came too late. */
	async fork(id: string): Promise<End | null> {
		const { random, delay, persist } = this.#o;
		await delay(random.int(1500));
		let forked = false;
		for (let times = random.chance(0.5) ? 2 : 1; times > 0; times--) {
			const refused = await persist((engine) => engine.get(sourceOf(id)!).fork({ id })).then(
				() => null,
				(error) => error.name as string,
			);
			if (refused !== null && (forked || !['RunNotFoundError', 'UnsupportedError'].includes(refused))) {
				this.#problem(`${id} cannot be forked${forked ? ' again' : ''}: ${refused}`);
			}
			forked ||= refused === null;
			await delay(random.int(1000));
		}
		if (forked) return this.#tend(id);
		const there = await persist((engine) => engine.get(id).status()).catch(unless('RunNotFoundError'));
		if (there !== undefined) this.#problem(`${id} was refused, and is ${there}`);
		return null;
	}

	async #tend(id: string): Promise<End> {
		const { random, ledger, delay, persist } = this.#o;
		const cancels = random.chance(0.25);
		if (cancels) this.#cancelled.add(id);
		const over = { yes: false };
		const watching = this.#watch(id, over);
		const cancelling = cancels
			? Promise.all(random.times(1 + random.int(2), () => delay(random.int(3000)).then(() => this.#cancel(id))))
			: null;
		const end = await this.#bring(id);
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
	async attend(over: Promise<unknown>): Promise<readonly string[]> {
		const { random, ledger, delay, persist } = this.#o;
		const children = new Map<string, Promise<void>>();
		let last = false;
		over.finally(() => (last = true)).catch(() => {});
		const tend = async (id: string) => {
			await this.#bring(id);
			ledger.ended(id);
		};
		for (;;) {
			const before = children.size;
			const final = last;
			const all = await persist(idsOf);
			for (const id of all) if (rootOf(id) !== id && !children.has(id)) children.set(id, tend(id));
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
	async #bring(id: string): Promise<End> {
		const { random, persist, expectations } = this.#o;
		const isRoot = rootOf(id) === id;
		// Which of the expectations holds. What its source has behind it of what failed, a fork's end tells.
		let nth = sourceOf(id) === null ? 0 : null;
		let posting = this.#post(id, nth);
		for (let retries = 0; ; ) {
			await this.#answer(id);
			const ended = await persist((engine) => engine.get(id).settled());
			await posting;
			const stuck = ended.status === 'failed' && ResourceError.is(ended.error);
			if (stuck) {
				await this.#retry(id);
				// What was sent while it had failed was refused.
				posting = this.#post(id, nth);
				continue;
			}
			const cancelled = ended.status === 'cancelled' && this.#mayBeCancelled(id);
			const got = await endingOf(
				ended.status === 'completed'
					? Promise.resolve(ended.value)
					: Promise.reject(ended.status === 'failed' ? ended.error : ended),
			);
			if (!isRoot && ended.status !== 'completed') this.#problem(`${id} is ${ended.status}: ${got}`);
			if (!isRoot || cancelled) return { cancelled, retries, expected: expectations[nth ?? 0]! };
			nth ??= Math.max(
				0,
				expectations.findIndex(({ ending }) => ending === got),
			);
			// Where clean-up came between the failure and the end, trying that end again is to fail again.
			if (got !== expectations[nth]!.ending && got === expectations[nth - 1]?.ending) nth--;
			const expected = expectations[nth]!;
			if (got !== expected.ending)
				this.#problem(`${id} ended with\n${got}\nthe plain function with\n${expected.ending}`);
			const failed = failedBy(got);
			const name = `${id} ${failed}`;
			const again = failed !== null && !this.#o.mended.has(name) && nth + 1 < expectations.length;
			if (!again || random.chance(0.3)) return { cancelled: false, retries, expected };
			this.#o.mended.add(name);
			nth++;
			retries++;
			await this.#retry(id);
			posting = this.#post(id, nth);
		}
	}

	/** It was cancelled itself, or what it is a fork of was by then, or may have been given up by then. */
	#mayBeCancelled(id: string): boolean {
		const { ledger } = this.#o;
		if (this.#cancelled.has(id) || ledger.past.isCancelled(id)) return true;
		let source = sourceOf(id);
		while (source !== null && !(this.#cancelled.has(source) && ledger.wasRetried(source))) source = sourceOf(source);
		return source !== null;
	}

	async #retry(id: string): Promise<void> {
		this.#o.ledger.tries(id);
		// Whoever asks twice finds it going on.
		await this.#o.persist((engine) => engine.get(id).retry()).catch(unless('NotFailedError'));
	}

	async #cancel(id: string): Promise<void> {
		this.#cancelled.add(id);
		await this.#o.persist((engine) => engine.get(id).cancel('enough'));
	}

	/** Answers what is asked, sometimes twice, and sees that no other answer gets through afterwards. */
	async #answer(id: string): Promise<void> {
		const { random, delay, persist } = this.#o;
		for (;;) {
			const outcome: Outcome<unknown> = await persist((engine) => engine.get(id).next());
			if (outcome.status !== 'suspended') return;
			const open = { suspension: outcome.id };
			if (random.chance(0.1)) this.#copy(outcome.continuation);
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

	/** A fork of what an outcome shows asks the same, under names of its own, and so do its bytes. */
	#copy(shown: Continuation<unknown>): void {
		const asked = ({ suspensions }: Continuation<unknown>) => suspensions.map(({ value }) => value).join();
		const named = ({ suspensions }: Continuation<unknown>) => suspensions.map(({ id }) => id);
		const copy = shown.fork();
		const again = Continuation.fromBytes(copy.toBytes({ log: true }));
		if (asked(copy) !== asked(shown) || asked(again) !== asked(shown)) {
			this.#problem(`a copy of ${shown.runId} asks ${asked(copy)} or ${asked(again)}, not ${asked(shown)}`);
		}
		if (named(copy).some((id) => named(shown).includes(id))) this.#problem(`a copy of ${shown.runId} has its keys`);
	}

	/**
	 * Sends what the plain function received, name by name in order, some of it twice. A fork is sent what its source had
	 * not seen, and all of it: too much is left over.
	 */
	async #post(id: string, nth: number | null): Promise<void> {
		const { random, ledger, delay, persist, expectations } = this.#o;
		const isRoot = rootOf(id) === id;
		const { received } = (isRoot && nth !== null ? expectations[nth] : expectations.at(-1))!;
		const own = [...received].filter(([name]) => ownerOf(rootOf(id), name) === id);
		await Promise.all(
			own.map(async ([name, count]) => {
				await delay(random.int(200));
				const before = ledger.past.inherited(id, 'seen').filter(({ what }) => what === `message ${name}`).length;
				for (let n = before; n < count; n++) {
					for (let times = random.chance(0.2) ? 2 : 1; times > 0; times--) {
						const sent = persist((engine) => engine.get(id).send(name, messageOf(name, n), { id: `${name} ${n}` }));
						await sent.catch(unless('NotSuspendedError'));
					}
					await delay(random.int(200));
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
		const isRoot = rootOf(id) === id;
		const whole = !isRoot || !cancelled;
		const source = ends.get(sourceOf(id) ?? '');
		if (isRoot && source !== undefined) ledger.cancelled(id, cancelled, source.cancelled);
		const emitted = ownOf(id, expected.emitted, ({ at }) => at);
		ledger.emitted(id, emitted, whole);
		if (isRoot) {
			const own = children.filter((child) => rootOf(child) === id);
			ledger.started(id, own, expected.started, whole);
		}
		if (!transactions) continue;
		const own = rows.filter(({ run }) => run === id).map(({ call }) => call);
		const booked = ownOf(id, expected.booked, (call) => call);
		ledger.booked(id, own, booked, whole);
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
