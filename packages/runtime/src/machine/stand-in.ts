/** Functions that are called in place of others: `replace`, in tests and by configuration. */
import { effectFunction } from '../registry/effects.ts';
import type { Callable } from '../registry/shared.ts';
import { callsForeign, handsOn, methodOf } from './callee.ts';

export type Handlers = ReadonlyMap<Callable, Callable>;

/** What is called in place of a function, or of the one that it declares to be an effect. */
export function standInFor(fn: Callable, handlers: Handlers): Callable | undefined {
	if (handlers.size === 0) return undefined;
	const declared = effectFunction(fn);
	return handlers.get(fn) ?? (declared && handlers.get(declared));
}

/** The same for a call that is made at once, which is of foreign code: what is declared is an effect by itself. */
export function standInNow(callee: unknown, self: unknown, handlers: Handlers): Callable | undefined {
	if (handlers.size === 0 || !callsForeign(callee, self) || effectFunction(callee) !== undefined) return undefined;
	const handed = handsOn(callee);
	const by = standInFor((handed ? self : callee) as Callable, handlers);
	return by && ((...args) => Reflect.apply(handed ? (callee as Callable) : by, handed ? by : self, args));
}

/** For the value of a thunk (`FunctionDef.make`): the function that its call is to call, or what has it as that member. */
export type Exchange = (value: unknown, key?: PropertyKey) => unknown;

export function exchangeBy(handlers: Handlers): Exchange | undefined {
	if (handlers.size === 0) return undefined;
	return (value, key) => {
		if (key === undefined) return standInNow(value, undefined, handlers) ?? value;
		const by = standInNow(methodOf(value, key), value, handlers);
		return by === undefined ? value : { __proto__: null, [key]: by };
	};
}
