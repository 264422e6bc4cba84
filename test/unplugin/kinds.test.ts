/** Kinds of modules: CommonJS by name and by syntax, and files that are asked for as text. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import perdure from '@perdure/unplugin/esbuild';
import perdureWebpack from '@perdure/unplugin/webpack';
import * as esbuild from 'esbuild';
import { expect, test } from 'vitest';
import webpack from 'webpack';
import { createProject } from '../support/project.ts';
import { HOSTS } from './hosts.ts';

const commonjs = (name: string) => `const { marked } = require('./marked.cjs');
async function ${name}() {
	'use durable';
	return marked(await '${name}');
}
exports.${name} = ${name};
`;

const marked = 'exports.marked = (text) => `${text}!`;\n';

// Rollup has no CommonJS without a plugin of its own.
test.for(Object.keys(HOSTS).filter((host) => host !== 'rollup'))('%s: CommonJS stays CommonJS', async (host) => {
	const project = createProject({
		'src/main.ts': `import { extension } from './extension.cjs';
import { syntax } from '../old/syntax.js';
for (const f of [extension, syntax]) console.log(await f(), !String(f).includes('durable'));
`,
		'src/marked.cjs': marked,
		'old/marked.cjs': marked,
		'src/extension.cjs': commonjs('extension'),
		'old/package.json': JSON.stringify({ name: 'old' }),
		'old/syntax.js': commonjs('syntax'),
	});
	await HOSTS[host]!({ folder: project.folder, out: join(project.folder, 'out') });
	const { stdout, stderr } = project.node('out/main.mjs');
	expect({ stdout, stderr }).toEqual({ stdout: 'extension! true\nsyntax! true\n', stderr: '' });
});

const flow = `export async function f() { 'use durable'; }\n`;

test('esbuild: a file that is imported as text is left as it was written', async () => {
	const project = createProject({
		'a.ts': flow,
		'main.ts': `import text from './a.ts' with { type: 'text' };\nimport { f } from './a.ts';\nconsole.log(text, f);\n`,
	});
	const { outputFiles } = await esbuild.build({
		absWorkingDir: project.folder,
		entryPoints: ['main.ts'],
		bundle: true,
		write: false,
		format: 'esm',
		platform: 'node',
		packages: 'external',
		plugins: [perdure()],
	});
	expect(outputFiles[0]!.text).toContain(JSON.stringify(flow));
	expect(outputFiles[0]!.text).toContain('@perdure/runtime/internal');
});

test('esbuild: a loader that is set for an extension is used', async () => {
	const project = createProject({ 'main.js': `${flow}export const view = <b />;\n` });
	const { outputFiles } = await esbuild.build({
		absWorkingDir: project.folder,
		entryPoints: ['main.js'],
		write: false,
		loader: { '.js': 'jsx' },
		bundle: true,
		format: 'esm',
		packages: 'external',
		plugins: [perdure()],
	});
	expect(outputFiles[0]!.text).toContain('React.createElement("b", null)');
});

test('esbuild: a change is seen, an error goes', async () => {
	const project = createProject({ 'main.ts': flow });
	const context = await esbuild.context({
		absWorkingDir: project.folder,
		entryPoints: ['main.ts'],
		write: false,
		bundle: true,
		packages: 'external',
		format: 'esm',
		logLevel: 'silent',
		plugins: [perdure()],
	});
	try {
		const text = async () => (await context.rebuild()).outputFiles![0]!.text;
		expect(await text()).toContain('shop/main#f');
		project.write({ 'main.ts': flow.replace('async ', '') });
		await expect(context.rebuild()).rejects.toThrow('PD1002');
		project.write({ 'main.ts': flow.replace('f()', 'g()') });
		expect(await text()).toContain('shop/main#g');
	} finally {
		await context.dispose();
	}
});

test('webpack: a file that is asked for as text is left as it was written; a change is seen, an error goes', async () => {
	const project = createProject({
		'a.js': flow,
		'main.js': `import text from './a.js?raw';\nimport { f } from './a.js';\nexport { text, f };\n`,
	});
	const compiler = webpack({
		context: project.folder,
		entry: './main.js',
		mode: 'development',
		devtool: false,
		target: 'node22',
		output: { path: join(project.folder, 'out'), filename: 'main.mjs', module: true, library: { type: 'module' } },
		experiments: { outputModule: true },
		externals: { '@perdure/runtime/internal': 'module @perdure/runtime/internal' },
		module: { rules: [{ resourceQuery: /raw/, type: 'asset/source' }] },
		plugins: [perdureWebpack()],
	})!;
	const rounds: ((stats: webpack.Stats) => void)[] = [];
	const round = () => new Promise<webpack.Stats>((resolve) => rounds.push(resolve));
	const next = round();
	const watching = compiler.watch({ aggregateTimeout: 5 }, (_, stats) => rounds.shift()?.(stats!))!;
	const errors = (stats: webpack.Stats) =>
		stats.toJson({ all: false, errors: true }).errors!.map(({ message }) => message);
	try {
		expect(errors(await next)).toEqual([]);
		const module = `import { f, text } from './out/main.mjs';\nconsole.log(JSON.stringify([text, String(f).includes('durable')]));`;
		project.write({ 'print.js': module });
		expect(JSON.parse(project.node('print.js').stdout)).toEqual([flow, false]);

		const failing = round();
		project.write({ 'a.js': flow.replace('async ', '') });
		expect(errors(await failing)).toEqual([expect.stringContaining('a.js:1:23 - error PD1002')]);

		const mended = round();
		project.write({ 'a.js': `${flow}// mended\n` });
		expect(errors(await mended)).toEqual([]);
		expect(JSON.parse(project.node('print.js').stdout)).toEqual([`${flow}// mended\n`, false]);
	} finally {
		await new Promise((resolve) => watching.close(resolve));
	}
});

test('webpack: what is stored for the next process depends on the compiler', async () => {
	const project = createProject({ 'a.js': flow });
	const compiler = webpack({
		context: project.folder,
		entry: './a.js',
		mode: 'development',
		output: { path: join(project.folder, 'out') },
		externals: { '@perdure/runtime/internal': 'commonjs @perdure/runtime/internal' },
		plugins: [perdureWebpack()],
	})!;
	const { promise, resolve, reject } = Promise.withResolvers<webpack.Stats>();
	compiler.run((error, stats) => (error ? reject(error) : resolve(stats!)));
	const { compilation } = await promise;
	await new Promise((closed) => compiler.close(closed));
	expect([...compilation.buildDependencies]).toContain(fileURLToPath(import.meta.resolve('@perdure/transform')));
});
