import type { ChainLink, FunctionDef, SiteDef } from '@perdure/abi';
import { ArgumentMutatedError } from '../errors/effect.ts';
import { NotSerializableError } from '../errors/saving.ts';
import { type Callable, type ChainArguments, shared } from '../registry/shared.ts';
import { type Copied, capture, remake, sameAs } from './copy.ts';
import type { EffectCall } from './effect-call.ts';
import type { Recipes } from './kinds.ts';
import type { CallShape, PendingEffect } from './pending.ts';

/** A call that becomes an effect, as emitted code made it. */
export interface Issue {
	readonly fn: Callable;
	readonly self: unknown;
	/** The computed key of a saved receiver's member; undefined where it is static. */
	readonly key: unknown;
	readonly args: readonly unknown[];
	readonly rest: readonly ChainArguments[];
}

/** Up to this many bytes of arguments are compared after the effect in production too. */
const COMPARED_IN_PRODUCTION = 4096;

export function shapeOf(site: SiteDef, issue: Issue): CallShape {
	const callee = site.callee === undefined;
	return {
		receiver: callee && site.key !== undefined,
		computed: callee && site.key === null,
		args: issue.args.length,
		rest: issue.rest.map(([keys, args]) => [keys.length, args.length]),
	};
}

/**
 * Copies what the effect is called with, once, at the moment it is issued (language.md, "Copies at the border").
 * @throws NotSerializableError names the argument and the call.
 */
export function copyOperands(site: SiteDef, issue: Issue, shape: CallShape, recipes: Recipes, at: string): Copied {
	const operands: unknown[] = [];
	const names: string[] = [];
	const add = (name: string, value: unknown) => {
		names.push(name);
		operands.push(value);
	};
	if (shape.receiver) add(receiverName(site), issue.self);
	if (shape.computed) add('key', issue.key);
	issue.args.forEach((value, i) => {
		add(`arguments[${i}]`, value);
	});
	issue.rest.forEach(([keys, args], link) => {
		keys.forEach((value, i) => {
			add(`link ${link + 1} key ${i}`, value);
		});
		args.forEach((value, i) => {
			add(`link ${link + 1} arguments[${i}]`, value);
		});
	});
	try {
		return capture(operands, { names, recipes });
	} catch (error) {
		throw NotSerializableError.is(error) ? error.at(at) : error;
	}
}

function receiverName(site: SiteDef): string {
	const dot = site.name.lastIndexOf('.');
	return dot > 0 ? site.name.slice(0, dot) : 'receiver';
}

/** The effect as its driver sees it. */
export function callOf(pending: PendingEffect, runId: string, handlers: ReadonlyMap<Callable, Callable>): EffectCall {
	const { key, attempt, name, at } = pending;
	return { key, attempt, name, at, runId, invoke: () => invoke(pending, handlers) };
}

async function invoke(pending: PendingEffect, handlers: ReadonlyMap<Callable, Callable>): Promise<unknown> {
	const { shape, operands } = pending;
	const { values, remade } = remake(operands);
	const site = siteOf(pending);
	const [self, fn] = calleeOf(pending, site, values);
	let next = (shape.receiver ? 1 : 0) + (shape.computed ? 1 : 0);
	const take = (count: number) => {
		const from = next;
		next += count;
		return values.slice(from, next);
	};

	const by = handlers.get(fn) ?? fn;
	const result = await callLinks(by, self, take(shape.args), site, shape, take);
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
	shape: CallShape,
	take: (count: number) => unknown[],
): unknown {
	let value: unknown = Reflect.apply(fn, self, args);
	const links: readonly ChainLink[] = site.chain ?? [];
	for (const [i, link] of links.entries()) {
		const [keyCount, argCount] = shape.rest[i] ?? [0, 0];
		const keys = take(keyCount);
		const linkArgs = take(argCount);
		if (link.optional && (value === undefined || value === null)) return undefined;
		let receiver: unknown;
		for (const key of link.keys) {
			receiver = value;
			value = (receiver as Record<PropertyKey, unknown>)[(key ?? keys.shift()) as PropertyKey];
		}
		if (link.call) {
			if (typeof value !== 'function')
				throw new TypeError(`${site.name}: ${String(link.keys.at(-1))} is not a function`);
			value = Reflect.apply(value, receiver, linkArgs);
		}
	}
	return value;
}

function calleeOf(pending: PendingEffect, site: SiteDef, values: readonly unknown[]): readonly [unknown, Callable] {
	let self: unknown;
	let fn: unknown;
	if (pending.shape.receiver) {
		self = values[0];
		const key = pending.shape.computed ? values[1] : site.key;
		fn = (self as Record<PropertyKey, unknown>)[key as PropertyKey];
	} else if (pending.hot !== null) {
		({ self, fn } = pending.hot);
	} else {
		[self, fn] = site.callee!();
	}
	if (typeof fn !== 'function') throw new TypeError(`${site.name} is not a function`);
	return [self, fn as Callable];
}

/** The call site in the code that is loaded now. */
export function siteOf(pending: PendingEffect): SiteDef {
	if (pending.hot !== null) return pending.hot.def;
	const def: FunctionDef = shared.functions.get(pending.functionId)!;
	return def.sites!.find((site) => site.id === pending.site)!;
}

/** Path of the first operand that the effect changed, or null. */
function changed(pending: PendingEffect, values: readonly unknown[], remade: Recipes): string | null {
	const { operands } = pending;
	if (!('bytes' in operands) || (operands.bytes.length > COMPARED_IN_PRODUCTION && isProduction())) return null;
	if (sameAs(operands, values, remade)) return null;
	return pending.shape.receiver ? `${receiverName(siteOf(pending))} or an argument` : 'an argument';
}

function isProduction(): boolean {
	return (
		(globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env?.NODE_ENV === 'production'
	);
}
