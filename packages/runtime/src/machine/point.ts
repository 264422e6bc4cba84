import type { FunctionDef, PointDef } from '@perdure/abi';
import type { Frame } from './frame.ts';

const byPc = new WeakMap<FunctionDef, ReadonlyMap<number, PointDef>>();

/** The suspension point that a frame is parked at; undefined before it first parks. */
export function pointOf(frame: Frame): PointDef | undefined {
	let points = byPc.get(frame.def);
	if (points === undefined) {
		points = new Map((frame.def.points ?? []).map((point) => [point.pc, point]));
		byPc.set(frame.def, points);
	}
	return points.get(frame.pc);
}

/** `src/checkout.ts:14:3`. */
export function atOf(def: FunctionDef, at: readonly [number, number]): string {
	return `${def.file}:${at[0]}:${at[1]}`;
}

const shownAtCaller = new WeakSet<FunctionDef>();

/** Code of this package: what it waits for is shown where the user's code waits for it. */
export function showAtCaller(def: FunctionDef): void {
	shownAtCaller.add(def);
}

export function isShownAtCaller(def: FunctionDef): boolean {
	return shownAtCaller.has(def);
}

/** Is it a variable of the user's? Others hold a temporary (`left:1`), or what a statement has to remember (`try>%value`). */
export function isVariable(slot: string): boolean {
	return !slot.includes(':') && nameIn(slot)[0] !== '%';
}

/** The user's name of a slot, without the scope that qualifies it; another one by its role: `(left)`, `(value)`. */
export function nameOfSlot(slot: string): string {
	const temporary = slot.indexOf(':');
	if (temporary >= 0) return `(${slot.slice(0, temporary)})`;
	const name = nameIn(slot);
	return isVariable(slot) ? name : `(${name.slice(1)})`;
}

function nameIn(slot: string): string {
	return slot.slice(slot.lastIndexOf('>') + 1);
}
