/**
 * Drives a session from whatever process it is called in: `main.ts <database> <id> start|<command as JSON>|cancel|look`.
 * Each waits for what comes of it, at most five seconds.
 */
import { createEngine, formatLog, TimeoutError } from '@perdure/runtime';
import { sqlite } from '@perdure/runtime/sqlite';
import { session } from './session.ts';

const [database, id, what] = process.argv.slice(2) as [string, string, string];
await using engine = createEngine({ store: sqlite(database), functions: [session] });
const customer = engine.get(session, id);

if (what === 'start') await engine.start(session, [id], { id });
else if (what === 'cancel') {
	await customer.cancel('the customer left');
	console.log('leaves');
} else if (what !== 'look') await customer.resume(JSON.parse(what));

try {
	const outcome = await customer.next({ timeout: '5 s' });
	if (outcome.status === 'suspended') console.log('waits:', outcome.value);
	else if (outcome.status === 'completed') console.log('closed with', outcome.value);
	else if (outcome.status === 'cancelled') console.log('cancelled:', outcome.reason);
	else if (outcome.status === 'failed') console.log('failed:', (outcome.error as Error).message);
	if (outcome.status !== 'suspended') console.log(formatLog(outcome.log));
} catch (error) {
	if (!TimeoutError.is(error)) throw error;
	console.log('still at work');
}
