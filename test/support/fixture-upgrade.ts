/** Cases of fixtures/upgrade: `v1/input.ts` is parked, `v2/input.ts` takes over, `verdict.txt` says what comes of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Case, directoriesOf } from './fixture.ts';
import { upgrade } from './upgrade.ts';

export function upgradeCases(): Case[] {
	return directoriesOf('upgrade', 'v1/input.ts');
}

export async function verdictOf({ name, directory }: Case): Promise<string> {
	const read = (version: string) => readFileSync(join(directory, version, 'input.ts'), 'utf8');
	const verdict = await upgrade(read('v1'), read('v2'), `fixtures/${name}/input.ts`);
	return `${verdict.join('\n')}\n`;
}
