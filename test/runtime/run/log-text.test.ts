/** Logs as bytes, and as texts for people. */
import { DecodeError, decodeLog, encode, encodeLog, formatLog, replay, run, secret } from '@perdure/runtime';
import { expect, test } from 'vitest';
import { loadMain } from './program.ts';

const SOURCE = `
	import { emit, mark, receive, sleep, suspend } from '@perdure/runtime';
	import { find, fail, pay } from 'world';
	async function branch(n) { "use durable"; return await find(n); }
	export async function main(card) { "use durable";
		const who = await find('c1');
		try { await fail('no'); } catch {}
		await mark('paid');
		for (const i of [1, 2, 3]) await find(i);
		await pay(card);
		await sleep(5);
		await emit({ paid: who.id });
		await Promise.all([branch(7), branch(8)]);
		await suspend({ confirm: true });
	}`;

async function logged(log: 'all' | 'iteration' = 'all') {
	const world = {
		find: async (id: unknown) => ({ id }),
		fail: async (what: string) => {
			throw new RangeError(what);
		},
		pay: async () => new Map([[1, 2]]),
	};
	const outcome = await run(loadMain(SOURCE, world), [secret('4711')], { log });
	return outcome.log;
}

test('a text that a person can read, the same for a run that does the same', async () => {
	expect(formatLog(await logged('iteration'))).toBe(`\
 1  find('c1') = { id: 'c1' }  subject.ts:6:15
 2  fail('no') ! RangeError: no  subject.ts:7:9
 3  mark('paid')  subject.ts:8:3
 -  2 more of find  subject.ts:9:30
 6  find(3) = { id: 3 }  subject.ts:9:30
 7  pay([secret]) = Map(1) { 1 => 2 }  subject.ts:10:3
 8  sleep(5 ms)  subject.ts:11:3
 9  emit({ paid: 'c1' })  subject.ts:12:3
 -  2 more of find  subject.ts:4:51
12  suspend({ confirm: true }) ...  subject.ts:14:3
`);
	expect(formatLog(await logged())).toContain('call branch(7) = { id: 7 }  fiber 1');
	expect(formatLog(await logged(), { times: true })).toMatch(
		/ 1 {2}find\('c1'\) = \{ id: 'c1' \} {2}20\d\d-\d\d-\d\dT[\d:.]+Z {2}\d+ ms {2}subject/,
	);
	expect(formatLog([])).toBe('');
});

test('a call of a function without a name says so', async () => {
	const source = `export async function main() { "use durable"; return await Promise.all([1].map(async (n) => n)); }`;
	const { log } = await run(loadMain(source, {}), [], { log: 'all' });
	expect(formatLog(log)).toContain('call (anonymous)(1, 0, [ 1 ]) = 1  fiber 1');
});

test('bytes hold live values', async () => {
	const log = await logged();
	const read = decodeLog(encodeLog(log));
	expect(read).toEqual(log);
	expect(read.find(({ name }) => name === 'pay')!.outcome).toEqual({ value: new Map([[1, 2]]) });
	expect(read[1]!.outcome).toMatchObject({ error: expect.any(RangeError) });
});

test('bytes that are no log are refused, whatever they are', async () => {
	const log = await logged();
	const bytes = encodeLog(log);
	const refused = [
		encode(5), encode(null), encode([]), encode({ log: 1 }), encode({ log: 2, entries: [] }),
		encode({ log: 1, entries: [null] }), encode({ log: 1, entries: [{ ...log[0], kind: 'other' }] }),
		encode({ log: 1, entries: [{ ...log[0], startedAt: 5 }] }), encode({ log: 1, entries: [{ ...log[0], seq: -1 }] }),
		encode({ log: 1, entries: [{ ...log[0], outcome: { value: 1, error: 2 } }] }), bytes.subarray(0, bytes.length - 3),
	]; // biome-ignore format: a list
	for (const each of refused) expect(() => decodeLog(each)).toThrow(DecodeError);
	let changed = 0;
	for (let i = 0; i < bytes.length; i += 3) {
		const hostile = bytes.slice();
		hostile[i] = hostile[i]! ^ 0x15;
		try {
			decodeLog(hostile);
		} catch (error) {
			changed++;
			expect(DecodeError.is(error), String(error)).toBe(true);
		}
	}
	expect(changed).toBeGreaterThan(10);
});

const OWN = `
	import { sleep } from '@perdure/runtime';
	import { each } from 'world';
	export async function main() { "use durable";
		class Own { #n = 1; static async make() { return new this(); } get n() { return this.#n; } }
		const own = await Own.make();
		const list = [[1], , { f: (x) => x, e: new RangeError('no') }];
		list.push(list);
		await each(list, async function named() {});
		await sleep(new Date(0));
		return own.n;
	}`;

test('errors without their stacks, functions of the run by their names, and what is shared stays shared', async () => {
	const { log } = await run(loadMain(OWN, { each: async () => 1 }), [], { log: 'all' });
	const [, each, nap] = formatLog(log).split('\n');
	expect(each).toBe(
		'2  each(<ref *1> [ [ 1 ], <1 empty item>, { f: [Function: f], e: RangeError: no }, [Circular *1] ], [Function: named]) = 1  subject.ts:9:3',
	);
	expect(nap).toMatch(/sleep\(0 ms\)/);
});

test('what a durable call gave need not outlive the run, and a replay does not need it', async () => {
	const main = loadMain(OWN, { each: async () => 1 });
	const { log } = await run(main, [], { log: 'all' });
	const read = decodeLog(encodeLog(log));
	expect(read[0]).toMatchObject({ kind: 'call', outcome: { unsaveable: true } });
	expect(await replay(main, [], read, { strict: true })).toMatchObject({ status: 'completed', value: 1 });
});

test('what is no log is not replayed, and is told how to be one', async () => {
	const main = loadMain('export async function main() { "use durable"; }');
	const log = await logged();
	for (const none of [JSON.parse(JSON.stringify(log)), [...log, null], undefined, encodeLog(log)]) {
		await expect(replay(main, [], none as never)).rejects.toThrow(
			expect.objectContaining({ name: 'TypeError', message: expect.stringContaining('decodeLog') }),
		);
	}
});
