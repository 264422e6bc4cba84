/** `main.ts <database> [threads]`: orders, and forks the order before it is approved: the fork is not. */
import { randomBytes } from 'node:crypto';
import { createEngine, keyring } from '@perdure/runtime';
import { sqlite } from '@perdure/runtime/sqlite';
import * as flows from './flows.ts';

const [database, threads] = process.argv.slice(2) as [string, string?];
const limit = { timeout: '20 s' } as const;
await using engine = createEngine({
	store: sqlite(database),
	functions: [flows],
	keyring: keyring({ current: 'a', keys: { a: randomBytes(32) } }),
	worker: threads === undefined ? true : { threads: 2, entry: new URL('./flows.ts', import.meta.url) },
});

const order = await engine.start(flows.order, ['tea'], { id: 'order', tags: { kind: 'order' } });
await order.send(flows.item, { sku: 'a', n: 2 }, { id: 'one' });
await order.send('item', { sku: 'b', n: 0 });
const asked = await order.next(limit);
if (asked.status !== 'suspended') throw new Error(asked.status);
const fork = await order.fork({ id: 'fork' });
await order.resume(flows.approve, true);
const ordered = await order.result(limit);
await fork.next(limit);
await fork.resume(false);
const children: string[] = [];
for await (const { id } of engine.list({ tags: { of: 'order' }, status: 'completed' })) children.push(id);
const events = engine.outbox(limit);
const { value: emitted } = await events.next();
await emitted!.ack();
await events.return();
const { progress, waitingFor } = await order.describe();
console.log(
	JSON.stringify({
		asked: asked.value,
		ordered,
		forked: await fork.result(limit),
		children,
		emitted: emitted!.runId,
		progress,
		waitingFor,
		marks: (await order.log()).filter(({ kind }) => kind === 'mark').map(({ mark }) => mark),
	}),
);
