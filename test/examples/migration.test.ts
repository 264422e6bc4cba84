/** A computation that is half done in one process and finished in another: only bytes cross the socket. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folder, start } from './process.ts';

test('the second half is computed by whoever was sent the rest', async () => {
	const socket = join(folder(), 'socket');
	const receiver = start('migration/receiver.ts', [socket]);
	expect(await receiver.line()).toBe('listening');
	const sender = start('migration/sender.ts', [socket]);
	const [sent, result] = (await sender.output()).trim().split('\n');
	expect(sent).toMatch(new RegExp(`^process ${sender.child.pid}: half-way, the rest is \\d+ bytes$`));
	expect(await receiver.line()).toContain('#survey');
	const log = [await receiver.line(), await receiver.line()].join('\n');
	const named = log.replace(String(sender.child.pid), 'sender').replace(String(receiver.child.pid), 'receiver');
	await expect(`${named}\n`).toMatchFileSnapshot('../../examples/migration/log.txt');
	expect(JSON.parse(result!)).toEqual({
		places: [sender.child.pid, receiver.child.pid],
		primes: 1229,
		largest: 9973,
	});
});
