import type { FunctionDef, SiteDef } from '@perdure/abi';
import type { DurablePromise } from '../language/durable-promise.ts';
import type { Callable } from '../registry/shared.ts';
import type { Copied } from './copied.ts';
import type { Fiber } from './fiber.ts';
import { atOf } from './point.ts';

/**
 * What a fiber, or a promise of the run, waits for. Each has the key of its issue; only native promises cannot be saved.
 * Records are saved with the run, so they hold nothing that could be derived from the code.
 */
export type Pending = PendingEffect | PendingSleep | PendingMark | PendingWait | PendingNative;

/** Who gets the outcome: the fiber that awaits the call itself, or the promise that the call returned. */
export type Target = Fiber | DurablePromise;

/** What can be saved. */
export type Savable = Exclude<Pending, PendingNative>;

/** A place that calls something: what is the same for all that is issued there, and saved once. */
export class CallSite {
	/** Id of the function that makes the call, empty where that is not known; with `site` it finds the callee again. */
	readonly functionId: string;
	readonly site: string;
	/** `file:line:column`. */
	readonly at: string;
	/** The callee as written. */
	readonly name: string;
	/** The receiver is saved and the member read from it again. */
	readonly receiver: boolean;
	/** A computed key of that member, also saved. */
	readonly computed: boolean;

	constructor(functionId: string, site: string, at: string, name: string, receiver: boolean, computed: boolean) {
		this.functionId = functionId;
		this.site = site;
		this.at = at;
		this.name = name;
		this.receiver = receiver;
		this.computed = computed;
	}
}

const sites = new WeakMap<SiteDef, CallSite>();

/** `name`: where the callee is known by another than the written one. */
export function callSite(code: FunctionDef | null, site: SiteDef, name = site.name): CallSite {
	let found = sites.get(site);
	if (found === undefined || found.name !== name) {
		const receiver = site.callee === undefined && site.key !== undefined;
		const at = code === null ? '' : atOf(code, site.at);
		found = new CallSite(code?.id ?? '', site.id, at, name, receiver, site.key === null);
		sites.set(site, found);
	}
	return found;
}

const sitesElsewhere = new WeakMap<SiteDef, CallSite>();

/** Of a call that is shown at another place than where it stands. */
export function callSiteAt(code: FunctionDef, site: SiteDef, at: string): CallSite {
	let found = sitesElsewhere.get(site);
	if (found?.at !== at) {
		found = new CallSite(code.id, site.id, at, site.name, false, false);
		sitesElsewhere.set(site, found);
	}
	return found;
}

const sitesOfValues = new WeakMap<SiteDef, CallSite>();

/** Of a call of a function that a module has, which is found by its name there and not by the place. */
export function callSiteOfValue(code: FunctionDef | null, site: SiteDef, callee: string, name: string): CallSite {
	let found = sitesOfValues.get(site);
	if (found?.site !== callee || found.name !== name) {
		found = new CallSite('', callee, code === null ? '' : atOf(code, site.at), name, false, false);
		sitesOfValues.set(site, found);
	}
	return found;
}

/** What all that is issued has. */
export interface IssueFacts {
	readonly key: string;
	readonly target: Target;
	readonly by: number;
	readonly seq: number;
	readonly where: CallSite;
	readonly since: number;
	readonly mark: string | null;
}

abstract class Issued {
	/** Idempotency key of an effect, id of a suspension. */
	key: string;
	readonly target: Target;
	/** Number of the fiber that asked for it. */
	readonly by: number;
	/** Position of its entry in the log, and what the entry repeats when it is settled. */
	readonly seq: number;
	where: CallSite;
	/** Ms since the epoch. */
	readonly since: number;
	readonly mark: string | null;
	/** The one issued after it, of those whose outcome a promise gets; see `PendingTable`. */
	next: Savable | null = null;
	previous: Savable | null = null;

	constructor({ key, target, by, seq, where, since, mark }: IssueFacts) {
		this.key = key;
		this.target = target;
		this.by = by;
		this.seq = seq;
		this.where = where;
		this.since = since;
		this.mark = mark;
	}

	get site(): string {
		return this.where.site;
	}

	get at(): string {
		return this.where.at;
	}

	get name(): string {
		return this.where.name;
	}
}

export class PendingEffect extends Issued {
	readonly kind = 'effect';
	/** Receiver (when it is saved), arguments, and computed keys and arguments of a chain's links, in this order. */
	readonly operands: Copied;
	readonly args: number;
	readonly rest: CallShape['rest'];
	/** Attempts that may have begun. */
	attempt = 1;
	/** Null while its policy, if it has one, has nothing to remember. */
	policed: Policed | null = null;
	/** Set when its fiber was cancelled: it is waited for until then, and never issued again. */
	graceAt: number | null = null;
	/** Handed to a driver of this process: an outcome may still come. Not saved. */
	flying = false;
	/** The callee as first evaluated; null after a restore. Not saved. */
	hot: HotCallee | null = null;

	constructor(issue: IssueFacts, operands: Copied, args: number, rest: CallShape['rest']) {
		super(issue);
		this.operands = operands;
		this.args = args;
		this.rest = rest;
	}

	get functionId(): string {
		return this.where.functionId;
	}

	/** The idempotency key that the effect itself is told. */
	get effectKey(): string {
		return this.policed?.key ?? this.key;
	}

	/** When the next attempt is made of one that failed (ms since the epoch); null while there is no such delay. */
	get retryAt(): number | null {
		return this.policed?.retryAt ?? null;
	}

	get shape(): CallShape {
		const { where, args, rest } = this;
		return { receiver: where.receiver, computed: where.computed, args, rest };
	}
}

/** What the policy of an effect has to remember. Never changes, so that a run which is saved again and again writes it once. */
export class Policed {
	/** What the policy's `key` gave; null without one. */
	readonly key: string | null;
	/** Attempts that failed: not those that the end of a process cut off. */
	readonly failures: number;
	/** Ms since the epoch. */
	readonly retryAt: number | null;
	/** What the last attempt failed with; null where there was none, or it cannot be kept. */
	readonly error: Copied | null;

	constructor(key: string | null, failures: number, retryAt: number | null, error: Copied | null) {
		this.key = key;
		this.failures = failures;
		this.retryAt = retryAt;
		this.error = error;
	}
}

export interface HotCallee {
	readonly self: unknown;
	readonly fn: Callable;
	readonly def: SiteDef;
	/** Values of thunks among the operands, for the first attempt: later ones make them again. */
	firsts: readonly unknown[];
	/** Of a call that was made before its turn was committed: what it returned. */
	readonly running: Promise<unknown> | undefined;
}

/** How `operands` is laid out. */
export interface CallShape {
	readonly receiver: boolean;
	readonly computed: boolean;
	readonly args: number;
	/** Numbers of computed keys and of arguments of each link after the first call. */
	readonly rest: readonly (readonly [keys: number, args: number])[];
}

export class PendingSleep extends Issued {
	readonly kind = 'sleep';
	/** Ms since the epoch. */
	readonly until: number;

	constructor(issue: IssueFacts, until: number) {
		super(issue);
		this.until = until;
	}
}

/** Over at once, in the next turn. Its label is its own `mark`. */
export class PendingMark extends Issued {
	readonly kind = 'mark';
}

export interface Wait {
	/** `child`: for the end of a run. */
	readonly kind: 'suspend' | 'receive' | 'child';
	/** `suspend`: a copy of what it hands out, as a list of one. Otherwise empty. */
	readonly value: Copied;
	/** `receive`: the message's name. `suspend`: the question's, if it asks one. `child`: the run's id. */
	readonly topic: string | null;
	/** Ms since the epoch, or null. */
	readonly limit: number | null;
	/** `receive` with `otherwise`: what a time-out gives instead of an error. A list of one. */
	readonly otherwise: readonly unknown[] | null;
}

export class PendingWait extends Issued implements Wait {
	readonly kind: 'suspend' | 'receive' | 'child';
	readonly value: Copied;
	readonly topic: string | null;
	readonly limit: number | null;
	readonly otherwise: readonly unknown[] | null;

	constructor(issue: IssueFacts, { kind, value, topic, limit, otherwise }: Wait) {
		super(issue);
		this.kind = kind;
		this.value = value;
		this.topic = topic;
		this.limit = limit;
		this.otherwise = otherwise;
	}
}

/** Something done in the turn that asked for it: only its entry in the log is left of it. */
export class Done extends Issued {
	readonly kind: 'emit' | 'start';
	readonly args: Copied;
	/** What the call gives. */
	readonly value: unknown;
	readonly outcome: Copied;

	constructor(issue: IssueFacts, kind: Done['kind'], args: Copied, value: unknown, outcome: Copied) {
		super(issue);
		this.kind = kind;
		this.args = args;
		this.value = value;
		this.outcome = outcome;
	}
}

export interface PendingNative {
	readonly kind: 'native';
	readonly key: string;
	readonly target: Target;
	readonly promise: PromiseLike<unknown>;
}

/** When time alone moves it on (ms since the epoch), or null. */
export function dueAt(pending: Pending): number | null {
	switch (pending.kind) {
		case 'sleep':
			return pending.until;
		case 'mark':
			return pending.since;
		case 'effect':
			if (pending.retryAt !== null) return pending.retryAt;
			// After a restore nobody brings the outcome: there is nothing to wait for.
			return pending.graceAt === null || pending.flying ? pending.graceAt : pending.since;
		case 'suspend':
		case 'receive':
		case 'child':
			return pending.limit;
		case 'native':
			return null;
	}
}
