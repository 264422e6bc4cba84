/**
 * In which order entries are made that need others first (kind.ts, `Moment`). The decoder follows it;
 * the encoder walks it dry where hooks are at work, so that nothing is saved that could not be made
 * again. Iterative and bounded: the rows may be anybody's.
 *
 * A hook's data is filled when it runs, and everything below as far as cycles allow: only an object
 * that leads back to the very instance being made may still be empty.
 */
import { SHAPE_ROW, SPECIAL_SHAPE_ROW, STRING_ROW } from './format.ts';
import { headOf, type JsonRow, referenceOf } from './row.ts';
import type { KindTable } from './table.ts';

/** Told in order: make this entry; give this entry its references. */
export interface Maker {
	make(id: number): void;
	fill(id: number): void;
}

const EARLY = 0;
const MADE = 1;
const FILLED = 2;

/** Entries that are whole once they exist. */
const WHOLE: ReadonlySet<unknown> = new Set([STRING_ROW, SHAPE_ROW, SPECIAL_SHAPE_ROW]);

/** Visits an entry may cost before a tangle of hooks counts as a cycle. */
const PATIENCE = 64;

/** @returns an entry that cannot be made, or undefined. Entries that are early and not told filled are left to the caller. */
export function makeInOrder(
	rows: readonly (JsonRow | undefined)[],
	table: KindTable,
	maker: Maker,
): number | undefined {
	const order = new Order(rows, table, maker);
	return order.late.length === 0 ? undefined : order.run();
}

/** Whether every entry of an encoding can be made again; the number of one that cannot. */
export function assertMakeable(rows: readonly JsonRow[], table: KindTable): number | undefined {
	return makeInOrder(rows, table, { make() {}, fill() {} });
}

class Order {
	readonly late: number[] = [];
	readonly #rows: readonly (JsonRow | undefined)[];
	readonly #maker: Maker;
	readonly #moments: Uint8Array;
	readonly #heads: Map<number, number> = new Map();
	readonly #made: Uint8Array;
	readonly #filled: Uint8Array;
	/** The visit that saw an entry last. */
	readonly #seen: Uint32Array;
	#visit = 0;
	#steps = 0;
	/** The class of a plain object's shape, for those that are made late too. */
	readonly #classes = new Map<number, number>();
	/** With hooks everything below a late entry matters, without only other late ones. */
	#deep = false;

	constructor(rows: readonly (JsonRow | undefined)[], table: KindTable, maker: Maker) {
		const n = rows.length;
		this.#rows = rows;
		this.#maker = maker;
		this.#moments = new Uint8Array(n);
		this.#made = new Uint8Array(n).fill(1);
		this.#filled = new Uint8Array(n);
		this.#seen = new Uint32Array(n);
		for (let id = 0; id < n; id++) this.#classify(id, table);
		for (let id = 0; id < n; id++) {
			const tag = rows[id]?.[0];
			const shape = typeof tag === 'number' ? rows[tag] : undefined;
			const Class = shape?.[0] === SPECIAL_SHAPE_ROW ? referenceOf(shape[1]) : -1;
			if (Class >= 0 && this.#moments[Class] === MADE) this.#classes.set(id, Class);
		}
	}

	#classify(id: number, table: KindTable): void {
		const row = this.#rows[id];
		if (row === undefined) return;
		const head = headOf(row);
		const tag = row[head];
		if (head > 0) this.#heads.set(id, head);
		const kind = typeof tag === 'string' ? table.byTag.get(tag) : undefined;
		if (kind?.moment === 'made' || kind?.moment === 'filled') {
			const hook = kind.moment === 'filled';
			this.#moments[id] = hook ? FILLED : MADE;
			this.#made[id] = 0;
			this.#deep ||= hook;
			this.late.push(id);
		} else if (kind?.moment === 'first' || WHOLE.has(tag)) this.#filled[id] = 1;
	}

	run(): number | undefined {
		let waiting = this.late;
		for (;;) {
			for (const id of waiting) if (this.#made[id] === 0 && !this.#descend(id)) return id;
			const left = waiting.filter((id) => this.#made[id] === 0);
			if (left.length === 0) return undefined;
			if (left.length === waiting.length) return left[0];
			waiting = left;
		}
	}

	/** Depth first below an entry; false when it takes too long to be honest. */
	#descend(start: number): boolean {
		const visit = ++this.#visit;
		const budget = PATIENCE * this.#rows.length + 1024;
		const path = [start];
		const cursors = [0];
		this.#seen[start] = visit;
		while (path.length > 0) {
			const id = path[path.length - 1]!;
			const row = this.#rows[id]!;
			let cursor = cursors[cursors.length - 1]!;
			let child = -1;
			while (cursor < row.length && child < 0) {
				child = this.#next(cursor === 0 ? this.#classOf(id) : row[cursor], visit);
				cursor++;
			}
			cursors[cursors.length - 1] = cursor;
			if (child >= 0) {
				this.#seen[child] = visit;
				path.push(child);
				cursors.push(0);
				if (++this.#steps > budget) return false;
				continue;
			}
			path.pop();
			cursors.pop();
			this.#finish(id, row);
		}
		return true;
	}

	/** What stands in a row before its parts. */
	#classOf(id: number): unknown {
		const Class = this.#classes.get(id);
		return Class === undefined ? undefined : [Class];
	}

	/** The entry a part leads down to, or -1. */
	#next(part: unknown, visit: number): number {
		const id = referenceOf(part);
		if (id < 0 || id >= this.#rows.length || this.#rows[id] === undefined || this.#seen[id] === visit) return -1;
		if (this.#made[id] === 1 && (this.#filled[id] === 1 || !this.#deep)) return -1;
		return id;
	}

	#finish(id: number, row: JsonRow): void {
		const moment = this.#moments[id];
		if (moment === EARLY) {
			const Class = this.#classes.get(id);
			if (Class !== undefined && this.#made[Class] === 0) return;
			if (this.#filled[id] === 1 || !this.#have(row, 1, this.#made)) return;
			this.#filled[id] = 1;
			this.#maker.fill(id);
			return;
		}
		if (this.#made[id] === 1) return;
		const head = this.#heads.get(id) ?? 0;
		if (!this.#have(row, head + 1, moment === MADE ? this.#made : this.#filled)) return;
		this.#maker.make(id);
		this.#made[id] = 1;
		// A late entry has no references of its own left but those of its decoration, which only a caller's last pass needs.
		this.#filled[id] = 1;
	}

	#have(row: JsonRow, from: number, flags: Uint8Array): boolean {
		for (let i = from; i < row.length; i++) {
			const id = referenceOf(row[i]);
			if (id >= 0 && id < flags.length && flags[id] === 0) return false;
		}
		return true;
	}
}
