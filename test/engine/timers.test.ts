/** A held run's own time comes while one of its effects is in flight, however long that takes. */
import { createEngine, effect, type Store } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { sqlite } from '@perdure/runtime/sqlite';
import { expect, it } from 'vitest';
import { compile } from '../support/compile.ts';
import { SOON } from '../support/soon.ts';

const SOURCE = `
	import { sleep } from '@perdure/runtime';
	import { slow } from 'world';
	export async function main() { "use durable";
		return Promise.race([slow(), sleep(50).then(() => 'in time')]);
	}`;

it.each([
	['memory', () => memory()],
	['sqlite', () => sqlite(':memory:')],
] as [string, () => Store][])('on %s a sleep is over before an effect that takes longer', async (_, store) => {
	let settle = () => {};
	const slow = effect(() => new Promise<void>((resolve) => (settle = resolve)));
	const { exports } = compile(SOURCE, { world: { slow } });
	const engine = createEngine({ store: store() });
	const handle = await engine.start(exports['main'] as () => Promise<unknown>, []);
	expect(await handle.result(SOON)).toBe('in time');
	settle();
	await engine.close();
});
