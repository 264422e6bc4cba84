import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { transform } from '@perdure/transform';
import { describe, expect, it } from 'vitest';
import { parse } from '../../packages/transform/src/1-parse/parse.ts';
import { canonical } from '../../packages/transform/src/3-analyze/canonical.ts';

const SOURCE = `#!/usr/bin/env node
/** @pragma */
import { later } from './later.js'

const spaced   =  [ 1,2 ] // kept
/** Documented. */
export async function subject(id: string) {
  "use durable"
  const first = await later( id )
  return   first.trim()
}

export class   Kept<T>{ private x?: T }
`;

describe('text outside durable functions', () => {
	it('is untouched without the directive', () => {
		const source = 'const a  = 1\n';
		const result = transform(source, { filename: 'a.ts', sourceMap: true });
		expect(result).toEqual({ code: source, diagnostics: [], functions: [] });
	});

	it('is untouched where the words stand elsewhere', () => {
		const source = '// use durable\nconst   a = 1\n';
		expect(transform(source, { filename: 'a.ts' }).code).toBe(source);
	});

	it('is looked at where only a misspelt directive stands', () => {
		const source = (text: string) => `export async function f() {\n\t${text};\n\tawait g();\n}\n`;
		const codes = (text: string) => transform(source(text), { filename: 'a.ts' }).diagnostics.map(({ code }) => code);
		expect(codes('"use durabel"')).toEqual(['PD1001']);
		expect(codes("'Use  Durable'")).toEqual(['PD1001']);
		expect(codes('"use strict"')).toEqual([]);
	});

	it('stays byte for byte', () => {
		const { code, diagnostics } = transform(SOURCE, { filename: 'a.ts' });
		expect(diagnostics).toEqual([]);
		for (const kept of [
			'#!/usr/bin/env node\n/** @pragma */\nimport {',
			"\nimport { later } from './later.js'\n",
			'const spaced   =  [ 1,2 ] // kept\n/** Documented. */\nexport function subject(id: string) {',
			'export class   Kept<T>{ private x?: T }\n',
		]) {
			expect(code).toContain(kept);
		}
	});

	it('keeps Windows line ends', () => {
		const source = SOURCE.replaceAll('\n', '\r\n');
		const { code } = transform(source, { filename: 'a.ts' });
		expect(code).toContain('// kept\r\n/** Documented. */\r\nexport function');
	});
});

describe('helpers', () => {
	const body = '(a) { "use durable"; await a() }';

	it('come by import in a module', () => {
		expect(transform(`async function f${body}`, { filename: 'a.js' }).code).toMatch(
			/^import \{[^}]*\} from "@perdure\/runtime\/internal";\n/,
		);
	});

	it.each(['commonjs', 'script'] as const)('come by require in a %s', (sourceType) => {
		const { code } = transform(`'use strict';\nasync function f${body}`, { filename: 'a.js', sourceType });
		expect(code).toMatch(/^'use strict';\n(const|var) \{[^}]*\} = require\("@perdure\/runtime\/internal"\);\n/);
	});

	it('collide with nothing', () => {
		const { code } = transform(`const _bind = 1, f = 2, pc = 3, g$step = 4; async function g${body}`, {
			filename: 'a.js',
		});
		expect(code).toContain('bind as _bind$1');
		expect(code).toContain('function g$step$1(f$1, m, v)');
	});
});

describe('printed TypeScript', () => {
	it.each([
		['(a < b) > (b = 8)'],
		['console.log((a < b), b > (b = 8))'],
		['[console.log < b, b > (a, b)]'],
		['[a || console.log < b, b > (a, b)]'],
		['(a < b) > (a, b) ? (a, b) : b'],
	])('means what the tree says: %s', (expression) => {
		const source = `export async function f(a, b) { "use durable"; return [${expression}] }`;
		const { code } = transform(source, { filename: 'a.ts' });
		const mentioned = (text: string) => canonical(parse(text, { filename: 'a.ts' }).program);
		expect(mentioned(code)).toContain(mentioned(`(${expression})`).slice('(program [] [(do '.length, -')])'.length));
	});
});

describe('source maps', () => {
	const position = (map: object, code: string, needle: string) => {
		const before = code.slice(0, code.indexOf(needle)).split('\n');
		return originalPositionFor(new TraceMap(map as never), {
			line: before.length,
			column: before.at(-1)!.length,
		});
	};
	const lineOf = (source: string, needle: string) => source.slice(0, source.indexOf(needle)).split('\n').length;

	it('lead from what is kept and from what is compiled', () => {
		const { code, map } = transform(SOURCE, { filename: '/p/a.ts', sourceMap: true });
		expect(map!.sources).toEqual(['a.ts']);
		expect(map!.sourcesContent).toEqual([SOURCE]);
		for (const [needle, original = needle, column = undefined] of [
			['spaced'],
			['Kept<T>'],
			['private x'],
			['later, void 0', 'later( id )', 22],
			['first.trim, first', 'first.trim()'],
		] as const) {
			const found = position(map!, code, needle);
			expect(found, needle).toMatchObject({ source: 'a.ts', line: lineOf(SOURCE, original) });
			if (column !== undefined) expect(found.column).toBe(column);
		}
	});

	it('lead nowhere from what was added', () => {
		const { code, map } = transform(SOURCE, { filename: 'a.ts', sourceMap: true });
		expect(position(map!, code, '_bind(subject').line).toBeNull();
	});

	it('compose with the map that came with the source', () => {
		const line = SOURCE.split('\n').length;
		// A map by which each line of the source was one further down in the file before.
		const input = {
			version: 3,
			sources: ['original.ts'],
			names: [],
			mappings: `AACA${';AACA'.repeat(line)}`,
		};
		const { code, map } = transform(SOURCE, { filename: 'a.ts', sourceMap: input });
		expect(map!.sources).toEqual(['original.ts']);
		expect(position(map!, code, 'spaced')).toMatchObject({ source: 'original.ts', line: lineOf(SOURCE, 'spaced') + 1 });
	});

	it('are not made unasked', () => {
		expect(transform(SOURCE, { filename: 'a.ts' }).map).toBeUndefined();
	});
});

describe('errors', () => {
	it('say of a module that is taken for CommonJS what to write, and of no other file', () => {
		const source = `export async function f() { 'use durable'; }\nawait f();\n`;
		const helpOf = (source: string, sourceType: 'module' | 'commonjs') =>
			transform(source, { filename: 'app.ts', sourceType }).diagnostics.map(({ code, help }) => [code, help]);
		expect(helpOf(source, 'module')).toEqual([]);
		expect(helpOf(source, 'commonjs')).toEqual([['PD0002', expect.stringContaining('"type": "module"')]]);
		const other = [['PD0002', expect.stringContaining('correct the syntax')]];
		expect(helpOf(`${source}function g() { await f(); }`, 'module')).toEqual(other);
		expect(helpOf(`async function f() { 'use durable'; } f(;`, 'commonjs')).toEqual(other);
	});

	it('leave the function as written, and the others compiled', () => {
		const bad = 'export async function bad() { "use durable"; eval("1"); await 1 }';
		const good = 'export async function good(a) { "use durable"; await a }';
		const { code, diagnostics, functions } = transform(`${bad}\n${good}\n`, { filename: 'a.js' });
		expect(diagnostics.map((d) => d.code)).toEqual(['PD2001']);
		expect(code).toContain(bad);
		expect(functions.map((f) => f.name)).toEqual(['good']);
	});

	it('a file needs a name', () => {
		expect(() => transform('', {} as never)).toThrow(/PD0001/);
	});
});
