/**
 * The process that is killed: starts runs that go on for ever, and cancels them one after the other, the later ones only
 * in later processes. Arguments: as child.ts; `length` is how many processes later the next run is cancelled.
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import { createEngine, currentEffect } from '@perdure/runtime';
import { sqlite } from '@perdure/runtime/sqlite';
import { compile } from '../../support/compile.ts';
import type { CancelledRun, Deed } from './cancel.ts';

const [database, journal, results, runs, length, name] = process.argv.slice(2) as [string, string, string, ...string[]];

async function work(what: string): Promise<void> {
	const { runId: run, key, attempt } = currentEffect();
	const deed: Deed = { run, what, key, attempt };
	appendFileSync(journal, `${JSON.stringify(deed)}\n`);
	if (Math.random() < 0.7) await new Promise((resolve) => setTimeout(resolve, Math.random() * 8));
}

const { exports } = compile(
	`import { sleep, suspend } from '@perdure/runtime'; import { work } from 'world';
	async function part(n) { "use durable";
		try { for (let i = 0; ; i++) { await work('step ' + n + ' ' + i); await sleep(2); } }
		finally { await work('clean ' + n + ' first'); await sleep(2); await work('clean ' + n + ' then'); }
	}
	export async function main() { "use durable";
		try { await Promise.all([part(1), part(2), suspend('on?')]); } finally { await work('clean all'); }
	}`,
	{ world: { work } },
);

const engine = createEngine({ store: sqlite(database), log: { keep: 'all', exclude: /^sleep$/ } });
console.log('began');
const handles = await Promise.all(
	Array.from({ length: Number(runs) }, (_, i) =>
		engine.start(exports['main'] as () => Promise<void>, [], { id: `run-${i}` }),
	),
);
const born = Number(name!.slice(1));
const ended = await Promise.all(
	handles.map(async (handle, i): Promise<CancelledRun> => {
		if (born < i * Number(length)) return new Promise(() => {});
		await new Promise((resolve) => setTimeout(resolve, Math.random() * 100));
		await handle.cancel('enough');
		const outcome = await handle.settled();
		const done = outcome.log.filter(({ kind, state }) => kind === 'effect' && state === 'executed');
		return {
			status: outcome.status,
			reason: outcome.status === 'cancelled' ? outcome.reason : null,
			done: done.map(({ args: [what] }) => String(what)),
		};
	}),
);
writeFileSync(results, JSON.stringify(ended));
await engine.close();
