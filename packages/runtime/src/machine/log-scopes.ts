import type { FunctionDef, SiteDef } from '@perdure/abi';
import { type Copied, NOTHING } from './copied.ts';
import { capture, captureOutcome } from './copy.ts';
import type { Fiber } from './fiber.ts';
import type { Frame } from './frame.ts';
import { FrameLog, type LogScope } from './frame-log.ts';
import { BEGUN, type LogItem, type LogRecord } from './log.ts';
import type { LogRules } from './log-options.ts';
import type { CallSite } from './pending.ts';
import { atOf, pointOf } from './point.ts';
import type { RunState } from './run-state.ts';

const NO_LOOPS: readonly number[] = [];

/**
 * Follows frames and their loops for the log: which entries are over because their loop iteration or
 * their fiber is; and with `log: 'all'` the calls of durable functions, which are entries then.
 *
 * Owns: `Frame.log`, `Fiber.logged`, `Fiber.marked`, `Fiber.ending`. Called by: the computation of a turn.
 * S1: a frame has a `log` only if those below it have one, and has one once a turn has ended in it. So a run
 *     that was restored logs what one that stayed in memory does.
 * S2: what a fiber does between two numbers of the log is of all scopes that are open meanwhile: what is
 *     over is a range of numbers of one fiber.
 */
export class LogScopes {
	readonly #state: RunState;
	readonly #rules: LogRules;
	readonly #now: number;
	readonly #items: LogItem[];

	constructor(state: RunState, rules: LogRules, now: number, items: LogItem[]) {
		this.#state = state;
		this.#rules = rules;
		this.#now = now;
		this.#items = items;
	}

	/** Are calls of durable functions entries? */
	get calls(): boolean {
		return this.#rules.keep === 'all';
	}

	/** The next number of the log is for something that is issued at a site of a fiber's innermost frame, or of a closure it has called. */
	issues(fiber: Fiber, code: FunctionDef | null, site: SiteDef): void {
		const frame = fiber.top!;
		fiber.logged = true;
		this.#calledFrom(fiber, frame);
		if (code === frame.def && site.id !== '') this.#at(fiber, frame, site.loops);
		else if (frame.passed !== 0) frame.log!.since ??= this.#next;
	}

	/**
	 * A durable function is called from this frame of the fiber, null for one that the call begins.
	 * `site`: null for what the language itself calls, and what foreign code has called.
	 */
	called(fiber: Fiber, caller: Frame | null, site: CallSite | null, frame: Frame): void {
		frame.parent = caller;
		this.#calledFrom(fiber, frame);
		fiber.logged = true;
		const seq = ++this.#state.seq;
		const place = site ?? { site: '', at: atOf(frame.def, frame.def.at), name: frame.def.name };
		const { site: id, at, name } = place;
		const verdict = this.#rules.verdict({ kind: 'call', name, at });
		this.#items.push({
			...CALL,
			seq,
			site: id,
			at,
			name,
			args: copyOf(frame.s),
			startedAt: this.#now,
			fiber: fiber.id,
			mark: this.#state.mark,
		});
		frame.log = new FrameLog(verdict === 'keep' ? seq : -seq, this.#next);
	}

	/** The frame has returned this value, or what will be settled by it. */
	returned(fiber: Fiber, frame: Frame, value: unknown): void {
		const { entry } = frame.log!;
		if (entry === 0) return;
		if (value instanceof Promise) this.waits(fiber, frame);
		else this.#end(entry, true, value);
	}

	/** The frame has returned what the fiber now waits for. */
	waits(fiber: Fiber, frame: Frame): void {
		const { entry } = frame.log!;
		if (entry !== 0) fiber.ending = [...(fiber.ending ?? []), entry];
	}

	threw(frame: Frame, error: unknown): void {
		const { entry } = frame.log!;
		if (entry !== 0) this.#end(entry, false, error);
	}

	/** What the fiber has waited for is the outcome of calls. */
	ended(fiber: Fiber, ok: boolean, value: unknown): void {
		const { ending } = fiber;
		fiber.ending = null;
		for (const entry of ending ?? []) this.#end(entry, ok, value);
	}

	/**
	 * A call replaces the frame that made it: the entry of the one is that of the other. Of a function that is
	 * under way already it is one more iteration.
	 */
	replaced(fiber: Fiber, frame: Frame, by: Frame): void {
		const { log } = frame;
		if (log === null) return;
		by.log = log;
		frame.log = null;
		log.since = null;
		const { scopes } = log;
		const tail = tailOf(scopes);
		scopes.length = tail;
		if (tail === 0) scopes.push({ loop: frame.def.id, begin: log.first });
		const same = scopes.findIndex(({ loop }) => loop === by.def.id);
		if (same < 0) {
			scopes.push({ loop: by.def.id, begin: this.#next });
			return;
		}
		scopes.length = same + 1;
		this.#iterate(fiber, scopes[same]!);
	}

	/** The fiber is over, and with a generator's those that drove it before. */
	finished(fiber: Fiber): void {
		if (fiber.id !== 0 && fiber.logged) this.#prune(fiber, 0, this.#next);
	}

	/** The turn ends, and the fiber goes on in another. */
	parks(fiber: Fiber): void {
		const { top } = fiber;
		if (top === null) return;
		this.#calledFrom(fiber, top);
		if (top.passed !== 0) this.#at(fiber, top, pointOf(top)?.loops);
	}

	get #next(): number {
		return this.#state.seq + 1;
	}

	/** A frame comes into the log, and with it those that call it, each at the point where it does so. */
	#calledFrom(fiber: Fiber, top: Frame): void {
		if (top.log !== null) return;
		const callers: Frame[] = [];
		for (let frame = top; frame.log === null && frame.parent !== null; frame = frame.parent) callers.push(frame.parent);
		for (let i = callers.length - 1; i >= 0; i--) {
			const caller = callers[i]!;
			caller.log ??= new FrameLog(0, this.#next);
			this.#at(fiber, caller, pointOf(caller)?.loops);
		}
		top.log = new FrameLog(0, this.#next);
	}

	#end(entry: number, ok: boolean, value: unknown): void {
		const outcome = entry < 0 ? NOTHING : captureOutcome(value);
		this.#items.push({ ...END, seq: Math.abs(entry), ok, outcome, endedAt: this.#now });
	}

	/** The frame stands in these loops now. */
	#at(fiber: Fiber, frame: Frame, loops = NO_LOOPS): void {
		const log = frame.log!;
		const { scopes } = log;
		const next = log.since ?? this.#next;
		log.since = null;
		const tail = tailOf(scopes);
		let same = 0;
		while (same < loops.length && scopes[tail + same]?.loop === loops[same]) same++;
		if (frame.passed !== 0) {
			const depth = 31 - Math.clz32(frame.passed & -frame.passed);
			frame.passed = 0;
			if (depth < same) {
				this.#iterate(fiber, scopes[tail + depth]!, next);
				same = depth + 1;
			}
		}
		scopes.length = tail + same;
		for (const loop of loops.slice(same)) scopes.push({ loop, begin: next });
	}

	/**
	 * An iteration is over. A mark in it is where the next one begins: what was done since is kept, so that
	 * it can be replayed from there.
	 */
	#iterate(fiber: Fiber, scope: LogScope, next = this.#next): void {
		const { marked } = fiber;
		const to = marked > scope.begin ? marked : next;
		this.#prune(fiber, scope.begin, to);
		scope.begin = to;
	}

	#prune({ id }: Fiber, from: number, to: number): void {
		if (this.#rules.keep === 'iteration' && from < to) this.#items.push({ prune: id, from, to });
	}
}

const CALL: LogRecord = { ...BEGUN, kind: 'call' };

const END: LogRecord = { ...CALL, state: 'executed', ok: true, extra: { end: true } };

function tailOf(scopes: readonly LogScope[]): number {
	let tail = 0;
	while (typeof scopes[tail]?.loop === 'string') tail++;
	return tail;
}

/** What a durable function is called with is passed as it is, so it may be anything. */
function copyOf(values: readonly unknown[]): Copied {
	return (
		captureAll(values) ?? capture(values.map((value) => (captureOutcome(value) === null ? '[unsaveable]' : value)))
	);
}

function captureAll(values: readonly unknown[]): Copied | null {
	try {
		return capture(values);
	} catch {
		return null;
	}
}
