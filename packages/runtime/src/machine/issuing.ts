import type { FunctionDef, SiteDef } from '@perdure/abi';
import { InvalidPolicyError } from '../errors/effect.ts';
import { UnsupportedError } from '../errors/internal.ts';
import { DeadlockError, RunConflictError } from '../errors/run.ts';
import { NotSerializableError } from '../errors/saving.ts';
import type { DurablePromise } from '../language/durable-promise.ts';
import { differenceOf } from '../ports/store.ts';
import { effectFunction, type Policy, policyOf } from '../registry/effects.ts';
import { type AsyncFunction, functionIdOf } from '../registry/functions.ts';
import { moduleName } from '../registry/modules.ts';
import type { Callable } from '../registry/shared.ts';
import { encode } from './bytes.ts';
import { type Copied, NOTHING } from './copied.ts';
import { capture, captureOutcome, mustBeList } from './copy.ts';
import type { Door } from './door.ts';
import { copyOperands, type Issue, shapeOf, siteOfModuleValue, whileOpen } from './effect.ts';
import { Fiber } from './fiber.ts';
import { hash } from './key.ts';
import { cancellation, type LogEntry, type LogItem, type LogRecord, leftOverAnswer, recordOf } from './log.ts';
import type { LogRules } from './log-options.ts';
import { LogScopes } from './log-scopes.ts';
import {
	callSite,
	callSiteAt,
	callSiteOfValue,
	Done,
	type IssueFacts,
	type Pending,
	PendingEffect,
	PendingMark,
	PendingSleep,
	PendingWait,
	Policed,
	type Savable,
	type Target,
} from './pending.ts';
import { atOf } from './point.ts';
import { primitives } from './primitive.ts';
import type { RunState } from './run-state.ts';
import { placementOf, type StartOptions } from './start-options.ts';
import type { Recipes, Thunk } from './thunk-kinds.ts';
import type { ChildStart, Emitted, Event, LoggedOutcome } from './turn.ts';

/** How a replay takes part in a turn. */
export interface ReplayHook {
	issued(issue: Savable | Done, logged?: LogEntry): void;
	/** The outcome that the log has for what was over as it was issued, where this was so. */
	atOnce(issue: Savable): LoggedOutcome | null;
	/** Is the next call that a fiber makes at a site, elsewhere than in await position, one that the log has? */
	answers(by: number, site: string): boolean;
	/** Such a call is to be made again, since it has entered closures that it was given, and what they did is the turn's. */
	entered(by: number, site: string, args: readonly unknown[]): boolean;
	/** What the log has for a start that is made there now, and the handle that it gave; null where it has none. */
	started(by: number, site: string): { readonly entry: LogEntry; readonly child: unknown } | null;
}

/** What a turn is given besides its event. */
export interface TurnOptions {
	/** Ms since the epoch. */
	readonly now: number;
	readonly handlers: ReadonlyMap<Callable, Callable>;
	/** Prefix of the keys of this run and lineage. */
	readonly keys: string;
	readonly nonce: string;
	readonly door: Door;
	/** What of the log is kept. */
	readonly rules: LogRules;
	readonly child: ((id: string, functionId: string, input: Uint8Array) => unknown) | undefined;
	readonly taken: ReadonlyMap<string, string>;
	/** Where the run is replayed: told of all that is issued. */
	readonly replay: ReplayHook | null;
}

/** Of the public function `start`. */
export type StartArguments = readonly [
	fn: AsyncFunction | { readonly functionId: string },
	args: readonly unknown[],
	o?: StartOptions,
];

/** Where a call stands, and who made it. */
export interface Caller {
	/** Null when a primitive was called by code that is not compiled. */
	readonly code: FunctionDef | null;
	readonly site: SiteDef;
	/** The fiber that steps; null in a reaction of a promise before any has. */
	readonly by: Fiber | null;
	/** Where it is shown, if that is not where it stands. */
	readonly at?: string | undefined;
}

/** Of what is done in the turn itself: it is over before anybody could wait for it. */
const NOBODY = null as never;

/**
 * What a turn issues: effects, sleeps, waits, native promises.
 *
 * Owns: the issue numbers and keys, the turn's log records, the effects that it will ask to be dispatched.
 * Called by: the computation of the turn, and what delivers its event.
 * I1: an issue is pending, in the log and (an effect) to be dispatched, or it is none of these.
 */
export class Issuing {
	readonly log: LogItem[] = [];
	readonly scopes: LogScopes;
	/** The label of the last mark that was set. */
	marked: string | null = null;
	readonly dispatch: PendingEffect[] = [];
	readonly watch: { key: string; promise: PromiseLike<unknown> }[] = [];
	readonly emitted: Emitted[] = [];
	readonly starts: ChildStart[] = [];
	readonly #state: RunState;
	readonly #options: TurnOptions;
	/** First values of thunks made since the last issue: what may be made again instead of saved. */
	readonly #recipes = new Map<unknown, Thunk>();
	/** Promises made by a call whose place is not known yet; `recipes`: of the arguments of an effect. */
	readonly #unplaced = new Map<DurablePromise, { readonly pending: Savable | Done; readonly recipes: Recipes }>();

	constructor(state: RunState, options: TurnOptions) {
		this.#state = state;
		this.#options = options;
		this.scopes = new LogScopes(state, options.rules, options.now, this.log);
	}

	/** The value of a thunk may be made again instead of being saved with the next effect. */
	recipe(thunk: Thunk): void {
		this.#recipes.set(thunk.value, thunk);
	}

	/** @throws NotSerializableError naming the argument and the call; InvalidPolicyError, or what the policy's `key` throws. */
	effect(caller: Caller, target: Target, issue: Issue): PendingEffect {
		const policy = policyOf(issue.fn);
		const name = policy?.name ?? issue.name ?? caller.site.name;
		const key = keyBy(policy, name, issue.args);
		const { operands, hot, shape, where } = this.#called(caller, issue, this.#recipes, name);
		this.#recipes.clear();
		const issued = { ...this.#issued(caller, target, name), where };
		const pending = new PendingEffect(issued, operands, shape.args, shape.rest);
		if (issue.running !== undefined) pending.key += `-${this.#options.nonce}`;
		if (key !== null) pending.policed = new Policed(key, 0, null, null);
		pending.flying = true;
		pending.hot = hot;
		const { running } = issue;
		if (running !== undefined) whileOpen(this.#state.owner, pending, () => running).catch(() => {});
		this.#park(pending);
		this.record(pending, 'started', null, null);
		this.dispatch.push(pending);
		this.#options.replay?.issued(pending);
		return pending;
	}

	/** The next attempt of an effect that has failed. */
	again(pending: PendingEffect): void {
		pending.attempt++;
		pending.flying = true;
		this.record(pending, 'started', null, null);
		this.dispatch.push(pending);
	}

	/** An effect that this turn has issued is not dispatched after all. */
	takeBack(pending: PendingEffect): void {
		this.dispatch.splice(this.dispatch.indexOf(pending), 1);
		this.record(pending, 'discarded', null, null);
	}

	/** A function that was declared to be an effect is called where that may not be known yet; `place` tells it. */
	called(caller: Caller, promise: DurablePromise, issue: Issue): PendingEffect {
		const recipes = new Map(this.#recipes);
		const { fn, self } = issue;
		const receiver = self !== undefined;
		// Without its receiver it is not found again, unless `place` tells how.
		const name = receiver && captureOutcome(self) === null ? undefined : moduleName(fn);
		const site = name === undefined ? caller.site : siteOfModuleValue(name, receiver);
		const code = name === undefined ? caller.code : null;
		const pending = this.effect({ ...caller, code, site }, promise, issue);
		this.#unplaced.set(promise, { pending, recipes });
		return pending;
	}

	#called({ code, site }: Caller, issue: Issue, recipes: Recipes, name: string) {
		const shape = shapeOf(site, issue);
		const { operands, firsts } = copyOperands(site, issue, shape, recipes, code === null ? '' : atOf(code, site.at));
		const { self, fn, running } = issue;
		const callee = namedCallee(site, issue);
		const def = callee === undefined ? site : siteOfModuleValue(callee);
		const where = callee === undefined ? callSite(code, site, name) : callSiteOfValue(code, site, callee, name);
		return { shape, operands, hot: { self, fn, def, firsts, running }, where };
	}

	/**
	 * Parks the target on a primitive.
	 * @throws NotSerializableError naming what cannot be handed out, DeadlockError for the run's own end.
	 */
	primitive(caller: Caller, target: Target, name: string, args: readonly unknown[]): Savable {
		const made = primitives[name]!(args, this.#options.now);
		if (made.kind === 'mark') this.marked = this.#state.mark = made.label;
		// Before it has a number: what is refused has no entry.
		const at = caller.code === null ? '' : atOf(caller.code, caller.site.at);
		if (made.kind === 'child' && made.topic === this.#state.runId) {
			throw new DeadlockError({ runId: made.topic, points: at === '' ? [] : [at], own: true });
		}
		const value = 'value' in made ? handedOut(made.value, args, name, at) : NOTHING;
		const issued = this.#issued(caller, target, name);
		if (made.kind === 'mark' && caller.by !== null) caller.by.marked = issued.seq;
		let pending: Savable;
		if (made.kind === 'sleep') pending = new PendingSleep(issued, made.until);
		else if (made.kind === 'mark') pending = new PendingMark(issued);
		else pending = new PendingWait(issued, { ...made, value });
		this.#park(pending);
		this.record(pending, 'started', null, null);
		this.#options.replay?.issued(pending);
		return pending;
	}

	/** Something of the host's: who waits for it makes the run one that cannot be saved. */
	native(target: Target, promise: PromiseLike<unknown>, watched: boolean): void {
		const key = this.#nextKey();
		this.#park({ kind: 'native', key, target, promise });
		if (watched) this.watch.push({ key, promise });
	}

	/** Hands an event to the outbox. @throws NotSerializableError naming the part of the event and the place. */
	emit(caller: Caller, event: unknown): Done {
		const { code, site } = caller;
		let args: Copied;
		let bytes: Uint8Array;
		try {
			args = capture([event], { names: ['arguments[0]'] });
			// Closures too as data: it leaves the run.
			bytes = encode(event, 'arguments[0]');
		} catch (error) {
			if (!NotSerializableError.is(error)) throw error;
			throw error.at(code === null ? '' : atOf(code, site.at), { as: 'argument', of: 'emit' });
		}
		const done = this.#done(caller, 'emit', args, undefined);
		this.emitted.push({ seq: done.seq, event: bytes });
		return done;
	}

	/**
	 * Starts a run of its own. Its id is the key of the issue unless it is given one: the turn that is computed
	 * again starts the same run.
	 * @throws UnsupportedError where no engine drives, NotCompiledError, RunConflictError, NotSerializableError naming the argument.
	 */
	start(caller: Caller, [fn, list, o = {}]: StartArguments): Done {
		const { child, taken, now } = this.#options;
		const at = caller.code === null ? '' : atOf(caller.code, caller.site.at);
		const functionId = functionIdOf(fn, at === '' ? undefined : at);
		mustBeList(functionId, list);
		const shown = () => capture([functionId, [...list]]);
		const logged = this.#options.replay?.started(caller.by?.id ?? 0, caller.site.id) ?? null;
		if (logged !== null) return this.#done(caller, 'start', shown(), logged.child, logged.entry);
		if (child === undefined) {
			throw new UnsupportedError({
				what: 'start() without an engine',
				point: at,
				help: 'call the function and await it, which makes it a part of this run; or start this run with engine.start: who drives it with run() would have nobody to drive its children once it is parked',
			});
		}
		const id = o.id ?? this.#nextKey();
		const difference = taken.get(id);
		if (difference !== undefined) throw new RunConflictError({ runId: id, difference });
		let input: Uint8Array;
		try {
			input = encode({ self: o.this, args: [...list] }, 'start');
		} catch (error) {
			throw NotSerializableError.is(error) ? error.at(at) : error;
		}
		const placement = placementOf(o, now);
		const twin = this.starts.find((other) => other.id === id);
		const differs = twin === undefined ? null : differenceOf(startOf(twin), startOf({ functionId, input }));
		if (differs !== null) throw new RunConflictError({ runId: id, difference: differs });
		const done = this.#done(caller, 'start', shown(), child(id, functionId, input));
		this.starts.push({ id, functionId, input, ...placement });
		return done;
	}

	/** `logged`: its entry in the log that is replayed. */
	#done(caller: Caller, kind: Done['kind'], args: Copied, value: unknown, logged?: LogEntry): Done {
		const done = new Done(this.#issued(caller, NOBODY, kind), kind, args, value, capture([value]));
		this.record(done, 'executed', true, done.outcome);
		this.#options.replay?.issued(done, logged);
		return done;
	}

	/** The place of a primitive's promise is told by whoever called what made it. */
	unplaced(promise: DurablePromise, pending: Savable | Done): void {
		this.#unplaced.set(promise, { pending, recipes: new Map() });
	}

	/** A promise that a primitive or an effect called anywhere has given is now known by the place of that call. */
	place(promise: DurablePromise, code: FunctionDef, site: SiteDef, call: Issue): void {
		const found = this.#unplaced.get(promise);
		if (found === undefined) return;
		const { pending, recipes } = found;
		// What was called there may have called the effect: by that place it could not be found again.
		if (pending.kind === 'effect' && pending.hot!.fn !== call.fn) return;
		this.#unplaced.delete(promise);
		if (pending instanceof Done) {
			pending.where = callSite(code, site, pending.name);
			this.record(pending, 'executed', true, pending.outcome);
			return;
		}
		this.#state.pending.delete(pending.key);
		if (pending.kind === 'effect') {
			// The receiver is saved where it is needed to find the callee again.
			const name = policyOf(call.fn)?.name ?? site.name;
			const { operands, hot, where } = this.#called({ code, site, by: null }, call, recipes, name);
			Object.assign(pending, { operands, hot, where });
		} else pending.where = callSite(code, site, pending.name);
		this.#state.pending.set(pending.key, pending);
		this.#state.touch(pending);
		this.record(pending, 'started', null, null);
	}

	/** Writes the entry of something that was issued, as it stands now. */
	record(pending: Savable | Done, state: LogRecord['state'], ok: boolean | null, outcome: Copied | null): void {
		const settledSeq = state === 'executed' ? ++this.#state.settled : null;
		if (this.#options.rules.keep === 'none') return;
		this.log.push(recordOf(pending, { state, ok, outcome, settledSeq, now: this.#options.now }));
	}

	/** Writes the entry of an answer that reached nobody. */
	leftOver(answer: Extract<Event, { type: 'resumed' }>): void {
		this.log.push(leftOverAnswer(this.#state, answer, capture([answer.value]), this.#options.now));
	}

	/** Writes the entry of a cancellation from outside. */
	cancelled(reason: Copied): void {
		const record = cancellation(this.#state, reason, this.#options.now);
		if (this.#options.rules.keep !== 'none') this.log.push(record);
	}

	#park(pending: Pending): void {
		this.#state.pending.set(pending.key, pending);
		if (pending.target instanceof Fiber) pending.target.wait = pending;
	}

	#issued({ code, site, by, at }: Caller, target: Target, name: string): IssueFacts {
		const state = this.#state;
		if (by?.top) this.scopes.issues(by, code, site);
		return {
			key: this.#nextKey(),
			target,
			by: by?.id ?? 0,
			seq: ++state.seq,
			where: at === undefined ? callSite(code, site, name) : callSiteAt(code!, site, at),
			since: this.#options.now,
			mark: state.mark,
		};
	}

	#nextKey(): string {
		return `${this.#options.keys}-${(++this.#state.issue).toString(36)}`;
	}
}

/** Where a value is called no place tells what that is: an effect that a module declares is found by its name there. */
function namedCallee(site: SiteDef, { fn, rest }: Issue): string | undefined {
	const isValue = site.callee === undefined && site.key === undefined && rest.length === 0;
	return isValue && effectFunction(fn) !== undefined ? moduleName(fn) : undefined;
}

function startOf({ functionId, input }: Pick<ChildStart, 'functionId' | 'input'>) {
	return { functionId, hash: hash(input) };
}

/** The key that the policy gives. Its function is the user's. */
function keyBy(policy: Policy | null, effect: string, args: readonly unknown[]): string | null {
	if (policy?.key == null) return null;
	const key = policy.key(...args);
	if (typeof key === 'string' && key !== '') return key;
	const given = key === '' ? 'an empty text' : typeof key === 'string' ? key : `a value of type ${typeof key}`;
	throw new InvalidPolicyError({ effect, problem: `its key gave ${given} where a text is due` });
}

/** @throws NotSerializableError naming the value and the place. */
function handedOut(values: readonly unknown[], args: readonly unknown[], name: string, at: string): Copied {
	try {
		return capture(values, { names: values.map((value) => `arguments[${args.indexOf(value)}]`) });
	} catch (error) {
		throw NotSerializableError.is(error) ? error.at(at, { as: 'argument', of: name }) : error;
	}
}
