import { ASYNC_ITERATION_HELP, type EqualPoint, REFUSED } from '@perdure/abi';
import { COPY_ROW } from '../codec/format.ts';
import { expect, type Kind } from '../codec/kind.ts';
import { DecodeError, NotSerializableError } from '../errors/saving.ts';
import { asyncGeneratorStateOf } from '../language/async-generator.ts';
import { isDurable } from '../language/durable-promise.ts';
import { AsyncSteps } from '../language/iterate-async.ts';
import { awaitedAt } from './await-chain.ts';
import { type Copied, CopiedBytes, NOTHING } from './copied.ts';
import { Fiber, FiberReaction } from './fiber.ts';
import { MutableSavedFrame } from './fit.ts';
import { FrameHead, known } from './frame-head.ts';
import type { Host } from './kinds.ts';
import type { LogExtra, LogRecord } from './log.ts';
import {
	CallSite,
	type IssueFacts,
	PendingEffect,
	PendingMark,
	type PendingNative,
	PendingSleep,
	PendingWait,
	Policed,
	type Savable,
} from './pending.ts';
import { atOf, pointOf } from './point.ts';
import { type Ended, RunFacts, RunState, VERSION } from './run-state.ts';

/**
 * How a run itself is saved. Each of its parts keeps its identity from turn to turn and is small, so
 * that a turn writes only the parts it changed; what is the same for many (places of calls, parked
 * frames) is a part of its own, written once.
 */

const isText = (value: unknown): value is string => typeof value === 'string';
const isTextOrNull = (value: unknown) => value === null || isText(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isTime = (value: unknown) => typeof value === 'number';
const isTimeOrNull = (value: unknown) => value === null || isTime(value);
const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';
/** A list without holes, which `every` would pass over. */
const isListOf = (value: unknown, test: (item: unknown) => boolean): value is unknown[] =>
	Array.isArray(value) && Array.from(value).every(test);
const isOne = (value: unknown): value is readonly [unknown] => Array.isArray(value) && value.length === 1;
const isPlainObject = (value: unknown): value is Record<string, unknown> => {
	if (typeof value !== 'object' || value === null) return false;
	const prototype = Object.getPrototypeOf(value);
	return prototype === Object.prototype || prototype === null;
};
const isCopied = (value: unknown): value is Copied =>
	value instanceof CopiedBytes || (isPlainObject(value) && Array.isArray(value.values));
const isSavable = (value: unknown): value is Savable =>
	[PendingEffect, PendingSleep, PendingMark, PendingWait].some((kind) => value instanceof kind);
const isBytes = (value: unknown) => value instanceof Uint8Array;
const always = () => true;

const isTrue = (value: unknown) => value === true;

const EXTRA: Readonly<Record<keyof LogExtra, (part: unknown) => boolean>> = {
	count: isCount,
	fibers: (fibers) => isListOf(fibers, isCount) && fibers.length === 2,
	redacted: isTrue,
	frames: isBytes,
	left: isTrue,
	end: isTrue,
};

const RECORD: Readonly<Record<keyof LogRecord, (part: unknown) => boolean>> = {
	seq: isCount,
	kind: isText,
	site: isText,
	at: isText,
	name: isText,
	args: isCopied,
	state: isText,
	ok: (ok) => ok === null || isFlag(ok),
	outcome: (outcome) => outcome === null || isCopied(outcome),
	settledSeq: (seq) => seq === null || isCount(seq),
	attempt: isCount,
	startedAt: isTime,
	endedAt: isTimeOrNull,
	fiber: isCount,
	mark: isTextOrNull,
	key: isText,
	extra: (extra) =>
		extra === null ||
		(isPlainObject(extra) &&
			Object.entries(extra).every(([key, part]) => Object.hasOwn(EXTRA, key) && EXTRA[key as keyof LogExtra](part))),
};

/** What stands for entries that are not kept says how many, and of which fibers. */
function isRecord(value: unknown): boolean {
	if (!has(value, RECORD)) return false;
	const { kind, extra } = value as LogRecord;
	return kind !== 'pruned' || (extra?.count !== undefined && extra.fibers !== undefined);
}

function has(value: unknown, shape: Readonly<Record<string, (part: unknown) => boolean>>): boolean {
	return (
		isPlainObject(value) && Object.entries(shape).every(([key, test]) => Object.hasOwn(value, key) && test(value[key]))
	);
}

/** How many parts of a run are there in each turn; the others only while one of them says something. */
const USUAL = 8;
const USUAL_LABELS = ['', '', '', '', '', '', '', ''];
const OTHER_LABELS = ['.messages', '.cancel', '.result', '.mark', '.progress', '.log', '.failed'];

const run: Kind<RunState, Host> = {
	tag: 'run',
	prototypes: [RunState.prototype],
	take(state, host) {
		for (const native of state.pending.natives) throw refuseNative(native);
		const { facts, turn, issue, seq, settled, fiber, fibers, pending } = state;
		const { messages, cancel, result, mark, progress, failed } = state;
		const usual = [facts, turn, issue, seq, settled, fiber, fibers.first, pending.first];
		const { log } = host;
		const quiet = messages.size === 0 && cancel === null && result === null && mark === null && log === null;
		if (quiet && progress === undefined && failed === null) return usual;
		const others = [...usual, messages, cancel, result, mark, progress, log];
		return failed === null ? others : [...others, failed];
	},
	label: (_, index) => [...USUAL_LABELS, ...OTHER_LABELS][index] ?? '',
	make: () => new RunState(new RunFacts('', '', '', 0)),
	fill(state, parts, host) {
		const [facts, turn, issue, seq, settled, fiber, firstFiber, firstPending] = parts;
		expect(facts instanceof RunFacts, 'they are not the state of a run');
		expect([turn, issue, seq, settled, fiber].every(isCount), 'they are not the state of a run');
		expect(firstFiber === null || firstFiber instanceof Fiber, 'a fiber is none');
		expect(firstPending === null || isSavable(firstPending), 'what is pending is nothing');
		Object.assign(state, { facts, turn, issue, seq, settled, fiber });
		host.run = { state, fiber: firstFiber, pending: firstPending, log: null };
		if (parts.length === USUAL) return;
		const [messages, cancel, result, mark, progress, log, failed = null] = parts.slice(USUAL);
		Object.assign(state, { messages, cancel, result, mark, progress, failed });
		host.run.log = log as LogRecord[] | null;
	},
};

/** What can be looked at only once all is filled. */
export function checkRun({ messages, cancel, result, mark, pending, failed }: RunState, log: unknown): boolean {
	return (
		messages instanceof Map &&
		[...messages].every(([name, list]) => isText(name) && isListOf(list, isCopied)) &&
		(cancel === null || isOne(cancel)) &&
		(result === null || isEnded(result)) &&
		(failed === null || has(failed, { event: isBytes, error: isBytes })) &&
		isTextOrNull(mark) &&
		(log === null || isListOf(log, isRecord)) &&
		[...pending.waits.values()].every(({ otherwise }) => otherwise === null || isOne(otherwise))
	);
}

function isEnded(value: unknown): value is Ended {
	return isPlainObject(value) && (value.status === 'completed' || value.status === 'cancelled') && 'outcome' in value;
}

const facts: Kind<RunFacts, Host> = {
	tag: 'facts',
	prototypes: [RunFacts.prototype],
	tells: always,
	take: ({ runId, lineage, functionId, startedAt }) => [VERSION, runId, lineage, functionId, startedAt],
	moment: 'first',
	make([version, runId, lineage, functionId, startedAt]) {
		if (version !== VERSION) {
			throw new DecodeError({ problem: `they are of version ${String(version)}, and this reads version ${VERSION}` });
		}
		expect(isText(runId) && isText(lineage) && isText(functionId), 'they are not the state of a run');
		expect(typeof startedAt === 'number', 'they are not the state of a run');
		return new RunFacts(runId, lineage, functionId, startedAt);
	},
};

function refuseNative({ target, promise }: PendingNative): NotSerializableError {
	const frame = target instanceof Fiber ? target.top : null;
	const point = frame === null ? undefined : pointOf(frame);
	const loop = frame?.s.find((value) => value instanceof AsyncSteps && value.asked === promise) as
		| AsyncSteps
		| undefined;
	if (loop !== undefined) {
		const tag = Object.prototype.toString.call(loop.iterator).slice(8, -1);
		return new NotSerializableError({
			path: 'the iterator of the loop',
			point: point && atOf(frame!.def, point.at),
			type: tag === 'AsyncGenerator' ? REFUSED.type(tag) : 'an async iterator that foreign code made',
			kind: 'iterator',
			help: ASYNC_ITERATION_HELP,
		});
	}
	return new NotSerializableError({
		path: 'the awaited promise',
		point: target instanceof Fiber ? point && atOf(frame!.def, point.at) : awaitedAt(target),
		type: REFUSED.promise,
		kind: 'promise',
		help: 'await the call that makes the promise directly, so that it becomes an effect of the run',
	});
}

const fiber: Kind<Fiber, Host> = {
	tag: 'fiber',
	prototypes: [Fiber.prototype],
	tells: always,
	take({ id, top, promise, sheltered, wait, next, generator, marked, ending }) {
		const usual = [id, top, promise, sheltered, wait, next];
		if (marked > 0 || ending !== null) return [...usual, generator?.object ?? null, marked, ...(ending ?? [])];
		return generator === null ? usual : [...usual, generator.object];
	},
	label: () => '',
	make: () => new Fiber(0, null),
	fill(made, [id, top, promise, sheltered, wait, next, object = null, marked = 0, ...ending]) {
		const generator = asyncGeneratorStateOf(object) ?? null;
		expect(object === null || generator !== null, 'a fiber that drives no generator');
		expect(isCount(marked) && ending.every(Number.isSafeInteger), 'a malformed fiber');
		expect(isCount(id) && isFlag(sheltered), 'a malformed fiber');
		expect(top === null || top instanceof MutableSavedFrame, 'a fiber of no frames');
		expect(promise === null || isDurable(promise), 'a malformed fiber');
		expect((promise === null) === (id === 0 || generator !== null), 'a fiber without a promise');
		expect(wait instanceof FiberReaction || isSavable(wait), 'a fiber waits for nothing');
		expect(next === null || next instanceof Fiber, 'a fiber is none');
		Object.assign(made, { id, top, promise, sheltered, wait, next, generator, marked, logged: true });
		if (ending.length > 0) Object.assign(made, { ending });
	},
};

const frameHead: Kind<FrameHead, Host> = {
	tag: 'point',
	prototypes: [FrameHead.prototype],
	tells: always,
	take({ functionId, pointId, equal, names }) {
		const { nth, of, before, after, between } = equal ?? {};
		return [functionId, pointId, ...(equal === null ? [0] : [5, nth, of, before, after, between]), ...names];
	},
	moment: 'first',
	make([functionId, pointId, count, ...rest]) {
		expect(isText(functionId) && isText(pointId) && (count === 0 || count === 5), 'a malformed point');
		const names = rest.slice(count);
		expect(names.every(isText) && new Set(names).size === names.length, 'a slot without a name of its own');
		const [nth, of, before, after, between] = rest;
		const equal = count === 0 ? null : ({ nth, of, before, after, between } as EqualPoint);
		return known(new FrameHead(functionId, pointId, equal, names));
	},
};

const callSite: Kind<CallSite, Host> = {
	tag: 'site',
	prototypes: [CallSite.prototype],
	tells: always,
	take: ({ functionId, site, at, name, receiver, computed }) => [functionId, site, at, name, receiver, computed],
	moment: 'first',
	make([functionId, site, at, name, receiver, computed]) {
		expect([functionId, site, at, name].every(isText) && isFlag(receiver) && isFlag(computed), 'a malformed site');
		return new CallSite(functionId as string, site as string, at as string, name as string, receiver, computed);
	},
};

/** What all that is issued begins with. `by` and `mark` are among what hardly any has to say. */
function takeIssued({ key, target, by, seq, where, since, mark, next }: Savable, { keys }: Host): unknown[] {
	return [target, where, key.startsWith(keys) ? key.slice(keys.length) : key, by, seq, since, mark, next];
}

const ISSUED = 8;

function issuedOf(parts: readonly unknown[]): IssueFacts & { readonly next: Savable | null } {
	const [target, where, key, by, seq, since, mark, next] = parts;
	expect(target instanceof Fiber || isDurable(target), 'something is pending for nobody');
	expect(where instanceof CallSite && isText(key) && isCount(by) && isCount(seq), 'something malformed is pending');
	expect(isTime(since) && isTextOrNull(mark) && (next === null || isSavable(next)), 'something malformed is pending');
	return { target, where, key, by, seq, since: since as number, mark: mark as string | null, next };
}

/** Primitives are written in place. */
function takeCopied(copied: Copied): unknown[] {
	return 'values' in copied ? [0, ...copied.values] : [1, copied];
}

function copiedOf([form, ...parts]: readonly unknown[]): Copied {
	if (form === 0) return { values: parts };
	expect(form === 1 && parts.length === 1 && parts[0] instanceof CopiedBytes, 'a copy is none');
	return parts[0];
}

const BLANK: IssueFacts = { key: '', target: null as never, by: 0, seq: 0, where: null as never, since: 0, mark: null };

const effect: Kind<PendingEffect, Host> = {
	tag: 'effect',
	prototypes: [PendingEffect.prototype],
	tells: always,
	take(value, host) {
		const { hot, name, at, policed, attempt, graceAt, args, rest, operands } = value;
		if (hot !== null && hot.def.callee === undefined && !value.where.receiver) {
			throw new NotSerializableError({
				path: name,
				point: at,
				type: REFUSED.callee,
				kind: 'callee',
				help: 'call it by its name in the module, or by a method of a value that can be saved',
			});
		}
		const issued = takeIssued(value, host);
		if (policed !== null) issued.push(policed);
		return [...issued, attempt, graceAt, args, rest.length, ...rest.flat(), ...takeCopied(operands)];
	},
	label: () => '',
	make: () => new PendingEffect(BLANK, NOTHING, 0, []),
	fill(made, parts) {
		const found = parts[ISSUED];
		const policed = found instanceof Policed ? found : null;
		const [attempt, graceAt, args, links, ...others] = parts.slice(policed === null ? ISSUED : ISSUED + 1);
		expect(isCount(attempt) && isTimeOrNull(graceAt) && isCount(args) && isCount(links), 'a malformed effect');
		const counts = others.slice(0, 2 * links);
		expect(counts.length === 2 * links && counts.every(isCount), 'a malformed effect');
		const rest = Array.from({ length: links }, (_, i) => [counts[2 * i], counts[2 * i + 1]]);
		const operands = copiedOf(others.slice(2 * links));
		Object.assign(made, issuedOf(parts), { policed, attempt, graceAt, args, rest, operands });
	},
};

const policed: Kind<Policed, Host> = {
	tag: 'policed',
	prototypes: [Policed.prototype],
	tells: always,
	take: ({ key, failures, retryAt, error }) => [key, failures, retryAt, ...(error === null ? [] : takeCopied(error))],
	label: () => '',
	make: () => new Policed(null, 0, null, null),
	fill(made, [key, failures, retryAt, ...error]) {
		expect(isTextOrNull(key) && isCount(failures) && isTimeOrNull(retryAt), 'a malformed policy of an effect');
		Object.assign(made, { key, failures, retryAt, error: error.length === 0 ? null : copiedOf(error) });
	},
};

const sleep: Kind<PendingSleep, Host> = {
	tag: 'sleep',
	prototypes: [PendingSleep.prototype],
	tells: always,
	take: (value, host) => [...takeIssued(value, host), value.until],
	label: () => '',
	make: () => new PendingSleep(BLANK, 0),
	fill(made, parts) {
		const until = parts[ISSUED];
		expect(isTime(until), 'a malformed timer');
		Object.assign(made, issuedOf(parts), { until });
	},
};

const mark: Kind<PendingMark, Host> = {
	tag: 'mark',
	prototypes: [PendingMark.prototype],
	tells: always,
	take: takeIssued,
	label: () => '',
	make: () => new PendingMark(BLANK),
	fill(made, parts) {
		Object.assign(made, issuedOf(parts));
	},
};

const wait: Kind<PendingWait, Host> = {
	tag: 'wait',
	prototypes: [PendingWait.prototype],
	tells: always,
	take(value, host) {
		const { kind, topic, limit, otherwise } = value;
		return [...takeIssued(value, host), kind, topic, limit, otherwise, ...takeCopied(value.value)];
	},
	label: (_, index) => (index === ISSUED + 3 ? 'otherwise' : ''),
	make: () => new PendingWait(BLANK, { kind: 'suspend', value: NOTHING, topic: null, limit: null, otherwise: null }),
	fill(made, parts) {
		const [kind, topic, limit, otherwise, ...others] = parts.slice(ISSUED);
		expect(kind === 'suspend' || kind === 'receive' || kind === 'child', 'a malformed wait');
		expect(
			isTextOrNull(topic) && isTimeOrNull(limit) && (otherwise === null || Array.isArray(otherwise)),
			'a malformed wait',
		);
		Object.assign(made, issuedOf(parts), { kind, topic, limit, otherwise, value: copiedOf(others) });
	},
};

const copied: Kind<CopiedBytes, Host> = {
	tag: COPY_ROW,
	prototypes: [CopiedBytes.prototype],
	tells: always,
	take: ({ bytes, live }) => [bytes.length, ...live],
	blob: ({ bytes }) => bytes,
	make(_, __, blob) {
		expect(blob !== undefined, 'a copy without content');
		return new CopiedBytes(blob.slice(), []);
	},
	fill(made, [, ...live]) {
		Object.assign(made, { live });
	},
};

export const RUN_KINDS = [run, facts, fiber, frameHead, callSite, effect, policed, sleep, mark, wait, copied];
