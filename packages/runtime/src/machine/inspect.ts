import { setOwn } from '../codec/own.ts';
import { Cell, TDZ } from '../language/binding.ts';
import { importOf } from '../registry/imports.ts';
import { capture, release } from './copy.ts';
import type { Frame } from './frame.ts';
import { isVariable, nameOfSlot, pointOf } from './point.ts';
import type { RunState } from './run-state.ts';

/** Where a run stands, for a person to read. Values are copies. */
export interface Inspection {
	readonly runId: string;
	readonly functionId: string;
	readonly status: string;
	/** Each fiber's frames, the innermost first. */
	readonly fibers: readonly { readonly id: number; readonly frames: readonly FrameInspection[] }[];
	readonly pending: readonly PendingInspection[];
}

/** A parked frame: which function, where it waits, its live variables. */
export interface FrameInspection {
	readonly functionId: string;
	readonly name: string;
	readonly file: string;
	/** Of the suspension point; 1-based. */
	readonly line: number;
	readonly column: number;
	/** The saved variables by the names the user gave them; an inner one of the same name wins. */
	readonly locals: Readonly<Record<string, unknown>>;
}

/** Something that a run waits for. */
export interface PendingInspection {
	readonly key: string;
	readonly kind: 'effect' | 'sleep' | 'mark' | 'suspend' | 'receive' | 'child' | 'native';
	/** The callee as written. */
	readonly name: string;
	/** `file:line:column`. */
	readonly at: string;
	readonly since: Date;
	/** When time alone moves it on. */
	readonly until: Date | null;
}

export function inspect(state: RunState, status: string): Inspection {
	const { runId, functionId, fibers, pending } = state;
	return {
		runId,
		functionId,
		status,
		fibers: [...fibers.values()].map((fiber) => ({ id: fiber.id, frames: [...frames(fiber.top)].map(inspectFrame) })),
		pending: [...pending.values()].map((p): PendingInspection => {
			if (p.kind === 'native') {
				return { key: p.key, kind: p.kind, name: 'a native promise', at: '', since: new Date(Number.NaN), until: null };
			}
			const until =
				p.kind === 'sleep'
					? p.until
					: p.kind === 'mark'
						? p.since
						: p.kind === 'effect'
							? (p.retryAt ?? p.graceAt)
							: p.limit;
			const { key, kind, name, at, since } = p;
			return { key, kind, name, at, since: new Date(since), until: until === null ? null : new Date(until) };
		}),
	};
}

function* frames(top: Frame | null): Iterable<Frame> {
	for (let frame = top; frame !== null; frame = frame.parent) yield frame;
}

function inspectFrame(frame: Frame): FrameInspection {
	const point = pointOf(frame);
	const [line, column] = point?.at ?? frame.def.at;
	const locals: Record<string, unknown> = {};
	const unsaved = new Set(point?.reload?.map(([slot]) => slot));
	point?.slots.forEach((slot, i) => {
		if (unsaved.has(i) || !isVariable(slot)) return;
		const name = nameOfSlot(slot);
		const held = frame.s[i];
		const value = held instanceof Cell ? held.v : held;
		// Defined, not assigned: a variable may be called __proto__.
		if (value !== TDZ) setOwn(locals, name, copyOf(value));
	});
	return { functionId: frame.def.id, name: frame.def.name, file: frame.def.file, line, column, locals };
}

function copyOf(value: unknown): unknown {
	const imported = importOf(value);
	if (imported !== undefined) return imported;
	try {
		return release(capture([value]))[0];
	} catch {
		// What cannot be saved is shown as it is: this is for reading.
		return value;
	}
}
