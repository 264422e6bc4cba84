import { afterEach, expect, it, vi } from 'vitest';
import { realClock } from '../../packages/runtime/src/ports/clock.ts';

afterEach(() => vi.restoreAllMocks());

/** How long (ms) a timer of 30 ms takes when the wall clock is set by `jump` right after it was set. */
async function elapsed(jump: number): Promise<number> {
	const began = performance.now();
	const fired = new Promise<void>((resolve) => void realClock.timer(realClock.now() + 30, resolve));
	const { now } = Date;
	vi.spyOn(Date, 'now').mockImplementation(() => now() + jump);
	await fired;
	return performance.now() - began;
}

it.each([-3_600_000, 0, 3_600_000])('a timer keeps its time though the wall clock is set by %i ms', async (jump) => {
	const ms = await elapsed(jump);
	expect(ms).toBeGreaterThanOrEqual(30);
	expect(ms).toBeLessThan(2000);
});
