/** The source map that an emitted file has: in its last comment, or in the file that this names. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

export interface SourceMapFile {
	readonly version: number;
	readonly sources: readonly string[];
	readonly sourceRoot?: string;
	readonly sourcesContent?: readonly (string | null)[];
}

export interface MapOfFile {
	readonly map: SourceMapFile;
	/** Where it is; `null`: in the file itself. */
	readonly path: string | null;
	/** The file without the map, if that is in it. */
	readonly code: string;
	/** The file again, with another map if that is in it. */
	withMap(code: string, map: object): string;
}

const INLINE = 'data:application/json;base64,';
/** The last line of a file. */
const COMMENT = /^\/\/# sourceMappingURL=(\S+)\s*$(?![\s\S]*^\/\/# sourceMappingURL=)/m;

/** Null where there is none, or what there is cannot be read as one. */
export function readMap(file: string, text: string): MapOfFile | null {
	const comment = COMMENT.exec(text);
	if (!comment) return null;
	const url = comment[1]!;
	if (url.startsWith(INLINE)) {
		const map = parse(Buffer.from(url.slice(INLINE.length), 'base64').toString());
		const [before, after] = [text.slice(0, comment.index), text.slice(comment.index + comment[0].length)];
		const withMap = (code: string, next: object) =>
			`${code}//# sourceMappingURL=${INLINE}${Buffer.from(JSON.stringify(next)).toString('base64')}${after}`;
		return map && { map, path: null, code: before, withMap };
	}
	// With `mapRoot` the comment names the place where maps are going to be; tsc itself writes them here.
	const path = [resolve(dirname(file), decodeURI(url)), `${file}.map`].find((each) => existsSync(each));
	const map = path === undefined ? null : parse(readFileSync(path, 'utf8'));
	return map && { map, path: path!, code: text, withMap: (code) => code };
}

function parse(text: string): SourceMapFile | null {
	try {
		const map = JSON.parse(text) as SourceMapFile | null;
		return map !== null && Array.isArray(map.sources) ? map : null;
	} catch {
		return null;
	}
}
