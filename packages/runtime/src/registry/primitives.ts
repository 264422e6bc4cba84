import type { Callable } from './shared.ts';

/** On a runtime primitive (`sleep`, `suspend`, ...): what it does in await position. */
export const PRIMITIVE: unique symbol = Symbol.for('perdure.primitive') as never;

interface Primitive extends Callable {
	readonly [PRIMITIVE]: string;
}

export function primitiveOf(callee: unknown): string | undefined {
	return typeof callee === 'function' ? (callee as Partial<Primitive>)[PRIMITIVE] : undefined;
}
