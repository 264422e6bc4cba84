import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { StoreError } from '@perdure/runtime';
import { expect, it } from 'vitest';
import { realClock } from '../../packages/runtime/src/ports/clock.ts';
import { Connection } from '../../packages/runtime/src/store-sqlite/connection.ts';
import { Writer } from '../../packages/runtime/src/store-sqlite/writer.ts';

it('acknowledges no write of a batch whose COMMIT fails', async () => {
	const db = await Connection.open(':memory:', realClock);
	for (const sql of [
		'PRAGMA foreign_keys = ON',
		'CREATE TABLE parent (id INTEGER PRIMARY KEY)',
		'CREATE TABLE child (parent INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)',
	]) {
		db.run(sql);
	}
	const writer = new Writer(db, realClock);
	const writes = [
		writer.write(() => db.run('INSERT INTO parent VALUES (1)')),
		// Found out by COMMIT alone.
		writer.write(() => db.run('INSERT INTO child VALUES (7)')),
	];
	for (const write of writes) await expect(write).rejects.toSatisfy(StoreError.is);
	expect(await writer.write(() => [db.all('SELECT * FROM parent'), db.all('SELECT * FROM child')])).toEqual([[], []]);
	db.close();
});

it('makes one attempt at a time while another process writes, however much is queued', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'perdure-writer-'));
	const db = await Connection.open(join(folder, 'runs.db'), realClock);
	const other = await Connection.open(join(folder, 'runs.db'), realClock);
	const timers: (() => void)[] = [];
	const writer = new Writer(db, { now: () => 0, timer: (_, fire) => (timers.push(fire), () => {}) });
	other.begin();
	const writes = Array.from({ length: 1200 }, (_, i) => writer.write(() => i));
	for (let i = 0; i < 3; i++) {
		for (let pass = 0; pass < 5; pass++) await setImmediate();
		expect(timers).toHaveLength(1);
		timers.pop()!();
	}
	other.rollback();
	for (let pass = 0; pass < 5; pass++) await setImmediate();
	for (const fire of timers) fire();
	expect(await Promise.all(writes)).toEqual(writes.map((_, i) => i));
	db.close();
	other.close();
	rmSync(folder, { recursive: true });
});
