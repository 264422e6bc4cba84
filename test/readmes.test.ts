/**
 * What a README or a page says to type works as it is typed: blocks that begin with a file's name become files of an
 * empty project, each command is given, and its last line is what the comment behind it says.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const repository = fileURLToPath(new URL('..', import.meta.url));

interface Block {
	readonly language: string;
	readonly text: string;
}

function blocksOf(readme: string): Block[] {
	const text = readFileSync(join(repository, readme), 'utf8');
	return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, text]) => {
		return { language: language!, text: text! };
	});
}

function nameOf({ text }: Block): string | undefined {
	return /^\/\/ (\S+\.ts)\n/.exec(text)?.[1];
}

interface Command {
	readonly args: readonly string[];
	readonly prints: string | undefined;
}

/** Commands that begin with `node`: the others install what is linked here. */
function commandsOf({ text }: Block): Command[] {
	return [...text.matchAll(/^node (.*?)(?:\s+# (.*))?$/gm)].map(([, args, prints]) => {
		return { args: args!.split(' '), prints };
	});
}

describe.each([
	['README.md', 2],
	['packages/runtime/README.md', 1],
	['packages/testing/README.md', 1],
	['docs/effects.md', 1],
	['docs/log.md', 1],
])('%s', (readme, count) => {
	const project = mkdtempSync(join(tmpdir(), 'perdure-readme-'));
	const blocks = blocksOf(readme);
	const commands = blocks.filter(({ language }) => language === 'sh').flatMap(commandsOf);

	function node(args: readonly string[]): string {
		const { status, stdout, stderr } = spawnSync(process.execPath, args, {
			cwd: project,
			encoding: 'utf8',
			env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1', FORCE_COLOR: undefined, NODE_TEST_CONTEXT: undefined },
		});
		if (status !== 0) throw new Error(`node ${args.join(' ')}: ${status}\n${stdout}${stderr}`);
		return stdout;
	}

	beforeAll(() => {
		symlinkSync(join(repository, 'node_modules'), join(project, 'node_modules'), 'junction');
		writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'begun', type: 'module' }));
		for (const block of blocks) {
			const name = nameOf(block);
			if (name !== undefined) writeFileSync(join(project, name), block.text);
		}
	});
	afterAll(() => rmSync(project, { recursive: true, force: true }));

	test('its programs have no type errors', () => {
		const compilerOptions = {
			target: 'es2024',
			module: 'nodenext',
			strict: true,
			noEmit: true,
			allowImportingTsExtensions: true,
			types: ['node'],
			skipLibCheck: true,
		};
		writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, exclude: ['vitest.config.ts'] }));
		node(['node_modules/typescript/bin/tsc', '-p', '.']);
	});

	test('its commands do what they say', () => {
		expect(commands).toHaveLength(count);
		for (const { args, prints } of commands) {
			const printed = node(args);
			if (prints !== undefined) expect(printed.trim().split('\n').at(-1)).toBe(prints);
		}
	});

	test.for(blocks.map(nameOf).filter((name) => name?.endsWith('.test.ts')))('%s passes', (name) => {
		node(['--import', '@perdure/transform/register', '--test', name!]);
	});
});
