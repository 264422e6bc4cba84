/** A conversation of which each line is a process of its own, and one that goes on for very long. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folder, start } from './process.ts';

test('each line in a process of its own', async () => {
	const file = join(folder(), 'conversation');
	const say = async (line = '') => (await start('chat/main.ts', [file, line]).output()).split('\n');
	expect((await say())[0]).toBe('Hello! What is on your mind?');
	expect((await say('I have an idea'))[0]).toBe('"I have an idea", you say. I remember 1 lines.');
	expect((await say('it is about looms'))[0]).toBe('"it is about looms", you say. I remember 3 lines.');
	// What is said to a process that dies is not heard, and what was said before is not lost.
	const killed = start('chat/main.ts', [file, 'never mind']);
	await killed.kill();
	await say('and cards');
	const [last, ...log] = await say('good bye');
	expect(last).toBe('4 turns, the last of them: good bye');
	await expect(`${log.join('\n').trimEnd()}\n`).toMatchFileSnapshot('../../examples/chat/log.txt');
});

test('what is kept of it does not grow', async () => {
	const sizes = (await start('../test/examples/long-chat.ts', ['1000']).output()).trim().split('\n');
	const [early, late] = sizes.map((line) => JSON.parse(line) as { entries: number; bytes: number });
	expect(late!.entries).toBe(early!.entries);
	// Numbers of entries have more digits, and no more of them.
	expect(late!.bytes - early!.bytes).toBeLessThan(50);
});
