/**
 * Generated programs, cancelled at each moment of their time, once or twice. Whatever they are doing then: the
 * run ends; clean-up runs once for each `try` that was entered; nothing begins any more but clean-up; and all
 * that can be seen is the same for a run that stays in memory and for one that is restored at every turn.
 */
import * as runtime from '@perdure/runtime';
import { currentEffect, effect, sleep } from '@perdure/runtime';
import * as internal from '@perdure/runtime/internal';
import { testRun } from '@perdure/testing';
import { expect, test } from 'vitest';
import { compileSubject } from './support/execute.ts';
import { generateCancellable } from './support/generate/cancellable.ts';
import { Random } from './support/generate/random.ts';

const FROM = Number(process.env['PERDURE_SEED'] ?? 1);
const COUNT = Number(process.env['PERDURE_COUNT'] ?? 8);
/** A program that goes on for longer is cancelled so far (ms of its own time). */
const LONGEST = 30;
const START = new Date('2030-01-01T00:00:00Z').getTime();

interface Observed {
	/** `<ms>: <what> <of what>`, then the end and the log. */
	readonly lines: readonly string[];
	readonly status: string;
	/** When the last thing happened (ms of its own time). */
	readonly end: number;
}

type Compiled = ReturnType<typeof compileSubject>['compiled'];

/** What can be seen of a run that is cancelled at these moments. */
async function observe(
	compiled: Compiled,
	moments: readonly number[],
	restart: 'every-await' | 'never',
): Promise<Observed> {
	const lines: string[] = [];
	let elapsed = () => 0;
	const note = (...what: unknown[]) => void lines.push(`${elapsed()}: ${what.join(' ')}`);
	const world = makeWorld(note);
	const evaluate = () =>
		compiled.evaluate({ world, '@perdure/runtime': runtime, '@perdure/runtime/internal': internal });
	const main = evaluate()['main'] as () => Promise<unknown>;
	const t = testRun(main, [], { restart, now: new Date(START), onRestart: evaluate });
	elapsed = () => t.now.getTime() - START;
	for (const moment of moments) {
		await t.advance(new Date(START + moment));
		note('cancel', moment);
		await t.cancel(`at ${moment}`);
	}
	const standing = await t.advance('1 week');
	const { status } = standing;
	const end = Number.parseInt(lines.at(-1) ?? '0', 10);
	if (status === 'completed') lines.push(`completed ${standing.value}`);
	else if (status === 'cancelled') lines.push(`cancelled ${standing.reason}`);
	else lines.push(status === 'failed' ? `failed ${standing.error}` : status);
	for (const { kind, name, state, attempt, outcome } of t.log) {
		lines.push(`${kind} ${name} ${state} ${attempt} ${JSON.stringify(outcome)}`);
	}
	return { lines, status, end };
}

/** What the programs import. How an effect takes its cancellation is the second word of its label. */
function makeWorld(note: (...what: unknown[]) => void): object {
	let count = 0;
	async function eff(label: string, time: number): Promise<string> {
		const { attempt, signal } = currentEffect();
		const manner = label.split(' ')[1];
		note('begin', label, attempt);
		const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve));
		const obeyed = aborted.then(() => sleep(1)).then(() => Promise.reject(new Error('obeyed')));
		obeyed.catch(() => {});
		await (manner === 'obeys' ? Promise.race([sleep(time), obeyed]) : sleep(time));
		if (manner === 'stuck' && signal.aborted) await sleep('1 hour');
		note('end', label);
		if (manner === 'fails') throw new Error(label);
		return label;
	}
	const flaky = effect(
		async (label: string, failures: number) => {
			const { attempt } = currentEffect();
			note('begin', label, attempt);
			await sleep(1);
			if (attempt <= failures) throw new Error(`${label} ${attempt}`);
			return label;
		},
		{ name: 'flaky', retry: { attempts: 3, delay: 2, factor: 1 } },
	);
	return { eff, flaky, note, next: () => ++count };
}

/** What is wrong by the language's own rules. */
function faults({ lines, status }: Observed): string[] {
	const wrong = status === 'completed' || status === 'cancelled' ? [] : [`it is ${status} for ever`];
	const cleaned = new Map<string, number>();
	let cancelled = false;
	for (const line of lines) {
		const [, what, label = ''] = /^\d+: (\w+) ?(\S*)/.exec(line) ?? [];
		if (what === 'cancel') cancelled = true;
		else if (what === 'in') cleaned.set(label, 0);
		else if (what === 'out') cleaned.set(label, cleaned.get(label)! + 1);
		else if (what === 'begin' && cancelled && label.startsWith('plain')) wrong.push(`after the cancellation: ${line}`);
	}
	for (const [label, times] of cleaned) if (times !== 1) wrong.push(`the finally of try ${label} ran ${times} times`);
	return wrong;
}

test('cancelled at every moment, restored or not', { timeout: 600_000 }, async () => {
	for (let seed = FROM; seed < FROM + COUNT; seed++) {
		const source = generateCancellable(seed);
		const { compiled } = compileSubject(source, 'program.js');
		const check = async (moments: readonly number[]): Promise<Observed> => {
			const hot = await observe(compiled, moments, 'never');
			const where = `seed ${seed}, cancelled at ${moments} (PERDURE_SEED=${seed} PERDURE_COUNT=1)\n${source}`;
			expect(faults(hot), `${where}\n${hot.lines.join('\n')}`).toEqual([]);
			expect((await observe(compiled, moments, 'every-await')).lines, where).toEqual(hot.lines);
			return hot;
		};
		const random = new Random(seed);
		const { end } = await check([]);
		for (let at = 0; at <= Math.min(end, LONGEST); at++) {
			await check(random.int(3) === 0 ? [at, at + random.int(6)] : [at]);
		}
	}
});
