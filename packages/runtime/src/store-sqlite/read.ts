import type { Mail, RunFilter, RunRow } from '../ports/store.ts';
import type { Connection } from './connection.ts';
import { rowOf } from './row.ts';

export function read(db: Connection, id: string, state: boolean): RunRow | null {
	const row = db.get('SELECT * FROM run WHERE id = :id', { id });
	return row === undefined ? null : rowOf(db, row, state);
}

export function input(db: Connection, id: string): Uint8Array | null {
	return db.get('SELECT bytes FROM input WHERE run = (SELECT n FROM run WHERE id = :id)', { id })?.bytes ?? null;
}

const PAGE = 100;

const LIST = `
	SELECT * FROM run
	WHERE n > :after
		AND (:status IS NULL OR status IN (SELECT value FROM json_each(:status)))
		AND (:function IS NULL OR function = :function)
		AND NOT EXISTS (
			SELECT 1 FROM json_each(:tags) AS t
			WHERE NOT EXISTS (SELECT 1 FROM json_each(run.tags) AS r WHERE r.key = t.key AND r.value = t.value)
		)
	ORDER BY n LIMIT ${PAGE}`;

/** Page by page, so that a list of a million is neither held in memory nor one long read transaction. */
export async function* list(
	db: Connection,
	{ status, functionId, tags }: RunFilter,
	read: <T>(work: () => T) => Promise<T>,
): AsyncGenerator<RunRow> {
	const filter = {
		status: status === undefined ? null : JSON.stringify(status),
		function: functionId ?? null,
		tags: JSON.stringify(tags ?? {}),
	};
	for (let after = 0; ; ) {
		const page = await read(() => db.all(LIST, { ...filter, after }));
		for (const row of page) yield rowOf(db, row, false);
		if (page.length < PAGE) return;
		after = page.at(-1)!.n!;
	}
}

export function mail(db: Connection, id: string, after: number): Mail[] {
	const rows = db.all(
		`SELECT number, kind, name, iif(kind = 'ended', ended.outcome, payload) AS payload, ended.status AS status
		FROM mail LEFT JOIN run AS ended ON kind = 'ended' AND ended.id = name
		WHERE run = (SELECT n FROM run WHERE id = :id) AND number > :after ORDER BY number`,
		{ id, after },
	);
	return rows.map(({ number, kind, name, payload, status }) => ({
		number: number!,
		kind: kind!,
		name: name!,
		payload: payload ?? new Uint8Array(),
		...(status === null ? {} : { status: status! }),
	}));
}

/** Runs that a worker holds and that have mail it has not seen. */
export function mailed(db: Connection, worker: string): string[] {
	return db.all('SELECT id FROM run WHERE owner = :worker AND sent <> seen', { worker }).map((row) => row.id!);
}

export function log(db: Connection, id: string): Uint8Array[] {
	const segments = db.all(`SELECT bytes FROM log WHERE run = (SELECT n FROM run WHERE id = :id) ORDER BY segment`, {
		id,
	});
	const tail = db.get('SELECT tail FROM run WHERE id = :id', { id });
	return [
		...segments.map((row) => row.bytes! as Uint8Array),
		...(tail === undefined ? [] : [tail.tail! as Uint8Array]),
	];
}
