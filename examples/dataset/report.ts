import type { Reading } from './records.ts';

export interface Report {
	records: number;
	average: number;
	readonly byCity: Map<string, number>;
}

export function add(report: Report, { city, value }: Reading): void {
	report.records++;
	report.average += (value - report.average) / report.records;
	report.byCity.set(city, (report.byCity.get(city) ?? 0) + 1);
}
