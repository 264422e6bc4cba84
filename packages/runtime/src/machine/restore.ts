import type { Frame } from './frame.ts';
import { pointOf } from './point.ts';

/**
 * Reads the operands that were not saved because they are module bindings or globals
 * (language.md, "Operands that outlive an await"). Done when the frame is next entered, not when it
 * is decoded: decoding runs no code of the user's.
 */
export function warm(frame: Frame): void {
	frame.cold = false;
	const reload = pointOf(frame)?.reload;
	if (reload === undefined) return;
	const slots = [...frame.s];
	for (const [slot, source] of reload) slots[slot] = frame.def.reloads![source]!();
	frame.s = slots;
}
