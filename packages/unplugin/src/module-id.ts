/**
 * Which modules of a host are compiled, and as which file. Hosts name modules by path, by path and query
 * (`flow.ts?v=3`), or, where another plugin makes them, by a name of its own (`virtual:flows`, `\0flows`).
 */
import { resolve } from 'node:path';
import type { PerdureOptions } from './options.ts';

/** A module that may have durable functions, by its id: a first look that hosts take by themselves. */
export const CODE_ID = /\.[cm]?[jt]sx?([?#]|$)|^(\0|virtual:)/;

/** Asks for a file's text or address, and not for the module. */
const AS_DATA = /[?&](raw|url)\b/;

/** What stands after the last `node_modules`: the package that a file belongs to, however it was installed. */
const PACKAGE = /^.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/s;

/**
 * The file to compile a module as, from which the ids of its functions are made; null where it is left
 * alone. A module that another plugin makes counts as a file of that name in the working directory.
 */
export function fileOf(id: string, { include = [] }: PerdureOptions): string | null {
	if (!CODE_ID.test(id) || AS_DATA.test(id)) return null;
	const path = id.replace(/[?#].*$/s, '').replace(/^\0/, '');
	const owner = PACKAGE.exec(path)?.[1]?.replaceAll('\\', '/');
	return owner === undefined || include.includes(owner) ? resolve(path) : null;
}
