/**
 * Generated programs, cancelled at some turn: what clean-up then does is the same whether the run stays in
 * memory or is stored and restored at every turn, and it ends.
 */

import * as runtime from '@perdure/runtime';
import * as internal from '@perdure/runtime/internal';
import { expect, test } from 'vitest';
import { NotSerializableError } from '../../../packages/runtime/src/errors/saving.ts';
import { Machine } from '../../../packages/runtime/src/machine/machine.ts';
import { definitionOf } from '../../../packages/runtime/src/registry/functions.ts';
import { compileSubject, type Subject } from '../../support/execute.ts';
import { generateProgram } from '../../support/generate/program.ts';
import { render } from '../../support/render.ts';
import { createTrace } from '../../support/trace.ts';
import { Simulation } from './simulation.ts';

const FROM = Number(process.env['PERDURE_SEED'] ?? 1);
const COUNT = Number(process.env['PERDURE_COUNT'] ?? 80);
/** A program that goes on for longer is compared so far. */
const MOST_TURNS = 150;

/** The trace of a run that is cancelled as its `at`-th event (0: never). */
async function cancelled(subject: Subject, at: number, restoring: boolean): Promise<string[]> {
	const trace = createTrace();
	const evaluate = () =>
		subject.compiled.evaluate({
			'#trace': trace.module,
			'@perdure/runtime': runtime,
			'@perdure/runtime/internal': internal,
		});
	const def = definitionOf(evaluate()['main'])!;
	const run = new Simulation(Machine.start({ runId: 'r', def, self: undefined, args: [], now: 0 }), 0);
	run.apply({ type: 'started' });
	for (let event = 1; run.machine.state.ended === null && event < MOST_TURNS; event++) {
		if (restoring) restore(run, evaluate);
		if (event === at) run.cancel('stop');
		else if (run.outstanding.length > 0) await run.perform(run.outstanding[0]!.name);
		else {
			trace.lines.push(`stuck: ${run.pending}`);
			break;
		}
	}
	const { status, outcome } = run.last;
	return [...trace.lines, `${status} ${render(outcome)}`];
}

function restore(run: Simulation, evaluate: () => unknown): void {
	// Of an effect that was cancelled in flight only this process would learn the outcome.
	for (const pending of run.machine.state.pending.values())
		if (pending.kind === 'effect' && pending.graceAt !== null) return;
	try {
		run.machine.save();
	} catch (error) {
		if (NotSerializableError.is(error)) return;
		throw error;
	}
	evaluate();
	run.restore();
}

test('cancelled anywhere, restored or not', { timeout: 600_000 }, async () => {
	for (let seed = FROM; seed < FROM + COUNT; seed++) {
		const source = generateProgram(seed, { without: ['spies'] });
		const subject = compileSubject(source, 'program.js');
		const whole = await cancelled(subject, 0, false);
		const events = Math.min(whole.length, 12);
		for (let at = 1; at <= events; at++) {
			const hot = await cancelled(subject, at, false);
			const restored = await cancelled(subject, at, true);
			expect(
				restored,
				`seed ${seed}, cancelled at event ${at} (PERDURE_SEED=${seed} PERDURE_COUNT=1)\n${source}`,
			).toEqual(hot);
		}
	}
});
