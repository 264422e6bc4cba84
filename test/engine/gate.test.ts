/** Who may go on with a run that a thread holds (A1), and what the engine's thread knows of it. */
import { expect, it } from 'vitest';
import type { Committed, RunRow, TurnCommit } from '../../packages/runtime/src/ports/store.ts';
import { Gate } from '../../packages/runtime/src/worker/gate.ts';
import { Holds } from '../../packages/runtime/src/worker/holds.ts';

const committed = (held: boolean): Committed => ({ outcome: 'committed', sent: 0, held });
const turnOf = (runId: string, epoch: number) => ({ runId, epoch }) as TurnCommit;
const claim = (holds: Holds, id: string, epoch = 1) => new Gate(holds.claimed({ id, epoch } as RunRow));

it('gives a run back that its thread has not begun with, and the thread sees it', () => {
	const holds = new Holds(() => {});
	const gate = claim(holds, 'r', 7);
	expect(holds.take()).toEqual([{ runId: 'r', epoch: 7 }]);
	expect(gate.enter()).toBe(false);
	expect(gate.enter()).toBe(false);
	expect(holds.take()).toEqual([]);
});

it('leaves one with its thread from the first step to the commit that has all of it', () => {
	let rests = 0;
	const holds = new Holds(() => rests++);
	const gate = claim(holds, 'r');
	expect([gate.enter(), holds.someAtRest, rests]).toEqual([true, false, 1]);
	expect(holds.take()).toEqual([]);
	// A commit that does not have all of it: effects of the run are in flight.
	holds.committed(turnOf('r', 1), committed(true));
	expect(holds.take()).toEqual([]);
	gate.commits();
	// Asked for, and not done.
	expect(holds.take()).toEqual([]);
	holds.committed(turnOf('r', 1), committed(true));
	expect(holds.someAtRest).toBe(true);
	// The thread was first.
	expect(gate.enter()).toBe(true);
	expect(holds.take()).toEqual([]);
	gate.commits();
	holds.committed(turnOf('r', 1), committed(true));
	expect(holds.take()).toHaveLength(1);
	expect(gate.enter()).toBe(false);
});

it('goes on with a run whose commit was refused or failed', () => {
	const holds = new Holds(() => {});
	const gate = claim(holds, 'r');
	gate.enter();
	gate.commits();
	holds.committed(turnOf('r', 1), { outcome: 'mail' });
	expect(holds.take()).toEqual([]);
	expect(gate.enter()).toBe(true);
	gate.commits();
	expect(holds.take()).toEqual([]);
	expect(gate.enter()).toBe(true);
});

it("forgets what is no longer the thread's, and only that claim", () => {
	const holds = new Holds(() => {});
	for (const end of [
		() => holds.committed(turnOf('r', 1), committed(false)),
		() => holds.committed(turnOf('r', 1), { outcome: 'fenced' }),
		() => holds.gone('r', 1),
		() => holds.keep([{ runId: 'another', epoch: 1 }]),
		() => holds.keep([{ runId: 'r', epoch: 2 }]),
	]) {
		claim(holds, 'r', 1);
		end();
		expect(holds.someAtRest).toBe(false);
	}
	claim(holds, 'r', 2);
	holds.committed(turnOf('r', 1), { outcome: 'fenced' });
	holds.gone('r', 1);
	holds.keep([{ runId: 'r', epoch: 2 }]);
	expect(holds.take()).toEqual([{ runId: 'r', epoch: 2 }]);
});
