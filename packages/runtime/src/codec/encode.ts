/** A whole graph to bytes. */
import { PerdureError } from '../errors/error.ts';
import { NotSerializableError, StateTooLargeError } from '../errors/saving.ts';
import { type DELTA, FULL, LIMITS, type Limits, MAGIC } from './format.ts';
import type { Holding } from './kind.ts';
import { assertMakeable } from './order.ts';
import { Refusal, refuseThrown } from './refusal.ts';
import type { JsonRow } from './row.ts';
import type { Shape } from './shape.ts';
import type { KindTable } from './table.ts';
import { type EncodeOptions, Walk } from './walk.ts';

/**
 * @throws NotSerializableError with the path of the value.
 * @throws StateTooLargeError over `limits`.
 */
export function encodeGraph<H>(table: KindTable, root: unknown, options: EncodeOptions<H>): Uint8Array {
	const walk = new FullWalk(table, options as EncodeOptions, false);
	try {
		return writeText(FULL, walk.run(root), walk.blobs, options.limits ?? LIMITS);
	} catch (error) {
		throw explain(table, root, options as EncodeOptions, error);
	}
}

/** Walks again, with notes of where each value was met, to name the value that an error is about. */
export function explain(table: KindTable, root: unknown, options: EncodeOptions, error: unknown): unknown {
	if (PerdureError.is(error)) return error;
	try {
		new FullWalk(table, options, true).run(root);
	} catch (explained) {
		return explained;
	}
	return refused(refuseThrown(error), options.root ?? 'value', undefined, undefined, error);
}

/** Fails where the graph could be written but not made again: a cycle through nothing but hooks. */
export function assertDecodable(table: KindTable, root: unknown, options: EncodeOptions): void {
	new FullWalk(table, options, false).run(root);
}

const FEW = 12;

class FullWalk extends Walk {
	/** Heap values by number. */
	readonly #heap: unknown[] = [];
	/** Their numbers, once there are many; a few are found faster without. */
	#ids: Map<unknown, number> | null = null;
	/** Where each was first met: the entry whose row was being written, and the slot in it. Kept only to explain. */
	readonly #met: { from: number; slot: number }[] | null;
	#current = -1;
	/** What shapes remember of this walk: they live longer than the graph. */
	readonly #token = {};

	constructor(table: KindTable, options: EncodeOptions, explains: boolean) {
		super(table, options);
		this.#met = explains ? [] : null;
	}

	run(root: unknown): unknown[] {
		try {
			return this.#run(root);
		} catch (error) {
			throw this.#met === null ? error : this.#explain(error, this.#current);
		}
	}

	#run(root: unknown): unknown[] {
		const heap = this.#heap;
		const text: unknown[] = [this.part(root, 0)];
		let deferred: number[] | undefined;
		for (let id = 0; id < heap.length; id++) {
			this.#current = id;
			const row = this.row(heap[id]);
			text.push(row);
			if (row === null) {
				deferred ??= [];
				deferred.push(id);
			}
			if (deferred !== undefined && id === heap.length - 1) this.#defer(text, deferred.splice(0));
		}
		const most = (this.options.limits ?? LIMITS).entries;
		if (heap.length > most) throw new StateTooLargeError({ bytes: heap.length, limit: most, largest: [] });
		if (this.hooks) this.#checkOrder(text);
		return text;
	}

	#defer(text: unknown[], ids: readonly number[]): void {
		const values = ids.map((id) => this.#heap[id] as object);
		const rows = this.deferredRows(values, (i) => {
			this.#current = ids[i]!;
		});
		ids.forEach((id, i) => {
			text[id + 1] = rows[i];
		});
	}

	protected override number(value: unknown, slot: number): number {
		const known = this.#ids === null ? this.#heap.indexOf(value) : (this.#ids.get(value) ?? -1);
		if (known >= 0) return known;
		const id = this.#heap.push(value) - 1;
		if (this.#ids !== null) this.#ids.set(value, id);
		else if (id === FEW) this.#ids = new Map(this.#heap.map((held, i) => [held, i]));
		this.#met?.push({ from: this.#current, slot });
		return id;
	}

	protected override shape(shape: Shape): number {
		if (shape.owner !== this.#token) {
			shape.id = this.number(shape, 0);
			shape.owner = this.#token;
		}
		return shape.id;
	}

	#checkOrder(text: readonly unknown[]): void {
		const stuck = assertMakeable(text.slice(1) as JsonRow[], this.table);
		if (stuck === undefined) return;
		this.#current = stuck;
		throw new Refusal(
			'part of a cycle that no hook can make: what it is made from leads back to it',
			'value',
			'save an id instead of the object in its serialize hook, or let the data hold it one level deeper, in an object of its own',
			'',
		);
	}

	/** Names the value: the path from the root, or from the nearest holder that names its parts itself. */
	#explain(error: unknown, id: number): unknown {
		if (PerdureError.is(error)) return error;
		const refusal = refuseThrown(error);
		let path = refusal.segment ?? '';
		let [begun, held, point]: [boolean, Holding?, string?] = [false];
		for (let at = id; at >= 0; at = this.#met![at]!.from) {
			point ??= this.place(this.#heap[at]);
			const { from, slot } = this.#met![at]!;
			if (begun) continue;
			const segment = from < 0 ? (this.options.root ?? 'value') : this.segment(this.#heap[from], slot);
			if (from >= 0) held ??= this.holding(this.#heap[from], slot);
			path = segment + path;
			begun = segment !== '' && !/^[.[ ]/.test(segment);
		}
		return refused(refusal, path, point, held, error);
	}
}

function refused(
	refusal: Refusal,
	path: string,
	point: string | undefined,
	held: Holding | undefined,
	cause: unknown,
): NotSerializableError {
	const { type, kind, help } = refusal;
	return new NotSerializableError({ path, type, kind, help, point, held }, refusal === cause ? undefined : { cause });
}

const utf8 = new TextEncoder();
/** Joins header, text and blobs. */
export function writeText(
	letter: typeof FULL | typeof DELTA,
	text: readonly unknown[],
	blobs: readonly Uint8Array[],
	limits: Limits,
): Uint8Array {
	const json = JSON.stringify(text);
	if (blobs.length === 0) return within(utf8.encode(MAGIC + letter + json), limits);
	const body = utf8.encode(json);
	const header = utf8.encode(MAGIC + letter.toLowerCase() + body.length.toString(16).padStart(8, '0'));
	let size = header.length + body.length;
	for (const blob of blobs) size += blob.length;
	if (size > limits.bytes) throw new StateTooLargeError({ bytes: size, limit: limits.bytes, largest: [] });
	const bytes = new Uint8Array(size);
	bytes.set(header);
	bytes.set(body, header.length);
	let at = header.length + body.length;
	for (const blob of blobs) {
		bytes.set(blob, at);
		at += blob.length;
	}
	return bytes;
}

function within(bytes: Uint8Array, limits: Limits): Uint8Array {
	if (bytes.length > limits.bytes)
		throw new StateTooLargeError({ bytes: bytes.length, limit: limits.bytes, largest: [] });
	return bytes;
}
