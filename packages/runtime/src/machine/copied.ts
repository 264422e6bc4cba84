/**
 * Values copied at the border of a run (language.md, "Copies at the border"). Primitives are shared;
 * anything else is encoded once, and each release decodes a fresh copy.
 */
export type Copied = { readonly values: readonly unknown[] } | CopiedBytes;

export const NOTHING: Copied = { values: [] };

/** Never changes, so a run that is saved again and again writes it once. */
export class CopiedBytes {
	readonly bytes: Uint8Array;
	/** Closures, generators and promises of the run, passed as they are. */
	readonly live: readonly unknown[];

	constructor(bytes: Uint8Array, live: readonly unknown[]) {
		this.bytes = bytes;
		this.live = live;
	}
}
