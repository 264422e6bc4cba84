/** A session that is driven command by command, each by a process of its own. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folder, start } from './process.ts';

function driver() {
	const at = folder();
	const env = { WAREHOUSE_BOOK: join(at, 'warehouse.txt') };
	return {
		begin: (id: string, what: string, more: Record<string, string> = {}) =>
			start('session/main.ts', [join(at, 'sessions.db'), id, what], { ...env, ...more }),
		async drive(id: string, what: string) {
			return (await this.begin(id, what).output()).trim();
		},
		book: () => readFileSync(env.WAREHOUSE_BOOK, 'utf8').trim().split('\n'),
	};
}

test('commands, an error, and a cancel: the shelf is given back each time, once', async () => {
	const it = driver();
	expect(await it.drive('ada', 'start')).toBe("waits: { shelf: 'shelf of ada', items: [] }");
	expect(await it.drive('ada', '{"do":"add","item":"cog"}')).toContain("items: [ 'cog' ]");
	expect(await it.drive('ada', '{"do":"add","item":"lever"}')).toContain("items: [ 'cog', 'lever' ]");
	expect(await it.drive('ada', '{"do":"remove","item":"cog"}')).toContain("items: [ 'lever' ]");
	const [closed, ...log] = (await it.drive('ada', '{"do":"close"}')).split('\n');
	expect(closed).toBe("closed with [ 'lever' ]");
	await expect(`${log.join('\n')}\n`).toMatchFileSnapshot('../../examples/session/log.txt');

	await it.drive('charles', 'start');
	expect(await it.drive('charles', '{"do":"remove","item":"cog"}')).toMatch(/^failed: there is no cog\n/);

	await it.drive('grace', 'start');
	expect(await it.drive('grace', 'cancel')).toMatch(/^leaves\ncancelled: the customer left\n/);
	expect(it.book()).toEqual(
		['ada', 'charles', 'grace'].flatMap((name) => [`locks a shelf for ${name}`, `unlocks the shelf of ${name}`]),
	);
});

test('the process that cancels is killed while it cleans up: the next one does the rest', async () => {
	const it = driver();
	await it.drive('ada', 'start');
	const slow = it.begin('ada', 'cancel', { WAREHOUSE_DELAY: '60000' });
	expect(await slow.line()).toBe('leaves');
	await slow.kill();
	expect(await it.drive('ada', 'look')).toMatch(/^cancelled: the customer left\n/);
	expect(it.book()).toEqual(['locks a shelf for ada', 'unlocks the shelf of ada']);
});
