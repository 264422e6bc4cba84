import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { codesPage } from '../docs/codes.ts';

test('docs/codes.md is what `npm run gen` makes', () => {
	expect(readFileSync(new URL('../docs/codes.md', import.meta.url), 'utf8')).toBe(codesPage());
});

test.for(['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'])('links of %s lead somewhere', (page) => {
	const root = new URL('../', import.meta.url);
	const text = readFileSync(new URL(page, root), 'utf8');
	const links = [...text.matchAll(/\]\(([^)#]+)(#[^)]*)?\)/g)].map(([, link]) => link!);
	const missing = links.filter((link) => !/^https?:/.test(link) && !existsSync(new URL(link, root)));
	expect(missing).toEqual([]);
});
