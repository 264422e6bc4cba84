/** The text of a file as TypeScript reads it: UTF-8, or UTF-16 behind its mark; marks are no part of it. */
import { readFileSync } from 'node:fs';

/** Undefined where it cannot be read. */
export function sourceText(file: string): string | undefined {
	try {
		return textOf(readFileSync(file));
	} catch {
		return undefined;
	}
}

export function textOf(bytes: Buffer): string {
	if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString('utf16le', 2);
	if (bytes[0] === 0xfe && bytes[1] === 0xff)
		return bytes
			.subarray(0, bytes.length & ~1)
			.swap16()
			.toString('utf16le', 2);
	const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
	return bytes.toString('utf8', marked ? 3 : 0);
}
