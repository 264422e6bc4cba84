/**
 * Real processes, killed with SIGKILL at random moments, that emit, book in transactions, wait for children and consume
 * the outbox: each booking is there once, and each run's events were handed out in order, none left out (G8, G9, G10).
 */
import { expect, it } from 'vitest';
import { killUntilDone } from './kill/kill.ts';
import { OUTBOX } from './kill/outbox.ts';

it.each([1, 2])('loses and doubles nothing, %i at a time', async (processes) => {
	const rounds = { kills: 12, processes, runs: 4, length: 60, random: Math.random, program: OUTBOX };
	const { wrong } = await killUntilDone(rounds);
	expect(wrong).toEqual([]);
});
