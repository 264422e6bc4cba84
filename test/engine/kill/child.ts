/**
 * The process that is killed: drives runs of `everything` on one file to their ends, answering them
 * itself. Each attempt of an effect is first written to a journal that outlives everybody.
 * Arguments: database, journal, results, number of runs, length of each, name of this process.
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import { createEngine, currentEffect, type RunHandle } from '@perdure/runtime';
import { sqlite } from '@perdure/runtime/sqlite';
import { everything, world } from '../programs.ts';

export interface Attempt {
	readonly run: string;
	readonly argument: number;
	readonly key: string;
	readonly attempt: number;
	/** Of this attempt alone; its result. */
	readonly token: string;
}

const [database, journal, results, runs, length, name] = process.argv.slice(2) as [string, string, string, ...string[]];
let tokens = 0;

world.work = async (argument) => {
	const { runId: run, key, attempt } = currentEffect();
	// Long enough for states to be stored as changes.
	const token = `${name}.${++tokens}.${'x'.repeat(50)}`;
	const line: Attempt = { run, argument, key, attempt, token };
	appendFileSync(journal, `${JSON.stringify(line)}\n`);
	if (Math.random() < 0.7) await new Promise((resolve) => setTimeout(resolve, Math.random() * 8));
	return token;
};

async function drive(handle: RunHandle<unknown[]>): Promise<unknown[]> {
	for (let m = 3; m < Number(length); m += 4) await handle.send('m', `message ${m}`, { id: `${m}` }).catch(over);
	for await (const outcome of handle.outcomes()) {
		if (outcome.status !== 'suspended' || typeof outcome.value !== 'number') continue;
		// Another process may have answered, or time may have moved it on meanwhile.
		await handle.resume(`answer ${outcome.value}`, { suspension: outcome.id }).catch(over);
	}
	return handle.result();
}

function over(error: { name?: string }): void {
	if (error.name !== 'NotSuspendedError') throw error;
}

const engine = createEngine({ store: sqlite(database) });
console.log('began');
const handles = await Promise.all(
	Array.from({ length: Number(runs) }, (_, i) => engine.start(everything, [Number(length)], { id: `run-${i}` })),
);
console.log('started');
const ended = await Promise.all(handles.map(drive));
writeFileSync(results, JSON.stringify(ended));
await engine.close();
