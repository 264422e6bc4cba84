/** Whether a replay of a program's log, whole and cut off anywhere, does what the program does. */
import * as runtime from '@perdure/runtime';
import { decodeLog, encodeLog, type LogEntry, type Outcome, replay, run } from '@perdure/runtime';
import * as internal from '@perdure/runtime/internal';
import { type Exports, forgetModules } from './evaluate.ts';
import { CompileError, compileSubject } from './execute.ts';
import { render } from './render.ts';
import { createTrace } from './trace.ts';

/** Lines that an effect writes: of those that are always effects, and of any function that was called as one. */
const isEffect = (line: string) => line.startsWith(MARK) || /^\S+! /.test(line);
const MARK = 'in an effect: ';

/** A trace that says which of its lines are an effect's. */
function markedTrace() {
	const trace = createTrace();
	const { push } = trace.lines;
	trace.lines.push = (...added) =>
		push.apply(
			trace.lines,
			added.map((line) => (inEffect() ? MARK + line : line)),
		);
	return trace;
}

function inEffect(): boolean {
	try {
		runtime.currentEffect();
		return true;
	} catch {
		return false;
	}
}

/** At most so many prefixes of one log are tried. */
const PREFIXES = 12;

type Main = () => Promise<unknown>;

/** What is wrong, or null. */
export async function replayDisagreement(source: string): Promise<string | null> {
	let program: ReturnType<typeof compileSubject>['compiled'];
	try {
		program = compileSubject(source, 'program.js').compiled;
	} catch (error) {
		if (error instanceof CompileError) return null;
		throw error;
	}
	const attempt = async (how: (main: Main) => Promise<Outcome<unknown>>) => {
		const trace = markedTrace();
		forgetModules();
		const { main } = program.evaluate({
			'#trace': trace.module,
			'@perdure/runtime': runtime,
			'@perdure/runtime/internal': internal,
		}) as Exports & { main: Main };
		const outcome = await how(main);
		return { outcome, lines: trace.lines, end: endOf(outcome) };
	};

	const first = await attempt((main) => run(main, [], { log: 'all' }));
	// Such a program is none of those that end the same way every time.
	if (first.end === null) return null;
	const log = first.outcome.log;
	const effects = first.lines.filter(isEffect);
	const saved = saveable(log);
	if (saved === null) return null;

	const whole = await attempt((main) => replay(main, [], saved, { log: 'all' }));
	if (whole.end !== first.end) return `the replay ends with ${whole.end}, the run with ${first.end}`;
	const again = whole.lines.filter(isEffect);
	if (again.length > 0) return `the replay performs ${again[0]}`;
	const others = first.lines.filter((line) => !isEffect(line));
	if (whole.lines.join('\n') !== others.join('\n'))
		return `the replay traces\n${whole.lines.join('\n')}\nthe run\n${others.join('\n')}`;
	const shape = (entries: readonly LogEntry[]) =>
		entries
			.map(({ seq, kind, name, state, settledSeq, fiber }) => [seq, kind, name, state, settledSeq, fiber].join())
			.join('\n');
	if (shape(whole.outcome.log) !== shape(log))
		return `the replay logs\n${shape(whole.outcome.log)}\nthe run\n${shape(log)}`;

	const step = Math.max(1, Math.ceil(saved.length / PREFIXES));
	for (let length = 0; length < saved.length; length += step) {
		const prefix = saved.slice(0, length);
		const part = await attempt((main) => replay(main, [], prefix));
		if (part.end !== first.end)
			return `replayed from the first ${length} entries it ends with ${part.end}, the run with ${first.end}`;
		// Each writes the lines of its own, so the last ones are those that were not in the log.
		const performed = part.lines.filter(isEffect);
		const missing = performed.find((line) => !effects.includes(line));
		if (
			missing !== undefined ||
			performed.length > effects.length ||
			(length > 0 && isWhole(prefix, log) && performed.length > 0)
		) {
			return `replayed from the first ${length} entries it performs\n${performed.join('\n')}`;
		}
	}
	return null;
}

/** Are all effects of the log in its prefix? */
function isWhole(prefix: readonly LogEntry[], log: readonly LogEntry[]): boolean {
	const count = (entries: readonly LogEntry[]) => entries.filter(({ kind }) => kind === 'effect').length;
	return count(prefix) === count(log);
}

function endOf(outcome: Outcome<unknown>): string | null {
	if (outcome.status === 'completed') return `returns ${render(outcome.value)}`;
	return outcome.status === 'failed' ? `throws ${render(outcome.error)}` : null;
}

/** After a journey as bytes; null where it holds what is not of the log. */
function saveable(log: readonly LogEntry[]): LogEntry[] | null {
	if (log.some(({ outcome }) => outcome !== null && 'unsaveable' in outcome)) return null;
	return decodeLog(encodeLog(log));
}
