import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { codesPage } from '../docs/codes.ts';
import { EXPLANATIONS } from '../docs/explanations.ts';
import { PAGES } from '../docs/gen.ts';
import { pages } from '../docs/pages.ts';
import { TABLE } from '../packages/transform/src/diagnostics/table.ts';
import { headlinesOf } from './support/check-case.ts';
import { type Case, ROOT } from './support/fixture.ts';

const caseAt = (name: string): Case => ({ name, directory: join(ROOT, name) });

test('docs/codes.md is what `npm run gen` makes', () => {
	expect(readFileSync(new URL('../docs/codes.md', import.meta.url), 'utf8')).toBe(codesPage());
});

const folders = PAGES.filter((folder) => existsSync(new URL('..', folder)));

test.for(folders)('the pages of %s are what `npm run gen` makes', (folder) => {
	const stored = readdirSync(folder).map((file) => [file, readFileSync(new URL(file, folder), 'utf8')] as const);
	expect(new Map(stored.sort())).toEqual(new Map([...pages()].sort()));
});

describe('every code of the compiler is explained', () => {
	test.for(Object.keys(TABLE))('%s', (code) => {
		const { example } = EXPLANATIONS[code]!;
		if (example === undefined) return;
		const [first] = headlinesOf(caseAt(example.shows));
		expect(first!.code).toBe(code);
		expect(headlinesOf(caseAt(example.mended))).toEqual([]);
	});

	test('and no other', () => {
		expect(Object.keys(EXPLANATIONS).filter((code) => !(code in TABLE))).toEqual([]);
	});
});
