/** What examples/README.md says of the examples as texts, and the tests that they bring themselves. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { start } from './process.ts';

const read = (path: string) => readFileSync(new URL(`../../examples/${path}`, import.meta.url), 'utf8');

/** Lines of the durable function, without blank ones and comments. */
function lengthOf(file: string): number {
	const [, body] = /^(export async function [\s\S]*?\n\})$/m.exec(read(file))!;
	return body!.split('\n').filter((line) => !/^\s*(\/\/.*|\/?\*.*)?$/.test(line)).length;
}

const rows = [...read('README.md').matchAll(/^\| \[.+?\]\((\S+\.ts)\) \| (\d+) \| (\d+) \|/gm)].map(
	([, file, here, there]) => [file!, Number(here), Number(there)] as const,
);

test('of each it says how long it is', () => {
	expect(rows.map(([file]) => file)).toHaveLength(7);
});

test.for(rows)('%s has %i lines, and its original %i', ([file, here, there]) => {
	expect(lengthOf(file)).toBe(here);
	expect(here).toBeLessThan(there);
});

test.for(['checkout/checkout.test.ts', 'approval/approval.test.ts'])('%s passes', async (file) => {
	await start(file).output();
});
