import type { StoredBytes } from '../ports/store.ts';
import type { Connection } from './connection.ts';

/** Each table's bytes: by which columns a row is found, in the order it is paged through. */
const PLACES: readonly {
	readonly table: string;
	readonly column: string;
	readonly keys: readonly [string, string];
	readonly field: StoredBytes['field'];
}[] = [
	...(['state', 'waits', 'progress', 'outcome', 'event'] as const).map(
		(field) => ({ table: 'run', column: field, keys: ['n', 'n'], field }) as const,
	),
	{ table: 'run', column: 'tail', keys: ['n', 'n'], field: 'log' },
	{ table: 'input', column: 'bytes', keys: ['run', 'run'], field: 'state' },
	{ table: 'part', column: 'bytes', keys: ['run', 'at'], field: 'state' },
	{ table: 'log', column: 'bytes', keys: ['run', 'segment'], field: 'log' },
	{ table: 'mail', column: 'payload', keys: ['run', 'number'], field: 'mail' },
	{ table: 'outbox', column: 'event', keys: ['run', 'seq'], field: 'outbox' },
];

const PAGE = 100;

interface Transactions {
	read<T>(work: () => T): Promise<T>;
	write<T>(work: () => T): Promise<T>;
}

/** What a value was replaced by is looked for again in its place: it must be the same still. */
export async function* blobs(
	db: Connection,
	{ read, write }: Transactions,
): AsyncGenerator<StoredBytes, void, undefined> {
	for (const { table, column, keys, field } of PLACES) {
		const [first, second] = keys;
		const page = `
			SELECT ${first} AS a, ${second} AS b, ${column} AS bytes,
				(SELECT id FROM run AS owner WHERE owner.n = ${table}.${first}) AS id
			FROM ${table}
			WHERE (${first}, ${second}) > (:a, :b) AND length(${column}) > 0
			ORDER BY ${first}, ${second} LIMIT ${PAGE}`;
		const update = `
			UPDATE ${table} SET ${column} = :bytes WHERE ${first} = :a AND ${second} = :b AND ${column} = :before`;
		for (let after = { a: -1, b: -1 }; ; ) {
			const rows = await read(() => db.all(page, after));
			for (const row of rows) {
				const at = { a: row.a! as number, b: row.b! as number };
				const before: Uint8Array = row.bytes!;
				const replace = (bytes: Uint8Array) => write(() => db.run(update, { ...at, bytes, before }) > 0);
				yield { runId: row.id!, field, bytes: before, replace };
				after = at;
			}
			if (rows.length < PAGE) break;
		}
	}
}
