import { encode as encodePlain } from './codec/plain.ts';
import { DecodeError, NotSerializableError } from './errors/saving.ts';
import { decode, encode } from './machine/bytes.ts';
import { capture } from './machine/copy.ts';
import type { LogEntry, LogKind } from './machine/log.ts';
import { importOf } from './registry/imports.ts';
import { isLive } from './registry/resources.ts';

/** Changes when a log can no longer be read by what read the former one. */
const VERSION = 1;

/**
 * A log as bytes: to keep it, or to replay it in another process. Its values are saved as `encode` saves
 * them; arguments that belong to the run itself (its closures) are named in their place, and what durable calls
 * gave of that kind is not there: a replay makes these calls again. Resources that effects gave are described, and a
 * replay opens them.
 * @throws NotSerializableError for an outcome whose class is not registered here.
 */
export function encodeLog(log: readonly LogEntry[]): Uint8Array {
	return encode({ log: VERSION, entries: log.map(savedEntry) });
}

function savedEntry(entry: LogEntry): LogEntry {
	const { kind, outcome } = entry;
	const args = entry.args.map(savedArgument);
	if (outcome === null || isSaveable(outcome)) return { ...entry, args };
	if (kind === 'call') return { ...entry, args, outcome: { unsaveable: true } };
	encodePlain(outcome);
	return { ...entry, args };
}

/** What belongs to the run itself is none: elsewhere it would be another one. */
function isSaveable(outcome: NonNullable<LogEntry['outcome']>): boolean {
	try {
		const copy = capture([outcome]);
		return !('live' in copy) || copy.live.every(isLive);
	} catch (error) {
		if (NotSerializableError.is(error)) return false;
		throw error;
	}
}

/**
 * Reads what `encodeLog` gave. Safe on bytes from anywhere.
 * @throws DecodeError
 */
export function decodeLog(bytes: Uint8Array): LogEntry[] {
	const decoded = decode(bytes);
	if (!isPlain(decoded) || !Array.isArray(decoded.entries)) throw new DecodeError({ problem: 'they are no log' });
	if (decoded.log !== VERSION) {
		throw new DecodeError({ problem: `they are a log of version ${String(decoded.log)}, and this reads ${VERSION}` });
	}
	const entries = Array.from(decoded.entries as unknown[]);
	const wrong = entries.findIndex((entry) => !isEntry(entry));
	if (wrong >= 0) throw new DecodeError({ problem: `the log's entry ${wrong} is none` });
	return entries as LogEntry[];
}

/** @throws TypeError for what is no log: most often one that has been through JSON. */
export function mustBeLog(log: unknown): asserts log is readonly LogEntry[] {
	if (Array.isArray(log) && log.every(isEntry)) return;
	throw new TypeError(
		'this is no log of a run: give `outcome.log`, or what `decodeLog` gave for the bytes of `encodeLog`; JSON keeps neither dates nor errors',
	);
}

/** An argument as a log that was saved shows it. */
export function savedArgument(value: unknown): unknown {
	const imported = importOf(value);
	if (imported !== undefined) return imported.toString();
	const refusal = refusalOf(value);
	return refusal === null ? value : `[${refusal.type}]`;
}

function refusalOf(value: unknown): NotSerializableError | null {
	try {
		encodePlain(value);
		return null;
	} catch (error) {
		if (NotSerializableError.is(error)) return error;
		throw error;
	}
}

const KINDS: ReadonlySet<unknown> = new Set<LogKind>([
	'effect', 'call', 'sleep', 'suspend', 'receive', 'mark', 'emit', 'start', 'child', 'cancel', 'pruned',
]); // biome-ignore format: a list

const STATES: ReadonlySet<unknown> = new Set<LogEntry['state']>(['started', 'executed', 'discarded']);

type Test = (part: unknown) => boolean;

const isText: Test = (part) => typeof part === 'string';
const isCount: Test = (part) => Number.isSafeInteger(part) && (part as number) >= 0;
const isMoment: Test = (part) => part instanceof Date;
const orNull =
	(test: Test): Test =>
	(part) =>
		part === null || test(part);
const orAbsent =
	(test: Test): Test =>
	(part) =>
		part === undefined || test(part);

const ENTRY: Readonly<Record<keyof LogEntry, Test>> = {
	seq: isCount,
	kind: (kind) => KINDS.has(kind),
	site: (site) => isPlain(site) && isText(site.id) && isText(site.at),
	name: isText,
	args: (args) => Array.isArray(args),
	state: (state) => STATES.has(state),
	outcome: orNull((outcome) => isPlain(outcome) && Object.keys(outcome).length === 1 && isOutcome(outcome)),
	settledSeq: orNull(isCount),
	attempt: isCount,
	startedAt: isMoment,
	endedAt: orNull(isMoment),
	fiber: isCount,
	mark: orNull(isText),
	key: isText,
	count: orAbsent(isCount),
	fibers: orAbsent((fibers) => Array.isArray(fibers) && fibers.length === 2 && Array.from(fibers).every(isCount)),
	redacted: orAbsent((redacted) => redacted === true),
	frames: orAbsent((frames) => frames instanceof Uint8Array),
};

function isOutcome(outcome: Record<string, unknown>): boolean {
	return 'value' in outcome || 'error' in outcome || outcome.unsaveable === true || outcome.redacted === true;
}

function isEntry(entry: unknown): boolean {
	if (!isPlain(entry) || !Object.entries(ENTRY).every(([key, test]) => test(own(entry, key)))) return false;
	// What stands for entries that are not kept says how many, and of which fibers.
	return entry.kind !== 'pruned' || (own(entry, 'count') !== undefined && own(entry, 'fibers') !== undefined);
}

function own(object: object, key: string): unknown {
	return Object.getOwnPropertyDescriptor(object, key)?.value;
}

function isPlain(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
