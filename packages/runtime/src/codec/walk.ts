/**
 * One row for each value: what both a full encoding and a delta write. The walk never recurses: a
 * reference only gets a number, whoever owns the walk comes to it later. So depth costs nothing, and
 * cycles are references like others.
 */
import { arrayFacts, element, elementOrHole } from './elements.ts';
import {
	ARRAY_ROW,
	BIGINT,
	DECORATED_ROW,
	DICTIONARY_ROW,
	HOLE,
	hole,
	INFINITE,
	type Level,
	type Limits,
	LONG_STRING,
	MINUS_INFINITE,
	MINUS_ZERO,
	NAN,
	SHAPE_KEYS,
	SHAPE_ROW,
	SPARSE_ROW,
	SPECIAL_SHAPE_ROW,
	STRING_ROW,
	UNDEFINED,
} from './format.ts';
import type { AnyKind, Holding } from './kind.ts';
import { isTemplateObject } from './kinds/template.ts';
import { levelOf, ownValue } from './own.ts';
import { propertySegment, refuseValue } from './refusal.ts';
import type { JsonRow } from './row.ts';
import { Shape, type ShapeClass, shapeOf } from './shape.ts';
import type { KindTable, Route } from './table.ts';

export interface EncodeOptions<H = unknown> {
	/** Handed to the kinds. */
	readonly host?: H;
	/** Name of the root in error paths; default `value`. */
	readonly root?: string;
	/** Asked for a savable stand-in of a value that has no kind (a thunk that makes it again); undefined refuses it. */
	readonly unsaveable?: (value: object) => object | undefined;
	/** Asked for a stand-in of any object, before all else. */
	readonly instead?: ((value: object) => object | undefined) | undefined;
	readonly limits?: Limits;
	/** For a writer: what has changed since its last write, of the values whose kinds tell (`Kind.tells`). Without it all are looked at. */
	readonly touched?: ReadonlySet<object>;
}

const SPECIAL = {
	undefined: [UNDEFINED],
	nan: [NAN],
	minusZero: [MINUS_ZERO],
	infinite: [INFINITE],
	minusInfinite: [MINUS_INFINITE],
	hole: [HOLE],
};

const { getOwnPropertyDescriptor, getOwnPropertyNames, getOwnPropertySymbols, getPrototypeOf } = Object;
const ObjectPrototype = Object.prototype;
const ArrayPrototype = Array.prototype;

/** Parts beyond the kind's own: class, own properties. Their slots count down from here. */
const EXTRA = -1;
const CLASS_SLOT = -1_000_000_000;

export abstract class Walk {
	readonly table: KindTable;
	readonly options: EncodeOptions;
	readonly host: unknown;
	/** Content of the "B" rows written so far, in order. */
	readonly blobs: Uint8Array[] = [];
	/** Whether a row was written that hooks will restore: then the order of making is checked. */
	hooks = false;
	/** What kinds keep from one write of a graph to the next. */
	memo: WeakMap<object, unknown> | undefined;

	constructor(table: KindTable, options: EncodeOptions) {
		this.table = table;
		this.options = options;
		this.host = options.host;
	}

	/** Number of a heap value; `slot` says where in the current row it was met. */
	protected abstract number(value: unknown, slot: number): number;
	/** A shape's number. */
	protected abstract shape(shape: Shape): number;

	/** A part as the text has it. */
	part(value: unknown, slot: number): unknown {
		switch (typeof value) {
			case 'string':
				return value.length > LONG_STRING ? [this.number(value, slot)] : value;
			case 'number':
				if (value === 0) return Object.is(value, -0) ? SPECIAL.minusZero : 0;
				if (value - value === 0) return value;
				return value > 0 ? SPECIAL.infinite : value < 0 ? SPECIAL.minusInfinite : SPECIAL.nan;
			case 'boolean':
				return value;
			case 'undefined':
				return SPECIAL.undefined;
			case 'bigint':
				return [BIGINT, bigintText(value)];
			case 'symbol':
				return value === hole ? SPECIAL.hole : [this.number(value, slot)];
			default:
				return value === null ? null : [this.number(value, slot)];
		}
	}

	/** The row of a heap value; null for one that is written last, by `deferredRows`. Throws `Refusal`. */
	row(value: unknown): JsonRow | null {
		if (typeof value === 'string') return [STRING_ROW, value];
		if (typeof value === 'object' && value !== null) {
			const instead = this.options.instead?.(value);
			if (instead !== undefined) return this.routed(instead, this.find(instead)!);
			const prototype = getPrototypeOf(value);
			if (prototype === ObjectPrototype) return this.object(value, 0);
			if (prototype === ArrayPrototype && Array.isArray(value)) return this.array(value, undefined);
			if (value instanceof Shape) return this.shapeRow(value);
		}
		return this.other(value as object);
	}

	protected other(value: object | symbol): JsonRow | null {
		const found = this.find(value);
		if (found === undefined) {
			const instead = this.options.unsaveable?.(value as object);
			const replaced = instead === undefined ? undefined : this.find(instead);
			if (replaced === undefined) throw refuseValue(value as object);
			return this.routed(instead!, replaced);
		}
		return this.routed(value, found);
	}

	find(value: object | symbol): Route | undefined {
		if (typeof value === 'object') {
			const prototype = getPrototypeOf(value);
			const route = prototype === null ? undefined : this.table.route(prototype);
			if (route !== undefined) return route;
			const kind = this.table.claimed(value, this.host);
			if (kind !== undefined) return { kind, entry: undefined, hooked: false };
			return prototype === null ? { kind: 'object', entry: undefined, hooked: false } : undefined;
		}
		const kind = this.table.claimed(value, this.host);
		return kind && { kind, entry: undefined, hooked: false };
	}

	private routed(value: object | symbol, route: Route): JsonRow | null {
		const { kind, entry } = route;
		if (kind === 'object')
			return this.object(value as object, entry?.Class ?? (getPrototypeOf(value) === null ? null : 0));
		if (kind === 'array') {
			if (!Array.isArray(value)) throw refuseValue(value as object);
			return this.array(value, entry?.Class);
		}
		return kind.defers?.(value) === true ? null : this.kind(value as object, kind, route);
	}

	private shapeRow({ of, level, keys }: Shape): JsonRow {
		const row: JsonRow = of === 0 && level === 0 ? [SHAPE_ROW] : [SPECIAL_SHAPE_ROW, this.classPart(of), level];
		for (let i = 0; i < keys.length; i++) row.push(this.part(keys[i], i));
		return row;
	}

	protected classPart(of: ShapeClass): unknown {
		return of === 0 || of === null ? of : this.part(of, CLASS_SLOT);
	}

	private object(value: object, of: ShapeClass): JsonRow {
		const level = levelOf(value);
		const names: (string | symbol)[] = getOwnPropertyNames(value);
		const symbols = getOwnPropertySymbols(value);
		const keys = symbols.length === 0 ? names : names.concat(symbols);
		const n = keys.length;
		const row: JsonRow = new Array(n + 1);
		try {
			if (n > SHAPE_KEYS) return this.dictionary(value, of, level, keys);
			for (let i = 0; i < n; i++) {
				// Here and not in a function of its own: then no descriptor is ever allocated.
				const d = getOwnPropertyDescriptor(value, keys[i]!)!;
				if (level === 0 && d.enumerable === true && d.writable === true && d.configurable === true)
					row[i + 1] = this.part(d.value, i);
				else row[i + 1] = this.part(ownValue(value, keys[i]!, level), i);
			}
		} catch (error) {
			// Arguments objects have the prototype of plain ones; their hidden `length` is what gives them away.
			if (isArguments(value)) return this.kind(value, this.table.arguments, PLAIN);
			// So do prototype objects of classes: a hidden `constructor`.
			const claimed = this.table.claimed(value, this.host);
			if (claimed !== undefined) return this.kind(value, claimed, PLAIN);
			throw isNamespace(value) ? refuseValue(value) : error;
		}
		row[0] = this.shape(shapeOf(of, level, keys));
		return row;
	}

	protected dictionary(value: object, of: ShapeClass, level: Level, keys: readonly (string | symbol)[]): JsonRow {
		const row: JsonRow = [DICTIONARY_ROW, this.classPart(of), level];
		for (let i = 0; i < keys.length; i++) {
			const key = keys[i]!;
			row.push(this.part(key, i), this.part(ownValue(value, key, level), i));
		}
		return row;
	}

	private array(value: unknown[], Class: object | undefined): JsonRow {
		const { length } = value;
		const { indices, extras, level } = arrayFacts(value);
		if (level === 3 && extras[0] === 'raw' && isTemplateObject(value))
			return this.kind(value, this.table.template, PLAIN);
		const row: JsonRow = [];
		if (Class !== undefined || level !== 0 || extras.length > 0) this.decorate(row, value, Class, level, extras);
		if (indices !== undefined && indices.length * 2 + 8 < length) {
			row.push(SPARSE_ROW, length);
			for (const name of indices) {
				const index = Number(name);
				row.push(index, this.part(ownValue(value, index, level), index));
			}
			return row;
		}
		this.elements(row, value, level, indices === undefined);
		return row;
	}

	/** Tag and parts of an array's elements, holes included unless it is `full`. */
	protected elements(row: JsonRow, value: unknown[], level: Level, full: boolean): void {
		const { length } = value;
		row.push(ARRAY_ROW);
		if (full) for (let i = 0; i < length; i++) row.push(this.part(element(value, i, level), i));
		else for (let i = 0; i < length; i++) row.push(this.part(elementOrHole(value, i, level), i));
	}

	/** Rows of values that their kind writes together. */
	protected deferredRows(values: readonly object[], at: (index: number) => void): JsonRow[] {
		const rows: JsonRow[] = [];
		this.memo ??= new WeakMap();
		const { memo } = this;
		for (const [kind, indices] of groupBy(values.keys(), (i) => this.find(values[i]!)!.kind as AnyKind)) {
			const parts = kind.takeAll!(
				indices.map((i) => values[i]!),
				memo,
			);
			indices.forEach((i, nth) => {
				at(i);
				const route = this.find(values[i]!)!;
				rows[i] = this.kind(values[i]!, { ...kind, take: () => parts[nth]! }, route);
			});
		}
		return rows;
	}

	protected kind(value: object, kind: AnyKind, route: Route): JsonRow {
		try {
			return this.kindRow(value, kind, route);
		} catch (error) {
			// `M.prototype` of a class that extends a built-in has that one's prototype, and none of its contents.
			const claimed = typeof value === 'object' ? this.table.claimed(value, this.host) : undefined;
			if (claimed === undefined || claimed === kind) throw error;
			return this.kindRow(value, claimed, PLAIN);
		}
	}

	private kindRow(value: object, kind: AnyKind, route: Route): JsonRow {
		const row: JsonRow = [];
		if (kind.open === true) {
			const extras = extraKeys(value, kind);
			const level = levelOf(value);
			if (route.entry !== undefined || level !== 0 || extras.length > 0)
				this.decorate(row, value, route.entry?.Class, level, extras);
		}
		if (route.hooked) this.hooks = true;
		this.append(row, value, kind);
		return row;
	}

	protected append(row: JsonRow, value: object, kind: AnyKind): void {
		const parts = this.take(value, kind);
		row.push(kind.tag);
		if (kind.blob !== undefined) this.blob(kind.blob(value));
		for (let i = 0; i < parts.length; i++) row.push(this.part(parts[i], i));
	}

	protected blob(content: Uint8Array): void {
		this.blobs.push(content);
	}

	protected take(value: object, kind: AnyKind): readonly unknown[] {
		return kind.take(value, this.host);
	}

	private decorate(
		row: JsonRow,
		value: object,
		Class: object | undefined,
		level: Level,
		extras: readonly (string | symbol)[],
	) {
		row.push(DECORATED_ROW, this.classPart(Class ?? 0), level, extras.length);
		for (let i = 0; i < extras.length; i++)
			row.push(this.part(extras[i], EXTRA - i), this.part(ownValue(value, extras[i]!, level), EXTRA - i));
	}

	/** Path segment of a part of a value's row, for messages only: finds again what `row` did. */
	segment(value: unknown, slot: number): string {
		if (slot === CLASS_SLOT || typeof value === 'string' || value instanceof Shape) return '';
		const found = this.find(value as object);
		const kind = found?.kind;
		if (found === undefined || kind === undefined) return '';
		if (kind === 'array')
			return slot >= 0 ? propertySegment(slot) : propertySegment(arrayFacts(value as unknown[]).extras[EXTRA - slot]!);
		if (kind === 'object' && !isArguments(value as object))
			return propertySegment(Reflect.ownKeys(value as object)[slot]!);
		const of = kind === 'object' ? this.table.arguments : kind;
		if (slot < 0) return propertySegment(extraKeys(value as object, of as AnyKind)[EXTRA - slot]!);
		return (of as AnyKind).label?.(value, slot, this.host) ?? propertySegment(slot);
	}

	/** Where a value is held, if it is one that knows. */
	place(value: unknown): string | undefined {
		return this.#kindOf(value)?.place?.(value, this.host);
	}

	/** How `value` holds the part that was met in `slot`. */
	holding(value: unknown, slot: number): Holding | undefined {
		return this.#kindOf(value)?.holds?.(value, slot, this.host);
	}

	#kindOf(value: unknown): AnyKind | undefined {
		if ((typeof value !== 'object' && typeof value !== 'function') || value === null || value instanceof Shape)
			return undefined;
		const kind = this.find(value)?.kind;
		return typeof kind === 'object' ? kind : undefined;
	}
}

function groupBy<T, K>(values: Iterable<T>, key: (value: T) => K): Map<K, T[]> {
	const groups = new Map<K, T[]>();
	for (const value of values) {
		const group = groups.get(key(value));
		if (group === undefined) groups.set(key(value), [value]);
		else group.push(value);
	}
	return groups;
}

const PLAIN: Route = { kind: 'object', entry: undefined, hooked: false };

export function isArguments(value: object): boolean {
	return ObjectPrototype.toString.call(value) === '[object Arguments]';
}

function isNamespace(value: object): boolean {
	return ObjectPrototype.toString.call(value) === '[object Module]';
}

function extraKeys(value: object, kind: AnyKind): readonly (string | symbol)[] {
	if (kind.extras !== undefined) return kind.extras(value);
	const keys = Reflect.ownKeys(value);
	return kind.owns === undefined || keys.length === 0 ? keys : keys.filter((key) => !kind.owns!(value, key));
}

/** Decimal up to 64 bits, for readers; beyond in hexadecimal, which is linear to write and to parse. */
function bigintText(value: bigint): string {
	const size = value < 0n ? -value : value;
	if (size < 1n << 64n) return value.toString();
	return `${value < 0n ? '-' : ''}0x${size.toString(16)}`;
}
