/** A file whose rows somebody has written into: each run that they spoilt is set aside or ends, and the others go on. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { BlockedError, createEngine, PerdureError } from '@perdure/runtime';
import { sqlite } from '@perdure/runtime/sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Spoiler } from '../runtime/run/hostile/spoiler.ts';
import { Random } from '../support/generate/random.ts';
import { ask, resetWorld } from './programs.ts';

const FROM = Number(process.env['PERDURE_SEED'] ?? 1);
const WAYS = ['damage', 'forge', 'graft'] as const;
const COLUMNS = ['state', 'waits', 'tail'] as const;
const RUNS = 48;
/** How long a run may take that was not spoilt (ms). */
const PATIENCE = 20_000;

let folder: string;
beforeEach(() => {
	resetWorld();
	folder = mkdtempSync(join(tmpdir(), 'perdure-hostile-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it.each([0, 1, 2, 3, 4])('file %i', async (file) => {
	const r = new Random(FROM + file);
	const path = join(folder, 'runs.db');
	const first = createEngine({ store: sqlite(path) });
	const ids = Array.from({ length: RUNS }, (_, i) => `run-${i}`);
	for (const id of ids) await first.start(ask, [id], { id });
	for (const id of ids) await first.get(id).next();
	await first.close();
	const spoilt = spoil(
		path,
		ids.filter((_, i) => i % 2 === 0),
		r,
	);

	const engine = createEngine({ store: sqlite(path) });
	for (const id of ids) await engine.get(id).resume('yes', {}).catch(expectTyped);
	for (const id of ids) {
		if (!spoilt.includes(id)) expect(await engine.get(id).result({ timeout: PATIENCE })).toBe('hello yes');
	}
	const ends = { blocked: 0, other: 0 };
	for (const id of spoilt) {
		const handle = engine.get(id);
		for (const look of [() => handle.status(), () => handle.describe(), () => handle.log(), () => handle.inspect()]) {
			await look().catch(expectTyped);
		}
		const error = await handle.settled({ timeout: 300 }).then(() => null, expectTyped);
		if (BlockedError.is(error)) {
			ends.blocked++;
			expect(error.blocked.code).toMatch(/^PD\d+$/);
		} else ends.other++;
	}
	expect(ends.blocked).toBeGreaterThan(0);
	await engine.close();
});

function expectTyped(error: unknown): unknown {
	if (!PerdureError.is(error)) throw error;
	return error;
}

/** @returns the runs that are now something else. */
function spoil(path: string, ids: readonly string[], r: Random): readonly string[] {
	const db = new DatabaseSync(path);
	const rows = db.prepare('SELECT id, state, waits FROM run').all() as {
		id: string;
		state: Uint8Array;
		waits: Uint8Array;
	}[];
	const spoiler = new Spoiler(rows.flatMap(({ state, waits }) => [state, waits]));
	for (const id of ids)
		db.prepare(`UPDATE run SET ${r.pick(COLUMNS)} = ? WHERE id = ?`).run(spoiler[r.pick(WAYS)](r), id);
	db.close();
	return ids;
}
