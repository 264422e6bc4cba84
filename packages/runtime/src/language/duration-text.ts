/** How messages and logs write a duration. */

const UNITS = [
	['day', 86_400_000],
	['h', 3_600_000],
	['min', 60_000],
	['s', 1000],
] as const;

/** Of milliseconds, in the largest unit that takes two decimals at most: `7 days`, `1.5 h`, `1234 ms`. */
export function durationText(ms: number): string {
	for (const [unit, size] of UNITS) {
		if (Math.abs(ms) >= size && Number.isInteger((ms / size) * 100)) {
			const count = ms / size;
			return `${count} ${unit}${unit === 'day' && count !== 1 ? 's' : ''}`;
		}
	}
	return `${ms} ms`;
}
