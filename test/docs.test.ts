import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { codesPage } from '../docs/codes.ts';

test('docs/codes.md is what `npm run gen` makes', () => {
	expect(readFileSync(new URL('../docs/codes.md', import.meta.url), 'utf8')).toBe(codesPage());
});
