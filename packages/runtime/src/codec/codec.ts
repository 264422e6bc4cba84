/**
 * The codec: a set of kinds, and what can be done with it. One is made for the types of the language;
 * the machine makes another that knows its own kinds as well.
 */
import { registerOwnErrors } from '../registry/own-errors.ts';
import { type DecodeOptions, decodeGraph } from './decode.ts';
import { encodeGraph } from './encode.ts';
import type { AnyKind, BuiltIn } from './kind.ts';
import { arrayBuffer, view } from './kinds/binary.ts';
import { classValue, hooked } from './kinds/classes.ts';
import { args, map, set_ } from './kinds/collections.ts';
import { domException, error } from './kinds/errors.ts';
import { template } from './kinds/template.ts';
import { boxed, date, regexp, symbol } from './kinds/values.ts';
import { headers, searchParams, temporal, url } from './kinds/web.ts';
import { readSnapshot, SnapshotWriter } from './snapshot.ts';
import { KindTable } from './table.ts';
import type { EncodeOptions } from './walk.ts';

/** The built-in types, where this host has them. */
export const BUILT_IN: readonly BuiltIn[] = [
	map,
	set_,
	date,
	regexp,
	boxed,
	error,
	domException,
	arrayBuffer,
	view,
	url,
	searchParams,
	headers,
	temporal,
].filter((kind) => kind !== undefined);

export class Codec<H = unknown> {
	readonly table: KindTable;

	/**
	 * @param kinds Beyond the built-in ones; their tags must not change once something is stored.
	 * @param as What a kind is here, where that is not what it is elsewhere.
	 */
	constructor(kinds: readonly AnyKind[] = [], as: (kind: AnyKind) => AnyKind = (kind) => kind) {
		registerOwnErrors();
		this.table = new KindTable([...BUILT_IN, ...kinds].map(as), {
			symbol,
			class: classValue,
			hooked: as(hooked),
			arguments: args,
			template,
		});
	}

	/**
	 * @throws NotSerializableError with the path of the value, and the way out.
	 * @throws StateTooLargeError over `limits`.
	 */
	encode(value: unknown, options: EncodeOptions<H> = {}): Uint8Array {
		return encodeGraph(this.table, value, options);
	}

	/** Runs no code but the registered classes' own hooks. @throws DecodeError, or what a kind says of its own ids. */
	decode(bytes: Uint8Array, options: DecodeOptions<H> = {}): unknown {
		return decodeGraph(this.table, bytes, options);
	}

	/** Writes one graph again and again: large ones as changes to what was written before. */
	writer(o: { readonly small?: number } = {}): SnapshotWriter<H> {
		return new SnapshotWriter(this.table, o.small);
	}

	/** Reads what a writer gave: a full text and the deltas after it. @throws as `decode` does. */
	readSnapshot(
		full: Uint8Array,
		deltas: readonly Uint8Array[] = [],
		options: DecodeOptions<H> = {},
	): { readonly root: unknown; readonly writer: SnapshotWriter<H> } {
		return readSnapshot(this.table, full, deltas, options);
	}
}
