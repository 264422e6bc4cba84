/** Which package a file belongs to: the stable part of every function id. */
import { readFileSync } from 'node:fs';
import { basename, dirname, extname, relative, resolve } from 'node:path';

export interface PackageScope {
	/** Its `name`; null when no package.json above the file has one. */
	readonly name: string | null;
	readonly root: string | null;
}

const scopes = new Map<string, PackageScope>();

/** The nearest package.json above `filename`, remembered by directory for the life of the process. */
export function packageScope(filename: string): PackageScope {
	return scopeOf(dirname(resolve(filename)));
}

/** The file's path within its package, with `/` on every platform; its base name without a package. */
export function packagePath(filename: string): string {
	const { root } = packageScope(filename);
	if (root === null) return basename(filename);
	return relative(root, resolve(filename)).replaceAll('\\', '/');
}

/** `<package name>/<path without extension>`, the part of a function id before `#`. */
export function moduleId(filename: string): string {
	const { name } = packageScope(filename);
	const path = packagePath(filename);
	const bare = path.slice(0, path.length - extname(path).length);
	return name === null ? bare : `${name}/${bare}`;
}

function scopeOf(directory: string): PackageScope {
	const known = scopes.get(directory);
	if (known) return known;
	const here = readScope(directory);
	const parent = dirname(directory);
	let scope = here;
	// A nested `{ "type": "module" }` without a name sets a module format, it starts no package; but
	// where no package above has a name either, it is the best there is.
	if (!here?.name && parent !== directory) {
		const above = scopeOf(parent);
		scope = above.name === null && here ? here : above;
	}
	scope ??= { name: null, root: null };
	scopes.set(directory, scope);
	return scope;
}

function readScope(directory: string): PackageScope | null {
	let text: string;
	try {
		text = readFileSync(resolve(directory, 'package.json'), 'utf8');
	} catch {
		return null;
	}
	let name: unknown = null;
	try {
		name = (JSON.parse(text) as { name?: unknown } | null)?.name;
	} catch {
		// A broken package.json still marks the root; whoever reads it for more will complain.
	}
	return { name: typeof name === 'string' && name !== '' ? name : null, root: directory };
}
