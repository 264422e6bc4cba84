/** The codec against `node:v8`, and what ten thousand appends to an array of a run write. */
import v8 from 'node:v8';
import { decode, encode } from '@perdure/runtime';
// Deltas are the stores' business and not exported.
import { Codec } from '../packages/runtime/dist/codec/codec.js';
import { compare } from './ratio.ts';
import { bytes, ratio, report, time } from './report.ts';

const order = (i: number) => ({
	id: i,
	name: `customer number ${i}`,
	paid: i % 2 === 0,
	price: i * 1.25,
	tags: ['a', `b${i % 7}`],
	address: { street: `Main street ${i}`, city: 'Berlin' },
});
const nodes = Array.from({ length: 1000 }, (_, i) => ({ i }) as { i: number; next?: object; back?: object });
for (const [i, node] of nodes.entries()) Object.assign(node, { next: nodes[(i + 1) % 1000], back: nodes.at(i - 1) });

const CASES: Record<string, unknown> = {
	'a small frame': { pc: 3, id: 'ord_123', name: 'Ann', total: 12.5, tags: ['a', 'b'], user: { id: 7, name: 'B' } },
	'25 orders': {
		at: new Date(0),
		byId: new Map([['a', 1]]),
		orders: Array.from({ length: 25 }, (_, i) => order(i)),
	},
	'5,000 orders': { orders: Array.from({ length: 5000 }, (_, i) => order(i)) },
	'1,000 doubly linked nodes': nodes[0],
	'10,000 strings': Array.from({ length: 10_000 }, (_, i) => `string number ${i}`),
};

const repeat = (work: () => unknown) => (times: number) => {
	for (let i = 0; i < times; i++) work();
};

for (const [name, value] of Object.entries(CASES)) {
	const ours = encode(value);
	const theirs = v8.serialize(value);
	const options = { rounds: 51 };
	const encoding = await compare(
		[
			{ name: 'v8', run: repeat(() => v8.serialize(value)) },
			{ name: 'perdure', run: repeat(() => encode(value)) },
		],
		options,
	);
	const decoding = await compare(
		[
			{ name: 'v8', run: repeat(() => v8.deserialize(theirs)) },
			{ name: 'perdure', run: repeat(() => decode(ours)) },
		],
		options,
	);
	report([
		{
			what: `codec, ${name}: encoding ${time(encoding[1]!.least)}, decoding ${time(decoding[1]!.least)}, ${bytes(ours.length)}`,
			against: `\`node:v8\` (${time(encoding[0]!.least)}, ${time(decoding[0]!.least)}, ${bytes(theirs.length)})`,
			figure: `${ratio(encoding[1]!)}, ${ratio(decoding[1]!)}, ${(ours.length / theirs.length).toFixed(2)}`,
		},
	]);
}

const APPENDS = 10_000;
const ITEMS: Record<string, (i: number) => unknown> = {
	numbers: (i) => i,
	'small objects': (i) => ({ i, ok: true, s: `result-${i}` }),
};
const codec = new Codec();
for (const [name, item] of Object.entries(ITEMS)) {
	const writer = codec.writer();
	const state = { pc: 3, i: 0, url: 'https://example.com', results: [] as unknown[] };
	let written = 0;
	let full = 0;
	for (let i = 0; i < APPENDS; i++) {
		state.results.push(item(i));
		state.i = i;
		const snapshot = writer.write(state);
		written += ('full' in snapshot ? snapshot.full : snapshot.delta).length;
		// Every hundredth stands for those around it.
		if (i % 100 === 50) full += 100 * encode(state).length;
	}
	report([
		{
			what: `codec, 10,000 appends of ${name}: ${bytes(Math.round(written / APPENDS))} a turn`,
			against: `the whole state each turn (${bytes(Math.round(full / APPENDS))})`,
			figure: `1/${Math.round(full / written)}`,
		},
	]);
}
