/** A process with an engine whose runs are driven by threads. Arguments: which case, a database. Prints what it saw. */
import { createEngine } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { sqlite } from '@perdure/runtime/sqlite';
import { busy, dying, everythingElse, quick } from './entry.ts';

const [what, path] = process.argv.slice(2) as [string, string];
const entry = new URL('entry.ts', import.meta.url);
const store = path === 'memory' ? memory() : sqlite(path);
const engine = createEngine({ store, worker: { threads: what === 'alone' ? 1 : 2, entry } });

async function see(): Promise<unknown> {
	switch (what) {
		case 'busy': {
			const long = await engine.start(busy, [2500]);
			while ((await long.status()) !== 'running') await new Promise((resolve) => setTimeout(resolve, 5));
			const handles = await Promise.all(Array.from({ length: 20 }, (_, n) => engine.start(quick, [n])));
			const threads = await Promise.all(handles.map((handle) => handle.result()));
			return { meanwhile: await long.status(), threads: [...new Set(threads)], ended: (await long.result()) > 0 };
		}
		case 'dies':
			return (await engine.start(dying, [])).result({ timeout: 20_000 });
		case 'close': {
			const handle = await engine.start(everythingElse, []);
			await handle.next();
			await engine.close();
			const next = createEngine({ store, worker: { threads: 1, entry } });
			await next.get(handle.id).resume('later');
			const out = await next.get(handle.id).result();
			await next.close();
			return out;
		}
		default: {
			const handle = await engine.start(everythingElse, []);
			await handle.next();
			await handle.resume('answer');
			const value = await handle.result({ timeout: 20_000 });
			const event = (await engine.outbox().next()).value?.event;
			return { value, event, log: (await handle.log()).map(({ kind }) => kind) };
		}
	}
}

try {
	console.log(JSON.stringify(await see()));
} catch (error) {
	console.log(JSON.stringify({ error: String((error as Error).stack) }));
}
await engine.close();
