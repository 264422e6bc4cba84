/**
 * Four branches of two effects each: whatever order their effects settle in, and wherever the process
 * dies on the way, each outcome reaches the branch that asked for it.
 */
import { describe, expect, test } from 'vitest';
import { Random } from '../../support/generate/random.ts';
import { type Simulation, simulate } from './simulation.ts';

const SHAPES: Record<string, string> = {
	'Promise.all of durable calls': `
async function branch(tag) { "use durable"; const a = await work(tag + 1); const b = await work(tag + 2); return [tag, a, b]; }
export async function main(tags) { "use durable"; return await Promise.all(tags.map((tag) => branch(tag))); }`,

	'async closures that share one array': `
export async function main(tags) { "use durable"; const out = [];
	await Promise.all(tags.map(async (tag, i) => { const a = await work(tag + 1); const b = await work(tag + 2); out[i] = [tag, a, b]; }));
	return out; }`,

	'promises that are kept, then chained': `
export async function main(tags) { "use durable";
	const kept = new Map(tags.map((tag) => [tag, (async () => await work(tag + 1))().then(async (a) => [tag, a, await work(tag + 2)])]));
	const out = []; for (const tag of tags.toReversed()) out.unshift(await kept.get(tag)); return out; }`,

	'two workers with a queue': `
export async function main(tags) { "use durable"; const queue = tags.entries(); const out = [];
	const worker = async () => { for (const [i, tag] of queue) out[i] = [tag, await work(tag + 1), await work(tag + 2)]; };
	await Promise.all([worker(), worker()]); return out; }`,
};

const TAGS = ['p', 'q', 'r', 's'];
const EXPECTED = TAGS.map((tag) => [tag, `${tag}1!`, `${tag}2!`]);

describe.each(Object.entries(SHAPES))('%s', (_, source) => {
	/** `kills(n)`: how the process dies around the n-th outcome. */
	async function runs(seed: number, kills: (n: number) => 'before' | 'between' | 'after' | null): Promise<void> {
		const random = new Random(seed);
		const asked = new Map<string, Set<string>>();
		const work = async (what: string) => `${what}!`;
		const run: Simulation = simulate(`import { work } from 'world';\n${source}`, { args: [TAGS], world: { work } });
		const take = () => {
			const [call] = run.outstanding.splice(random.int(run.outstanding.length), 1);
			return call!;
		};
		for (let n = 0; run.last.outcome === undefined; n++) {
			const kill = kills(n);
			if (kill === 'before') run.restore();
			let call = take();
			let value = (await call.invoke()) as string;
			if (kill === 'between') {
				// It was performed, but nobody heard of it: it is issued again, under its key.
				const { key } = call;
				run.restore();
				call = run.outstanding.splice(
					run.outstanding.findIndex((each) => each.key === key),
					1,
				)[0]!;
				expect(call.attempt).toBeGreaterThan(1);
				value = (await call.invoke()) as string;
			}
			asked.set(value, (asked.get(value) ?? new Set()).add(call.key));
			run.apply({ type: 'effectSettled', key: call.key, ok: true, value });
			if (kill === 'after' && run.last.outcome === undefined) run.restore();
			expect(n).toBeLessThan(8);
		}
		expect(run.last).toMatchObject({ status: 'completed', outcome: EXPECTED });
		expect(asked.size).toBe(8);
		expect([...asked.values()].every((keys) => keys.size === 1)).toBe(true);
	}

	test('killed at every point, one at a time', async () => {
		for (const how of ['before', 'between', 'after'] as const)
			for (let at = 0; at < 8; at++)
				for (let seed = 0; seed < 4; seed++) await runs(seed, (n) => (n === at ? how : null));
	});

	test('killed at every point', async () => {
		for (const how of ['before', 'between', 'after'] as const)
			for (let seed = 0; seed < 30; seed++) await runs(seed, () => how);
	});
});
