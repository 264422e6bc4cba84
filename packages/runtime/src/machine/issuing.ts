import type { FunctionDef, SiteDef } from '@perdure/abi';
import { NotSerializableError } from '../errors/saving.ts';
import type { DurablePromise } from '../language/durable-promise.ts';
import type { Callable } from '../registry/shared.ts';
import type { Copied } from './copied.ts';
import { capture } from './copy.ts';
import type { Door } from './door.ts';
import { callOf, copyOperands, type Issue, shapeOf } from './effect.ts';
import type { EffectCall } from './effect-call.ts';
import { Fiber } from './fiber.ts';
import type { Thunk } from './kinds.ts';
import { type LogRecord, recordOf } from './log.ts';
import {
	callSite,
	type IssueFacts,
	type Pending,
	PendingEffect,
	PendingSleep,
	PendingWait,
	type Savable,
	type Target,
} from './pending.ts';
import { atOf } from './point.ts';
import { primitives } from './primitive.ts';
import type { RunState } from './run-state.ts';

/** What a turn is given besides its event. */
export interface TurnOptions {
	/** Ms since the epoch. */
	readonly now: number;
	readonly handlers: ReadonlyMap<Callable, Callable>;
	/** Prefix of the keys of this run and lineage. */
	readonly keys: string;
	readonly nonce: string;
	readonly door: Door;
}

/** Where a call stands, and who made it. */
export interface Caller {
	/** Null when a primitive was called by code that is not compiled. */
	readonly code: FunctionDef | null;
	readonly site: SiteDef;
	/** The fiber that steps; null in a reaction of a promise before any has. */
	readonly by: Fiber | null;
}

/**
 * What a turn issues: effects, sleeps, waits, native promises.
 *
 * Owns: the issue numbers and keys, the turn's log records, the effects that it will ask to be dispatched.
 * Called by: the computation of the turn, and what delivers its event.
 * I1: an issue is pending, in the log and (an effect) to be dispatched, or it is none of these.
 */
export class Issuing {
	readonly log: LogRecord[] = [];
	readonly dispatch: EffectCall[] = [];
	readonly watch: { key: string; promise: PromiseLike<unknown> }[] = [];
	readonly #state: RunState;
	readonly #options: TurnOptions;
	/** First values of thunks made since the last issue: what may be made again instead of saved. */
	readonly #recipes = new Map<unknown, Thunk>();
	/** Promises made by a call whose place is not known yet. */
	readonly #unplaced = new Map<DurablePromise, Savable>();

	constructor(state: RunState, options: TurnOptions) {
		this.#state = state;
		this.#options = options;
	}

	/** The value of a thunk may be made again instead of being saved with the next effect. */
	recipe(thunk: Thunk): void {
		this.#recipes.set(thunk.value, thunk);
	}

	/** @throws NotSerializableError naming the argument and the call. */
	effect(caller: Caller & { readonly code: FunctionDef }, target: Target, issue: Issue): void {
		const { code, site } = caller;
		const shape = shapeOf(site, issue);
		const { operands, firsts } = copyOperands(site, issue, shape, this.#recipes, atOf(code, site.at));
		const issued = this.#issued(caller, target, site.name);
		const pending = new PendingEffect(issued, operands, shape.args, shape.rest);
		if (issue.running !== undefined) pending.key += `-${this.#options.nonce}`;
		pending.flying = true;
		pending.hot = { self: issue.self, fn: issue.fn, def: site, firsts, running: issue.running };
		this.#recipes.clear();
		this.#park(pending);
		this.record(pending, 'started', null, null);
		this.dispatch.push(callOf(pending, this.#state.runId, this.#options.handlers));
	}

	/** Parks the target on a primitive. @throws NotSerializableError naming what cannot be handed out. */
	primitive(caller: Caller, target: Target, name: string, args: readonly unknown[]): Savable {
		const made = primitives[name]!(args, this.#options.now);
		const issued = this.#issued(caller, target, name);
		let pending: Savable;
		if (made.kind === 'sleep') pending = new PendingSleep(issued, made.until);
		else pending = new PendingWait(issued, { ...made, value: handedOut(made.value, name, issued.where.at) });
		this.#park(pending);
		this.record(pending, 'started', null, null);
		return pending;
	}

	/** Something of the host's: who waits for it makes the run one that cannot be saved. */
	native(target: Target, promise: PromiseLike<unknown>, watched: boolean): void {
		const key = this.#nextKey();
		this.#park({ kind: 'native', key, target, promise });
		if (watched) this.watch.push({ key, promise });
	}

	/** The place of a primitive's promise is told by whoever called what made it. */
	unplaced(promise: DurablePromise, pending: Savable): void {
		this.#unplaced.set(promise, pending);
	}

	/** A promise that a primitive called anywhere has given is now known by the place of that call. */
	place(promise: DurablePromise, code: FunctionDef, site: SiteDef): void {
		const pending = this.#unplaced.get(promise);
		if (pending === undefined) return;
		this.#unplaced.delete(promise);
		pending.where = callSite(code, site, pending.name);
		this.#state.touch(pending);
		this.record(pending, 'started', null, null);
	}

	record(pending: Savable, state: LogRecord['state'], ok: boolean | null, outcome: Copied | null): void {
		const settledSeq = state === 'executed' ? ++this.#state.settled : null;
		this.log.push(recordOf(pending, { state, ok, outcome, settledSeq, now: this.#options.now }));
	}

	#park(pending: Pending): void {
		this.#state.pending.set(pending.key, pending);
		if (pending.target instanceof Fiber) pending.target.wait = pending;
	}

	#issued({ code, site, by }: Caller, target: Target, name: string): IssueFacts {
		const state = this.#state;
		return {
			key: this.#nextKey(),
			target,
			by: by?.id ?? 0,
			seq: ++state.seq,
			where: callSite(code, site, name),
			since: this.#options.now,
			mark: state.mark,
		};
	}

	#nextKey(): string {
		return `${this.#options.keys}-${(++this.#state.issue).toString(36)}`;
	}
}

/** @throws NotSerializableError naming the value and the place. */
function handedOut(value: readonly unknown[], name: string, at: string): Copied {
	try {
		return capture(value, { names: ['value'] });
	} catch (error) {
		throw NotSerializableError.is(error) ? error.at(at, { name, as: 'argument' }) : error;
	}
}
