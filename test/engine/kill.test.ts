/**
 * Real processes, killed with SIGKILL at random moments: every run ends right, no committed outcome is
 * lost, a repeated attempt has the key of the first. Hundreds of kills: `npm run soak:kill -- --count 500`.
 */
import { expect, it } from 'vitest';
import { killUntilDone } from './kill/kill.ts';

it('survives a process killed again and again', async () => {
	const { wrong } = await killUntilDone({ kills: 15, processes: 1, runs: 6, length: 160, random: Math.random });
	expect(wrong).toEqual([]);
});

it('survives two processes on one file, killed again and again', async () => {
	const { wrong } = await killUntilDone({ kills: 15, processes: 2, runs: 6, length: 160, random: Math.random });
	expect(wrong).toEqual([]);
});
