/** Commits turns of the run `r` in `file` one after the other: its state and its log tell the turn's number. */
import { parentPort, workerData } from 'node:worker_threads';
import { sqlite } from '@perdure/runtime/sqlite';

const { file, turns } = workerData as { file: string; turns: number };
const session = await sqlite(file).open({ moved() {}, mail() {}, due() {}, emitted() {} });
await session.know(['f'], 'b');
const place = { tags: null, queue: '', priority: 0, startAt: null, claim: true };
const { run } = await session.start({ id: 'r', functionId: 'f', hash: '', input: new Uint8Array([0]), ...place });
parentPort!.postMessage('began');

const { id: runId, epoch } = run;
for (let turn = 1; turn <= turns; turn++) {
	// So long that each full state is beside the row, and that the log moves out of it every other turn.
	const bytes = new Uint8Array(5000).fill(turn % 256);
	const state = turn % 3 === 1 ? { full: bytes } : { delta: bytes, at: (turn + 1) % 3 };
	const log = new Uint8Array(1500).fill(turn % 256);
	await session.commit({ runId, epoch, after: turn - 1, turn, status: 'running', wakeAt: null, state, log });
}
await session.close();
