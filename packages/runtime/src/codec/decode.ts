/** Bytes to a whole graph: every instance is made first, then each gets its references, so cycles are free. */
import { PerdureError } from '../errors/error.ts';
import { DecodeError } from '../errors/saving.ts';
import { FULL, LIMITS, type Limits } from './format.ts';
import { Heap } from './heap.ts';
import { BadRow } from './kind.ts';
import { Revival } from './revive.ts';
import type { KindTable } from './table.ts';

export interface DecodeOptions<H = unknown> {
	/** Handed to the kinds. */
	readonly host?: H;
	readonly limits?: Limits;
}

/** @throws DecodeError for anything that no encoder wrote, or that names a class unknown here. */
export function decodeGraph<H>(table: KindTable, bytes: Uint8Array, options: DecodeOptions<H>): unknown {
	return guarded(() => {
		const heap = new Heap(options.limits ?? LIMITS);
		heap.read(bytes, FULL);
		return new Revival(table, heap.whole(), heap.blobs, options.host).run(heap.root);
	});
}

/** Turns whatever goes wrong into a `DecodeError`; errors of ours that say more (an unknown function) pass. */
export function guarded<T>(read: () => T): T {
	try {
		return read();
	} catch (error) {
		if (PerdureError.is(error)) throw error;
		const problem =
			error instanceof BadRow
				? error.message
				: `a value was refused (${error instanceof Error ? error.message : String(error)})`;
		throw new DecodeError({ problem }, { cause: error });
	}
}
