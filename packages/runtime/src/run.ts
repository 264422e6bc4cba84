import { proceed } from './continuation.ts';
import { captureStart, release } from './machine/copy.ts';
import { KeptLog } from './machine/kept-log.ts';
import { Machine } from './machine/machine.ts';
import { mustBeId } from './machine/start-options.ts';
import { machineOptions, type Outcome, type RunOptions } from './outcome.ts';
import { realClock, realRandom } from './ports/clock.ts';
import { durable } from './registry/functions.ts';

/**
 * Starts a durable function and drives it in this process until only answers or messages can move it
 * on, or it is over. Needs no store.
 * @throws NotCompiledError when `fn` is no durable function, or was not compiled.
 * @throws NotSerializableError when an argument cannot be saved.
 */
export async function run<A extends unknown[], R>(
	fn: (...args: A) => Promise<R>,
	args: Readonly<A>,
	o: RunOptions = {},
): Promise<Outcome<R>> {
	const def = durable(fn);
	mustBeId(o.id);
	const given = captureStart(def.name, o.this, args);
	const runId = o.id ?? realRandom.id();
	const now = realClock.now();
	const options = machineOptions(o);
	const begin = () => {
		const [self, ...copies] = release(given);
		return Machine.start({ runId, def, self, args: copies, now, ...options });
	};
	return proceed<R>(begin(), { type: 'started' }, new KeptLog(), o, { anew: begin });
}
