import type { EqualPoint, FunctionDef, PointDef } from '@perdure/abi';
import { shared } from '../registry/shared.ts';

/** Where a frame is parked, by names: what all frames at one point share, and is saved once. */
export class FrameHead {
	readonly functionId: string;
	readonly pointId: string;
	readonly equal: EqualPoint | null;
	/** Names of the slots that are saved. */
	readonly names: readonly string[];

	constructor(functionId: string, pointId: string, equal: EqualPoint | null, names: readonly string[]) {
		this.functionId = functionId;
		this.pointId = pointId;
		this.equal = equal;
		this.names = names;
	}
}

interface Layout {
	readonly head: FrameHead;
	/** Indices of the slots that are saved: those read again after a restore are not. */
	readonly saved: readonly number[];
}

const layouts = new WeakMap<PointDef, Layout>();

export function layoutOf(def: FunctionDef, point: PointDef): Layout {
	let layout = layouts.get(point);
	if (layout === undefined) {
		const reloaded = new Set(point.reload?.map(([slot]) => slot));
		const saved = point.slots.flatMap((_, i) => (reloaded.has(i) ? [] : [i]));
		const names = saved.map((slot) => point.slots[slot]!);
		layout = { head: new FrameHead(def.id, point.id, point.equal ?? null, names), saved };
		layouts.set(point, layout);
	}
	return layout;
}

/** The head of the point in the code that is loaded now, if it is the same: then what is saved next is compared with it. */
export function known(head: FrameHead): FrameHead {
	const def = shared.functions.get(head.functionId);
	for (const point of def?.points ?? []) {
		if (point.id !== head.pointId) continue;
		const own = layoutOf(def!, point).head;
		if (own.names.join() === head.names.join() && sameEqual(own.equal, head.equal)) return own;
	}
	return head;
}

function sameEqual(a: EqualPoint | null, b: EqualPoint | null): boolean {
	if (a === null || b === null) return a === b;
	return a.nth === b.nth && a.of === b.of && a.before === b.before && a.after === b.after && a.between === b.between;
}
