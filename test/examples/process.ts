import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** A folder that is gone after the test. */
export function folder(): string {
	const made = mkdtempSync(join(tmpdir(), 'perdure-example-'));
	onTestFinished(() => rmSync(made, { recursive: true, force: true }));
	return made;
}

export interface Process {
	readonly child: ChildProcess;
	/** The next line it prints. */
	line(): Promise<string>;
	/** All that it printed, once it has ended: rejects unless by itself and with code 0. */
	output(): Promise<string>;
	/** `kill -9`, and it is gone. */
	kill(): Promise<void>;
}

/** Starts a file of an example as its reader would: compiled on the fly, in a process of its own. */
export function start(file: string, args: readonly string[] = [], env: Record<string, string> = {}): Process {
	const path = fileURLToPath(new URL(`../../examples/${file}`, import.meta.url));
	const child = spawn(process.execPath, ['--import', '@perdure/transform/register', path, ...args], {
		cwd: join(path, '..'),
		env: { ...process.env, NODE_OPTIONS: '', ...env },
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	let printed = '';
	let errors = '';
	let read = 0;
	const waiting: (() => void)[] = [];
	child.stdout.setEncoding('utf8').on('data', (text: string) => {
		printed += text;
		for (const wake of waiting.splice(0)) wake();
	});
	child.stderr.setEncoding('utf8').on('data', (text: string) => {
		errors += text;
	});
	// What it printed last may come after its exit, and before this.
	let isClosed = false;
	const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
	void closed.then(() => {
		isClosed = true;
		for (const wake of waiting.splice(0)) wake();
	});
	const kill = async () => {
		child.kill('SIGKILL');
		await closed;
	};
	// It is gone before its folder is.
	onTestFinished(kill);
	return {
		child,
		async line() {
			for (;;) {
				const end = printed.indexOf('\n', read);
				if (end >= 0) {
					const line = printed.slice(read, end);
					read = end + 1;
					return line;
				}
				if (isClosed) throw new Error(`it ended:\n${printed}${errors}`);
				await new Promise<void>((resolve) => void waiting.push(resolve));
			}
		},
		async output() {
			const code = await closed;
			if (code !== 0) throw new Error(`exit ${code ?? child.signalCode}:\n${printed}${errors}`);
			return printed;
		},
		kill,
	};
}
