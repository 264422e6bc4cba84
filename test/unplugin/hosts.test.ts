/** One program through every host gives the same module, and what one bundle stored another goes on with. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HOSTS } from './hosts.ts';

const folder = mkdtempSync(join(tmpdir(), 'perdure-hosts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function node(...args: string[]): string {
	const { status, stdout, stderr } = spawnSync(process.execPath, args, {
		cwd: folder,
		encoding: 'utf8',
		env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1', FORCE_COLOR: undefined },
	});
	expect({ status, stderr, stdout: status === 0 ? '' : stdout }).toEqual({ status: 0, stderr: '', stdout: '' });
	return stdout;
}

const asked = '{"attempt":1,"total":"7.75","step":"step asked"}\n"why?"\n';
const ended =
	'{"attempt":2,"total":"7.75","step":"step asked"}\n<b>ADA pays 7.91</b> step paid; true refused 1\nbroken 1.20 7 [(asked)]\n';

/** By `tspc`: each file for itself, names as they were written. */
let unbundled: string;

beforeAll(() => {
	cpSync(fileURLToPath(new URL('shop', import.meta.url)), folder, { recursive: true });
	symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(folder, 'node_modules'), 'junction');
	const compilerOptions = {
		target: 'es2023',
		module: 'nodenext',
		strict: true,
		jsx: 'react',
		rootDir: 'src',
		outDir: 'unbundled',
		types: ['node'],
		rewriteRelativeImportExtensions: true,
		plugins: [{ transform: '@perdure/transform/ts-patch', transformProgram: true }],
	};
	writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }));
	node('node_modules/ts-patch/bin/tspc.js', '-p', '.');
	unbundled = 'unbundled/main.js';
	expect(node(unbundled, 'start', 'unbundled/run')).toBe(asked);
});

const bundles = Object.keys(HOSTS).flatMap((host) =>
	[false, true].map((minify) => ({ host, minify, out: `out/${host}${minify ? '-minified' : ''}` })),
);
/** Goes on with what the bundle before it has stored; the first with what was stored unbundled. */
let before = 'unbundled/run';

describe.each(bundles)('$out', ({ host, minify, out }) => {
	test('registers what the unbundled program registers, and goes on with what another stored', async () => {
		await HOSTS[host]!({ folder, out: join(folder, out), minify });
		const main = join(out, 'main.mjs');
		expect(JSON.parse(node(main, 'schema'))).toEqual(JSON.parse(node(unbundled, 'schema')));
		expect(node(main, 'start', `${out}/run`)).toBe(asked);
		expect(node(main, 'resume', before)).toBe(ended);
		before = `${out}/run`;
	});

	test('source maps lead to the files as written', () => {
		const { sources, sourcesContent } = JSON.parse(readFileSync(join(folder, out, 'main.mjs.map'), 'utf8'));
		const at = sources.findIndex((source: string) => source.endsWith('src/order.ts'));
		expect(sourcesContent[at]).toBe(readFileSync(join(folder, 'src/order.ts'), 'utf8'));
	});
});

test('the unbundled program goes on with what the last bundle stored', () => {
	expect(node(unbundled, 'resume', before)).toBe(ended);
});
