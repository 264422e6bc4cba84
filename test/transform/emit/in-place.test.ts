/** The Babel plugin changes the tree, `transform` splices text: both must give the same program. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compileProgram, transform } from '@perdure/transform';
import { describe, expect, it } from 'vitest';
import { parse } from '../../../packages/transform/src/1-parse/parse.ts';
import { canonical } from '../../../packages/transform/src/3-analyze/canonical.ts';

const root = fileURLToPath(new URL('../../../fixtures/lower/', import.meta.url));
const sources = readdirSync(root)
	.filter((name) => existsSync(`${root}${name}/input.ts`))
	.map((name) => [name, readFileSync(`${root}${name}/input.ts`, 'utf8')] as const);

const MORE = {
	'every form of function': [
		'"use strict";',
		'import { a } from "a";',
		'export default async function () { "use durable"; await a() }',
		'export const b = { async m() { "use durable"; await a() }, p: async () => { "use durable"; await a() } };',
		'@dec class C { static { f() } @dec async m() { "use durable"; await a() } static s = async () => { "use durable"; await a() };',
		'  async #p() { "use durable"; await a() } async [k()]() { "use durable as k"; await a() } }',
		'{ async function inner() { "use durable"; await a() } inner() }',
		'const t = (x: number) => x;',
	].join('\n'),
	'nothing but a function': 'async function f() { "use durable"; await 1 }',
};

describe('a tree compiled in place', () => {
	it.each([...sources, ...Object.entries(MORE)])('%s', (name, source) => {
		const options = { filename: `${name}.ts`, sourceType: 'module' } as const;
		const file = parse(source, options);
		const compiled = compileProgram(file, options);
		const text = transform(source, options);
		expect(compiled.functions).toEqual(text.functions);
		expect(compiled.diagnostics).toEqual(text.diagnostics);
		expect(canonical(file.program)).toBe(canonical(parse(text.code, options).program));
	});
});
