/** Random graphs come back the same; a seed reproduces a failure: `PERDURE_SEED=n npx vitest run <this file>`. */
import { expect, test } from 'vitest';
import { decode, encode } from '../../../packages/runtime/src/codec/plain.ts';
import { below, randomGraph, seeded } from './random-graph.ts';
import { difference } from './same.ts';

const first = Number(process.env.PERDURE_SEED ?? 1);
const rounds = Number(process.env.PERDURE_ROUNDS ?? (process.env.PERDURE_SEED ? 1 : 500));

test(`${rounds} random graphs`, () => {
	for (let seed = first; seed < first + rounds; seed++) {
		const random = seeded(seed);
		const graph = randomGraph(random, 1 + below(random, 60));
		const bytes = encode(graph);
		const copy = decode(bytes);
		expect(difference(graph, copy), `seed ${seed}`).toBeUndefined();
		expect(Buffer.compare(encode(copy), bytes), `seed ${seed}: other bytes`).toBe(0);
	}
});
