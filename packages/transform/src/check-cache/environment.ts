/** What is around the sources of a project: other files that types come from, packages, and the compiler itself. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { digestOf } from './digests.ts';
import type { Reading } from './reading.ts';

/** The package.json of each folder that a file stands in, or below: they say what specifiers mean, and name modules. */
export function packagesAbove(files: readonly string[]): Map<string, string> {
	const found = new Map<string, string>();
	const met = new Set<string>();
	for (const file of files) {
		for (let folder = dirname(file); !met.has(folder); folder = dirname(folder)) {
			met.add(folder);
			const manifest = join(folder, 'package.json');
			if (existsSync(manifest)) found.set(folder, manifest);
		}
	}
	return found;
}

/** Of a declaration file with a class, the code beside it counts too: the class may be registered there. */
export function environmentHash(files: readonly string[], reading: Reading): string {
	return digestOf(
		files.toSorted().flatMap((file) => {
			const { text, hash } = reading.read(file);
			const described = /\bclass\b/.test(text) ? /^(.*)\.d\.([cm]?)ts$/.exec(file) : null;
			return [file, hash, described ? reading.read(`${described[1]}.${described[2]}js`).hash : ''];
		}),
	);
}

/** Of the compiler as it is installed, with its parser: by time and size, which say enough of what is put there as a whole. */
export function compilerHash(): string {
	const folders = [new URL('..', import.meta.url), ...['@perdure/abi', '@babel/parser'].map(folderOf)];
	return digestOf(
		folders.flatMap((url) => {
			const folder = fileURLToPath(url);
			const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
				/(?<!\.d)\.[jt]s$/.test(name),
			);
			return files.sort().flatMap((name) => {
				const { mtimeMs, size } = statSync(join(folder, name));
				return [name, `${mtimeMs} ${size}`];
			});
		}),
	);
}

const folderOf = (name: string) => new URL('.', import.meta.resolve(name));
