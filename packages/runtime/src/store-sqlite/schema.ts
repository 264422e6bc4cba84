import type { DatabaseSync } from 'node:sqlite';
import { StoreError } from '../errors/store.ts';

/**
 * One entry a version; an entry that was released never changes.
 *
 * `run`: what a turn touches is one row, in one page while it is small: state, pending effects (in the
 *   state) and the tail of the log with it. `ready_at`, `owner` and `status` are indexed, so an ordinary
 *   turn mentions none of them.
 * `input`: what each run began with. Before its first turn `run.state` is null, and this is the state.
 * `part`: states over `INLINE` bytes: the last full one as 0, then its deltas; `run.parted`: there are such.
 * `log`: segments of the log, moved out of `run.tail` when it grows.
 * `awaited`: runs that await the end of another one, until it has come.
 * `outbox`: events in order of commit (`n`), until they are acknowledged; `owner`: the worker of the session
 *   whose `consumer` has it.
 * `mail`: numbered by run; rows with an `id` stay for as long as the run, without their payload.
 */
const MIGRATIONS = [
	`
	CREATE TABLE run (
		n INTEGER PRIMARY KEY,
		id TEXT NOT NULL UNIQUE,
		function TEXT NOT NULL,
		hash TEXT NOT NULL,
		tags TEXT,
		started_at INTEGER NOT NULL,
		ended_at INTEGER,
		status TEXT NOT NULL,
		owner TEXT,
		epoch INTEGER NOT NULL,
		ready_at INTEGER,
		turn INTEGER NOT NULL,
		sent INTEGER NOT NULL,
		seen INTEGER NOT NULL,
		recoveries INTEGER NOT NULL,
		functions TEXT NOT NULL,
		open TEXT NOT NULL,
		waits BLOB,
		wake_at INTEGER,
		progress BLOB,
		outcome BLOB,
		event BLOB,
		blocked TEXT,
		blocked_by TEXT NOT NULL,
		state BLOB,
		parted INTEGER NOT NULL,
		tail BLOB NOT NULL
	) STRICT;
	CREATE INDEX run_ready ON run (ready_at) WHERE ready_at IS NOT NULL;
	CREATE INDEX run_owner ON run (owner) WHERE owner IS NOT NULL;
	CREATE INDEX run_status ON run (status);
	CREATE TABLE part (run INTEGER, at INTEGER, bytes BLOB NOT NULL, PRIMARY KEY (run, at)) STRICT, WITHOUT ROWID;
	CREATE TABLE log (run INTEGER, segment INTEGER, bytes BLOB NOT NULL, PRIMARY KEY (run, segment)) STRICT, WITHOUT ROWID;
	CREATE TABLE mail (
		run INTEGER, number INTEGER, kind TEXT NOT NULL, name TEXT NOT NULL, id TEXT, hash TEXT, payload BLOB,
		PRIMARY KEY (run, number)
	) STRICT, WITHOUT ROWID;
	CREATE UNIQUE INDEX mail_id ON mail (run, kind, id) WHERE id IS NOT NULL;
	CREATE TABLE worker (id TEXT PRIMARY KEY, functions TEXT NOT NULL, build TEXT NOT NULL) STRICT, WITHOUT ROWID;
	`,
	`
	CREATE TABLE outbox (
		n INTEGER PRIMARY KEY,
		run INTEGER NOT NULL,
		seq INTEGER NOT NULL,
		at INTEGER NOT NULL,
		event BLOB NOT NULL,
		owner TEXT,
		consumer TEXT,
		batch INTEGER
	) STRICT;
	CREATE TABLE awaited (child TEXT, run INTEGER, PRIMARY KEY (child, run)) STRICT, WITHOUT ROWID;
	CREATE UNIQUE INDEX outbox_run ON outbox (run, seq);
	CREATE INDEX outbox_owner ON outbox (owner, run) WHERE owner IS NOT NULL;
	`,
	`
	ALTER TABLE mail ADD COLUMN sender TEXT;
	CREATE UNIQUE INDEX mail_sender ON mail (run, sender) WHERE sender IS NOT NULL;
	`,
	`
	ALTER TABLE run ADD COLUMN queue TEXT NOT NULL DEFAULT 'default';
	ALTER TABLE run ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
	DROP INDEX run_ready;
	CREATE INDEX run_ready ON run (queue, priority, ready_at) WHERE ready_at IS NOT NULL;
	CREATE INDEX run_suspect ON run (ready_at) WHERE ready_at IS NOT NULL AND recoveries >= 2;
	`,
	`
	CREATE TABLE input (run INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
	INSERT INTO input SELECT n, state FROM run WHERE turn = 0 AND state IS NOT NULL;
	UPDATE run SET state = NULL WHERE turn = 0;
	`,
	// Of a run that has ended, what it had not seen is left over; before this version that was in its log.
	`
	UPDATE run SET seen = sent WHERE status IN ('completed', 'cancelled');
	`,
	`
	ALTER TABLE worker ADD COLUMN replaying INTEGER NOT NULL DEFAULT 0;
	`,
];

/** The store's: no user may have others of these names in the file. */
export const TABLES = MIGRATIONS.flatMap((sql) => [...sql.matchAll(/CREATE TABLE (\w+)/g)].map(([, name]) => name!));

/** `perd` in ASCII: marks the file as one of ours. */
const APPLICATION = 0x70657264;

/**
 * Brings a file to the current version, whoever else is doing so at the same time.
 * @throws StoreError for another program's database or one of a later version.
 */
export function migrate(db: DatabaseSync, path: string): void {
	if (pragma(db, 'user_version') === MIGRATIONS.length && pragma(db, 'application_id') === APPLICATION) return;
	db.exec('BEGIN IMMEDIATE');
	try {
		const version = pragma(db, 'user_version');
		const foreign = pragma(db, 'application_id') !== APPLICATION && pragma(db, 'schema_version') !== 0;
		if (foreign) {
			const help = 'give sqlite() a file of its own; what is yours stays in yours';
			throw new StoreError({ problem: `'${path}' is a database of another program`, help });
		}
		checkVersion(version, path);
		for (const sql of MIGRATIONS.slice(version)) db.exec(sql);
		db.exec(`PRAGMA user_version = ${MIGRATIONS.length}; PRAGMA application_id = ${APPLICATION}`);
		db.exec('COMMIT');
	} catch (error) {
		// Some errors (disk full, I/O) have ended it already.
		if (db.isTransaction) db.exec('ROLLBACK');
		throw error;
	}
}

/**
 * Another process may bring the file to its version at any time: from then on this one must not take up what it would
 * misread.
 * @param version the file's `user_version`.
 * @throws StoreError
 */
export function checkVersion(version: number, path: string): void {
	if (version <= MIGRATIONS.length) return;
	throw new StoreError({
		problem: `'${path}' was written by a later version (${version}) of this package`,
		help: 'bring this process to that version: what was stored since is not readable to the older one',
	});
}

function pragma(db: DatabaseSync, name: string): number {
	return Number(Object.values(db.prepare(`PRAGMA ${name}`).get()!)[0]);
}
