/** Bytes to a whole graph: every instance is made first, then each gets its references, so cycles are free. */
import { PerdureError } from '../errors/error.ts';
import { DecodeError } from '../errors/saving.ts';
import { DELTA, FULL, LIMITS, type Limits, MAGIC } from './format.ts';
import { BadRow, expect } from './kind.ts';
import { Revival } from './revive.ts';
import type { JsonRow } from './row.ts';
import type { KindTable } from './table.ts';

export interface DecodeOptions<H = unknown> {
	/** Handed to the kinds. */
	readonly host?: H;
	readonly limits?: Limits;
}

/** @throws DecodeError for anything that no encoder wrote, or that names a class unknown here. */
export function decodeGraph(table: KindTable, bytes: Uint8Array, options: DecodeOptions): unknown {
	return guarded(() => {
		const heap = new Heap(options.limits ?? LIMITS);
		heap.read(bytes, FULL);
		return new Revival(table, heap.rows, heap.blobs, options.host).run(heap.root);
	});
}

/** Turns whatever goes wrong into a `DecodeError`; errors of ours that say more (an unknown function) pass. */
export function guarded<T>(read: () => T): T {
	try {
		return read();
	} catch (error) {
		if (PerdureError.is(error)) throw error;
		const problem =
			error instanceof BadRow
				? error.message
				: `a value was refused (${error instanceof Error ? error.message : String(error)})`;
		throw new DecodeError({ problem }, { cause: error });
	}
}

/** The rows of one full text and the deltas after it, the latest of each number. */
export class Heap {
	readonly rows: (JsonRow | undefined)[] = [];
	/** Content of "B" rows, by number; views of the input, copied when a buffer is made. */
	readonly blobs = new Map<number, Uint8Array>();
	root: unknown;
	readonly #limits: Limits;

	constructor(limits: Limits) {
		this.#limits = limits;
	}

	read(bytes: Uint8Array, letter: typeof FULL | typeof DELTA): void {
		expect(bytes instanceof Uint8Array, 'they are not a Uint8Array');
		expect(bytes.length <= this.#limits.bytes, `they are longer than ${this.#limits.bytes} bytes`);
		const { text, blobs } = split(bytes, letter);
		expect(Array.isArray(text) && text.length > 0, 'the text is no graph');
		this.root = text[0];
		let id = 0;
		let at = 0;
		for (let i = 1; i < text.length; i++) {
			const row: unknown = text[i];
			if (typeof row === 'number') {
				expect(
					letter === DELTA && Number.isInteger(row) && row >= 0 && row < this.#limits.entries,
					'the cursor leaves the heap',
				);
				id = row;
				continue;
			}
			expect(Array.isArray(row) && row.length > 0, 'a row is empty');
			expect(id < this.#limits.entries, `they have more than ${this.#limits.entries} entries`);
			// A numbering with gaps is written by deltas only, and never by much: no holes beyond what rows pay for.
			while (this.rows.length < id) this.rows.push(undefined);
			this.rows[id] = row;
			const length = blobLength(row);
			if (length >= 0) {
				expect(at + length <= blobs.length, 'a buffer is longer than its content');
				this.blobs.set(id, blobs.subarray(at, at + length));
				at += length;
			} else this.blobs.delete(id);
			id++;
		}
		expect(at === blobs.length, 'there is content that belongs to no buffer');
	}
}

const BLOB_ROW = 'B';

function blobLength(row: JsonRow): number {
	let at = 0;
	if (row[0] === '+') at = 4 + 2 * Number(row[3]);
	if (row[at] !== BLOB_ROW) return -1;
	const length: unknown = row[at + 1];
	expect(typeof length === 'number' && Number.isInteger(length) && length >= 0, 'a buffer has no length');
	return length;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const HEADER = MAGIC.length + 1;
const LENGTH = 8;

function split(bytes: Uint8Array, letter: string): { text: unknown; blobs: Uint8Array } {
	for (let i = 0; i < MAGIC.length; i++)
		expect(bytes[i] === MAGIC.charCodeAt(i), 'they do not begin as encoded graphs do');
	const found = String.fromCharCode(bytes[MAGIC.length] ?? 0);
	if (found === letter) return { text: parse(bytes.subarray(HEADER)), blobs: bytes.subarray(bytes.length) };
	expect(found === letter.toLowerCase(), letter === FULL ? 'they are no full graph' : 'they are no delta');
	const digits = utf8.decode(bytes.subarray(HEADER, HEADER + LENGTH));
	expect(/^[0-9a-f]{8}$/.test(digits), 'the text has no length');
	const end = HEADER + LENGTH + Number.parseInt(digits, 16);
	expect(end <= bytes.length, 'they are cut');
	return { text: parse(bytes.subarray(HEADER + LENGTH, end)), blobs: bytes.subarray(end) };
}

function parse(bytes: Uint8Array): unknown {
	try {
		return JSON.parse(textOf(bytes));
	} catch (error) {
		throw new DecodeError({ problem: 'the text is no JSON' }, { cause: error });
	}
}

/** A decoder costs a microsecond to call: most states are small and ASCII. */
const SMALL = 512;

function textOf(bytes: Uint8Array): string {
	if (bytes.length <= SMALL && bytes.every(isAscii)) return String.fromCharCode.apply(null, bytes as never);
	return utf8.decode(bytes);
}

const isAscii = (byte: number) => byte < 128;
