import type { FunctionDef, PointDef } from '@perdure/abi';
import type { Frame } from './frame.ts';

const byPc = new WeakMap<FunctionDef, ReadonlyMap<number, PointDef>>();

/** The suspension point that a frame is parked at; undefined before it first parks. */
export function pointOf(frame: Frame): PointDef | undefined {
	let points = byPc.get(frame.def);
	if (points === undefined) {
		points = new Map(frame.def.points!.map((point) => [point.pc, point]));
		byPc.set(frame.def, points);
	}
	return points.get(frame.pc);
}

/** `src/checkout.ts:14:3`. */
export function atOf(def: FunctionDef, at: readonly [number, number]): string {
	return `${def.file}:${at[0]}:${at[1]}`;
}
