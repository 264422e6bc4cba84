import type { EqualPoint, FunctionDef, PointDef } from '@perdure/abi';
import { SchemaMismatchError, UnknownFunctionError } from '../errors/schema.ts';
import { migrationOf } from '../registry/migrations.ts';
import { shared } from '../registry/shared.ts';
import { Frame } from './frame.ts';
import type { FrameHead } from './frame-head.ts';
import type { FrameLog } from './frame-log.ts';

/** A frame as it was saved: names only, nothing that depends on this build. */
export interface SavedFrame {
	readonly functionId: string;
	readonly pointId: string;
	readonly equal: EqualPoint | null;
	/** By guard of the point: a `catch` that received the cancellation. */
	readonly caught: readonly boolean[];
	/** Whether a handler of it has received the run's cancellation, and whether that was thrown again since. */
	readonly cancelled: 'received' | 'again' | null;
	readonly slots: ReadonlyMap<string, unknown>;
	readonly log?: FrameLog | null;
}

/** One that is being decoded. */
export class MutableSavedFrame implements SavedFrame {
	readonly head: FrameHead;
	readonly caught: readonly boolean[];
	readonly cancelled: SavedFrame['cancelled'];
	readonly slots = new Map<string, unknown>();
	readonly log: FrameLog | null;
	parent: MutableSavedFrame | null = null;

	constructor(head: FrameHead, caught: readonly boolean[], cancelled: SavedFrame['cancelled'], log: FrameLog | null) {
		this.head = head;
		this.caught = caught;
		this.cancelled = cancelled;
		this.log = log;
	}

	get functionId(): string {
		return this.head.functionId;
	}

	get pointId(): string {
		return this.head.pointId;
	}

	get equal(): EqualPoint | null {
		return this.head.equal;
	}
}

/**
 * Finds a saved frame its place in the code that is loaded now (design/schema.md, "Restoring a frame").
 * Resuming at the wrong place is the one thing that must not happen: what does not fit is an error.
 * @throws UnknownFunctionError, SchemaMismatchError
 */
export function fitFrame(saved: SavedFrame): Frame {
	const def = shared.functions.get(saved.functionId);
	if (def?.step === undefined) throw new UnknownFunctionError({ functionId: saved.functionId });
	let point = findPoint(def, saved);
	let slots = saved.slots;
	if (point === null || missing(point, slots).length > 0) {
		const migrated = migrationOf(def.id, saved.pointId)?.(Object.fromEntries(slots));
		if (migrated !== undefined) {
			const moved = typeof migrated.point === 'string' && typeof migrated.locals === 'object';
			slots = new Map(Object.entries((moved ? migrated.locals : migrated) as object));
			if (moved) point = (def.points ?? []).find(({ id }) => id === migrated.point) ?? null;
		}
	}
	if (point === null) throw mismatch(def, saved, null, 'the suspension point is gone');
	const absent = missing(point, slots);
	if (absent.length > 0) throw mismatch(def, saved, point, `the slots ${absent.join(', ')} were not saved`);
	return frameAt(def, point, slots, saved);
}

function frameAt(
	def: FunctionDef,
	point: PointDef,
	slots: ReadonlyMap<string, unknown>,
	{ caught, cancelled, log }: SavedFrame,
): Frame {
	const frame = new Frame(def, undefined, []);
	frame.pc = point.pc;
	frame.s = point.slots.map((name) => slots.get(name));
	frame.cold = true;
	frame.log = log ?? null;
	// The chain of constructs is part of the point's id, so guards keep their positions.
	const guards = point.guards ?? [];
	const received = guards.filter((guard, i) => typeof guard === 'number' && caught[i] === true) as number[];
	if (cancelled !== null) {
		frame.cancelled = { caught: received, passed: cancelled === 'again' ? [] : null, cleaning: false };
	}
	return frame;
}

/** The point with the saved id; where several share it, all that tells them apart must be the same. */
function findPoint(def: FunctionDef, saved: SavedFrame): PointDef | null {
	const candidates = (def.points ?? []).filter(({ id }) => id === saved.pointId);
	if (candidates.length === 1 && candidates[0]!.equal === undefined && saved.equal === null) return candidates[0]!;
	if (saved.equal === null) return null;
	return candidates.find(({ equal }) => equal !== undefined && sameEqual(equal, saved.equal!)) ?? null;
}

function sameEqual(a: EqualPoint, b: EqualPoint): boolean {
	return a.nth === b.nth && a.of === b.of && a.before === b.before && a.after === b.after && a.between === b.between;
}

function missing(point: PointDef, slots: ReadonlyMap<string, unknown>): string[] {
	const reloaded = new Set(point.reload?.map(([slot]) => slot));
	return point.slots.filter((name, i) => !reloaded.has(i) && !slots.has(name));
}

function mismatch(def: FunctionDef, saved: SavedFrame, point: PointDef | null, found: string): SchemaMismatchError {
	const reloaded = new Set(point?.reload?.map(([slot]) => slot));
	const now = new Set(point?.slots.filter((_, i) => !reloaded.has(i)));
	const names = new Set([...saved.slots.keys(), ...now]);
	const differences = [...names]
		.filter((slot) => point !== null && saved.slots.has(slot) !== now.has(slot))
		.map((slot) => ({ slot, was: saved.slots.has(slot) ? slot : null, is: now.has(slot) ? slot : null }));
	const [line] = point?.at ?? def.at;
	return new SchemaMismatchError({
		functionId: def.id,
		file: def.file,
		line,
		expected: `point ${saved.pointId} with the slots ${[...saved.slots.keys()].join(', ') || '(none)'}`,
		found,
		differences,
		ways: [
			'deploy the code that it was saved by and let it finish there',
			`register migrate('${def.id}', '${saved.pointId}', (locals) => ...)`,
			'give the old function its place back under its id, and the new one an id of its own ("use durable as <id>")',
		],
	});
}
