import { inspect } from 'node:util';
import { durationText } from './language/duration-text.ts';
import type { LogEntry } from './machine/log.ts';
import { importOf } from './registry/imports.ts';

/** How `formatLog` prints a log. */
export interface LogTextOptions {
	/** Also when each entry began, and how long it took. Default false: then a run that does the same prints the same. */
	readonly times?: boolean;
}

/** Enough of a value to know it by. */
const IN_ONE_LINE = {
	depth: 6,
	compact: true,
	breakLength: Number.POSITIVE_INFINITY,
	maxArrayLength: 6,
	maxStringLength: 200,
} as const;

/**
 * A log as a text for people, a line an entry: `3  charge({ amount: 5 }) = 'ch_1'  src/checkout.ts:14:20`.
 * `=` is followed by the value, `!` by the error, `...` has only started, `x` was discarded.
 */
export function formatLog(log: readonly LogEntry[], o: LogTextOptions = {}): string {
	const rows = log.map((entry) => [lead(entry), what(entry), notes(entry, o)] as const);
	const width = Math.max(0, ...rows.map(([first]) => first.length));
	return rows
		.map(([first, ...rest]) => `${[first.padStart(width), ...rest].filter((part) => part !== '').join('  ')}\n`)
		.join('');
}

function lead({ kind, seq }: LogEntry): string {
	return kind === 'pruned' ? '-' : String(seq);
}

function what(entry: LogEntry): string {
	const { kind, outcome, state, count } = entry;
	const name = entry.name || '(anonymous)';
	if (kind === 'pruned') return `${count} more of ${name}`;
	const called = `${kind === 'effect' || kind === name ? '' : `${kind} `}${name}(${entry.redacted ? '[redacted]' : args(entry)})`;
	if (state === 'started') return `${called} ...`;
	if (state === 'discarded') return `${called} x`;
	if (outcome === null || (kind !== 'effect' && 'value' in outcome && outcome.value === undefined)) return called;
	if ('value' in outcome) return `${called} = ${show(outcome.value)}`;
	if ('error' in outcome) return `${called} ! ${show(outcome.error)}`;
	return `${called} = ${'redacted' in outcome ? '[redacted]' : '[unsaveable]'}`;
}

function args({ kind, args, startedAt }: LogEntry): string {
	const [first] = args;
	if (kind === 'sleep' && typeof first === 'number') return durationText(Math.max(0, first - startedAt.getTime()));
	return args.map(show).join(', ');
}

function notes(entry: LogEntry, { times }: LogTextOptions): string {
	const { site, fiber, attempt, startedAt, endedAt, kind } = entry;
	const parts = [
		...(fiber > 0 && kind !== 'pruned' ? [`fiber ${fiber}`] : []),
		...(attempt > 1 ? [`attempt ${attempt}`] : []),
		...(times ? [startedAt.toISOString()] : []),
		...(times && endedAt !== null ? [durationText(endedAt.getTime() - startedAt.getTime())] : []),
		...(site.at === '' ? [] : [site.at]),
	];
	return parts.join('  ');
}

function show(value: unknown): string {
	return inspect(legible(value), IN_ONE_LINE);
}

/**
 * An error without its stack, which names paths of one machine; a function of the run by its name: what it carries says
 * nothing to whoever reads. What is shared stays so.
 */
function legible(value: unknown, depth: number = IN_ONE_LINE.depth, copies = new Map<unknown, object>()): unknown {
	if (value instanceof Error) return shownAs(`${value.name}: ${value.message}`);
	const imported = importOf(value);
	if (imported !== undefined) return imported;
	if (typeof value === 'function') return shownAs(`[Function: ${value.name || '(anonymous)'}]`);
	if (depth < 0 || !isPlain(value)) return value;
	const known = copies.get(value);
	if (known !== undefined) return known;
	const copy = Array.isArray(value) ? new Array(value.length) : {};
	copies.set(value, copy);
	for (const [key, part] of Object.entries(value)) Object.assign(copy, { [key]: legible(part, depth - 1, copies) });
	return copy;
}

function shownAs(text: string): object {
	return { [inspect.custom]: () => text };
}

function isPlain(value: unknown): value is object {
	return (
		Array.isArray(value) ||
		(typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype)
	);
}
