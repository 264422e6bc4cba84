import type { Random } from '../../../support/generate/random.ts';

type Row = unknown[];

/** Encoded bytes taken apart (codec/format.ts). */
interface Parsed {
	readonly bytes: Uint8Array;
	/** The root, then the rows. */
	readonly rows: readonly unknown[];
	readonly isLong: boolean;
	readonly blobs: Uint8Array;
}

/** Spoils real bytes, in one of three ways. Owns: nothing that it gives away. */
export class Spoiler {
	readonly #parsed: readonly Parsed[];
	/** Rows of all texts by their tags, each with the text that it is of. */
	readonly #byTag = new Map<unknown, { readonly row: Row; readonly of: Parsed }[]>();

	constructor(corpus: readonly Uint8Array[]) {
		this.#parsed = corpus.map(parse);
		for (const of of this.#parsed) {
			for (const row of of.rows.slice(1) as Row[]) {
				const known = this.#byTag.get(tagOf(row));
				if (known === undefined) this.#byTag.set(tagOf(row), [{ row, of }]);
				else known.push({ row, of });
			}
		}
	}

	/** Bytes are changed, cut or copied over others. */
	damage(r: Random): Uint8Array {
		const { bytes } = r.pick(this.#parsed);
		const out = new Uint8Array(bytes);
		for (let i = r.int(4); i >= 0; i--) {
			switch (r.int(4)) {
				case 0:
					out[r.int(out.length)] = r.int(256);
					break;
				case 1:
					return out.slice(0, r.int(out.length));
				case 2:
					out.copyWithin(r.int(out.length), r.int(out.length), r.int(out.length));
					break;
				default:
					out[r.int(out.length)]! ^= 1 << r.int(8);
			}
		}
		return out;
	}

	/** Rows stay JSON, and say anything: what a patient attacker writes. */
	forge(r: Random): Uint8Array {
		const parsed = r.pick(this.#parsed);
		const rows = [...parsed.rows];
		for (let i = r.int(3); i >= 0; i--) forgeOne(rows, r);
		return assemble(parsed, rows);
	}

	/** Parts are replaced by what stands in the same place of another row of that kind, references by ones to a row of that kind. */
	graft(r: Random): Uint8Array {
		const parsed = r.pick(this.#parsed);
		const rows = [...parsed.rows];
		for (let i = r.int(3); i >= 0; i--) {
			const at = 1 + r.int(rows.length - 1);
			const row = [...(rows[at] as Row)];
			const donor = r.pick(this.#byTag.get(tagOf(row))!);
			const place = Math.min(1 + r.int(donor.row.length), donor.row.length - 1);
			row[place] = transplanted(donor.row[place], donor.of.rows, rows, r);
			rows[at] = row;
		}
		return assemble(parsed, rows);
	}
}

/** Numbers of shapes are one kind. */
const tagOf = (row: Row) => (typeof row[0] === 'number' ? 0 : row[0]);

function transplanted(part: unknown, from: readonly unknown[], to: readonly unknown[], r: Random): unknown {
	if (!Array.isArray(part) || typeof part[0] !== 'number' || part[0] < 0) return part;
	const tag = tagOf(from[part[0] + 1] as Row);
	const alike = to.flatMap((row, at) => (at > 0 && Array.isArray(row) && tagOf(row) === tag ? [at - 1] : []));
	return alike.length === 0 ? part : [r.pick(alike)];
}

function forgeOne(rows: unknown[], r: Random): void {
	const row = () => (rows[1 + r.int(rows.length - 1)] as Row) ?? [];
	const which = r.int(rows.length);
	const own = rows[which];
	if (!Array.isArray(own) || own.length === 0) return;
	const changed = [...own];
	rows[which] = changed;
	const at = r.int(changed.length);
	switch (r.int(7)) {
		case 0:
			changed[at] = r.pick(VALUES);
			return;
		case 1:
			changed[at] = [r.int(rows.length + 2)];
			return;
		case 2:
			changed.splice(at, 1);
			return;
		case 3:
			changed.splice(at, 0, r.pick(VALUES));
			return;
		case 4: {
			const other = row();
			changed[at] = other[r.int(other.length)];
			return;
		}
		case 5:
			rows[1 + r.int(rows.length - 1)] = row();
			return;
		default:
			rows[0] = [r.int(rows.length)];
	}
}

const nested = (depth: number): unknown => (depth === 0 ? [] : [nested(depth - 1)]);

const VALUES: unknown[] = [
	0, -1, 1, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 31), 1e308, 0.5, nested(1000), null, true, false, '', 'x', '__proto__', 'constructor', 'then',
	[-1], [-2], [-5], [-6], [0], ['n', '5'], ['n', 'x'], {}, [],
	'frame', 'closure', 'thunk', 'live', 'operands', 'cell', 'tdz', 'durable', 'promise', 'await', 'then', 'gather', 'resolver',
	'array-steps', 'string-steps', 'collection-steps', 'key-steps', 'foreign-steps', 'A', 'a', 'O', 'M', 'V', 'B', 'E', 'D',
	'perdure/subject#main', 'perdure/subject#ask', 'effect', 'sleep', 'suspend', 'receive', 'native',
]; // biome-ignore format: a table

const utf8 = new TextEncoder();

function parse(bytes: Uint8Array): Parsed {
	const text = (from: number, to: number) => new TextDecoder().decode(bytes.subarray(from, to));
	const [, letter, digits] = /^PD1(?:(F)|f([0-9a-f]{8}))/.exec(text(0, 12))!;
	const isLong = letter === undefined;
	const start = isLong ? 12 : 4;
	const end = isLong ? start + Number.parseInt(digits!, 16) : bytes.length;
	return { bytes, rows: JSON.parse(text(start, end)), isLong, blobs: bytes.subarray(end) };
}

function assemble({ isLong, blobs }: Parsed, rows: readonly unknown[]): Uint8Array {
	const body = utf8.encode(JSON.stringify(rows));
	const head = utf8.encode(isLong ? `PD1f${body.length.toString(16).padStart(8, '0')}` : 'PD1F');
	const out = new Uint8Array(head.length + body.length + blobs.length);
	out.set(head);
	out.set(body, head.length);
	out.set(blobs, head.length + body.length);
	return out;
}
