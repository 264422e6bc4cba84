import type { Snapshot, SnapshotWriter } from '../codec/snapshot.ts';
import { DecodeError } from '../errors/saving.ts';
import { SchemaMismatchError, UnknownFunctionError } from '../errors/schema.ts';
import { asyncGeneratorStateOf } from '../language/async-generator.ts';
import { isDurable } from '../language/durable-promise.ts';
import { generatorStateOf } from '../language/generator.ts';
import { definitionOf, environmentOf } from '../registry/functions.ts';
import { classOfMember, madeOf, methodOf } from '../registry/made-classes.ts';
import { moduleValue } from '../registry/modules.ts';
import { type Closed, isLive } from '../registry/resources.ts';
import { shared } from '../registry/shared.ts';
import { findSite, fitsSite } from './effect.ts';
import { FiberReaction } from './fiber.ts';
import type { MutableSavedFrame } from './fit.ts';
import { fitFrames, fitGenerators, type Placed } from './fit-state.ts';
import type { Frame } from './frame.ts';
import { hash } from './key.ts';
import { Host, runCodec } from './kinds.ts';
import type { LogRecord } from './log.ts';
import { PendingEffect, type Savable } from './pending.ts';
import { pointOf } from './point.ts';
import { checkRun } from './run-kinds.ts';
import { RunState } from './run-state.ts';

/**
 * @param log kept with the state when given; recovery never reads it.
 * @throws NotSerializableError names the variable and the point of the frame that holds it.
 */
export function saveState(state: RunState, log: readonly LogRecord[] | null = null): Uint8Array {
	const host = new Host({ keys: state.keys, log });
	const bytes = runCodec.encode(state, { host, root: 'run' });
	state.held = host.held;
	return bytes;
}

/** Writes a state's next version into a chain of a full one and its changes (codec/snapshot.ts). */
export type StateWriter = SnapshotWriter<Host>;

/** Of a run that has not been saved yet. */
export function stateWriter(o: { readonly small?: number } = {}): StateWriter {
	return runCodec.writer(o);
}

/**
 * What is to be stored of a state after the ones this writer has written; if it is not stored after
 * all, the writer is useless. @throws as `saveState` does.
 */
export function writeState(writer: StateWriter, state: RunState): Snapshot {
	const { written } = state;
	state.written = { by: writer, touched: new Set() };
	const touched = written?.by === writer ? { touched: written.touched } : {};
	const host = new Host({ keys: state.keys });
	const snapshot = writer.write(state, { host, root: 'run', ...touched });
	state.held = host.held;
	return snapshot;
}

/**
 * Reads what a writer wrote, and goes on with it.
 * @param opened what was opened of the resources that the same bytes gave as `closed`.
 * @throws as `loadState` does.
 */
export function readState(
	[full, ...deltas]: readonly Uint8Array[],
	opened?: readonly object[],
): { state: RunState; writer: StateWriter; closed: readonly Closed[] } {
	if (full === undefined) throw malformed('there is no state');
	const host = new Host({ opened });
	const { root, writer } = runCodec.readSnapshot(full, deltas, { host });
	const { state, placed } = restore(root, host);
	for (const [saved, frame] of placed) writer.rename(saved, frame);
	return { state, writer, closed: host.unopened };
}

/**
 * Reads what a writer wrote, and finds no frame its place: what of it does not depend on the code that is loaded.
 * @throws DecodeError, UnknownFunctionError, SchemaMismatchError for closures and classes that it holds.
 */
export function readUnplaced([full, ...deltas]: readonly Uint8Array[]): { state: RunState; pending: Savable[] } {
	if (full === undefined) throw malformed('there is no state');
	const host = new Host();
	runCodec.readSnapshot(full, deltas, { host });
	if (host.run === null) throw malformed('a run is expected');
	const { state, pending, fiber } = host.run;
	const waits = linked(fiber).map(({ wait }) => wait as Savable | FiberReaction);
	const issued = [...linked(pending), ...waits.flatMap((wait) => (wait instanceof FiberReaction ? [] : [wait]))];
	for (const one of issued) if (one.key.startsWith('-')) one.key = state.keys + one.key;
	return { state, pending: issued };
}

/**
 * Reads a state and finds each frame its place in the code that is loaded now. Runs no code of the
 * user's but registered migrations.
 * @throws DecodeError, UnknownFunctionError, SchemaMismatchError
 */
export function loadState(
	bytes: Uint8Array,
	opened?: readonly object[],
): { state: RunState; log: LogRecord[]; closed: readonly Closed[] } {
	const host = new Host({ opened });
	const restored = restore(runCodec.decode(bytes, { host }), host);
	return { ...restored, closed: host.unopened };
}

function restore(root: unknown, host: Host): { state: RunState; log: LogRecord[]; placed: Placed } {
	const { run } = host;
	if (!(root instanceof RunState) || run?.state !== root) throw malformed('a run is expected');
	const { state } = run;
	state.owner = host.owner;
	const placed: Placed = new Map();
	for (const fiber of linked(run.fiber)) {
		if (state.fibers.has(fiber.id)) throw malformed('two fibers have one number');
		fiber.top = fitFrames(fiber.top as MutableSavedFrame | null, fiber.generator !== null, placed);
		state.fibers.set(fiber.id, fiber);
	}
	if (!state.fibers.has(0) && state.result === null) throw malformed('the run has no root');
	fitGenerators(host.parked, state.fibers.values(), placed);
	const pending: Savable[] = [...linked(run.pending)];
	for (const { target } of pending) {
		if (!isDurable(target)) throw malformed('something is pending for a fiber that does not wait for it');
	}
	for (const fiber of state.fibers.values()) {
		const wait = fiber.wait as Savable | FiberReaction;
		if ((wait instanceof FiberReaction ? wait.fiber : wait.target) !== fiber)
			throw malformed('a fiber waits for what is not for it');
		if (!(wait instanceof FiberReaction)) pending.push(wait);
	}
	for (const issued of pending.sort((a, b) => a.seq - b.seq)) {
		if (issued.key.startsWith('-')) issued.key = state.keys + issued.key;
		if (issued instanceof PendingEffect) checkSite(issued);
		if (state.pending.has(issued.key)) throw malformed('two issues have one key');
		state.pending.set(issued.key, issued);
	}
	if (!checkRun(state, run.log)) throw malformed('they are not the state of a run');
	for (const fiber of state.fibers.values()) state.census.note(fiber);
	return { state, log: [...(run.log ?? [])], placed };
}

/** The links of a list as they were saved; they are put into a new one. */
function linked<T extends { next: T | null }>(first: T | null): T[] {
	const found = new Set<T>();
	for (let link = first; link !== null; link = link.next) {
		if (found.has(link)) throw malformed('a list has no end');
		found.add(link);
	}
	for (const link of found) link.next = null;
	return [...found];
}

function checkSite({ functionId, site, name, shape }: PendingEffect): void {
	if (functionId === '') {
		if (moduleValue(site) === undefined) throw new UnknownFunctionError({ functionId: site });
		return;
	}
	const def = shared.functions.get(functionId);
	if (def === undefined) throw new UnknownFunctionError({ functionId });
	const found = findSite(def, site);
	if (found === undefined || !fitsSite(shape, found)) {
		throw new SchemaMismatchError({
			functionId: def.id,
			file: def.file,
			line: def.at[0],
			expected: `the call of '${name}' that is pending`,
			found: 'no such call',
			differences: [],
			ways: ['deploy the code that it was saved by and let the effect finish there'],
		});
	}
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
		if (wait instanceof PendingEffect && 'live' in wait.operands) lines.push(...closuresOf(wait.operands.live));
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
		if (isLive(value)) continue;
		seen.add(value);
		const env = environmentOf(value);
		if (env !== undefined) {
			const def = definitionOf(value)!;
			const hidden = madeOf(value)?.privates?.fields[0].map((name) => `#${name}`) ?? [];
			found.add([def.id, ...(def.captures ?? []), ...hidden].join(' '));
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

function malformed(problem: string): DecodeError {
	return new DecodeError({ problem });
}
