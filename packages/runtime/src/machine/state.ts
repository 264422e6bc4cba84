import type { Snapshot, SnapshotWriter } from '../codec/snapshot.ts';
import { DecodeError, NotSerializableError } from '../errors/saving.ts';
import { SchemaMismatchError, UnknownFunctionError } from '../errors/schema.ts';
import { asyncGeneratorStateOf } from '../language/async-generator.ts';
import { DurablePromise } from '../language/durable-promise.ts';
import { generatorStateOf } from '../language/generator.ts';
import { definitionOf, environmentOf } from '../registry/functions.ts';
import { classOfMember, madeOf, methodOf } from '../registry/made-classes.ts';
import { shared } from '../registry/shared.ts';
import { Census } from './census.ts';
import type { Copied } from './copy.ts';
import { fitsSite } from './effect.ts';
import { Fiber, FiberReaction } from './fiber.ts';
import { MutableSavedFrame } from './fit.ts';
import { fitFrames, fitGenerators, type Placed } from './fit-state.ts';
import type { Frame } from './frame.ts';
import { hash } from './key.ts';
import { Host, runCodec } from './kinds.ts';
import type { LogRecord } from './log.ts';
import type { Pending, PendingEffect, PendingWait, Savable, Target } from './pending.ts';
import { PendingTable } from './pending-table.ts';
import { atOf, pointOf } from './point.ts';
import type { Ended, RunState } from './run-state.ts';

/** What each part of a stored record must be: the bytes may be anybody's. */
type Shape<T> = { readonly [K in keyof T]?: (part: unknown) => boolean };

/** Changes when a saved state can no longer be read by what read the former one. */
const VERSION = 1;

/** The state of a run as it is stored: plain data, frames, and copies of what is pending. */
interface Stored {
	v: number;
	runId: string;
	lineage: string;
	functionId: string;
	startedAt: number;
	turn: number;
	issue: number;
	seq: number;
	settled: number;
	fiber: number;
	/**
	 * Of each fiber: number, innermost frame, promise, whether it is sheltered, the promise it awaits (which
	 * nothing else may hold), and the async generator it drives.
	 */
	fibers: (readonly [
		number,
		Frame | MutableSavedFrame | null,
		DurablePromise | null,
		boolean,
		DurablePromise | null,
		object?,
	])[];
	pending: StoredPending[];
	messages: Map<string, Copied[]>;
	cancel: readonly unknown[] | null;
	result: Ended | null;
	mark: string | null;
	progress: unknown;
	log: readonly LogRecord[] | null;
}

/** `target`: the number of a fiber, or a promise. */
type StoredPending = Omit<Savable, 'target' | 'hot' | 'flying'> & { target: number | DurablePromise };

/**
 * @param log kept with the state when given; recovery never reads it.
 * @throws NotSerializableError names the variable and the point of the frame that holds it.
 */
export function saveState(state: RunState, log: readonly LogRecord[] | null = null): Uint8Array {
	return runCodec.encode(storedOf(state, log), { host: new Host(), root: 'run' });
}

/** Writes a state's next version into a chain of a full one and its changes (codec/snapshot.ts). */
export type StateWriter = SnapshotWriter<Host>;

/** Of a run that has not been saved yet. */
export function stateWriter(): StateWriter {
	return runCodec.writer();
}

/**
 * What is to be stored of a state after the ones this writer has written; if it is not stored after
 * all, the writer is useless. @throws as `saveState` does.
 */
export function writeState(writer: StateWriter, state: RunState): Snapshot {
	return writer.write(storedOf(state, null), { host: new Host(), root: 'run' });
}

/** Reads what a writer wrote, and goes on with it. @throws as `loadState` does. */
export function readState([full, ...deltas]: readonly Uint8Array[]): { state: RunState; writer: StateWriter } {
	if (full === undefined) throw malformed('there is no state');
	const host = new Host();
	const { root, writer } = runCodec.readSnapshot(full, deltas, { host });
	return { state: restore(root, host).state, writer };
}

function storedOf(state: RunState, log: readonly LogRecord[] | null): Stored {
	const { runId, lineage, functionId, startedAt, turn, issue, seq, settled, messages, cancel, mark, progress } = state;
	const { fiber, result } = state;
	return {
		v: VERSION,
		runId,
		lineage,
		functionId,
		startedAt,
		turn,
		issue,
		seq,
		settled,
		fiber,
		fibers: [...state.fibers.values()].map(({ id, top, promise, sheltered, wait, generator }) => {
			const awaited = wait instanceof FiberReaction ? wait.promise : null;
			if (generator === null) return [id, top, promise, sheltered, awaited] as const;
			return [id, top, promise, sheltered, awaited, generator.object] as const;
		}),
		pending: [...state.pending.values()].map((pending) => storePending(pending)),
		messages,
		cancel,
		result,
		mark,
		progress,
		log,
	};
}

function storePending(pending: Pending): StoredPending {
	if (pending.kind === 'native') {
		const frame = pending.target instanceof Fiber ? pending.target.top : null;
		const point = frame === null ? undefined : pointOf(frame);
		throw new NotSerializableError({
			path: 'the awaited promise',
			point: point && atOf(frame!.def, point.at),
			type: 'a native promise',
			kind: 'promise',
			help: 'await the call that makes the promise directly, so that it becomes an effect of the run',
		});
	}
	const { target: whose, ...facts } = pending;
	const target = whose instanceof Fiber ? whose.id : whose;
	if (pending.kind !== 'effect') return { ...facts, target } as StoredPending;
	const { hot, flying: _, ...effect } = facts as Omit<PendingEffect, 'target'>;
	if (hot !== null && hot.def.callee === undefined && !pending.shape.receiver) {
		throw new NotSerializableError({
			path: pending.name,
			point: pending.at,
			type: 'a function that only this process knows',
			kind: 'callee',
			help: 'call a function of a module, or a method of a saved value, so that it can be found again after a restart',
		});
	}
	return { ...effect, target };
}

/**
 * Reads a state and finds each frame its place in the code that is loaded now. Runs no code of the
 * user's but registered migrations.
 * @throws DecodeError, UnknownFunctionError, SchemaMismatchError
 */
export function loadState(bytes: Uint8Array): { state: RunState; log: LogRecord[] } {
	const host = new Host();
	return restore(runCodec.decode(bytes, { host }), host);
}

function restore(root: unknown, host: Host): { state: RunState; log: LogRecord[] } {
	const stored = check(root);
	const fibers = new Map<number, Fiber>();
	const placed: Placed = new Map();
	for (const [id, top, promise, sheltered, , object] of stored.fibers) {
		if (fibers.has(id)) throw malformed('two fibers have one number');
		const generator = asyncGeneratorStateOf(object) ?? null;
		if ((promise === null) !== (id === 0 || generator !== null)) throw malformed('a fiber without a promise');
		const frames = fitFrames(top as MutableSavedFrame | null, generator !== null, placed);
		fibers.set(id, new Fiber(id, frames, promise, sheltered, generator));
	}
	if (!fibers.has(0) && stored.result === null) throw malformed('the run has no root');
	fitGenerators(host.parked, fibers.values(), placed);
	const pending = new PendingTable();
	for (const facts of stored.pending) {
		const target = typeof facts.target === 'number' ? fibers.get(facts.target) : facts.target;
		if (target === undefined || (target instanceof Fiber && target.wait !== null)) {
			throw malformed('something is pending for nobody');
		}
		const restored = restorePending(facts, target);
		if (pending.has(restored.key)) throw malformed('two issues have one key');
		pending.set(restored.key, restored);
		if (target instanceof Fiber) target.wait = restored;
	}
	for (const [reaction, id] of host.awaits) {
		const fiber = fibers.get(id);
		if (fiber === undefined || fiber.wait !== null) throw malformed('a promise is awaited by no fiber');
		reaction.fiber = fiber;
		fiber.wait = reaction;
	}
	if (![...fibers.values()].every((fiber) => fiber.wait !== null)) throw malformed('a fiber waits for nothing');
	const { v: _, fibers: __, pending: ___, log, ...facts } = stored;
	const census = new Census();
	for (const fiber of fibers.values()) census.note(fiber);
	return { state: { ...facts, fibers, pending, census, ended: null }, log: [...(log ?? [])] };
}

function restorePending(facts: StoredPending, target: Target): Pending {
	if (facts.kind !== 'effect') return { ...facts, target } as Pending;
	const effect: PendingEffect = { ...(facts as unknown as PendingEffect), target, flying: false, hot: null };
	const def = shared.functions.get(effect.functionId);
	if (def === undefined) throw new UnknownFunctionError({ functionId: effect.functionId });
	if (!def.sites?.some((site) => site.id === effect.site && fitsSite(effect.shape, site))) {
		throw new SchemaMismatchError({
			functionId: def.id,
			file: def.file,
			line: def.at[0],
			expected: `the call of '${effect.name}' that is pending`,
			found: 'no such call',
			differences: [],
			ways: ['deploy the code that it was saved by and let the effect finish there'],
		});
	}
	return effect;
}

/**
 * Of the code that a state depends on: point ids and slot names of all frames, fiber by fiber, and all
 * closures they hold with what these capture (design/schema.md).
 */
export function schemaIdOf(state: RunState): string {
	const lines: string[] = [];
	for (const fiber of state.fibers.values()) {
		lines.push(`fiber ${fiber.id}`);
		for (let frame = fiber.top; frame !== null; frame = frame.parent) {
			lines.push(`${frame.def.id} ${pointOf(frame)?.id ?? 'entry'} ${savedNames(frame).join(' ')}`);
			for (const id of closuresOf(frame.s)) lines.push(id);
		}
		const { wait } = fiber;
		if (wait !== null && 'kind' in wait && wait.kind === 'effect' && 'live' in wait.operands)
			lines.push(...closuresOf(wait.operands.live));
	}
	return hash(lines.join('\n'));
}

function savedNames(frame: Frame): string[] {
	const point = pointOf(frame);
	const reloaded = new Set(point?.reload?.map(([slot]) => slot));
	return point?.slots.filter((_, i) => !reloaded.has(i)) ?? [];
}

/** Closures and generators that a frame or a pending effect holds, however deep. Looks at data only: no getter runs. */
function closuresOf(roots: readonly unknown[]): string[] {
	const found = new Set<string>();
	const queue: unknown[] = [...roots];
	const seen = new Set<unknown>();
	while (queue.length > 0) {
		const value = queue.pop();
		if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) continue;
		seen.add(value);
		const env = environmentOf(value);
		if (env !== undefined) {
			const def = definitionOf(value)!;
			found.add(`${def.id} ${(def.captures ?? []).join(' ')}`);
			queue.push(...env, ...(madeOf(value) === undefined ? [methodOf(value)?.Class] : propertiesOf(value as object)));
			continue;
		}
		const generator = generatorStateOf(value) ?? asyncGeneratorStateOf(value);
		const frame = generator?.frame as Frame | null | undefined;
		if (frame) {
			found.add(`${frame.def.id} ${pointOf(frame)!.id} ${savedNames(frame).join(' ')}`);
			queue.push(...frame.s);
		} else if (typeof value === 'object' && !ArrayBuffer.isView(value)) {
			if (value instanceof Map || value instanceof Set) for (const item of value) queue.push(item);
			queue.push(...propertiesOf(value), classOfMember(Object.getPrototypeOf(value) ?? value));
		} else queue.push(methodOf(value)?.Class);
	}
	return [...found].sort();
}

function propertiesOf(value: object): unknown[] {
	return Reflect.ownKeys(value).map((key) => Object.getOwnPropertyDescriptor(value, key)!.value);
}

function isPlainObject(value: unknown): value is object {
	if (typeof value !== 'object' || value === null) return false;
	const prototype = Object.getPrototypeOf(value);
	return prototype === Object.prototype || prototype === null;
}

function malformed(problem: string): DecodeError {
	return new DecodeError({ problem });
}

const isCopied = (c: unknown): boolean =>
	isPlainObject(c) &&
	(Array.isArray((c as { values?: unknown }).values) ||
		((c as { bytes?: unknown }).bytes instanceof Uint8Array && Array.isArray((c as { live?: unknown }).live)));
const isText = (value: unknown) => typeof value === 'string';
const isTextOrNull = (value: unknown) => value === null || isText(value);
const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
const isTime = (value: unknown) => typeof value === 'number';
const isTimeOrNull = (value: unknown) => value === null || isTime(value);
const isList = Array.isArray;
/** A list without holes, which `every` would pass over. */
const isListOf = (value: unknown, test: (item: unknown) => boolean): value is unknown[] =>
	isList(value) && Array.from(value).every(test);

const ROOT: Shape<Stored> = {
	v: (v) => v === VERSION,
	runId: isText,
	lineage: isText,
	functionId: isText,
	startedAt: isTime,
	turn: isCount,
	issue: isCount,
	seq: isCount,
	settled: isCount,
	fiber: isCount,
	fibers: (list) =>
		isListOf(
			list,
			(entry) =>
				isList(entry) &&
				isCount(entry[0]) &&
				(entry[1] === null || entry[1] instanceof MutableSavedFrame) &&
				(entry[2] === null || entry[2] instanceof DurablePromise) &&
				typeof entry[3] === 'boolean' &&
				(entry[4] === null || entry[4] instanceof DurablePromise) &&
				(entry[5] === undefined || asyncGeneratorStateOf(entry[5]) !== undefined),
		),
	pending: (list) => isListOf(list, isPending),
	messages: (map) => map instanceof Map && [...map].every(([name, list]) => isText(name) && isListOf(list, isCopied)),
	cancel: (list) => list === null || (isList(list) && list.length === 1),
	result: (result) => result === null || (isPlainObject(result) && has(result, ENDED)),
	mark: isTextOrNull,
	progress: () => true,
	log: (list) => list === null || isListOf(list, (entry) => isPlainObject(entry) && has(entry, RECORD)),
};

const ENDED: Shape<Ended> = { status: (status) => status === 'completed' || status === 'cancelled' };

const RECORD: Shape<LogRecord> = {
	seq: isCount,
	kind: isText,
	site: isText,
	at: isText,
	name: isText,
	args: isCopied,
	state: isText,
	ok: (ok) => ok === null || typeof ok === 'boolean',
	outcome: (outcome) => outcome === null || isCopied(outcome),
	settledSeq: (seq) => seq === null || isCount(seq),
	attempt: isCount,
	startedAt: isTime,
	endedAt: isTimeOrNull,
	fiber: isCount,
	mark: isTextOrNull,
};

const ISSUED = {
	key: isText,
	target: (target: unknown) => isCount(target) || target instanceof DurablePromise,
	by: isCount,
	seq: isCount,
	site: isText,
	at: isText,
	name: isText,
	since: isTime,
	mark: isTextOrNull,
};

const EFFECT: Shape<PendingEffect> = {
	functionId: isText,
	operands: isCopied,
	shape: (shape) =>
		isPlainObject(shape) &&
		typeof (shape as { receiver?: unknown }).receiver === 'boolean' &&
		typeof (shape as { computed?: unknown }).computed === 'boolean' &&
		isCount((shape as { args?: unknown }).args) &&
		isListOf((shape as { rest?: unknown }).rest, (link) => isList(link) && isCount(link[0]) && isCount(link[1])),
	attempt: isCount,
	graceAt: isTimeOrNull,
};

const WAIT: Shape<PendingWait> = {
	value: isCopied,
	message: isTextOrNull,
	limit: isTimeOrNull,
	otherwise: (list) => list === null || (isList(list) && list.length === 1),
};

function isPending(value: unknown): boolean {
	if (!isPlainObject(value) || !has(value, ISSUED)) return false;
	switch ((value as { kind?: unknown }).kind) {
		case 'effect':
			return has(value, EFFECT);
		case 'sleep':
			return isTime((value as { until?: unknown }).until);
		case 'suspend':
		case 'receive':
			return has(value, WAIT);
		default:
			return false;
	}
}

function check(value: unknown): Stored {
	if (!isPlainObject(value)) throw malformed('a run is expected');
	const version = (value as Partial<Stored>).v;
	if (version !== VERSION) throw malformed(`they are of version ${String(version)}, and this reads version ${VERSION}`);
	if (!has(value, ROOT)) throw malformed('they are not the state of a run');
	return value as Stored;
}

function has(value: object, shape: Readonly<Record<string, ((part: unknown) => boolean) | undefined>>): boolean {
	return Object.entries(shape).every(([key, test]) => Object.hasOwn(value, key) && test!((value as never)[key]));
}
