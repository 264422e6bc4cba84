/** `import()` of durable code through bundlers, and in CommonJS: a chunk is imported again, by whichever build goes on. */
import { join } from 'node:path';
import perdure from '@perdure/unplugin/esbuild';
import * as esbuild from 'esbuild';
import { expect, test } from 'vitest';
import { createProject, type Project } from '../support/project.ts';
import { HOSTS } from './hosts.ts';

const FILES = {
	'src/plugin.ts': 'let calls = 0;\nexport const run = async (n: number) => n * 2 + calls++;\nexport default 3;\n',
	'src/shop.ts': `import { suspend } from '@perdure/runtime';
		export async function main() {
			'use durable';
			const m = await import('./plugin.ts');
			const list = [m];
			await m.run(1);
			await suspend();
			return [await m.run(20), m.default, list[0] === m, m === (await import('./plugin.ts'))];
		}
	`,
	'src/main.ts': `import { readFileSync, writeFileSync } from 'node:fs';
		import { Continuation, run } from '@perdure/runtime';
		import { main } from './shop.ts';
		async function step(name?: string) {
			if (name === 'begin') {
				const { continuation } = (await run(main, [])) as any;
				return writeFileSync('run', continuation.toBytes());
			}
			console.log(JSON.stringify((await Continuation.fromBytes(readFileSync('run')).resume() as any).value));
		}
		void step(process.argv[2]);
	`,
};

function node(project: Project, ...args: string[]): string {
	const { stdout, stderr } = project.node(...args);
	expect(stderr).toBe('');
	return stdout;
}

const ENDED = '[40,3,true,true]\n';
const asWritten = (project: Project, step: string) =>
	node(project, '--import', '@perdure/transform/register', 'src/main.ts', step);

test.for(Object.keys(HOSTS))('%s', async (host) => {
	const project = createProject(FILES);
	await HOSTS[host]!({ folder: project.folder, out: join(project.folder, 'out'), minify: true });
	const bundled = (step: string) => node(project, 'out/main.mjs', step);
	bundled('begin');
	expect(bundled('end')).toBe(ENDED);
	expect(asWritten(project, 'end')).toBe(ENDED);
	asWritten(project, 'begin');
	expect(bundled('end')).toBe(ENDED);
});

test.for(['esm', 'cjs'] as const)('esbuild, in one file, %s', async (format) => {
	const project = createProject(FILES);
	const out = `out/main.${format === 'esm' ? 'mjs' : 'cjs'}`;
	await esbuild.build({
		absWorkingDir: project.folder,
		entryPoints: ['src/main.ts'],
		outfile: join(project.folder, out),
		bundle: true,
		format,
		platform: 'node',
		packages: 'external',
		plugins: [perdure()],
	});
	const bundled = (step: string) => node(project, out, step);
	bundled('begin');
	expect(bundled('end')).toBe(ENDED);
});

test('CommonJS that Node executes as it is', () => {
	const { 'src/plugin.ts': plugin, 'src/shop.ts': shop, 'src/main.ts': main } = FILES;
	const required = (text: string) => text.replace(/import (\{.*\}) from ('.*');/g, 'const $1 = require($2);');
	const project = createProject({
		'src/plugin.ts': plugin,
		'src/shop.cts': `${required(shop).replace('export async', 'async')}\nexports.main = main;`,
		'src/main.cts': required(main).replace('./shop.ts', './shop.cts'),
	});
	const step = (name: string) => node(project, '--import', '@perdure/transform/register', 'src/main.cts', name);
	step('begin');
	expect(step('end')).toBe(ENDED);
});
