/** The demonstration, as README has it run, and what the checker says of all examples. */
import { fileURLToPath } from 'node:url';
import { check } from '@perdure/transform';
import { expect, test } from 'vitest';
import { start } from './process.ts';

const examples = (path: string) => fileURLToPath(new URL(`../../examples/${path}`, import.meta.url));

test('an order outlives four processes and one that is killed; what could not be saved does not compile', async () => {
	const shown = await start('checkout/demo.ts').output();
	expect(shown).toContain('completed: {');
	const [, log] = /its log:\n([\s\S]*?)\n\n/.exec(shown)!;
	await expect(`${log}\n`).toMatchFileSnapshot('../../examples/checkout/log.txt');
	expect(shown).toMatch(/What the bank saw:\n {2}attempt 1, key (\S+)\n {2}attempt 2, key \1\n/);
	expect(shown).toContain("error PD3001: 'handle' is captured across an await, but 'FileHandle' cannot be saved.");
	expect(shown).toMatch(/await handle\.close\(\);?\n\s*~+ read again here/);
});

test('every example can be saved', () => {
	expect(check({ project: examples('tsconfig.json') })).toEqual([]);
});
