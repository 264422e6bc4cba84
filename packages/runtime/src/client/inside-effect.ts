import { currentEffect, type EffectContext } from '../driver/effects.ts';
import { OutsideRunError } from '../errors/run.ts';

/** How many ids each attempt of an effect has taken. */
const taken = new WeakMap<EffectContext, number>();

/**
 * An id for what an effect does to other runs: the same on every attempt, so that a repeated attempt
 * starts or sends nothing twice. Counted in the order of the calls. Undefined outside effects.
 */
export function idInsideEffect(): string | undefined {
	const effect = effectAround();
	if (effect === null) return undefined;
	const number = (taken.get(effect) ?? 0) + 1;
	taken.set(effect, number);
	return `${effect.key}.${number}`;
}

/** Null outside effects. */
export function effectAround(): EffectContext | null {
	try {
		return currentEffect();
	} catch (error) {
		if (OutsideRunError.is(error)) return null;
		throw error;
	}
}
