/** The map that a file to be loaded brings with it: another compiler was there before. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { splitMap } from '../inline-source-map.ts';

const COMMENT = /^\/\/# sourceMappingURL=(\S+)\s*$/m;

/** `null` where there is none, or it cannot be read: a missing map is no reason not to run. */
export function readInputMap(source: string, filename: string): object | null {
	try {
		const inline = splitMap(source);
		if (inline) return inline.map;
		const url = COMMENT.exec(source)?.[1];
		return url ? JSON.parse(readFileSync(resolve(filename, '..', decodeURI(url)), 'utf8')) : null;
	} catch {
		return null;
	}
}
