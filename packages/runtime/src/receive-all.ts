import { ABI, type Activation, type Mode } from '@perdure/abi';
import { outsideRun } from './driver/effects.ts';
import { bind, call, define, generate, yielded } from './internal.ts';
import { showAtCaller } from './machine/point.ts';
import { receive } from './primitives.ts';
import { shared } from './registry/shared.ts';
import type { Message } from './registry/topics.ts';

/**
 * As the compiler emits it, so that it is saved like any other generator of a run:
 *
 *     async function* receiveAll(topic) { 'use durable as perdure.receiveAll'; for (;;) yield await receive(topic); }
 */
const def = define({
	abi: ABI,
	id: 'perdure.receiveAll',
	name: 'receiveAll',
	file: 'receive-all.ts',
	at: [1, 1],
	hash: 'receiveAll.1',
	generator: 'async',
	slots: ['topic'],
	points: [
		[1, 'receiveAll.begin', 1, 1, [0]],
		[2, 'receiveAll.receive', 1, 1, [0], { loops: [0] }],
		[3, 'receiveAll.await', 1, 1, [0], { loops: [0] }],
		[4, 'receiveAll.yield', 1, 1, [0], { loops: [0] }],
		[5, 'receiveAll.return', 1, 1, [], { loops: [0] }],
	],
	sites: [[1, 'receive', () => [undefined, receive]]],
	step,
});

function step(frame: Activation, mode: Mode, sent: unknown): unknown {
	const [topic] = frame.s;
	const park = (pc: number, slots: readonly unknown[]) => Object.assign(frame, { pc, s: slots });
	switch (frame.pc) {
		case 0:
			park(1, [topic]);
			return undefined;
		// What was received is awaited before the yield and again by it, as in any async generator.
		case 2:
			if (mode) throw sent;
			park(3, [topic]);
			return sent;
		case 3:
			if (mode) throw sent;
			park(4, [topic]);
			return yielded(sent);
		case 5:
			if (mode) throw sent;
			frame.done = true;
			return sent;
		case 4:
			if (mode === 1) throw sent;
			if (mode === 2) {
				park(5, []);
				return sent;
			}
	}
	frame.passed |= 1;
	park(2, [topic]);
	return call(frame as never, 0, receive, undefined, [topic]);
}

showAtCaller(def);

const wrapper = bind(function (this: unknown, ...args: unknown[]) {
	if (shared.current === null) throw outsideRun('receiveAll');
	return generate(def, this, args);
}, def);

/**
 * All messages of a name, one after the other, for `for await`: those that came before, then each as it
 * comes. It never ends by itself: leave the loop, or cancel the run.
 * @throws OutsideRunError outside durable code that runs in a run.
 */
export function receiveAll<T = unknown>(message: string | Message<T, never>): AsyncIterableIterator<T> {
	return wrapper(message) as AsyncIterableIterator<T>;
}
