import { mark } from '@perdure/runtime';
import { readRecords } from './records.ts';

export interface Report {
	readonly records: number;
	readonly average: number;
	readonly byCity: ReadonlyMap<string, number>;
}

/** Walks through a large file. A crash costs what was done since the last thousand, not the whole. */
export async function analyze(file: string): Promise<Report> {
	'use durable';
	const byCity = new Map<string, number>();
	let records = 0;
	let sum = 0;
	for (;;) {
		const batch = await readRecords(file, records, 1000);
		for (const { city, value } of batch) {
			byCity.set(city, (byCity.get(city) ?? 0) + 1);
			sum += value;
		}
		records += batch.length;
		if (batch.length < 1000) return { records, average: sum / records, byCity };
		await mark('thousand');
	}
}
