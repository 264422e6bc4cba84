/** What is wrong with a file, as each host says it. */
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { createProject } from '../support/project.ts';
import { HOSTS } from './hosts.ts';

/** Two errors; before the first stands a letter of two bytes. */
const bad = `export function fine() {}
	export function bad(ü: string): void { 'use durable'; }
export async function a() { 'use durable as x'; }
export async function b() { 'use durable as x'; }
`;

test.for(Object.keys(HOSTS))('%s tells place, text, code frame and the way out', async (host) => {
	const project = createProject({ 'src/main.ts': `import './bad.ts';\n`, 'src/bad.ts': bad });
	const failed = HOSTS[host]!({ folder: project.folder, out: join(project.folder, 'out') });
	const error = await failed.then(
		() => expect.unreachable('it was bundled'),
		(thrown: { message: string; errors?: readonly object[] }) => thrown,
	);
	const coloured = [error.message, JSON.stringify(error), JSON.stringify(error.errors ?? [])].join('\n');
	const said = stripVTControlCharacters(coloured);
	expect(said).toMatch(/src\/bad\.ts[:( ]+2:4[01]\b/);
	expect(said).toContain('PD1002: ');
	expect(said).toContain('which cannot be durable.');
	expect(said).toContain('help: make the function async');
	expect(said).toMatch(
		/export function bad\(ü: string\): void \{ 'use durable'; \}(\\n|\n)[^\w']*[\^~]|"length":14,"line":2,"lineText"/,
	);
	expect(said).toMatch(/PD1003: Two durable functions of this file have the id 'x'/);
});

const habit = `export async function nap() {
	'use durable';
	await new Promise((resolve) => setTimeout(resolve, 10));
}
`;

test.for(Object.keys(HOSTS))('%s tells a warning as its own, and goes on', async (host) => {
	const project = createProject({
		'src/main.ts': `import { nap } from './nap.ts';\nconsole.log(nap.name);\n`,
		'src/nap.ts': habit,
	});
	const warnings: string[] = [];
	await HOSTS[host]!({ folder: project.folder, out: join(project.folder, 'out'), warn: (text) => warnings.push(text) });
	expect(warnings.join('\n')).toContain('PD4001: ');
	expect(warnings).toHaveLength(1);
	expect(project.node('out/main.mjs').stdout).toBe('nap\n');
});
