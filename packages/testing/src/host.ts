/** The host's own timers as they are now: a test framework that fakes them later does not stop a run. */
const { setImmediate, setTimeout, clearTimeout } = globalThis;

/** Resolves once all that is ready has run: code that awaits no input or output has come to its end by then. */
export function pass(): Promise<void> {
	return new Promise((resolve) => setImmediate(resolve));
}

/** Real time, for what does real work. @returns gives it up. */
export function after(milliseconds: number, fire: () => void): () => void {
	const handle = setTimeout(fire, milliseconds);
	return () => clearTimeout(handle);
}
