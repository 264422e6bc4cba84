/** Durations: one type everywhere (api.md). */
import { expect, test } from 'vitest';
import { type Duration, deadline, milliseconds } from '../../../packages/runtime/src/language/duration.ts';

test.each<[Duration, number]>([
	[0, 0],
	[1.5, 1.5],
	['250ms', 250],
	['3 days', 3 * 86_400_000],
	['1 day', 86_400_000],
	['1.5h', 5_400_000],
	['2 weeks', 1_209_600_000],
	['90 sec', 90_000],
	['5m', 300_000],
	['PT5M', 300_000],
	['P1DT2H', 93_600_000],
	['P1W', 604_800_000],
	['PT0.5S', 500],
	[Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
])('%s is %s ms', (duration, expected) => {
	expect(milliseconds(duration)).toBe(expected);
});

test.each([
	'',
	' ',
	'P',
	'PT',
	'P1Y',
	'P1M',
	'5',
	'5 lightyears',
	'-5ms',
	'1e3ms',
	'5 ms ms',
	'five',
	'5,5s',
	'1d2h',
	null,
	undefined,
	{},
	[],
	true,
	-1,
	Number.NaN,
	5n,
])('%s is none', (given) => {
	expect(() => milliseconds(given as Duration)).toThrow(expect.objectContaining({ code: 'PD10016' }));
});

test('a deadline is a moment, or a duration from now', () => {
	expect(deadline('1s', 500)).toBe(1500);
	expect(deadline(new Date(77), 500)).toBe(77);
	expect(() => deadline(new Date(Number.NaN), 0)).toThrow(expect.objectContaining({ code: 'PD10016' }));
});
