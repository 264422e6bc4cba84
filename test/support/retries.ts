/** Whether a run that a fault has ended, tried again, does what the program does without the fault. */
import * as runtime from '@perdure/runtime';
import { Continuation, type Outcome, run } from '@perdure/runtime';
import * as internal from '@perdure/runtime/internal';
import { forgetModules } from './evaluate.ts';
import { CompileError, compileSubject } from './execute.ts';
import type { Random } from './generate/random.ts';
import { render } from './render.ts';
import { createTrace } from './trace.ts';

class Fault extends Error {}

type Main = () => Promise<unknown>;

export interface Tried {
	/** What is wrong, or null. */
	readonly wrong: string | null;
	/** Did the fault end a run? A program may catch it. */
	readonly failed: boolean;
}

export async function retryDisagreement(source: string, random: Random): Promise<Tried> {
	let program: ReturnType<typeof compileSubject>['compiled'];
	try {
		program = compileSubject(source, 'program.js').compiled;
	} catch (error) {
		if (error instanceof CompileError) return { wrong: null, failed: false };
		throw error;
	}
	/** The `at`-th call of an effect (from 1) is refused before it does anything. */
	const load = (at: number) => {
		const trace = createTrace();
		let calls = 0;
		const faulty = <F extends (...args: never[]) => Promise<unknown>>(effect: F) =>
			(async (...args: never[]) => {
				if (++calls === at) throw new Fault('fault');
				return effect(...args);
			}) as unknown as F;
		const module = {
			...trace.module,
			eff: faulty(trace.module.eff as never),
			fail: faulty(trace.module.fail as never),
		};
		const evaluate = () => {
			forgetModules();
			return program.evaluate({
				'#trace': module,
				'@perdure/runtime': runtime,
				'@perdure/runtime/internal': internal,
			}) as { main: Main };
		};
		return { evaluate, effects: () => trace.lines.filter((line) => /^\S+! /.test(line)).sort(), calls: () => calls };
	};

	const whole = load(0);
	const expected = endOf(await run(whole.evaluate().main, []));
	if (expected === null || whole.calls() === 0) return { wrong: null, failed: false };
	const at = 1 + random.int(whole.calls());
	const broken = load(at);
	const outcome = await run(broken.evaluate().main, []);
	if (outcome.status !== 'failed' || !(outcome.error instanceof Fault)) return { wrong: null, failed: false };
	let failed = outcome.continuation as Continuation<unknown>;
	try {
		const bytes = failed.toBytes();
		broken.evaluate();
		failed = Continuation.fromBytes(bytes);
	} catch (error) {
		return { wrong: `the fault at call ${at}: ${String(error)}`, failed: true };
	}
	const end = endOf(await failed.retry());
	if (end !== expected)
		return { wrong: `tried again after a fault at call ${at} it ends with ${end}, not with ${expected}`, failed: true };
	const [did, would] = [broken.effects().join('\n'), whole.effects().join('\n')];
	const wrong = did === would ? null : `with a fault at call ${at} it performs\n${did}\nand without\n${would}`;
	return { wrong, failed: true };
}

function endOf(outcome: Outcome<unknown>): string | null {
	if (outcome.status === 'completed') return `returns ${render(outcome.value)}`;
	return outcome.status === 'failed' ? `throws ${render(outcome.error)}` : null;
}
