import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

export interface Reading {
	readonly city: string;
	readonly value: number;
}

/** Up to `count` records from number `from` on. */
export async function readRecords(file: string, from: number, count: number): Promise<Reading[]> {
	if (process.env.DIE_AT !== undefined && from >= Number(process.env.DIE_AT)) process.kill(process.pid, 'SIGKILL');
	const records: Reading[] = [];
	let line = 0;
	const input = createReadStream(file);
	for await (const text of createInterface({ input })) {
		if (line++ < from) continue;
		if (records.length === count) break;
		const [city, value] = text.split(',');
		records.push({ city: city!, value: Number(value) });
	}
	input.destroy();
	console.log(`read from ${from}`);
	return records;
}
