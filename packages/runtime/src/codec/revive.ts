/**
 * Rows to live values, in two phases: make, then fill.
 *
 * Owns: the instances of one decoding. Invariants:
 * R1: nothing is read from a row before its form is checked; a row that no encoder writes ends in `BadRow`.
 * R2: no setter, getter or method of a restored object runs; own properties are defined.
 * R3: every loop is bounded by the size of the rows.
 */
import { SchemaMismatchError } from '../errors/schema.ts';
import { type ClassEntry, classEntry, classOfPrototype } from '../registry/classes.ts';
import {
	ARRAY_ROW,
	BIGINT,
	DECORATED_ROW,
	DICTIONARY_ROW,
	HOLE,
	INFINITE,
	type Level,
	MINUS_INFINITE,
	MINUS_ZERO,
	NAN,
	SHAPE_ROW,
	SPARSE_ROW,
	SPECIAL_SHAPE_ROW,
	STRING_ROW,
	UNDEFINED,
} from './format.ts';
import { type AnyKind, expect, PENDING } from './kind.ts';
import { makeInOrder } from './order.ts';
import { applyLevel, assignable, setOwn } from './own.ts';
import { isIndex, isUnique, levelIn, NO_PARTS, setNext } from './parts.ts';
import { headOf, type JsonRow, referenceOf } from './row.ts';
import { type Shape, type ShapeClass, shapeOf } from './shape.ts';
import type { KindTable } from './table.ts';

interface Form {
	readonly of: ShapeClass;
	/** Number of a class that is not made yet: its objects get their prototype when it is. */
	readonly later: number;
	/** null: no prototype; undefined: `Object.prototype`. */
	readonly prototype: object | null | undefined;
	readonly level: Level;
	readonly keys: readonly (string | symbol)[];
	/** Plain assignment makes an own property of each key. */
	readonly simple: boolean;
}

const DENSE_LIMIT = 1024;
const BIGINT_TEXT = /^-?(\d{1,20}|0x[0-9a-f]+)$/;

export class Revival {
	readonly #table: KindTable;
	readonly #rows: readonly (JsonRow | undefined)[];
	readonly #blobs: ReadonlyMap<number, Uint8Array>;
	readonly #host: unknown;
	readonly #instances: unknown[];
	readonly #forms: (Form | undefined)[] = [];
	/** Instances of classes that are still to be made, by the class. */
	readonly #undressed = new Map<number, { readonly instance: object; readonly kind: AnyKind | 'array' | 'object' }[]>();
	/** Entries that were filled in the order of making; null where no order was needed. */
	#filled: Uint8Array | null = null;

	constructor(
		table: KindTable,
		rows: readonly (JsonRow | undefined)[],
		blobs: ReadonlyMap<number, Uint8Array>,
		host: unknown,
	) {
		this.#table = table;
		this.#rows = rows;
		this.#blobs = blobs;
		this.#host = host;
		this.#instances = new Array(rows.length).fill(PENDING);
	}

	/** What an entry became; `PENDING` if nothing. */
	instance(id: number): unknown {
		return this.#instances[id];
	}

	/** The shape of a shape row. */
	shape(id: number): Shape | undefined {
		const form = this.#forms[id];
		if (form === undefined) return undefined;
		return shapeOf(form.later < 0 ? form.of : (this.#instances[form.later] as object), form.level, form.keys);
	}

	run(root: unknown): unknown {
		const rows = this.#rows;
		const rest = this.#first();
		let late = false;
		for (const id of rest) late = !this.#early(id, rows[id]!) || late;
		for (const id of [...this.#undressed.keys()]) if (this.#instances[id] !== PENDING) this.#dress(id);
		if (late) {
			this.#filled = new Uint8Array(rows.length);
			const stuck = makeInOrder(rows, this.#table, { make: (id) => this.#late(id), fill: (id) => this.#fill(id) });
			expect(stuck === undefined, 'an entry is made of itself');
		}
		expect(this.#undressed.size === 0, 'an instance of no class');
		for (const id of rest) if (this.#filled?.[id] !== 1) this.#fill(id);
		return this.value(root);
	}

	/** Strings, then symbols and classes, then shapes: all that others are made from. @returns the others */
	#first(): number[] {
		const rows = this.#rows;
		const rest: number[] = [];
		const first: number[] = [];
		const shapes: number[] = [];
		for (let id = 0; id < rows.length; id++) {
			const row = rows[id];
			if (row === undefined) continue;
			const tag = row[0];
			if (typeof tag === 'number') rest.push(id);
			else if (tag === STRING_ROW) {
				expect(row.length === 2 && typeof row[1] === 'string', 'a string is none');
				this.#instances[id] = row[1];
			} else if (tag === SHAPE_ROW || tag === SPECIAL_SHAPE_ROW) shapes.push(id);
			else if (typeof tag === 'string' && this.#table.byTag.get(tag)?.moment === 'first') first.push(id);
			else rest.push(id);
		}
		for (const id of first) {
			const kind = this.#table.byTag.get(rows[id]![0] as string)!;
			this.#instances[id] = kind.make(this.#known(rows[id]!, 1), this.#host, undefined);
		}
		for (const id of shapes) this.#forms[id] = this.#form(rows[id]!);
		return rest;
	}

	#form(row: JsonRow): Form {
		const special = row[0] === SPECIAL_SHAPE_ROW;
		const keys: (string | symbol)[] = [];
		for (let i = special ? 3 : 1; i < row.length; i++) keys.push(this.#key(row[i]));
		expect(isUnique(keys), 'a shape has a key twice');
		const later = special ? this.#later(row[1]) : -1;
		const prototype = special && later < 0 ? this.#prototype(row[1]) : undefined;
		return {
			of: row[1] === null && special ? null : prototype === undefined ? 0 : (this.value(row[1]) as object),
			later,
			prototype,
			level: special ? levelIn(row[2]) : 0,
			keys,
			simple: prototype === null || (prototype === undefined && later < 0 && keys.every(assignable)),
		};
	}

	#key(part: unknown): string | symbol {
		const key = this.value(part);
		expect(typeof key === 'string' || typeof key === 'symbol', 'a key is no key');
		return key;
	}

	/** Prototype of instances of a class that is saved by its properties; undefined: the kind's own. */
	#prototype(part: unknown): object | null | undefined {
		if (part === 0) return undefined;
		if (part === null) return null;
		const entry = classEntry(this.value(part));
		expect(
			entry !== undefined && entry.hooks === undefined && entry.resource === undefined,
			'a prototype is of no class saved by its properties',
		);
		return entry.Class.prototype;
	}

	/** Makes an entry that needs no others. @returns false for one that does */
	#early(id: number, row: JsonRow): boolean {
		const head = headOf(row);
		const tag = row[head];
		if (typeof tag === 'number') {
			const form = head === 0 ? this.#forms[tag] : undefined;
			expect(form !== undefined && row.length - 1 === form.keys.length, 'an object does not fit its shape');
			this.#instances[id] = form.prototype === undefined ? {} : Object.create(form.prototype);
			if (form.later >= 0) this.#dressLater(this.#instances[id] as object, form.later, 'object');
			return true;
		}
		if (tag === DICTIONARY_ROW) {
			expect(head === 0 && row.length % 2 === 1 && row.length >= 3, 'an object has a key without a value');
			const later = this.#later(row[1]);
			const prototype = later < 0 ? this.#prototype(row[1]) : undefined;
			this.#instances[id] = prototype === undefined ? {} : Object.create(prototype);
			if (later >= 0) this.#dressLater(this.#instances[id] as object, later, 'object');
			return true;
		}
		if (tag === ARRAY_ROW || tag === SPARSE_ROW) {
			this.#instances[id] = this.#dressed([], row, head, 'array');
			return true;
		}
		const kind = typeof tag === 'string' ? this.#table.byTag.get(tag) : undefined;
		expect(kind !== undefined, `a row is of the kind '${String(tag).slice(0, 20)}', which is unknown here`);
		expect(head === 0 || kind.open === true, 'a row is decorated that cannot be');
		if (kind.moment !== undefined && kind.moment !== 'early') return false;
		this.#make(id, row, head, kind);
		return true;
	}

	/** The number of a class that is still to be made, or -1. */
	#later(part: unknown): number {
		const id = referenceOf(part);
		return id >= 0 && this.#instances[id] === PENDING ? id : -1;
	}

	#dressLater(instance: object, Class: number, kind: AnyKind | 'array' | 'object'): void {
		const waiting = this.#undressed.get(Class);
		if (waiting === undefined) this.#undressed.set(Class, [{ instance, kind }]);
		else waiting.push({ instance, kind });
	}

	/** A class is there: what waited for it is given its prototype. */
	#dress(Class: number): void {
		const waiting = this.#undressed.get(Class);
		if (waiting === undefined) return;
		this.#undressed.delete(Class);
		const prototype = this.#prototype([Class]) as object;
		const route = this.#table.route(prototype)?.kind;
		for (const { instance, kind } of waiting) {
			if (route !== kind) throw otherInstances(classOfPrototype(prototype)!);
			Object.setPrototypeOf(instance, prototype);
		}
	}

	#late(id: number): void {
		if (this.#instances[id] !== PENDING) return; // another entry brought it
		const row = this.#rows[id]!;
		const head = headOf(row);
		this.#make(id, row, head, this.#table.byTag.get(row[head] as string)!);
		this.#dress(id);
	}

	#make(id: number, row: JsonRow, head: number, kind: AnyKind): void {
		const parts = kind.make.length === 0 ? NO_PARTS : this.#known(row, head + 1);
		const made = kind.make(parts, this.#host, this.#blobs.get(id));
		this.#instances[id] = head === 0 ? made : this.#dressed(made, row, head, kind);
		const brought = kind.brings?.(made);
		if (brought === undefined) return;
		const at = referenceOf(row[head + 1 + brought.part]);
		const companion = this.#rows[at];
		expect(
			companion?.[headOf(companion)] === brought.tag && this.#instances[at] === PENDING,
			'an entry has two owners',
		);
		this.#instances[at] = brought.value;
	}

	/** Gives a made instance the prototype of its class. */
	#dressed(made: object, row: JsonRow, head: number, kind: AnyKind | 'array'): object {
		if (head === 0) return made;
		const later = this.#later(row[1]);
		if (later >= 0) {
			this.#dressLater(made, later, kind);
			return made;
		}
		const prototype = this.#prototype(row[1]);
		expect(prototype !== null, 'a prototype is missing');
		if (prototype === undefined) return made;
		expect(this.#table.route(prototype)?.kind === kind, 'a class does not extend what its instance is');
		return Object.setPrototypeOf(made, prototype);
	}

	/** Parts as far as they are known before anything is filled. */
	#known(row: JsonRow, from: number): unknown[] {
		const parts: unknown[] = [];
		for (let i = from; i < row.length; i++) {
			const id = referenceOf(row[i]);
			parts.push(id >= 0 ? this.#instances[id] : this.value(row[i]));
		}
		return parts;
	}

	#fill(id: number): void {
		if (this.#filled !== null) this.#filled[id] = 1;
		const row = this.#rows[id]!;
		const instance = this.#instances[id] as object;
		const tag = row[0];
		if (typeof tag === 'number') {
			this.#fillObject(instance as Record<string | symbol, unknown>, row, this.#forms[tag]!);
			return;
		}
		const head = headOf(row);
		if (tag === DICTIONARY_ROW) this.#fillDictionary(instance, row);
		else if (row[head] === ARRAY_ROW) this.#fillArray(instance as unknown[], row, head + 1);
		else if (row[head] === SPARSE_ROW) this.#fillSparse(instance as unknown[], row, head + 1);
		else {
			const kind = this.#table.byTag.get(row[head] as string)!;
			const parts: unknown[] = [];
			for (let i = head + 1; i < row.length; i++) parts.push(this.value(row[i]));
			kind.fill?.(instance, parts, this.#host);
		}
		if (tag === DECORATED_ROW) this.#decorate(instance, row, head);
	}

	#fillObject(instance: Record<string | symbol, unknown>, row: JsonRow, { keys, simple, level }: Form): void {
		if (simple) for (let i = 0; i < keys.length; i++) instance[keys[i]!] = this.value(row[i + 1]);
		else for (let i = 0; i < keys.length; i++) setOwn(instance, keys[i]!, this.value(row[i + 1]));
		if (level !== 0) applyLevel(instance, level);
	}

	#fillDictionary(instance: object, row: JsonRow): void {
		for (let i = 3; i < row.length; i += 2) {
			const key = this.#key(row[i]);
			expect(!Object.hasOwn(instance, key), 'an object has a key twice');
			setOwn(instance, key, this.value(row[i + 1]));
		}
		applyLevel(instance, levelIn(row[2]));
	}

	#fillArray(instance: unknown[], row: JsonRow, from: number): void {
		for (let i = from; i < row.length; i++) {
			const part = row[i];
			if (Array.isArray(part) && part[0] === HOLE && part.length === 1) instance.length++;
			else setNext(instance, this.value(part));
		}
	}

	#fillSparse(instance: unknown[], row: JsonRow, from: number): void {
		const length = row[from];
		expect(isIndex(length, 2 ** 32), 'an array has no length');
		// A long array without elements costs its length in memory, unless the engine has been told that it is sparse.
		if (length > DENSE_LIMIT) instance.length = 2 ** 32 - 1;
		instance.length = length;
		let last = -1;
		expect((row.length - from) % 2 === 1, 'an array has an index without an element');
		for (let i = from + 1; i < row.length; i += 2) {
			const index = row[i];
			expect(isIndex(index, length) && index > last, 'an element is out of place');
			last = index;
			setOwn(instance, String(index), this.value(row[i + 1]));
		}
	}

	#decorate(instance: object, row: JsonRow, head: number): void {
		for (let i = 4; i < head; i += 2) {
			const key = this.#key(row[i]);
			expect(!Object.hasOwn(instance, key), 'an own property is there twice');
			setOwn(instance, key, this.value(row[i + 1]));
		}
		applyLevel(instance, levelIn(row[2]));
	}

	/** What a part stands for. */
	value(part: unknown): unknown {
		if (typeof part !== 'object' || part === null) return part;
		expect(Array.isArray(part), 'a part is an object');
		const first: unknown = part[0];
		if (part.length === 1 && typeof first === 'number') {
			if (first >= 0) {
				const found = this.#instances[first];
				expect(found !== undefined && found !== PENDING, 'a reference leads nowhere');
				return found;
			}
			switch (first) {
				case UNDEFINED:
					return undefined;
				case NAN:
					return Number.NaN;
				case MINUS_ZERO:
					return -0;
				case INFINITE:
					return Number.POSITIVE_INFINITY;
				case MINUS_INFINITE:
					return Number.NEGATIVE_INFINITY;
			}
		}
		const digits: unknown = part[1];
		expect(
			first === BIGINT && part.length === 2 && typeof digits === 'string' && BIGINT_TEXT.test(digits),
			'a part is unknown',
		);
		return digits[0] === '-' ? -BigInt(digits.slice(1)) : BigInt(digits);
	}
}

/** A class that was edited since: its instances are of another kind now, or have members that were not saved. */
function otherInstances({ id, at, hidden }: ClassEntry): SchemaMismatchError {
	return new SchemaMismatchError({
		functionId: id,
		file: at?.file ?? '',
		line: at?.line ?? 1,
		expected: 'instances of that class as they were saved',
		found: hidden === true ? 'instances with private members' : 'instances of another base',
		differences: [],
		ways: ['deploy the code that it was saved by and let the run finish there'],
	});
}
