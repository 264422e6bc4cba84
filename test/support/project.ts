/**
 * A project of a user's in a temporary folder, with this repository's packages as built and its tools in
 * `node_modules`. What it starts are real processes on the Node of the repository.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';

const repository = fileURLToPath(new URL('../..', import.meta.url));

export interface Ended {
	readonly status: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

export interface Project extends Disposable {
	readonly folder: string;
	write(files: Readonly<Record<string, string>>): void;
	read(path: string): string;
	remove(path: string): void;
	/** Puts a folder of the repository into the project. */
	link(path: string): void;
	/** Files below `path`, sorted. */
	list(path: string): string[];
	/** Runs the repository's Node in the project's folder. */
	node(...args: string[]): Ended;
	tspc(...args: string[]): Ended;
}

/** Made in a test it is gone when that has ended, otherwise when it is disposed of. Has `"type": "module"` unless `files` has a package.json. */
export function createProject(files: Readonly<Record<string, string>>): Project {
	const folder = mkdtempSync(join(tmpdir(), 'perdure-project-'));
	const remove = () => rmSync(folder, { recursive: true, force: true });
	if (expect.getState().currentTestName !== undefined) onTestFinished(remove);
	const write: Project['write'] = (contents) => {
		for (const [path, text] of Object.entries(contents)) {
			mkdirSync(dirname(join(folder, path)), { recursive: true });
			writeFileSync(join(folder, path), text);
		}
	};
	write({ 'package.json': JSON.stringify({ name: 'shop', type: 'module' }), ...files });
	const link: Project['link'] = (path) => symlinkSync(join(repository, path), join(folder, path), 'junction');
	link('node_modules');
	const node: Project['node'] = (...args) =>
		spawnSync(process.execPath, args, {
			cwd: folder,
			encoding: 'utf8',
			env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1', FORCE_COLOR: undefined },
		});
	return {
		folder,
		write,
		link,
		node,
		[Symbol.dispose]: remove,
		read: (path) => readFileSync(join(folder, path), 'utf8'),
		remove: (path) => rmSync(join(folder, path), { recursive: true }),
		list: (path) => readdirSync(join(folder, path)).sort(),
		tspc: (...args) => node(join(repository, 'node_modules/ts-patch/bin/tspc.js'), ...args),
	};
}

/** A program that suspends, is turned into bytes and back, and goes on. */
export const greeting = {
	greet: `import { suspend } from '@perdure/runtime';

export interface Person {
	readonly name: string;
}

export async function greet(person: Person): Promise<string> {
	'use durable';
	const word = await Promise.resolve('hello');
	const mood = await suspend<string>({ ask: person.name });
	return \`\${word} \${person.name}, \${mood}\`;
}
`,
	/** Prints `greeting.printed`; imports \`greet\` from the given module. */
	main: (module: string): string => `import { Continuation, run } from '@perdure/runtime';
import { greet } from '${module}';

const first = await run(greet, [{ name: 'Ada' }]);
if (first.status !== 'suspended') throw new Error(first.status);
const last = await Continuation.fromBytes(first.continuation.toBytes(), greet).resume('well');
if (last.status !== 'completed') throw new Error(last.status);
console.log(JSON.stringify(first.value), last.value);
`,
	printed: '{"ask":"Ada"} hello Ada, well\n',
};
