/** Texts to rows: the latest row of each number, out of a full text and the deltas after it. */
import { DecodeError } from '../errors/saving.ts';
import { BLOB_ROW, CHUNK_ROW, COPY_ROW, DELTA, FULL, LIST_ROW, type Limits, MAGIC } from './format.ts';
import { expect } from './kind.ts';
import { headOf, type JsonRow, referenceOf } from './row.ts';

/** "C" rows of one list by index. */
export type Chunks = ReadonlyMap<number, { readonly id: number; readonly row: JsonRow }>;

export class Heap {
	readonly rows: (JsonRow | undefined)[] = [];
	/** Which text wrote each row last: 0 the full one. */
	readonly at: number[] = [];
	/** Content of "B" rows, by number; views of the input, copied when a buffer is made. */
	readonly blobs = new Map<number, Uint8Array>();
	root: unknown;
	#bytes = 0;
	#texts = 0;
	#lists = false;
	readonly #limits: Limits;

	constructor(limits: Limits) {
		this.#limits = limits;
	}

	read(bytes: Uint8Array, letter: typeof FULL | typeof DELTA): void {
		expect(bytes instanceof Uint8Array, 'they are not a Uint8Array');
		this.#bytes += bytes.length;
		expect(this.#bytes <= this.#limits.bytes, `they are longer than ${this.#limits.bytes} bytes`);
		// As what it is: a Buffer's own `slice`, which whoever keeps a blob calls, would share its memory.
		const { text, blobs } = split(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length), letter);
		expect(Array.isArray(text) && text.length > 0, 'the text is no graph');
		this.root = text[0];
		const at = this.#texts++;
		let id = 0;
		let used = 0;
		for (let i = 1; i < text.length; i++) {
			const row: unknown = text[i];
			if (typeof row === 'number') {
				expect(letter === DELTA && Number.isInteger(row) && row >= 0, 'the cursor leaves the heap');
				id = row;
				continue;
			}
			expect(Array.isArray(row) && row.length > 0, 'a row is empty');
			expect(id < this.#limits.entries, `they have more than ${this.#limits.entries} entries`);
			while (this.rows.length < id) this.at[this.rows.push(undefined) - 1] = at;
			this.rows[id] = row;
			this.at[id] = at;
			used += this.#special(id, row, blobs, used);
			id++;
		}
		expect(used === blobs.length, 'there is content that belongs to no buffer');
	}

	/** @returns how much content the row takes. */
	#special(id: number, row: JsonRow, blobs: Uint8Array, used: number): number {
		const head = headOf(row);
		const tag = row[head];
		if (tag === LIST_ROW || tag === CHUNK_ROW) this.#lists = true;
		if (tag !== BLOB_ROW && tag !== COPY_ROW) {
			this.blobs.delete(id);
			return 0;
		}
		const length = row[head + 1];
		expect(isCount(length) && used + length <= blobs.length, 'a buffer is longer than its content');
		this.blobs.set(id, blobs.subarray(used, used + length));
		return length;
	}

	/** The rows with every list put together, and only those that the root reaches. */
	whole(): (JsonRow | undefined)[] {
		const rows = this.#lists ? this.#join() : this.rows;
		return this.#texts === 1 ? rows : reachable(this.root, rows);
	}

	#join(): (JsonRow | undefined)[] {
		const chunks = this.chunks();
		return this.rows.map((row, id) => {
			if (row === undefined) return undefined;
			const head = headOf(row);
			if (row[head] === CHUNK_ROW) return undefined;
			return row[head] === LIST_ROW ? joined(row, head, chunks.get(id)) : row;
		});
	}

	/** "C" rows by the number of their list. */
	chunks(): Map<number, Chunks> {
		const lists = new Map<number, Map<number, { id: number; row: JsonRow }>>();
		if (!this.#lists) return lists;
		for (const [id, row] of this.rows.entries()) {
			if (row?.[0] !== CHUNK_ROW) continue;
			const owner = referenceOf(row[1]);
			const index = row[2];
			expect(owner >= 0 && isCount(index), 'a piece belongs to no list');
			const list = lists.get(owner) ?? new Map();
			expect(!list.has(index), 'a piece is there twice');
			lists.set(owner, list.set(index, { id, row }));
		}
		return lists;
	}
}

const LISTABLE: readonly unknown[] = ['A', 'M', 'V', 'O'];
/** Where the parts of a "C" row begin. */
export const CHUNK_HEAD = 3;

function joined(
	row: JsonRow,
	head: number,
	chunks: ReadonlyMap<number, { readonly row: JsonRow }> | undefined,
): JsonRow {
	const [tag, first, count, skip] = row.slice(head + 1);
	expect(LISTABLE.includes(tag) && isCount(first) && isCount(count) && isCount(skip), 'a list is none');
	expect(row.length === head + 5 && count <= (chunks?.size ?? 0), 'a list misses a piece');
	expect((tag === 'O') === (head === 4), 'a list is decorated that cannot be');
	const whole = tag === 'O' ? ['O', row[1], row[2]] : [...row.slice(0, head), tag];
	for (let i = 0; i < count; i++) {
		const chunk = chunks!.get(first + i)?.row;
		expect(chunk !== undefined, 'a list misses a piece');
		for (let j = CHUNK_HEAD + (i === 0 ? skip : 0); j < chunk.length; j++) whole.push(chunk[j]);
	}
	return whole;
}

/** What nothing refers to any more is left over, and may not even fit together. */
function reachable(root: unknown, rows: readonly (JsonRow | undefined)[]): (JsonRow | undefined)[] {
	const found: (JsonRow | undefined)[] = new Array(rows.length).fill(undefined);
	const queue: JsonRow[] = [];
	const visit = (id: number) => {
		const row = rows[id];
		if (row === undefined || found[id] !== undefined) return;
		found[id] = row;
		queue.push(row);
	};
	visit(referenceOf(root));
	for (let row = queue.pop(); row !== undefined; row = queue.pop()) {
		if (typeof row[0] === 'number') visit(row[0]);
		for (let i = 1; i < row.length; i++) visit(referenceOf(row[i]));
	}
	return found;
}

function isCount(part: unknown): part is number {
	return typeof part === 'number' && Number.isInteger(part) && part >= 0;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const HEADER = MAGIC.length + 1;
const LENGTH = 8;
/** By `seal`, or at rest. */
const SEALED = /^PD[SR]1/;

function split(bytes: Uint8Array, letter: string): { text: unknown; blobs: Uint8Array } {
	if (SEALED.test(String.fromCharCode(...bytes.subarray(0, 4)))) {
		throw new DecodeError({ problem: 'they are sealed', help: 'unseal them first, or give the engine its keyring' });
	}
	for (let i = 0; i < MAGIC.length; i++)
		expect(bytes[i] === MAGIC.charCodeAt(i), 'they do not begin as encoded graphs do');
	const found = String.fromCharCode(bytes[MAGIC.length] ?? 0);
	if (found === letter) return { text: parse(bytes.subarray(HEADER)), blobs: bytes.subarray(bytes.length) };
	expect(found === letter.toLowerCase(), letter === FULL ? 'they are no full graph' : 'they are no delta');
	const digits = textOf(bytes.subarray(HEADER, HEADER + LENGTH));
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
	if (bytes.length > SMALL) return utf8.decode(bytes);
	for (let i = 0; i < bytes.length; i++) if (bytes[i]! > 127) return utf8.decode(bytes);
	return String.fromCharCode.apply(null, bytes as never);
}
