/**
 * The process that is killed while a retry delay runs. Says `waiting` once the run waits for its second
 * attempt, and `result ...` when it is over. Arguments: database, journal of the attempts.
 */
import { appendFileSync } from 'node:fs';
import { createEngine, currentEffect, effect } from '@perdure/runtime';
import { sqlite } from '@perdure/runtime/sqlite';
import { durable, finish, park } from '../by-hand.ts';

const [database, journal] = process.argv.slice(2) as [string, string];

const act = effect(
	async (): Promise<string> => {
		const { key, attempt } = currentEffect();
		appendFileSync(journal, `${JSON.stringify({ key, attempt, at: Date.now() })}\n`);
		if (attempt === 1) throw new Error('the first fails');
		return `attempt ${attempt}`;
	},
	{ retry: { attempts: 2, delay: '3 seconds' } },
);

/** `return await act();` */
const main = durable<() => Promise<string>>({
	name: 'delayed',
	points: [[]],
	calls: [act],
	step(f, mode, sent) {
		if (mode) throw sent;
		return f.pc === 0 ? park(f, 1, [], 0, act) : finish(f, sent);
	},
});

const engine = createEngine({ store: sqlite(database) });
const handle = await engine.start(main, [], { id: 'run' });
while ((await handle.status()) === 'running') await new Promise((resolve) => setTimeout(resolve, 1));
if ((await handle.status()) === 'waiting') console.log('waiting');
console.log(`result ${await handle.result()}`);
await engine.close();
