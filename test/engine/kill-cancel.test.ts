/** Runs that are cancelled while their processes are killed: what they had open is cleaned up, all of it and in its order. */
import { expect, it } from 'vitest';
import { CANCEL } from './kill/cancel.ts';
import { killUntilDone } from './kill/kill.ts';

it('cleans up whole, though its processes are killed again and again', async () => {
	const rounds = { kills: 8, processes: 2, runs: 4, length: 2, random: Math.random, program: CANCEL };
	expect((await killUntilDone(rounds)).wrong).toEqual([]);
});
