/** The command line. Which command, with what: the commands do the rest. */
import { readFileSync } from 'node:fs';
import { check } from './check.ts';
import { type Command, type Terminal, UsageError } from './command.ts';
import { compile } from './compile.ts';
import { explain } from './explain.ts';
import { nearest } from './nearest.ts';

export type { Terminal } from './command.ts';

const COMMANDS: Readonly<Record<string, Command>> = { check, compile, explain };

/** Runs one command. Gives the exit code: 0, 1 where errors were found, 2 where it was called wrongly. */
export function main(args: readonly string[], terminal: Terminal): number {
	const [name, ...rest] = args;
	try {
		if (name === undefined) {
			terminal.stderr(help());
			return 2;
		}
		if (name === '--version' || name === '-v') return print(`${version()}\n`, terminal);
		if (name === '--help' || name === '-h' || name === 'help') {
			return print(rest[0] === undefined ? help() : helpOf(rest[0], commandOf(rest[0])), terminal);
		}
		const command = commandOf(name);
		if (rest.includes('--help') || rest.includes('-h')) return print(helpOf(name, command), terminal);
		return command.run(rest, terminal);
	} catch (error) {
		if (!isUsageError(error)) throw error;
		const known = name !== undefined && Object.hasOwn(COMMANDS, name) ? ` ${name}` : '';
		terminal.stderr(`perdure${known}: ${error.message}\n`);
		return 2;
	}
}

function commandOf(name: string): Command {
	if (Object.hasOwn(COMMANDS, name)) return COMMANDS[name]!;
	const [near] = nearest(name, Object.keys(COMMANDS));
	const way = near === undefined ? `the commands are ${Object.keys(COMMANDS).join(', ')}` : `did you mean '${near}'?`;
	throw new UsageError(`there is no command '${name}'; ${way}`);
}

/** `parseArgs` throws a TypeError with a code of this family, and a message that is meant for users. */
function isUsageError(error: unknown): error is Error {
	return (
		error instanceof UsageError ||
		(error instanceof TypeError && String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS'))
	);
}

function print(text: string, { stdout }: Terminal): number {
	stdout(text);
	return 0;
}

function help(): string {
	const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
	const rows = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
	return `usage: perdure <command>\n\n${rows.join('\n')}\n\nperdure <command> --help says more; perdure --version says which one this is.\n`;
}

function helpOf(name: string, { usage, summary, details }: Command): string {
	return `usage: perdure ${name} ${usage}\n\n${summary}\n\n${details}\n`;
}

function version(): string {
	return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;
}
