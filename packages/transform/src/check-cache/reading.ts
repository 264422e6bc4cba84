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
	readonly #files = new Set<string>();

	/** @param opened When TypeScript began to read, in milliseconds since the epoch. */
	constructor(opened: number) {
		this.#opened = opened;
	}

	read(file: string): FileRead {
		let bytes: Buffer;
		try {
			bytes = readFileSync(file);
		} catch {
			return { text: '', hash: '' };
		}
		this.#files.add(file);
		return { hash: hash('sha256', bytes, 'base64url'), text: textOf(bytes) };
	}

	/** Was a file written since TypeScript began to read? Then it may have seen another text than was read here. */
	isChanging(): boolean {
		const since = this.#opened - TICK;
		return [...this.#files].some((file) => (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? since) >= since);
	}
}
