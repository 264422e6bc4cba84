import { mark } from '@perdure/runtime';
import { readRecords } from './records.ts';
import { add, type Report } from './report.ts';

/** Walks through a large file. A crash costs what was done since the last thousand, not the whole. */
export async function analyze(file: string): Promise<Report> {
	'use durable';
	const report: Report = { records: 0, average: 0, byCity: new Map() };
	for (;;) {
		const batch = await readRecords(file, report.records, 1000);
		for (const record of batch) add(report, record);
		if (batch.length < 1000) return report;
		await mark('thousand');
	}
}
