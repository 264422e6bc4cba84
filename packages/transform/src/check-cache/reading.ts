/** Files as they are on disk, with what says that they are the same again. */
import { hash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { textOf } from '../4-check/source-text.ts';

/** Coarser than the time stamps of any file system. */
const TICK = 2_000;

export interface FileRead {
	/** Empty where there is no such file. */
	readonly text: string;
	/** Of its bytes. */
	readonly hash: string;
}

export class Reading {
	readonly #opened: number;
	/** A file was written since TypeScript began to read: it may have seen another text than this. */
	changing = false;

	/** @param opened In milliseconds since the epoch. */
	constructor(opened: number) {
		this.#opened = opened;
	}

	read(file: string): FileRead {
		let bytes: Buffer;
		try {
			bytes = readFileSync(file);
			if (statSync(file).mtimeMs > this.#opened - TICK) this.changing = true;
		} catch {
			return { text: '', hash: '' };
		}
		return { hash: hash('sha256', bytes, 'base64url'), text: textOf(bytes) };
	}
}
