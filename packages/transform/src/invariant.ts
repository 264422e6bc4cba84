/** A mistake of the compiler itself, found before it could become code that does the wrong thing. */
export class CompilerInvariantError extends Error {
	override readonly name = 'CompilerInvariantError';
	readonly code = 'PD9100';
}

/** @throws CompilerInvariantError that says what does not fit. */
export function broken(what: string): never {
	throw new CompilerInvariantError(
		`PD9100: the compiler contradicts itself: ${what}. No code was written. Please report this with the function.`,
	);
}
