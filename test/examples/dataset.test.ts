/** An analysis that is killed twice, and begins each time where its last checkpoint was. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folder, start } from './process.ts';

const CITIES = ['Turin', 'Porto', 'Lviv'];

test('what was analysed before the crash is not read again', async () => {
	const at = folder();
	const [data, checkpoint] = [join(at, 'data.csv'), join(at, 'checkpoint')];
	const records = Array.from({ length: 5500 }, (_, i) => `${CITIES[i % 3]},${i}`);
	writeFileSync(data, `${records.join('\n')}\n`);

	const first = start('dataset/main.ts', [data, checkpoint], { DIE_AT: '2000' });
	await expect(first.output()).rejects.toThrow(/^exit SIGKILL:\nread from 0\nread from 1000\n$/);
	const second = start('dataset/main.ts', [data, checkpoint], { DIE_AT: '4000' });
	await expect(second.output()).rejects.toThrow(/^exit SIGKILL:\nread from 2000\nread from 3000\n$/);
	expect(existsSync(checkpoint)).toBe(true);

	const output = await start('dataset/main.ts', [data, checkpoint]).output();
	expect(output.match(/read from \d+/g)).toEqual(['read from 4000', 'read from 5000']);
	expect(output).toContain('records: 5500');
	expect(output).toMatch(/average: 2749\.[45]/);
	expect(output).toContain("'Turin' => 1834");
	expect(existsSync(checkpoint)).toBe(false);
	const log = output.slice(output.lastIndexOf('}\n') + 2).trimEnd();
	await expect(`${log.replaceAll(at, '.')}\n`).toMatchFileSnapshot('../../examples/dataset/log.txt');
});
