import { machineOptions, type Outcome, proceed, type RunOptions } from './continuation.ts';
import { captureStart, release } from './machine/copy.ts';
import { KeptLog } from './machine/kept-log.ts';
import { Machine } from './machine/machine.ts';
import { realClock, realRandom } from './ports/clock.ts';
import { durable } from './registry/functions.ts';

/**
 * Starts a durable function and drives it in this process until only answers or messages can move it
 * on, or it is over. Needs no store.
 * @throws NotCompiledError when `fn` has the directive but was not compiled.
 * @throws NotSerializableError when an argument cannot be saved.
 */
export async function run<A extends unknown[], R>(
	fn: (...args: A) => Promise<R>,
	args: Readonly<A>,
	o: RunOptions = {},
): Promise<Outcome<R>> {
	const def = durable(fn);
	const [self, ...copies] = release(captureStart(def.name, o.this, args));
	const machine = Machine.start({
		runId: o.id ?? realRandom.id(),
		def,
		self,
		args: copies,
		now: realClock.now(),
		...machineOptions(o),
	});
	return proceed<R>(machine, { type: 'started' }, new KeptLog(), o);
}
