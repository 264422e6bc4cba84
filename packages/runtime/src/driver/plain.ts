import type { FunctionDef, Mode } from '@perdure/abi';
import { Frame } from '../machine/frame.ts';

/**
 * Drives a compiled function outside any run, or inside an effect: there it is a plain async
 * function. An async loop measures the same as preallocated callbacks and keeps ECMA-262's ticks and
 * the engine's async stack traces for nothing.
 */
export async function drivePlain(
	def: FunctionDef,
	self: unknown,
	args: ArrayLike<unknown>,
	env?: readonly unknown[],
): Promise<unknown> {
	// A wrapper hands over its `arguments`, which has no array methods.
	const list: readonly unknown[] = Array.isArray(args) ? args : Array.prototype.slice.call(args);
	const frame = new Frame(def, self, list, env);
	const step = def.step!;
	let mode: Mode = 0;
	let sent: unknown;
	for (;;) {
		const out = step(frame, mode, sent);
		if (frame.done) return out;
		try {
			sent = await out;
			mode = 0;
		} catch (error) {
			sent = error;
			mode = 1;
		}
	}
}
