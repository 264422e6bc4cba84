/** Async generators outside any run, and inside effects: with the host's promises, in ECMA-262's ticks. */
import type { Mode } from '@perdure/abi';
import { type AsyncGeneratorState, completeBody, completeYield, Yielded } from './async-generator-state.ts';

/** Runs the body from where it stands until it is suspended or over. An async function, for its awaits' sake. */
export async function driveOutside(generator: AsyncGeneratorState, mode: Mode, sent: unknown): Promise<void> {
	const frame = generator.frame!;
	const step = frame.def.step!;
	generator.warm?.(frame);
	generator.warm = null;
	let [input, value] = [mode, sent];
	for (;;) {
		let out: unknown;
		try {
			out = step(frame, input, value);
		} catch (error) {
			completeBody(generator, false, error);
			return;
		}
		if (frame.done) {
			completeBody(generator, true, out);
			return;
		}
		if (out instanceof Yielded) {
			const next = completeYield(generator, out.value);
			if (next === null) return;
			({ mode: input, value } = next);
			continue;
		}
		try {
			value = await out;
			input = 0;
		} catch (error) {
			value = error;
			input = 1;
		}
	}
}
