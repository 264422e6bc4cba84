import type { ChainLink, FunctionDef, SiteDef } from '@perdure/abi';
import { ArgumentMutatedError } from '../errors/effect.ts';
import { NotSerializableError } from '../errors/saving.ts';
import { type Policy, policyOf } from '../registry/effects.ts';
import { makerOf } from '../registry/imports.ts';
import { moduleValue } from '../registry/modules.ts';
import type { Owner } from '../registry/owner.ts';
import { type Callable, type ChainArguments, shared } from '../registry/shared.ts';
import { transactionOf } from '../registry/transactions.ts';
import { handsOn } from './callee.ts';
import { firstChange } from './change.ts';
import type { Copied } from './copied.ts';
import { capture, release, remake, sameAs } from './copy.ts';
import type { EffectCall } from './effect-call.ts';
import type { CallShape, PendingEffect } from './pending.ts';
import { exchangeBy, type Handlers, standInFor } from './stand-in.ts';
import type { Recipes } from './thunk-kinds.ts';

/** A call that becomes an effect, as emitted code made it. */
export interface Issue {
	readonly fn: Callable;
	readonly self: unknown;
	/** The computed key of a saved receiver's member; undefined where it is static. */
	readonly key: unknown;
	readonly args: readonly unknown[];
	readonly rest: readonly ChainArguments[];
	/** What it is known by, where that is not the callee as written at its site. */
	readonly name?: string;
	/** The call has been made already: what it returned. */
	readonly running?: Promise<unknown>;
}

/** A call that is not awaited where it stands. */
export type Called = Omit<Issue, 'rest'>;

/** Up to this many bytes of arguments are compared after the effect in production too. */
const COMPARED_IN_PRODUCTION = 4096;

export function shapeOf(site: SiteDef, issue: Issue): CallShape {
	return {
		receiver: site.callee === undefined && site.key !== undefined,
		computed: site.key === null,
		args: issue.args.length,
		rest: issue.rest.map(([keys, args]) => [keys.length, args.length]),
	};
}

/** Can a call of that shape, saved by some build, be issued again from this site? */
export function fitsSite(shape: CallShape, site: SiteDef): boolean {
	const links = site.chain ?? [];
	return (
		shape.receiver === (site.callee === undefined && site.key !== undefined) &&
		shape.computed === (site.key === null) &&
		(shape.receiver || site.callee !== undefined) &&
		// None, where the callee was declared to be an effect: then the links were called on what it gives.
		(shape.rest.length === links.length || shape.rest.length === 0) &&
		shape.rest.every(([keys], i) => keys === links[i]!.keys.filter((key) => key === null).length)
	);
}

/**
 * Copies what the effect is called with, once, at the moment it is issued (language.md, "Copies at the border").
 * `firsts`: the values among it that only this process has, because thunks made them.
 * @throws NotSerializableError names the argument and the call.
 */
export function copyOperands(
	site: SiteDef,
	issue: Issue,
	shape: CallShape,
	recipes: Recipes,
	at: string,
): { operands: Copied; firsts: readonly unknown[] } {
	const operands = [
		...(shape.receiver ? [issue.self] : []),
		...(shape.computed ? [issue.key] : []),
		...issue.args,
		...issue.rest.flatMap(([keys, args]) => [...keys, ...args]),
	];
	const firsts: unknown[] = [];
	try {
		return { operands: capture(operands, { names: operandNames(site, shape), recipes, firsts }), firsts };
	} catch (error) {
		if (!NotSerializableError.is(error)) throw error;
		const isReceiver = shape.receiver && error.path.startsWith(receiverName(site));
		throw error.at(at, { as: isReceiver ? 'receiver' : 'argument', of: site.name });
	}
}

/** What messages call the operands, in their order: the receiver as written, `arguments[0]`, ... */
function operandNames(site: SiteDef, shape: CallShape): string[] {
	const numbered = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name}[${i}]`);
	return [
		...(shape.receiver ? [receiverName(site)] : []),
		...(shape.computed ? ['the key'] : []),
		...numbered('arguments', shape.args),
		...shape.rest.flatMap(([keys, args], i) => {
			const link = site.chain?.[i]?.keys.at(-1) ?? `link ${i + 1}`;
			return [...numbered(`the key of ${link}`, keys), ...numbered(`${link} arguments`, args)];
		}),
	];
}

function receiverName(site: SiteDef): string {
	const member = /^(.+?)(?:\?\.|\.|\[)[^.[\]]*\]?$/.exec(site.name);
	return member?.[1] === 'super' ? 'this' : (member?.[1] ?? 'the receiver');
}

/** The effect as its driver sees it. */
export function callOf(
	pending: PendingEffect,
	{ runId, owner }: { readonly runId: string; readonly owner: Owner },
	handlers: Handlers,
): EffectCall {
	const { key, effectKey, attempt, policed, name, at } = pending;
	return {
		key,
		effectKey,
		attempt,
		failures: policed?.failures ?? 0,
		name,
		at,
		runId,
		transaction: () => {
			const callee = calleeNow(pending);
			return transactionOf(handlers.get(callee as Callable) ?? callee);
		},
		policy: () => policyOfEffect(pending),
		invoke: () => whileOpen(owner, pending, () => invoke(pending, handlers)),
	};
}

/** While it is performed the closures may be entered that were handed to it. */
export function whileOpen<T>(owner: Owner, { operands }: PendingEffect, perform: () => Promise<T>): Promise<T> {
	if (!('live' in operands) || operands.live.length === 0) return perform();
	owner.open++;
	return perform().finally(() => {
		owner.open--;
	});
}

/** The policy of its callee, as that is found now; null where there is none, or the callee cannot be found. */
export function policyOfEffect(pending: PendingEffect): Policy | null {
	return policyOf(calleeNow(pending));
}

/** Null where it cannot be found. */
function calleeNow(pending: PendingEffect): Callable | null {
	const { hot, shape, operands } = pending;
	if (hot !== null) return hot.fn;
	try {
		const values = shape.receiver || shape.computed ? release(operands, 'skip') : [];
		return calleeOf(pending, siteOf(pending), values)[1];
	} catch {
		return null;
	}
}

async function invoke(pending: PendingEffect, handlers: Handlers): Promise<unknown> {
	const { shape, operands, hot } = pending;
	if (hot?.running !== undefined) return hot.running;
	const { values, remade } = remake(operands, hot?.firsts ?? [], handlers);
	// One attempt may have used them up (a signal that has fired, a stream that was read).
	if (hot !== null) hot.firsts = [];
	const site = siteOf(pending);
	const [self, fn] = calleeOf(pending, site, values);
	let next = (shape.receiver ? 1 : 0) + (shape.computed ? 1 : 0);
	const take = (count: number) => {
		const from = next;
		next += count;
		return values.slice(from, next);
	};

	const args = take(shape.args);
	if (ofThunks.has(site)) args.push(exchangeBy(handlers));
	const rest = shape.rest.map(([keys, given]): ChainArguments => [take(keys), take(given)]);
	const result = await callLinks(fn, self, args, site, rest, handlers);
	const mutated = changed(pending, values, remade);
	if (mutated !== null) throw new ArgumentMutatedError({ effect: pending.name, path: mutated, point: pending.at });
	return result;
}

/** The call and the links of its chain, synchronously one after the other; what comes last is awaited by the caller. */
function callLinks(
	fn: Callable,
	self: unknown,
	args: unknown[],
	site: SiteDef,
	rest: readonly ChainArguments[],
	handlers: Handlers,
): unknown {
	// A stand-in may give a value where the original gives a promise, on which the next link is called.
	const call: LinkCall = (called, receiver, given, next) => {
		if (handsOn(called)) return Reflect.apply(called, standInFor(receiver as Callable, handlers) ?? receiver, given);
		const by = standInFor(called, handlers);
		if (by === undefined) return Reflect.apply(called, receiver, given);
		if (!PROMISE_METHODS.has(next?.keys[0])) return Reflect.apply(by, receiver, given);
		return new Promise((resolve) => resolve(Reflect.apply(by, receiver, given)));
	};
	const links = rest.length === 0 ? [] : (site.chain ?? []);
	return followLinks(call(fn, self, args, links[0]), site, rest, call);
}

type LinkCall = (called: Callable, receiver: unknown, args: unknown[], next: ChainLink | undefined) => unknown;

/** The links of a chain on what its first call has given. */
export function followLinks(first: unknown, site: SiteDef, rest: readonly ChainArguments[], call: LinkCall): unknown {
	let value = first;
	for (const [i, [keys, args]] of rest.entries()) {
		const link = site.chain![i]!;
		if (link.optional && (value === undefined || value === null)) return undefined;
		const computed = [...keys];
		let receiver: unknown;
		for (const key of link.keys) {
			receiver = value;
			value = (receiver as Record<PropertyKey, unknown>)[(key ?? computed.shift()) as PropertyKey];
		}
		if (link.call) {
			if (link.optionalCall && (value === undefined || value === null)) return undefined;
			if (typeof value !== 'function')
				throw new TypeError(`${site.name}: ${String(link.keys.at(-1))} is not a function`);
			value = call(value as Callable, receiver, [...args], site.chain![i + 1]);
		}
	}
	return value;
}

const PROMISE_METHODS: ReadonlySet<unknown> = new Set(['then', 'catch', 'finally']);

function calleeOf(pending: PendingEffect, site: SiteDef, values: readonly unknown[]): readonly [unknown, Callable] {
	const { shape, hot } = pending;
	let self: unknown;
	let fn: unknown;
	if (shape.receiver) {
		self = values[0];
		const key = shape.computed ? values[1] : site.key;
		fn = site.read === undefined ? memberOf(self, key) : site.read(self, key);
	} else if (hot !== null) {
		({ self, fn } = hot);
	} else {
		[self, fn] = site.callee!();
		if (shape.computed) fn = memberOf(self, values[0]);
	}
	if (typeof fn !== 'function') throw new TypeError(`${site.name} is not a function`);
	return [self, fn as Callable];
}

function memberOf(holder: unknown, key: unknown): unknown {
	return (holder as Record<PropertyKey, unknown>)[key as PropertyKey];
}

/** The call site in the code that is loaded now. */
export function siteOf(pending: PendingEffect): SiteDef {
	if (pending.hot !== null) return pending.hot.def;
	if (pending.functionId === '') return siteOfModuleValue(pending.site, pending.where.receiver);
	return findSite(shared.functions.get(pending.functionId)!, pending.site)!;
}

/** The call site of that id, if there is one. */
export function findSite(def: FunctionDef, id: string): SiteDef | undefined {
	if (def.kind === 'thunk' || def.kind === 'import') return def.id === id ? siteOfThunk(def) : undefined;
	return def.sites?.find((site) => site.id === id);
}

/** What a call made in place as an argument has begun: the thunk is called. */
export function callOfThunk(def: FunctionDef, operands: readonly unknown[]): [SiteDef, Called] {
	return [siteOfThunk(def), { fn: makerOf(def), self: undefined, key: undefined, args: operands }];
}

/** Of a call that was made in place as an argument: the thunk is the callee, so that it can be found again. */
function siteOfThunk(def: FunctionDef): SiteDef {
	const known = thunkSites.get(def);
	if (known !== undefined) return known;
	const site: SiteDef = { id: def.id, at: def.at, name: def.name, callee: () => [undefined, makerOf(def)] };
	thunkSites.set(def, site);
	ofThunks.add(site);
	return site;
}

/**
 * Of a call that stands in no compiled code, of a function that a compiled module has: by its name there.
 * `receiver`: it was called on one (`fn.call(self)`), which is saved with it.
 */
export function siteOfModuleValue(name: string, receiver = false): SiteDef {
	const known = receiver ? methodSites : moduleValueSites;
	let site = known.get(name);
	if (site === undefined) {
		const written = name.slice(name.lastIndexOf('#') + 1);
		const value = () => moduleValue(name);
		const found = receiver ? { key: written, read: value } : { callee: () => [undefined, value()] as const };
		site = { id: name, at: [1, 1], name: written, ...found };
		known.set(name, site);
	}
	return site;
}

const moduleValueSites = new Map<string, SiteDef>();
const methodSites = new Map<string, SiteDef>();
const thunkSites = new WeakMap<FunctionDef, SiteDef>();
const ofThunks = new WeakSet<SiteDef>();

/** Path of what the effect changed first, or null. */
function changed(pending: PendingEffect, values: readonly unknown[], remade: Recipes): string | null {
	const { operands, shape } = pending;
	if (!('bytes' in operands) || (operands.bytes.length > COMPARED_IN_PRODUCTION && isProduction())) return null;
	if (sameAs(operands, values, remade)) return null;
	return firstChange(release(operands, 'skip'), values, operandNames(siteOf(pending), shape));
}

function isProduction(): boolean {
	return (
		(globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env?.NODE_ENV === 'production'
	);
}
