import { StoreError } from '@perdure/runtime';
import { expect, it } from 'vitest';
import { realClock } from '../../packages/runtime/src/ports/clock.ts';
import { Connection } from '../../packages/runtime/src/store-sqlite/connection.ts';
import { Writer } from '../../packages/runtime/src/store-sqlite/writer.ts';

it('acknowledges no write of a batch whose COMMIT fails', async () => {
	const db = new Connection(':memory:');
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
