/** A session that is driven command by command, each by a process of its own. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folder, start } from './process.ts';

function driver() {
	const at = folder();
	const env = { WAREHOUSE_BOOK: join(at, 'warehouse.txt') };
	return {
		drive: async (id: string, what: string) =>
			(await start('session/main.ts', [join(at, 'sessions.db'), id, what], env).output()).trim(),
		book: () => readFileSync(env.WAREHOUSE_BOOK, 'utf8').trim().split('\n'),
	};
}

test('commands, an error, and a cancel: the shelf is given back each time, once', async () => {
	const { drive, book } = driver();
	expect(await drive('ada', 'start')).toBe("waits: { shelf: 'shelf of ada', items: [] }");
	expect(await drive('ada', '{"do":"add","item":"cog"}')).toContain("items: [ 'cog' ]");
	expect(await drive('ada', '{"do":"add","item":"lever"}')).toContain("items: [ 'cog', 'lever' ]");
	expect(await drive('ada', '{"do":"remove","item":"cog"}')).toContain("items: [ 'lever' ]");
	const [closed, ...log] = (await drive('ada', '{"do":"close"}')).split('\n');
	expect(closed).toBe("closed with [ 'lever' ]");
	await expect(`${log.join('\n')}\n`).toMatchFileSnapshot('../../examples/session/log.txt');

	await drive('charles', 'start');
	expect(await drive('charles', '{"do":"remove","item":"cog"}')).toMatch(/^failed: there is no cog\n/);

	await drive('grace', 'start');
	expect(await drive('grace', 'cancel')).toMatch(/^cancelled: the customer left\n/);
	expect(book()).toEqual(
		['ada', 'charles', 'grace'].flatMap((name) => [`locks a shelf for ${name}`, `unlocks the shelf of ${name}`]),
	);
});
