/**
 * What two earlier projects could do, as far as no other test shows it here: Skuld's effect logger, durable workflows and
 * coroutines, and Turmeric's serialisable continuations. docs/coming-from.md lists all of it, and where it is proved.
 */
import { existsSync, readFileSync } from 'node:fs';
import { MessageChannel } from 'node:worker_threads';
import {
	Continuation,
	createEngine,
	decodeLog,
	encodeLog,
	type Outcome,
	type RunOptions,
	replay,
	run,
	sleep,
} from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { describe, expect, test } from 'vitest';
import { load, loadMain } from './runtime/run/program.ts';

const PRIMITIVES = "import { emit, mark, setProgress, sleep, suspend } from '@perdure/runtime';";

function suspended<R>(outcome: Outcome<R>): Extract<Outcome<R>, { status: 'suspended' }> {
	if (outcome.status !== 'suspended') throw outcome.status === 'failed' ? outcome.error : new Error(outcome.status);
	return outcome;
}

/** Dropped, and read from its bytes: Skuld's cold resume. */
function cold<R>(outcome: Outcome<R>): Continuation<R> {
	return Continuation.fromBytes<R>(suspended(outcome).continuation.toBytes({ log: true }));
}

/** An order that branches on what a service said, and loops until a card is good; services that remember being asked. */
function shop() {
	const asked: string[] = [];
	const world = {
		fetchCart: async (id: string) => {
			asked.push(`cart ${id}`);
			// Another answer each time: who asked twice would go another way.
			return { items: ['book'], physical: asked.length === 1, total: 100 + asked.length };
		},
		pay: async (card: string, total: number) => {
			asked.push(`pay ${card} ${total}`);
			return `paid ${total}`;
		},
	};
	const checkout = loadMain(
		`${PRIMITIVES} import { fetchCart, pay } from 'world';
		const isValid = (card) => card.startsWith('4');
		export async function main(id) { 'use durable';
			const { physical, total } = await fetchCart(id);
			await suspend('confirm');
			const address = physical ? await suspend('address') : 'none';
			let card = await suspend({ pay: total });
			while (!isValid(card)) card = await suspend({ again: total });
			return { address, receipt: await pay(card, total) };
		}`,
		world,
	);
	return { checkout, asked };
}

describe('the log', () => {
	const states = ({ log }: Outcome<unknown>) => log.map(({ name, state }) => `${name} ${state}`);

	test('has what services said; what was open has only started, and has its answer once it goes on', async () => {
		const { checkout } = shop();
		const first = await run(checkout, ['a']);
		expect(states(first)).toEqual(['fetchCart executed', 'suspend started']);
		expect(first.log.map(({ outcome }) => outcome)).toEqual([
			{ value: { items: ['book'], physical: true, total: 101 } },
			null,
		]);
		const second = await cold(first).resume('yes');
		expect(states(second)).toEqual(['fetchCart executed', 'suspend executed', 'suspend started']);
		expect(second.log[1]).toMatchObject({ args: ['confirm'], outcome: { value: 'yes' } });
	});

	test('has effects only, no plain calls', async () => {
		const main = loadMain(
			`const half = (n) => n / 2; import { half as foreign, work } from 'world';
			export async function main(n) { 'use durable'; const a = half(n), b = foreign(a), c = Math.max(a, b); return await work(c); }`,
			{ half: (n: number) => n / 2, work: async (n: number) => n },
		);
		const { log } = await run(main, [8]);
		expect(log.map(({ name, args }) => [name, ...args])).toEqual([['work', 4]]);
	});

	test('is data: it goes through JSON for people, through bytes for programs, and may be edited before a replay', async () => {
		const { checkout, asked } = shop();
		const { log } = suspended(await run(checkout, ['a']));
		expect(JSON.parse(JSON.stringify(log))).toMatchObject([
			{ seq: 1, kind: 'effect', name: 'fetchCart', args: ['a'], outcome: { value: { total: 101 } } },
			{ seq: 2, kind: 'suspend', state: 'started', outcome: null },
		]);
		const edited = decodeLog(encodeLog(log)).map((entry) =>
			entry.name === 'fetchCart' ? { ...entry, outcome: { value: { physical: false, total: 7 } } } : entry,
		);
		const what = suspended(await (await cold(await replay(checkout, ['a'], edited))).resume('yes'));
		expect(what.value).toEqual({ pay: 7 });
		expect(asked).toEqual(['cart a']);
	});

	test('comes with each suspension, hot or through an engine, and progress beside it', async () => {
		const main = loadMain(
			`${PRIMITIVES} export async function main() { 'use durable'; setProgress('asking'); return await suspend('?'); }`,
		);
		await using engine = createEngine({ store: memory(), functions: [main] });
		const handle = await engine.start(main, []);
		const names = (outcome: Outcome<unknown>) => outcome.log.map(({ name }) => name);
		expect(names(await handle.next())).toEqual(names(await run(main, [])));
		expect((await handle.describe()).progress).toBe('asking');
	});
});

describe('a durable computation', () => {
	test('goes on from bytes at each step: the branch that was taken, the loop that was entered, nothing asked twice', async () => {
		const { checkout, asked } = shop();
		let outcome = await run(checkout, ['a']);
		const values: unknown[] = [];
		for (const answer of ['yes', '12 St James Square', 'bad', 'worse', '4111']) {
			values.push(suspended(outcome).value);
			outcome = await cold(outcome).resume(answer);
		}
		expect(values).toEqual(['confirm', 'address', { pay: 101 }, { again: 101 }, { again: 101 }]);
		expect(outcome).toMatchObject({ value: { address: '12 St James Square', receipt: 'paid 101' } });
		expect(asked).toEqual(['cart a', 'pay 4111 101']);
		expect(outcome.log.filter(({ kind }) => kind === 'pruned')).toMatchObject([{ name: 'suspend', count: 1 }]);
	});

	test('loops in loops: what the outer one holds is there in every iteration of the inner one', async () => {
		const main = loadMain(`${PRIMITIVES} export async function main() { 'use durable';
			const rounds = [];
			for (let round = 1; round <= 2; round++) {
				const heard = [];
				for (let word; (word = await suspend({ round, heard })) !== 'next'; ) heard.push(word);
				rounds.push(heard.join(' '));
			}
			return rounds;
		}`);
		let outcome = await run(main, []);
		const lengths = new Set<number>();
		for (const word of ['a', 'b', 'next', 'c', 'd', 'e', 'next']) {
			lengths.add(outcome.log.length);
			outcome = await cold(outcome).resume(word);
		}
		expect(outcome).toMatchObject({ value: ['a b', 'c d e'] });
		expect(Math.max(...lengths)).toBeLessThanOrEqual(2);
	});

	test('travels through a queue as bytes', async () => {
		const { checkout } = shop();
		const { port1, port2 } = new MessageChannel();
		const arrived = new Promise<Uint8Array>((resolve) => void port2.once('message', resolve));
		port1.postMessage(suspended(await run(checkout, ['a'])).continuation.toBytes());
		const outcome = await Continuation.fromBytes(await arrived, checkout).resume('yes');
		expect(suspended(outcome).value).toBe('address');
		port1.close();
	});
});

describe('a coroutine', () => {
	const { names, slow } = load(
		`${PRIMITIVES} import { nap } from 'world';
		export async function names() { 'use durable';
			try { return [await suspend('name'), await suspend('email')]; }
			finally { await emit('left'); }
		}
		export async function slow() { 'use durable'; await nap(); return await suspend('late'); }`,
		{ nap: () => sleep(50) },
	) as Record<string, () => Promise<unknown>>;

	test('is started and heard of at once, or given up for now; who asks next need not be who asked first', async () => {
		const store = memory();
		await using here = createEngine({ store });
		await using there = createEngine({ store, worker: false });
		const run = await here.start(slow!, [], { id: 'tag' });
		await expect(run.next({ timeout: 1 })).rejects.toMatchObject({ code: 'PD10007' });
		const heard = await Promise.all([run.next(), there.get('tag').next(), there.get('tag').next()]);
		expect(heard).toMatchObject(Array(3).fill({ status: 'suspended', value: 'late' }));
		await there.get('tag').resume('well');
		expect(await Promise.all([run.result(), there.get('tag').result()])).toEqual(['well', 'well']);
	});

	test('tells each yield, and its end, to whoever iterates', async () => {
		await using engine = createEngine({ store: memory() });
		const run = await engine.start(names!, []);
		const told: unknown[] = [];
		for await (const outcome of run.outcomes()) {
			told.push('value' in outcome ? outcome.value : outcome.status);
			if (outcome.status === 'suspended') await run.resume(`${outcome.value}!`);
		}
		expect(told).toEqual(['name', 'email', ['name!', 'email!']]);
	});

	test('is cancelled with its clean-up, without an engine too', async () => {
		const cancelled = await suspended(await run(names!, [])).continuation.cancel('enough');
		expect(cancelled).toMatchObject({ status: 'cancelled', reason: 'enough', emitted: ['left'] });
	});
});

describe('a continuation', () => {
	test('holds what is captured, as bytes, and is resumed as often as wanted', async () => {
		const plus = loadMain(
			`${PRIMITIVES} export async function main() { 'use durable'; const x = 42; return x + await suspend(); }`,
		);
		const bytes = suspended(await run(plus, [])).continuation.toBytes();
		const again = Continuation.fromBytes(bytes, plus);
		for (const n of [100, 1, 100]) expect(await again.resume(n)).toMatchObject({ value: 42 + n });
	});

	test('keeps what is shared shared, cycles too, and shares nothing with another copy', async () => {
		const main = loadMain(`${PRIMITIVES} export async function main() { 'use durable';
			const ref = { value: 42 };
			const both = [ref, ref];
			ref.self = ref;
			const add = (n) => { ref.value += n; };
			add(await suspend());
			return [both[0].value, both[0] === both[1], ref.self === ref];
		}`);
		const continuation = cold(await run(main, []));
		const [a, b] = await Promise.all([continuation.resume(1), continuation.resume(8)]);
		expect([a, b]).toMatchObject([{ value: [43, true, true] }, { value: [50, true, true] }]);
	});

	test('holds what is read again, and no more', async () => {
		const main = loadMain(
			`${PRIMITIVES} import { order } from 'world'; export async function main() { 'use durable';
				const whole = await order();
				const id = whole.id;
				return [id, await suspend()];
			}`,
			{ order: async () => ({ id: 12345, lines: 'x'.repeat(100_000) }) },
		);
		const { continuation } = suspended(await run(main, []));
		expect(continuation.toBytes().length).toBeLessThan(2000);
		expect(continuation.inspect().fibers[0]!.frames[0]!.locals).toEqual({ id: 12345 });
	});

	test('is a snapshot of a running program: looked at, replayed from there, and let go on', async () => {
		const done: number[] = [];
		const main = loadMain(
			`${PRIMITIVES} import { work } from 'world'; export async function main() { 'use durable';
				let sum = 0;
				for (let i = 1; i <= 5; i++) { const done = await work(i); sum += done; }
				return sum;
			}`,
			{ work: async (i: number) => (done.push(i), i * 10) },
		);
		const frozen: Uint8Array[] = [];
		const onCheckpoint: RunOptions['onCheckpoint'] = (continuation) => void frozen.push(continuation.toBytes());
		await run(main, [], { onCheckpoint });
		const third = Continuation.fromBytes(frozen[2]!, main);
		expect(third.inspect().fibers[0]!.frames[0]!.locals).toEqual({ sum: 30, i: 3 });
		expect(third.inspect().pending).toMatchObject([{ kind: 'effect', name: 'work' }]);
		done.length = 0;
		expect(await third.continue()).toMatchObject({ value: 150 });
		expect(done).toEqual([3, 4, 5]);
	});
});

describe('docs/coming-from.md', () => {
	const page = readFileSync(new URL('../docs/coming-from.md', import.meta.url), 'utf8');
	/** `[title](../test/file)`, with the title as it stands in the file, or of a folder. */
	const cited = [...page.matchAll(/\[([^\]]+)\]\(\.\.\/((?:test|fixtures|examples)\/[^)]+)\)/g)];

	test('cites tests', () => expect(cited.length).toBeGreaterThan(50));

	test.for(cited.map(([, title, path]) => [path!, title!]))('%s: %s', ([path, title]) => {
		const file = new URL(`../${path}`, import.meta.url);
		expect(existsSync(file)).toBe(true);
		if (!path!.endsWith('.test.ts')) return;
		expect(readFileSync(file, 'utf8').replaceAll("\\'", "'")).toContain(title!);
	});
});
