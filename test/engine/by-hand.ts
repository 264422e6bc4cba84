/**
 * Durable functions as the compiler emits them, written by hand, so that tests of the engine show what
 * the engine does whatever the compiler makes of a program.
 */
import { ABI, type Activation, type FunctionDef, type PointDef, type SiteDef, type Step } from '@perdure/abi';
import { bind, call, enter } from '@perdure/runtime/internal';
import { register } from '../../packages/runtime/src/registry/functions.ts';

export interface Written {
	readonly name: string;
	/** Slots of each point, by `pc` from 1. */
	readonly points: readonly (readonly string[])[];
	/** Callees of the calls, in order. */
	readonly calls: readonly ((...args: any[]) => unknown)[];
	readonly step: Step;
	/** Enclosing `finally` and `catch` bodies of a point, by `pc`. */
	readonly guards?: Readonly<Record<number, PointDef['guards']>>;
	readonly file?: string;
	readonly hash?: string;
}

export function durable<F extends (...args: any[]) => Promise<any>>(written: Written): F {
	const { name, points, calls, step, guards, file = 'test/programs.ts', hash = 'one' } = written;
	const def: FunctionDef = {
		abi: ABI,
		id: `test/programs#${name}`,
		name,
		file,
		at: [1, 1],
		hash,
		kind: 'durable',
		step,
		points: points.map((slots, i): PointDef => {
			return { pc: i + 1, id: `${name}.${i}`, at: [i + 2, 3], slots, guards: guards?.[i + 1] ?? [] };
		}),
		sites: calls.map((callee, i): SiteDef => {
			return { id: `${name}.call${i}`, at: [i + 2, 9], name: callee.name, callee: () => [undefined, callee] };
		}),
	};
	register(def);
	const wrapper = function (this: unknown, ...args: unknown[]) {
		return enter(def, this, args);
	};
	Object.defineProperty(wrapper, 'name', { value: name });
	return bind(wrapper, def) as unknown as F;
}

/** `await callee(...args)` at the point `pc` with these live slots. */
export function park(
	frame: Activation,
	pc: number,
	slots: readonly unknown[],
	site: number,
	callee: unknown,
	...args: unknown[]
): unknown {
	frame.pc = pc;
	frame.s = slots;
	return call(frame as never, site, callee, undefined, args);
}

export function finish<T>(frame: Activation, value: T): T {
	frame.done = true;
	return value;
}
