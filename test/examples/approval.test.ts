/** Expenses that wait for their managers: who claims, who decides and who keeps the books are processes of their own. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folder, start } from './process.ts';

test('approved and paid, rejected, and an answer that is none', async () => {
	const database = join(folder(), 'expenses.db');
	const step = async (...args: string[]) => (await start('approval/main.ts', [database, ...args]).output()).trim();

	expect(await step('claim', '{"id":1,"amount":120,"manager":"grace"}')).toBe(
		"{ id: 1, amount: 120, manager: 'grace' }",
	);
	await step('claim', '{"id":2,"amount":9000,"manager":"grace"}');
	expect(await step('books')).toBe('');

	expect(await step('decide', 'expense-1', 'of course')).toMatch(/^what was sent to 'approval' is not valid: /);
	const [approved, ...log] = (await step('decide', 'expense-1', 'approved')).split('\n');
	expect(approved).toBe('approved');
	await expect(`${log.join('\n')}\n`).toMatchFileSnapshot('../../examples/approval/log.txt');
	expect(await step('decide', 'expense-2', 'rejected')).toMatch(/^rejected\n/);

	// Who keeps the books is killed at the first event: that one may come twice, and no other is lost.
	const [first, second] = [
		'{"type":"expense-approved","id":1,"receipt":"paid 120 for expense 1"}',
		'{"type":"expense-rejected","id":2,"receipt":null}',
	];
	const killed = start('approval/main.ts', [database, 'books']);
	expect(await killed.line()).toBe(first);
	await killed.kill();
	expect([`${first}\n${second}`, second]).toContain(await step('books'));
	expect(await step('books')).toBe('');
});
