import { createEngine, effect, run } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { expect, it } from 'vitest';
import { compile } from '../support/compile.ts';

const done: string[] = [];
const main = compile(
	`import { tell } from 'world'; export async function main(to) { "use durable"; tell(to); return 'over'; }`,
	{ world: { tell: effect(async (to: string) => void done.push(to)) } },
).exports['main'] as (to: string) => Promise<string>;

it('what the last turn issued is done, though nobody awaits it', async () => {
	expect(await run(main, ['alone'])).toMatchObject({ status: 'completed', value: 'over' });
	const engine = createEngine({ store: memory() });
	expect(await (await engine.start(main, ['engine'])).result()).toBe('over');
	expect(done).toEqual(['alone', 'engine']);
	await engine.close();
});
