/** What a command is, and what it may use of the process it runs in. */

export interface Terminal {
	stdout(text: string): void;
	stderr(text: string): void;
	/** A person reads along: `stdout` is no pipe and no file. */
	readonly terminal: boolean;
	/** Colours are wanted, where the form has any. */
	readonly color: boolean;
}

export interface Command {
	/** What it takes behind its name: `[-p tsconfig.json] [--json]`. */
	readonly usage: string;
	/** One line for the list of commands. */
	readonly summary: string;
	/** The rest of what `--help` prints. */
	readonly details: string;
	/**
	 * Gives the exit code: 0, or 1 where errors were found in what it looked at.
	 * @throws UsageError, and the errors of `parseArgs`, where it was called wrongly: exit code 2.
	 */
	run(args: readonly string[], terminal: Terminal): number;
}

/** It was called wrongly, or with something that is not there. Its message is all that the user needs. */
export class UsageError extends Error {
	override readonly name = 'UsageError';
}
