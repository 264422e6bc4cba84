import type { FunctionDef, Step } from '@perdure/abi';
import { asyncLine, nameAwait } from '../language/async-stack.ts';
import { Frame } from '../machine/frame.ts';
import { atOf, pointOf } from '../machine/point.ts';

/** Drives a compiled function outside any run, or inside an effect: there it is a plain async function. */
export function drivePlain(
	def: FunctionDef,
	self: unknown,
	args: ArrayLike<unknown>,
	env?: readonly unknown[],
): Promise<unknown> {
	return driveDurable(new Frame(def, self, listOf(args), env), def.step!);
}

/**
 * An async function, so that `await` has ECMA-262's ticks and an error's stack goes on with the
 * callers. Callbacks made once for all awaits would take a fifth off a loop (1.2 instead of 1.5 of a
 * native async function), but the engine cannot see past them. A call of `step` for each mode: one
 * for both costs a tenth more.
 */
async function driveDurable(frame: Frame, step: Step): Promise<unknown> {
	let thrown: unknown;
	try {
		let out = step(frame, 0, undefined);
		while (!frame.done) {
			let sent: unknown;
			try {
				sent = await out;
			} catch (error) {
				thrown = error;
				nameAwait(error, driveDurable.name, lineOf(frame));
				out = step(frame, 1, error);
				continue;
			}
			out = step(frame, 0, sent);
		}
		return out;
	} catch (error) {
		if (error !== thrown) nameAwait(error, driveDurable.name, null);
		throw error;
	}
}

function lineOf(frame: Frame): string {
	return asyncLine(frame.def.name, atOf(frame.def, pointOf(frame)?.at ?? frame.def.at));
}

/** A wrapper hands over its `arguments`, which has no array methods; `slice` costs as much as an await. */
function listOf(args: ArrayLike<unknown>): readonly unknown[] {
	if (Array.isArray(args)) return args;
	switch (args.length) {
		case 0:
			return [];
		case 1:
			return [args[0]];
		case 2:
			return [args[0], args[1]];
		case 3:
			return [args[0], args[1], args[2]];
		default:
			return Array.prototype.slice.call(args);
	}
}
