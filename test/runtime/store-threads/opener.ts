/** Opens each of `files` once all threads are about to, every other one some moments later: `arrived` counts them, a file a number. */
import { parentPort, workerData } from 'node:worker_threads';
import { sqlite } from '@perdure/runtime/sqlite';

const { files, arrived, threads } = workerData as { files: string[]; arrived: Int32Array; threads: number };
const failures: string[] = [];

for (const [i, file] of files.entries()) {
	const store = sqlite(file);
	Atomics.add(arrived, i, 1);
	while (Atomics.load(arrived, i) < threads);
	const late = performance.now() + (i % 2) * Math.random() * 4;
	while (performance.now() < late);
	try {
		const session = await store.open({ moved() {}, mail() {}, due() {}, emitted() {} });
		await session.close();
	} catch (error) {
		failures.push(String(error));
	}
}
parentPort!.postMessage(failures);
