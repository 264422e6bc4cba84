/** What TypeScript has emitted is compiled to the program that the source is compiled to, with its ids. */
import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload, type SourceMapping } from 'node:module';
import { join, relative } from 'node:path';
import { transform, transformEmitted } from '@perdure/transform';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { evaluateModule } from '../support/compile.ts';
import { compileSubject, execute, WAYS } from '../support/execute.ts';
import { AREAS, casesOf, ROOT, stored, traceOf } from '../support/fixture.ts';

const MODULES = { module: ts.ModuleKind.ESNext, commonjs: ts.ModuleKind.CommonJS } as const;
type SourceType = keyof typeof MODULES;

function emit(source: string, filename: string, sourceType: SourceType, options: ts.CompilerOptions = {}) {
	// No `require` finds a URL: it is TypeScript's CommonJS of today, which leaves `import()` as it is.
	const isOfToday = sourceType === 'commonjs' && /\bimport\(/.test(source) && source.includes('data:');
	const module = isOfToday ? ts.ModuleKind.Node20 : MODULES[sourceType];
	const { outputText, sourceMapText } = ts.transpileModule(source, {
		fileName: isOfToday ? filename.replace(/ts$/, 'cts') : filename,
		compilerOptions: { target: ts.ScriptTarget.ESNext, sourceMap: true, ...options, module },
	});
	return { code: outputText, map: JSON.parse(sourceMapText!) as object };
}

function compile(source: string, filename: string, sourceType: SourceType, options: ts.CompilerOptions = {}) {
	const emitted = emit(source, filename, sourceType, options);
	return transformEmitted({ ...emitted, filename: 'out.js', sourceType }, { code: source, filename });
}

const fixtures = AREAS.flatMap(casesOf);

describe.each(['module', 'commonjs'] as const)('%s', (sourceType) => {
	test.for(fixtures)('$name', async (fixture) => {
		const path = join(fixture.directory, 'input.ts');
		const filename = relative(join(ROOT, '..'), path);
		const source = readFileSync(path, 'utf8');
		const { functions, diagnostics } = compile(source, filename, sourceType);
		if (fixture.name === 'lower/parameter-properties') {
			expect(diagnostics.map(({ code, line }) => [code, line])).toEqual([['PD0005', 10]]);
			return;
		}
		const expected = transform(source, { filename });
		expect(diagnostics).toEqual(expected.diagnostics);
		if (diagnostics.some(({ severity }) => severity === 'error')) return;
		expect(functions).toEqual(expected.functions);
		const trace = await traceOf(fixture, (text, { filename }) => compile(text, filename, sourceType));
		expect(trace).toBe(stored(fixture, 'trace.txt'));
	});
});

/** All that TypeScript puts in the place of a name, where it puts it, and names that emitted code likes to use. */
const names = `import { log, eff as call, type Trace } from '#trace';
import v, * as all from './values';
import type { Shape } from './values';

const enum Color { Red = 3, Blue = 'b' }
export const rate = 2;
export let count = 0;
export class Box { constructor(readonly of: number) {} }
export default class {}
export const helper = (x: number): number => x * rate;

export async function main(f: number = rate, { pc = 1 }: { pc?: number } = {}) {
	'use durable';
	const given: unknown = await call('one', Color.Red, f as number, pc);
	log('blue', Color['Blue'], v(await call('two', rate)), all.plus(1));
	count++;
	count = count + (await call('three', count));
	const object = { rate, log, count: rate, v };
	log\`tagged \${object.rate}\`;
	log?.('optional', v?.(1), typeof count);
	const inner = (rate: number, x = all.plus(rate)) => [rate, x, count, new Box(helper(rate)).of];
	log(...inner(await call('four', 5)));
	const { plus } = await import('./values');
	log(plus(1), object.count, (given as Shape) satisfies Shape);
	return [rate, count, object.v(2)];
}
`;

const values = `export default (x: number): number => x + 1;
export const plus = (x: number): number => x + 10;
export interface Shape {}
`;
const trace = `export declare function log(...values: unknown[]): void;
export declare function eff(name: string, ...args: unknown[]): Promise<any>;
export type Trace = string;
`;

/** By a program over several files, as tsc has it: that replaces the members of const enums. */
function emitProgram(options: ts.CompilerOptions) {
	const files: Record<string, string> = {
		'/shop/names.ts': names,
		'/shop/values.ts': values,
		'/shop/trace.d.ts': trace,
	};
	const written: Record<string, string> = {};
	const compilerOptions = {
		...options,
		sourceMap: true,
		outDir: '/shop',
		noLib: true,
		paths: { '#trace': ['./trace'] },
	};
	const host: ts.CompilerHost = {
		...ts.createCompilerHost(compilerOptions),
		getSourceFile: (name, target) =>
			files[name] === undefined ? undefined : ts.createSourceFile(name, files[name], target),
		fileExists: (name) => name in files,
		readFile: (name) => files[name],
		getCurrentDirectory: () => '/shop',
		writeFile: (name, text) => {
			written[name] = text;
		},
	};
	ts.createProgram({ rootNames: ['/shop/names.ts'], options: compilerOptions, host }).emit();
	return { code: written['/shop/names.js']!, map: JSON.parse(written['/shop/names.js.map']!) as object };
}

test.for([
	['module', { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler }],
	['commonjs', { module: ts.ModuleKind.CommonJS, moduleResolution: ts.ModuleResolutionKind.Bundler }],
	['commonjs', { module: ts.ModuleKind.Node20 }],
] as const)('names that TypeScript replaces: %s', async ([sourceType, options]) => {
	const filename = '/shop/names.ts';
	const output = emitProgram({ target: ts.ScriptTarget.ES2022, esModuleInterop: true, ...options });
	const emitted = transformEmitted({ ...output, filename: 'names.js', sourceType }, { code: names, filename });
	const { functions, diagnostics } = transform(names, { filename });
	expect(emitted.diagnostics).toEqual(diagnostics);
	expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
	expect(emitted.functions).toEqual(functions);
	expect(emitted.code).not.toMatch(/(?<!\/\* )Color/);
	const subject = compileSubject(names, filename, null, () => emitted);
	const reference = compileSubject(names, filename);
	const execution = { modules: { './values': evaluateModule(values, 'values.ts') } };
	const plain = await execute(reference, 'plain', execution);
	expect(plain.at(-1)).toBe('returns [2, 2, 3]');
	expect(await execute(subject, 'outside', execution)).toEqual(plain);
	for (const way of WAYS)
		expect(await execute(subject, way, execution), way).toEqual(await execute(reference, way, execution));
});

describe('refused, and left as it is', () => {
	const told = (source: string, options: ts.CompilerOptions, filename = '/shop/a.ts') => {
		const { code, diagnostics, functions } = compile(source, filename, 'module', options);
		expect(functions).toEqual([]);
		expect(code).toBe(emit(source, filename, 'module', options).code);
		return diagnostics.map(({ code, line, column, message, help }) => ({ code, line, column, message, help }));
	};
	const durable = (body: string) => `export async function f(x: any) {\n\t'use durable';\n\t${body}\n}\n`;
	const { ES2015, ES2017, ES2019, ES2020, ES2021, ES2022 } = ts.ScriptTarget;

	test.for([
		[ES2015, 'await x;', 'es2017', 'an async function'],
		[ES2017, 'for await (const y of x) await y;', 'es2018', 'for await'],
		[ES2017, 'await x({ ...x });', 'es2018', 'a spread or rest property of an object'],
		[ES2019, 'await x?.y;', 'es2020', 'an optional chain'],
		[ES2019, 'await (x ?? 1);', 'es2020', "the operator '??'"],
		[ES2020, 'x ||= await x;', 'es2021', 'a logical assignment'],
		[ES2021, 'class A { static { x(); } } await x(A);', 'es2022', 'a static block'],
		[ES2022, 'using y = await x;', 'esnext', "'using'"],
	] as const)('target %d: %s', ([target, body, needed, what]) => {
		expect(told(durable(body), { target })).toMatchObject([
			{
				code: 'PD0005',
				message: expect.stringContaining(`has replaced ${what}:`),
				help: expect.stringContaining(`"target": "${needed}"`),
			},
		]);
	});

	test('syntax that is older than the target is no reason', () => {
		const source = durable('await x?.(x ?? 1, { ...x });');
		expect(compile(source, '/shop/a.ts', 'module', { target: ES2020 }).diagnostics).toEqual([]);
	});

	test('JSX says which option', () => {
		const source = durable('await x(<p>{x}</p>);');
		const options = { jsx: ts.JsxEmit.ReactJSX };
		expect(told(source, options, '/shop/a.tsx')).toMatchObject([
			{ code: 'PD0005', line: 3, help: expect.stringMatching(/"jsx": "preserve"/) },
		]);
		expect(compile(source, '/shop/a.tsx', 'module', { jsx: ts.JsxEmit.Preserve }).diagnostics).toEqual([]);
	});

	test.for([
		['await x(2);', 'PD0004', 3],
		['await x(1); await x(1);', 'PD0004', 3],
		['if (x) { await x(1); }', 'PD0004', 3],
	] as const)('a source that was edited since: %s', ([body, code, line]) => {
		const emitted = {
			...emit(durable('await x(1);'), 'a.ts', 'module'),
			filename: 'a.js',
			sourceType: 'module' as const,
		};
		const { diagnostics, ...rest } = transformEmitted(emitted, { code: durable(body), filename: '/shop/a.ts' });
		expect(rest).toEqual({ code: emitted.code, functions: [] });
		expect(diagnostics).toMatchObject([{ code, line, file: '/shop/a.ts' }]);
	});

	test('a source with more durable functions, or none that can be read', () => {
		const emitted = {
			...emit(durable('await x(1);'), 'a.ts', 'module'),
			filename: 'a.js',
			sourceType: 'module' as const,
		};
		const two = `${durable('await x(1);')}${durable('await x(1);').replace(' f(', ' g(')}`;
		expect(transformEmitted(emitted, { code: two, filename: 'a.ts' }).diagnostics).toMatchObject([
			{ code: 'PD0004', file: 'a.ts' },
		]);
		expect(transformEmitted(emitted, { code: null, filename: 'a.ts' }).diagnostics).toMatchObject([
			{ code: 'PD0006', file: 'a.js', line: 1 },
		]);
	});

	test('what is compiled already', () => {
		const source = `// "use durable" makes it durable\n${durable('await x(1);')}`;
		const { code } = compile(source, 'a.ts', 'module');
		const again = { code, map: null, filename: 'a.js', sourceType: 'module' as const };
		expect(transformEmitted(again, { code: source, filename: 'a.ts' })).toEqual({
			code,
			diagnostics: [],
			functions: [],
		});
	});
});

test.for(['module', 'commonjs'] as const)('the source map leads to the source: %s', (sourceType) => {
	const source = `import { pay } from './pay.js';
interface Unused {}
export function before(): never { throw new Error('before'); }
export async function main(id: string) {
	'use durable';
	const paid = await pay(id);
	if (!paid) throw new Error('in the step');
	return before();
}
`;
	const { code, map } = compile(source, 'main.ts', sourceType);
	const lines = code.split('\n');
	const consumer = new SourceMap(map as unknown as SourceMapPayload);
	const originOf = (text: string) => {
		const line = lines.findIndex((each) => each.includes(text));
		const { originalLine, originalColumn, originalSource } = consumer.findEntry(
			line,
			lines[line]!.indexOf(text),
		) as SourceMapping;
		return [originalSource, originalLine + 1, originalColumn];
	};
	const placeOf = (text: string) => {
		const line = source.split('\n').findIndex((each) => each.includes(text));
		return ['main.ts', line + 1, source.split('\n')[line]!.indexOf(text)];
	};
	for (const text of ["new Error('before')", "new Error('in the step')"]) expect(originOf(text)).toEqual(placeOf(text));
	const call = sourceType === 'module' ? 'pay, void 0' : 'pay_js_1.pay, void 0';
	expect(originOf(call)).toEqual(placeOf('pay(id)'));
});
