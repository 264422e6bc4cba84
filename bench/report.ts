/** A measured figure as a row of the table in the README. */
import type { Compared } from './ratio.ts';

export interface Row {
	readonly what: string;
	readonly against: string;
	readonly figure: string;
}

export const HEAD = ['| measured | against | figure |', '| --- | --- | --- |'];

/** Rows go to the standard output; `bench/run.ts` puts those of all files into one table. */
export function report(rows: readonly Row[]): void {
	for (const { what, against, figure } of rows) console.log(`| ${what} | ${against} | ${figure} |`);
}

/** `1.31 (1.29)`: median of ratios, ratio of minima. */
export function ratio({ median, ofMinima }: Compared): string {
	return `${digits(median)} (${digits(ofMinima)})`;
}

export function time(nanoseconds: number): string {
	if (nanoseconds < 1000) return `${Math.round(nanoseconds)} ns`;
	if (nanoseconds < 1e6) return `${digits(nanoseconds / 1000)} µs`;
	return `${digits(nanoseconds / 1e6)} ms`;
}

export function bytes(count: number): string {
	return count < 10_000 ? `${count} B` : count < 1e6 ? `${digits(count / 1000)} kB` : `${digits(count / 1e6)} MB`;
}

function digits(value: number): string {
	return value >= 100 ? String(Math.round(value)) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
