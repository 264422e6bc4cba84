import { InvalidDurationError } from '../errors/run.ts';

type Unit =
	| 'ms' | 'millisecond' | 'milliseconds' | 's' | 'sec' | 'second' | 'seconds' | 'm' | 'min' | 'minute' | 'minutes'
	| 'h' | 'hour' | 'hours' | 'd' | 'day' | 'days' | 'w' | 'week' | 'weeks'; // biome-ignore format: a table

type IsoDays = `${number}W` | `${number}D` | `${number}W${number}D`;
type IsoSeconds = '' | `${number}S`;
type IsoTime =
	| `${number}H${number}M${IsoSeconds}`
	| `${number}H${IsoSeconds}`
	| `${number}M${IsoSeconds}`
	| `${number}S`;

/** A number of milliseconds, or a text: `'250ms'`, `'3 days'`, ISO 8601 `'PT5M'` (no years or months: they have no fixed length). */
export type Duration =
	| number
	| `${number}${Unit}`
	| `${number} ${Unit}`
	| `P${IsoDays}`
	| `PT${IsoTime}`
	| `P${IsoDays}T${IsoTime}`;

const UNITS: readonly (readonly [RegExp, number])[] = [
	[/^(ms|milliseconds?)$/, 1],
	[/^(s|sec|seconds?)$/, 1000],
	[/^(m|min|minutes?)$/, 60_000],
	[/^(h|hours?)$/, 3_600_000],
	[/^(d|days?)$/, 86_400_000],
	[/^(w|weeks?)$/, 604_800_000],
];

const ISO =
	/^P(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?(?:T(?=\d)(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/**
 * Milliseconds of a duration.
 * @throws InvalidDurationError for anything else than a duration.
 */
export function milliseconds(duration: Duration): number {
	if (typeof duration === 'number') {
		if (duration >= 0) return duration;
		throw new InvalidDurationError({ given: String(duration) });
	}
	const text = typeof duration === 'string' ? duration.trim() : '';
	const iso = text.length > 1 ? ISO.exec(text) : null;
	if (iso?.slice(1).some((part) => part !== undefined)) {
		const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = iso.slice(1).map((part) => Number(part ?? 0));
		return weeks * 604_800_000 + days * 86_400_000 + hours * 3_600_000 + minutes * 60_000 + seconds * 1000;
	}
	const plain = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/.exec(text);
	const unit = plain === null ? undefined : UNITS.find(([pattern]) => pattern.test(plain[2]!));
	if (plain === null || unit === undefined) throw new InvalidDurationError({ given: String(duration) });
	return Number(plain[1]) * unit[1];
}

/**
 * The moment (ms since the epoch) that a time-out or a sleep ends.
 * @throws InvalidDurationError
 */
export function deadline(time: Duration | Date, now: number): number {
	if (!(time instanceof Date)) return now + milliseconds(time);
	const at = time.getTime();
	if (Number.isNaN(at)) throw new InvalidDurationError({ given: 'an invalid Date' });
	return at;
}
