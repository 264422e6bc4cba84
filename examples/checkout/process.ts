/**
 * One process of the demo: it does one thing to the run in the database, waits until the run stands
 * still, says where, and exits. `demo.ts` starts one of these for each line it prints.
 */
import { createEngine, formatLog } from '@perdure/runtime';
import { sqlite } from '@perdure/runtime/sqlite';
import { checkout } from './checkout.ts';

const [database, action, answer] = process.argv.slice(2);

await using engine = createEngine({ store: sqlite(database!), functions: [checkout] });

if (action === 'start') await engine.start(checkout, ['customer-1'], { id: 'order-1' });
const order = engine.get(checkout, 'order-1');
if (action === 'answer') await order.resume(JSON.parse(answer!));

const outcome = await order.next();
if (outcome.status === 'suspended') {
	const [frame] = outcome.continuation.inspect().fibers[0]!.frames;
	console.log(`waits at ${frame!.file}:${frame!.line}:${frame!.column} for an answer to`, outcome.value);
	console.log('saved locals:', frame!.locals);
} else if (outcome.status === 'completed') {
	console.log('completed:', outcome.value);
	console.log('its log:');
	console.log(formatLog(await order.log()));
} else {
	console.log(outcome);
	process.exitCode = 1;
}
