/**
 * Encoding and decoding against `node:v8`, in one process, variants interleaved. Prints ratios; the
 * figure is the ratio of the fastest rounds, which other load cannot inflate.
 *
 *     npx node bench/codec.ts
 */
import v8 from 'node:v8';
import { Codec } from '../packages/runtime/src/codec/codec.ts';
import { decode, encode } from '../packages/runtime/src/codec/plain.ts';

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

/** Rounds are short, so that some of them meet no other load. */
const CASES: Record<string, [value: unknown, calls: number]> = {
	small: [
		{ pc: 3, id: 'ord_123', name: 'Ann', total: 12.5, ok: true, tags: ['a', 'b'], user: { id: 7, name: 'B' } },
		300,
	],
	medium: [{ at: new Date(0), byId: new Map([['a', 1]]), orders: Array.from({ length: 25 }, (_, i) => order(i)) }, 20],
	large: [{ orders: Array.from({ length: 5000 }, (_, i) => order(i)) }, 1],
	cyclic: [nodes[0], 2],
	numbers: [Array.from({ length: 10_000 }, (_, i) => i * 1.5), 1],
	typed: [new Float64Array(32_768).map((_, i) => i), 10],
	strings: [Array.from({ length: 10_000 }, (_, i) => `string number ${i}`), 1],
};
const ROUNDS = 200;

function time(work: () => unknown, calls: number): number {
	const started = process.hrtime.bigint();
	for (let i = 0; i < calls; i++) work();
	return Number(process.hrtime.bigint() - started) / calls;
}

const show = (ns: number) => (ns > 1e6 ? `${(ns / 1e6).toFixed(1)} ms` : `${(ns / 1e3).toFixed(1)} µs`);

console.log('| | encode | to v8 | decode | to v8 | bytes | to v8 |\n| --- | --- | --- | --- | --- | --- | --- |');
for (const [name, [value, calls]] of Object.entries(CASES)) {
	const ours = encode(value);
	const theirs = v8.serialize(value);
	const work = [() => encode(value), () => v8.serialize(value), () => decode(ours), () => v8.deserialize(theirs)];
	const best = work.map(() => Number.POSITIVE_INFINITY);
	for (let round = 0; round < ROUNDS; round++)
		for (const [i, variant] of work.entries()) best[i] = Math.min(best[i]!, time(variant, calls));
	const [enc, encV8, dec, decV8] = best as [number, number, number, number];
	console.log(
		`| ${name} | ${show(enc)} | ${(enc / encV8).toFixed(2)} | ${show(dec)} | ${(dec / decV8).toFixed(2)} | ${ours.length} | ${(ours.length / theirs.length).toFixed(2)} |`,
	);
}

const APPENDS = 10_000;
console.log(
	`\n| ${APPENDS} appends | bytes a turn | of these full texts | longest chain | ms a turn |\n| --- | --- | --- | --- | --- |`,
);
const ITEMS: Record<string, (i: number) => unknown> = {
	numbers: (i) => i,
	objects: (i) => ({ i, ok: true, s: `result-${i}` }),
};
const codec = new Codec();
for (const [name, item] of Object.entries(ITEMS)) {
	const writer = codec.writer();
	const state = { pc: 3, i: 0, url: 'https://example.com', results: [] as unknown[] };
	let [bytes, fulls, longest] = [0, 0, 0];
	const started = performance.now();
	for (let i = 0; i < APPENDS; i++) {
		state.results.push(item(i));
		state.i = i;
		const snapshot = writer.write(state);
		const written = 'full' in snapshot ? snapshot.full : snapshot.delta;
		bytes += written.length;
		if ('full' in snapshot) fulls += written.length;
		else longest = Math.max(longest, snapshot.at + 1);
	}
	const ms = (performance.now() - started) / APPENDS;
	console.log(
		`| ${name} | ${(bytes / APPENDS).toFixed(0)} | ${(fulls / APPENDS).toFixed(0)} | ${longest} | ${ms.toFixed(2)} |`,
	);
}
