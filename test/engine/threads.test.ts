/** Runs in worker threads: a turn that computes for long stalls no other; only bytes cross. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createEngine, replace } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { afterAll, beforeAll, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('threads/main.ts', import.meta.url));
const SOURCES = new URL('../support/sources.ts', import.meta.url).href;

let folder: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), 'perdure-threads-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the process printed, in a process of its own, since threads load modules by Node's rules. */
function see(what: string, store: string): Promise<any> {
	return new Promise((resolve, reject) => {
		execFile(process.execPath, ['--import', SOURCES, MAIN, what, store], { timeout: 40_000 }, (error, out, err) => {
			if (error !== null) reject(new Error(`${error.message}\n${out}\n${err}`));
			else resolve(JSON.parse(out));
		});
	});
}

const database = (name: string) => join(folder, `${name}.db`);

it('goes on with other runs while one computes', async () => {
	const { meanwhile, threads, ended } = await see('busy', 'memory');
	expect(meanwhile).toBe('running');
	expect(threads).toHaveLength(1);
	expect(threads[0]).toBeGreaterThan(0);
	expect(ended).toBe(true);
});

it.each(['memory', 'file'])('does all that an engine does, on %s', async (where) => {
	const seen = await see('all', where === 'memory' ? 'memory' : database('all'));
	if (where === 'memory') expect(seen).toMatchObject({ error: expect.stringContaining('transaction') });
	else {
		expect(seen.value).toEqual(['answer', true, 1, 'replaced']);
		expect(seen.event).toBe('answer');
		expect(seen.log).toEqual(expect.arrayContaining(['suspend', 'emit', 'start', 'child', 'effect']));
	}
});

it('hears nothing of what code in a thread posts to its parent', async () => {
	expect(await see('posts', 'memory')).toEqual(['posted', 'posted', 'posted']);
});

it('takes the place of a thread that dies, and counts the attempt (N1)', async () => {
	expect(await see('dies', 'memory')).toBe(2);
});

it('lets others go on with what a thread holds that computes for long (N2)', async () => {
	const seen = await see('stalls', 'memory');
	expect(seen.meanwhile).toEqual({ spinning: 'running', long: Array(6).fill('running') });
	expect(seen.ticks).toEqual(Array(12).fill(5));
	// No effect was performed twice by it; those in flight in that thread waited for it.
	expect(seen.twice).toBe(0);
	expect(seen.longs).toEqual(Array(6).fill(1));
	expect([seen.shared, seen.spun]).toEqual([true, true]);
});

it.each(['throws', 'memory'])('loses nothing when a thread %s', async (how) => {
	expect(await see(how, database(how))).toEqual([2, 4]);
});

it('sets a run aside that ends its threads again and again', async () => {
	expect(await see('poison', 'memory')).toBe('PD8003');
});

it('leaves runs to the next engine when it is closed', async () => {
	expect(await see('close', database('close'))).toEqual(['later', true, 1, 'replaced']);
});

it('says what cannot cross to a thread', async () => {
	const first = (o: object) =>
		createEngine({ store: memory(), ...o })
			.get('r')
			.status();
	await expect(first({ worker: { threads: 1 } })).rejects.toThrow(/entry/);
	const entry = new URL('threads/nowhere.ts', import.meta.url);
	await expect(first({ worker: { threads: 0, entry } })).rejects.toThrow(RangeError);
	const handlers = [
		replace(
			async () => 1,
			async () => 2,
		),
	];
	await expect(first({ worker: { threads: 1, entry }, handlers })).rejects.toThrow(/handlers/);
	await expect(first({ worker: { threads: 1, entry }, log: { keep: 'all', exclude: () => true } })).rejects.toThrow(
		/log/,
	);
	await expect(first({ worker: { threads: 1, entry: './runs.js' } })).rejects.toThrow(/relative path '.\/runs.js'/);
	for (const none of [entry, fileURLToPath(entry)]) {
		const error = await first({ worker: { threads: 1, entry: none } }).catch((e: unknown) => e);
		expect(error).toMatchObject({ code: 'ERR_MODULE_NOT_FOUND', message: expect.stringContaining('nowhere') });
	}
});
