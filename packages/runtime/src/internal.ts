/**
 * What emitted code imports: exactly the names of `HELPERS` in @perdure/abi. Outside a turn these
 * behave as JavaScript itself does; inside, the machine that computes the turn decides.
 */

import type { FunctionDef } from '@perdure/abi';
import { drivePlain } from './driver/plain.ts';
import { InvariantError } from './errors/internal.ts';
import { makeAsyncGenerator } from './language/async-generator.ts';
import { makeGenerator } from './language/generator.ts';
import { AnyIterator } from './language/native-iterators.ts';
import { isForeign, methodOf } from './machine/callee.ts';
import { enterHandler } from './machine/cancellation.ts';
import { Frame } from './machine/frame.ts';
import { definitionOf } from './registry/functions.ts';
import { instancePrototype } from './registry/generator-functions.ts';
import { makerOf } from './registry/imports.ts';
import { interposing } from './registry/interposing.ts';
import { type Owner, outside, ownerNow } from './registry/owner.ts';
import { type Callable, type ChainArguments, type InPlace, shared } from './registry/shared.ts';

export { delegateAsync } from './language/async-delegation.ts';
export { yielded } from './language/async-generator-state.ts';
export { Cell, constant, TDZ, tdz } from './language/binding.ts';
export { construct, invoke } from './language/call.ts';
export { delegate } from './language/delegation.ts';
export { resources } from './language/dispose.ts';
export { enumerate, iterate, iterateCall } from './language/iterate.ts';
export { iterateAsync, iterateAsyncCall } from './language/iterate-async.ts';
export { accessor, accessorIn, coercible, properties, propertyKey, restOf, templateObject } from './language/object.ts';
export { PromiseOf } from './language/promise.ts';
export { superGet, superOf } from './language/super.ts';
export { bind, closure, define } from './registry/functions.ts';
export { interposing } from './registry/interposing.ts';
export { bindMethod, makeClass } from './registry/made-classes.ts';
export { moduleValues } from './registry/modules.ts';
export { outside } from './registry/owner.ts';
export { privateIn, privateMethod, privateOf } from './registry/private-members.ts';

/** Whose the closures are that are made now. */
export function owner(): Owner {
	return ownerNow(shared.current);
}

/** Body of a wrapper: starts the function. */
export function enter(
	def: FunctionDef,
	self: unknown,
	args: ArrayLike<unknown>,
	env?: readonly unknown[],
	owner?: Owner,
): unknown {
	if (owner?.open === 0) {
		try {
			outside(owner, def);
		} catch (error) {
			return Promise.reject(error);
		}
	}
	if (shared.current === null) return drivePlain(def, self, args, env);
	return shared.current.enter(def, self, args, env ?? []);
}

/** Body of a generator function's wrapper. The parameters are bound now, and their errors are the call's. */
export function generate(
	def: FunctionDef,
	self: unknown,
	args: ArrayLike<unknown>,
	env?: readonly unknown[],
	fn?: Callable,
	owner?: Owner,
): object {
	if (owner?.open === 0) outside(owner, def);
	const frame = new Frame(def, self, Array.from(args), env);
	def.step!(frame, 0, undefined);
	const make = def.generator === 'sync' ? makeGenerator : makeAsyncGenerator;
	return make(instancePrototype(def, fn), frame);
}

/** A call in await position: what it returns is awaited. */
export function call(
	frame: Frame,
	site: number,
	callee: unknown,
	self: unknown,
	args: unknown[],
	key?: unknown,
): unknown {
	if (shared.current !== null) return shared.current.call(frame, site, callee, self, args, key);
	if (typeof callee !== 'function') throw notCallable(frame, site);
	if (self !== undefined) return Reflect.apply(callee, self, args);
	// Calls that the engine sees through: an await costs a tenth less than by way of the list.
	switch (args.length) {
		case 0:
			return callee();
		case 1:
			return callee(args[0]);
		case 2:
			return callee(args[0], args[1]);
		default:
			return Reflect.apply(callee, self, args);
	}
}

/** A chain of calls in await position: one effect. */
export function chain(
	frame: Frame,
	site: number,
	callee: unknown,
	self: unknown,
	args: unknown[],
	rest: readonly ChainArguments[],
	key?: unknown,
): unknown {
	if (shared.current !== null) return shared.current.chain(frame, site, callee, self, args, rest, key);
	throw new InvariantError({ broken: 'a chain became one effect outside a turn' });
}

/** `return f()`: the call replaces the frame. */
export function tail(
	frame: Frame,
	site: number,
	callee: unknown,
	self: unknown,
	args: unknown[],
	key?: unknown,
): unknown {
	if (shared.current !== null) return shared.current.tail(frame, site, callee, self, args, key);
	if (typeof callee !== 'function') throw notCallable(frame, site);
	const out = Reflect.apply(callee, self, args);
	frame.done = true;
	return out;
}

/** Does a chain that begins with a call of this, made now, become an effect? False outside turns, where a call is a call. */
export function foreign(callee: unknown): boolean {
	return shared.current !== null && isForeign(callee);
}

/**
 * A call that is not waited for here, but will be: an element of `Promise.all([...])`, an operand that is assigned.
 * `rest`: the other links of a chain, one effect with it.
 */
export function begin(
	owner: Frame | FunctionDef,
	site: number,
	callee: unknown,
	self: unknown,
	args: unknown[],
	key?: unknown,
	rest?: readonly ChainArguments[],
): unknown {
	if (shared.current !== null) return shared.current.begin(owner, site, callee, self, args, key, rest);
	if (typeof callee !== 'function') throw notCallable(owner, site);
	return Reflect.apply(callee, self, args);
}

/** What is called elsewhere than in await position: the callee, or what the turn has in its place. */
export function interpose(owner: Frame | FunctionDef, site: number, callee: unknown, self?: unknown): unknown {
	return shared.current?.interpose(owner, site, callee, self) ?? callee;
}

/** The same for a member, by what it is a member of: an object that has just that. */
export function interposeOn(owner: Frame | FunctionDef, site: number, object: unknown, key: PropertyKey): unknown {
	const by = shared.current?.interpose(owner, site, methodOf(object, key), object);
	return by === undefined ? object : { __proto__: null, [key]: by };
}

/** Is the value of a call elsewhere than in await position one that the turn must know of? Cheap, for every call. */
export function concernsTurn(value: unknown): boolean {
	// Arrays first: what most calls give that is no primitive, and `instanceof` walks their prototypes twice.
	return (
		typeof value === 'object' && !Array.isArray(value) && (value instanceof Promise || value instanceof AnyIterator)
	);
}

/** What a call elsewhere has given: inside a turn, a promise or an iterator of the run in place of a native one. */
export function started(
	owner: Frame | FunctionDef,
	site: number,
	value: unknown,
	callee: unknown,
	self: unknown,
	args: unknown[],
	key?: unknown,
	inPlace?: InPlace,
): unknown {
	return shared.current === null ? value : shared.current.started(owner, site, value, callee, self, args, key, inPlace);
}

/** A callee that is saved itself while its arguments suspend; any other is read from its receiver again. */
export function kept(callee: unknown): unknown {
	return definitionOf(callee) === undefined ? undefined : callee;
}

/**
 * A thunk over saved operands: runs it, and lets the turn run it again should its value not be savable.
 * `callee`: what its value is handed to, where that may be no effect.
 */
export function lazy(def: FunctionDef, operands: readonly unknown[], callee?: unknown): unknown {
	const logged = interposing.on ? shared.current?.logged(def, operands, callee) : undefined;
	if (logged !== undefined) return logged;
	const exchange = interposing.on && def.kind === 'thunk' ? shared.current?.exchange : undefined;
	const value = exchange === undefined ? makerOf(def)(...operands) : makerOf(def)(...operands, exchange);
	return shared.current === null ? value : shared.current.lazy(value, def, operands, callee);
}

/** Where an exception goes: the `pc` of the handler of the region, or on to the caller. */
export function unwind(frame: Frame, pc: number, error: unknown): number {
	const handler = enterHandler(frame, pc, shared.current?.isCancellation(error) ?? false);
	if (handler < 0) throw error;
	return handler;
}

function notCallable(owner: Frame | FunctionDef, site: number): TypeError {
	const { sites } = 'def' in owner ? owner.def : owner;
	return new TypeError(`${sites![site]!.name} is not a function`);
}
