/** Runs that a run under test starts: each a run of its own, of the same virtual clock and the same seed. */
import { createEngine, replace, resource, sleep, start } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { transaction } from '@perdure/runtime/sqlite';
import { type TestRunOptions, testRun } from '@perdure/testing';
import { describe, expect, it } from 'vitest';
import { compile } from './support/compile.ts';
import { SOON } from './support/soon.ts';

class Line {
	readonly to: string;
	constructor(to: string) {
		this.to = to;
	}
}
resource(Line, { marshal: ({ to }) => to, unmarshal: (to: string) => new Line(to), id: 'test/children#Line' });

const world = {
	dial: async (to: string) => new Line(to),
	talk: async (line: Line) => line instanceof Line && line.to,
	seen: [] as string[],
	work: async (n: number) => {
		world.seen.push(`work ${n}`);
		return n * 2;
	},
	inside: async (child: { result(): Promise<unknown>; status(): Promise<string> }) => [
		await child.result(),
		await child.status(),
	],
	book: transaction(async () => 'booked'),
};

const programs = compile(
	`import { start, currentRun, sleep, suspend, receive, emit } from '@perdure/runtime';
	import { work, inside, book, dial, talk } from '#world';
	export async function child(n) { "use durable";
		if (n === 'bad') throw Object.assign(new RangeError('bad child'), { n });
		if (n === 'hangs') return await suspend('child?');
		if (n === 'live') return new WeakMap();
		await sleep(1000 * (4 - n));
		await emit('child ' + n);
		return await work(n);
	}
	export async function dials(to) { "use durable"; return await dial(to); }
	export async function talks(to) { "use durable"; return await talk(await (await start(dials, [to])).result()); }
	export async function parent() { "use durable";
		const children = [];
		for (const n of [1, 2, 3]) children.push(await start(child, [n]));
		const out = [];
		for (const one of children) out.push(await one.result());
		await emit('parent');
		return out;
	}
	export async function racing() { "use durable";
		const all = await Promise.all([1, 2, 3].map((n) => start(quick, [n])));
		return await Promise.all(all.map((one) => one.result()));
	}
	export async function quick(n) { "use durable"; await work(n); return await work(n + 10); }
	export async function grand(depth) { "use durable";
		if (depth === 0) return await work(1);
		return 1 + await (await start(grand, [depth - 1])).result();
	}
	export async function fails(how) { "use durable";
		const one = await start(child, [how]);
		try { return await one.result(); } catch (error) { return [error.name, error.message, error.n]; }
	}
	export async function asks() { "use durable"; return 'told ' + await (await start(child, ['hangs'])).result(); }
	export async function limited() { "use durable";
		const one = await start(child, ['hangs']);
		try { await one.result({ timeout: '1 hour' }); } catch (error) { return [error.code, await one.status()]; }
	}
	export async function controls() { "use durable";
		const greeter = await start(greet, []);
		await greeter.send('name', 'you');
		await greeter.send('name', 'me');
		const cancelled = await start(child, ['hangs']);
		await cancelled.cancel('enough');
		const answered = await start(child, ['hangs']);
		while (await answered.status() !== 'waiting') await sleep(1);
		await answered.resume('yes');
		let why;
		try { await cancelled.result(); } catch (error) { why = [error.code, error.reason]; }
		const result = await greeter.result();
		let late;
		try { await greeter.send('name', 'late'); } catch (error) { late = error.name; }
		return [result, why, await answered.result(), late];
	}
	export async function greet() { "use durable"; return 'hello ' + await receive('name') + ' and ' + await receive('name'); }
	export async function effects() { "use durable"; return await inside(await start(child, [1])); }
	export async function named() { "use durable";
		const one = await start(quick, [1], { id: 'one' });
		const same = await start(quick, [1], { id: 'one' });
		const out = [one.id, same.id];
		for (const [fn, n] of [[quick, 2], [child, 1]]) {
			try { await start(fn, [n], { id: 'one' }); } catch (error) { out.push(error.name + ': ' + error.difference); }
		}
		return [...out, await one.result(), await same.result()];
	}
	export async function later() { "use durable";
		await start(child, [3], { startAt: '2 days', id: 'late' });
		const { startedAt } = currentRun();
		return startedAt.getTime();
	}
	export async function books() { "use durable"; return await book(); }`,
	{
		'#world': {
			work: (n: number) => world.work(n),
			inside: (child: never) => world.inside(child),
			book: world.book,
			dial: world.dial,
			talk: world.talk,
		},
	},
).exports as Record<string, (...args: any[]) => Promise<any>>;

const END = { parent: [2, 4, 6], racing: [22, 24, 26], grand: 5, effects: [2, 'completed'] };
const ways: [string, TestRunOptions][] = [
	['restarted at every await', {}],
	['kept in memory', { restart: 'never' }],
	['restarted at every second turn', { restart: (turn) => turn % 2 === 0 }],
];

describe.each(ways)('children, %s', (_, o) => {
	const under = (name: string, ...args: unknown[]) => testRun(programs[name]!, args, o);

	it('are runs with clocks and logs of their own, whose results their parent awaits', async () => {
		const t = under('parent');
		const begun = t.now.getTime();
		expect(await t.next()).toMatchObject({ status: 'sleeping', until: new Date(begun + 1000) });
		expect(await t.advance('1 minute')).toMatchObject({ status: 'completed', value: END.parent });
		expect(t.children.map(({ id, functionId, status }) => [id, functionId, status])).toEqual(
			[2, 3, 4].map(() => [expect.stringMatching(/^.+-.$/), 'perdure/subject#child', 'completed']),
		);
		expect(t.children[0]!.log.map(({ kind }) => kind)).toEqual(['sleep', 'emit', 'effect']);
		expect(t.log.map(({ kind }) => kind)).toEqual(['start', 'start', 'start', 'child', 'child', 'child', 'emit']);
		expect([t.emitted, t.children[1]!.emitted]).toEqual([['parent'], ['child 2']]);
	});

	it('start children in turn', async () => {
		const t = under('grand', 3);
		expect(await t.result()).toBe(END.grand);
		expect(t.children[0]!.children[0]!.children[0]!.children).toEqual([]);
	});

	it('hand their errors to whoever awaits them', async () => {
		expect(await under('fails', 'bad').result()).toEqual(['RangeError', 'bad child', 'bad']);
		expect(await under('fails', 'live').result()).toEqual(['NotSerializableError', expect.any(String), undefined]);
		const t = under('asks');
		await t.next();
		await t.children[0]!.cancel('no');
		await expect(t.result()).rejects.toMatchObject({ name: 'CancelledError', reason: 'no' });
	});

	it.each(['every-await', 'never'] as const)('give live things, opened for their parent (%s)', async (restart) => {
		expect(await testRun(programs.talks!, ['mum'], { restart }).result()).toBe('mum');
	});

	it('are answered by themselves', async () => {
		const t = under('asks');
		expect(await t.next()).toMatchObject({ status: 'suspended', value: undefined });
		await expect(t.result()).rejects.toThrow(/it waits for the end of a run that it has started/);
		await expect(t.resume('me')).rejects.toMatchObject({ name: 'NotSuspendedError' });
		const [child] = t.children;
		expect(await child!.next()).toMatchObject({ status: 'suspended', value: 'child?' });
		expect(await child!.resume('so')).toMatchObject({ status: 'completed', value: 'so' });
		expect(await t.result()).toBe('told so');
	});

	it('may be waited for in vain', async () => {
		const t = under('limited');
		await t.advance('2 hours');
		expect(await t.result()).toEqual(['PD10007', 'waiting']);
		expect(t.children[0]!.status).toBe('suspended');
	});

	it('are sent messages, answered, cancelled and asked by their parent, and awaited by its effects', async () => {
		const t = under('controls');
		await t.advance(100);
		expect(await t.result()).toEqual(['hello you and me', ['PD10001', 'enough'], 'yes', 'NotSuspendedError']);
		const effects = under('effects');
		await effects.advance('1 minute');
		expect(await effects.result()).toEqual(END.effects);
	});

	it('are the same run by the same id, and conflict with another', async () => {
		const t = under('named');
		await t.advance('1 minute');
		expect(await t.result()).toEqual([
			'one',
			'one',
			'RunConflictError: other arguments',
			expect.stringMatching(/^RunConflictError: another function, '.*#quick'$/),
			22,
			22,
		]);
		expect(t.children).toHaveLength(1);
	});

	it('begin at their time, and outlive their parent', async () => {
		const t = under('later');
		const begun = await t.result();
		expect(t.children[0]!.status).toBe('ready');
		await t.advance('1 day');
		expect(t.children[0]!.log).toEqual([]);
		await t.advance('1 day');
		expect(await t.children[0]!.advance('1 second')).toMatchObject({ status: 'completed', value: 6 });
		expect(t.now.getTime() - begun).toBe(2 * 86_400_000 + 1000);
	});
});

describe('children and chance', () => {
	const orderOf = async (o: TestRunOptions) => {
		world.seen = [];
		const t = testRun(programs['racing']!, [], o);
		expect(await t.result()).toEqual(END.racing);
		return world.seen.join();
	};

	it('are interleaved by the seed, and the same each time', async () => {
		const orders = new Set<string>();
		for (let seed = 0; seed < 30; seed++) {
			const order = await orderOf({ seed });
			expect(await orderOf({ seed })).toBe(order);
			orders.add(order);
		}
		expect(orders.size).toBeGreaterThan(10);
		expect(await orderOf({})).toBe(await orderOf({ restart: 'never' }));
	});

	it('end as in an engine', async () => {
		const engine = createEngine({ store: memory() });
		for (const [name, args] of [
			['racing', []],
			['grand', [3]],
			['fails', ['bad']],
			['controls', []],
			['named', []],
		] as const) {
			const there = await (await engine.start(programs[name]!, args as never)).result(SOON);
			const t = testRun(programs[name]!, [...args]);
			await t.advance('1 minute');
			expect(await t.result(), name).toEqual(there);
		}
		await engine.close();
	});
});

it('puts a stand-in in the place of a transaction, and says so without one', async () => {
	await expect(testRun(programs['books']!, []).result()).rejects.toMatchObject({
		code: 'PD9002',
		help: expect.stringMatching(/in tests put replace\(\.\.\.\) in its place/),
	});
	expect(await testRun(programs['books']!, [], { handlers: [replace(world.book, () => 'instead')] }).result()).toBe(
		'instead',
	);
});

it('refuses a stand-in for what is no effect', () => {
	for (const primitive of [start, sleep]) {
		expect(() => replace(primitive as () => Promise<never>, async () => null as never)).toThrow(
			expect.objectContaining({ code: 'PD9002', help: expect.stringMatching(/advance\(\).*children/) }),
		);
	}
});
