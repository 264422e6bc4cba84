/**
 * `npm run bench` measures everything and prints the table of the README; `npm run bench -- await`
 * measures one file. Each file is a process of its own: what one has warmed does not help the next.
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { HEAD } from './report.ts';

/** In the order of the table. */
const ORDER = [
	'await',
	'compute',
	'long',
	'effect',
	'resume',
	'checkpoint',
	'codec',
	'sqlite',
	'fan-out',
	'transform',
	'check',
];
const PARTS = new Set(['run.ts', 'ratio.ts', 'report.ts', 'compiled.ts']);

const folder = fileURLToPath(new URL('.', import.meta.url));
const found = readdirSync(folder).flatMap((file) =>
	file.endsWith('.ts') && !PARTS.has(file) ? [file.slice(0, -'.ts'.length)] : [],
);
const known = found.sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
const asked = process.argv.slice(2);
const unknown = asked.find((name) => !known.includes(name));
if (unknown !== undefined) {
	console.error(`There is no bench/${unknown}.ts; there are ${known.join(', ')}.`);
	process.exit(1);
}

console.log(HEAD.join('\n'));
for (const name of asked.length > 0 ? asked : known) {
	const failed = await measure(name);
	if (failed !== 0) process.exitCode = 1;
}
console.log(`\nNode ${process.versions.node} on ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}`);

function measure(name: string): Promise<number | null> {
	const child = spawn(process.execPath, [`${folder}${name}.ts`], { stdio: 'inherit' });
	return new Promise((resolve) => child.on('exit', resolve));
}
