import { SourceMap } from 'node:module';
import { type InputOptions, type PluginObject, transformSync } from '@babel/core';
import perdure from '@perdure/babel-plugin';
import { transform } from '@perdure/transform';
import { expect, test } from 'vitest';
import { createProject, greeting } from '../support/project.ts';

const filename = '/shop/src/greet.ts';
const typescript = '@babel/preset-typescript';
const commonjs = '@babel/plugin-transform-modules-commonjs';

function compile(source: string, options: InputOptions = {}) {
	const result = transformSync(source, {
		filename,
		configFile: false,
		babelrc: false,
		plugins: [perdure],
		presets: [typescript],
		...options,
	});
	return { code: result!.code!, map: result!.map!, metadata: result!.metadata as { perdure?: object } };
}

test.for(['module', 'commonjs'] as const)('a compiled program runs: %s', (type) => {
	const plugins = type === 'module' ? [perdure] : [perdure, commonjs];
	const project = createProject({
		'package.json': JSON.stringify({ name: 'shop', type }),
		'greet.js': compile(greeting.greet, { plugins }).code,
		'main.mjs': greeting.main('./greet.js').replace(/: \w+/g, ''),
	});
	const { stdout, stderr } = project.node('main.mjs');
	expect({ stdout, stderr }).toEqual({ stdout: greeting.printed, stderr: '' });
});

test('helpers come by require where the source is no module', () => {
	const source = `exports.f = async function f() { 'use durable'; return await 1; };`;
	for (const sourceType of ['commonjs', 'script'] as const) {
		const { code } = compile(source, { sourceType, filename: '/shop/f.js', presets: [] });
		expect(code).toMatch(/= require\("@perdure\/runtime\/internal"\)/);
		expect(code).not.toContain('import');
	}
	expect(compile(source, { sourceType: 'module' }).code).toMatch(/import \{.*\} from "@perdure\/runtime\/internal"/s);
});

test('ids are those of transform(), whatever other plugins do', () => {
	const rename: PluginObject = {
		visitor: { Program: { enter: (path) => path.scope.rename('greet', 'renamed') } },
	};
	const { functions } = transform(greeting.greet, { filename });
	for (const plugins of [[perdure], [perdure, () => rename], [() => rename, perdure]]) {
		expect(compile(greeting.greet, { plugins }).metadata.perdure).toEqual({ diagnostics: [], functions });
	}
});

test('where unused imports go, those that only a durable body uses stay', () => {
	const source = `import { price, type Price } from './price.ts';
import { Order } from './order.ts';
export async function total(order: Order): Promise<Price> {
	'use durable';
	return (await price) * order.count;
}
`;
	const { code } = compile(source, { presets: [[typescript, { onlyRemoveTypeImports: false }]] });
	expect(code).toContain(`import { price } from './price.ts'`);
	expect(code).toContain('@perdure/runtime/internal');
	expect(code).not.toContain('order.ts');
});

test('nothing is compiled twice', () => {
	const once = compile(greeting.greet).code;
	expect(compile(greeting.greet, { plugins: [perdure, [perdure, {}, 'again']] }).code).toBe(once);
	expect(compile(once, { presets: [] }).code).toBe(once);
});

test('a file without the directive is left alone', () => {
	const { code, metadata } = compile('export const price = 1;');
	expect(code).toBe('export const price = 1;');
	expect(metadata.perdure).toBeUndefined();
});

test('errors are code-frame errors with code, help and what else is wrong', () => {
	const source = `export function one() {\n\t'use durable';\n}\n\nexport function two() {\n\t'use durable';\n}\n`;
	const thrown = (() => {
		try {
			return compile(source, { highlightCode: false });
		} catch (error) {
			return error as Error & { code: string };
		}
	})() as Error & { code: string };
	expect(thrown).toBeInstanceOf(SyntaxError);
	expect(thrown.code).toBe('BABEL_TRANSFORM_ERROR');
	const { message } = thrown;
	expect(message).toContain(`${filename}: PD1002: "use durable" is on `);
	expect(message).toContain('\nhelp: ');
	expect(message).toMatch(/\nalso at 6:2: PD1\d\d\d: /);
	expect(message).toMatch(/\n> 2 \| \t'use durable';\n +\| \t\^+\n/);
});

test('a source map leads to the lines as written, an input map further on', () => {
	const source = `interface Order {\n\tid: number;\n}\nexport async function fail(order: Order): Promise<void> {
	'use durable';
	await 1;
	throw new Error(\`order \${order.id}\`);
}
`;
	const thrownAt = ({ code, map }: { code: string; map: object }) => {
		const lines = code.split('\n');
		const line = lines.findIndex((text) => text.includes('throw new Error('));
		const entry = new SourceMap(map as ConstructorParameters<typeof SourceMap>[0]).findEntry(
			line,
			lines[line]!.indexOf('throw'),
		);
		return 'originalLine' in entry ? entry.originalLine + 1 : null;
	};
	const direct = compile(source, { sourceMaps: true });
	expect(thrownAt(direct)).toBe(7);
	const stripped = compile(source, { sourceMaps: true, plugins: [] });
	expect(stripped.code.split('\n').findIndex((text) => text.includes('throw')) + 1).not.toBe(7);
	const second = compile(stripped.code, {
		sourceMaps: true,
		presets: [],
		inputSourceMap: stripped.map as Exclude<InputOptions['inputSourceMap'], undefined>,
	});
	expect(thrownAt(second)).toBe(7);
	expect(second.map.sources).toEqual(stripped.map.sources);
});

test('what text alone shows to be unsavable is an error with a code frame', () => {
	const source = `async function work() {}
export async function main() {
	'use durable';
	const send = fetch;
	await work();
	return send;
}`;
	let message = '';
	try {
		compile(source);
	} catch (error) {
		message = (error as Error).message;
	}
	expect(message).toContain(
		"PD3007: 'send' is captured across an await, but the foreign function 'fetch' cannot be saved.",
	);
	expect(message).toMatch(/> 5 \|/);
	expect(
		compile(
			source
				.replace('return send', 'send("x"); return 1')
				.replace('= fetch', '= structuredClone')
				.replace('await work();\n\t', ''),
		).code,
	).toContain('structuredClone');
});
