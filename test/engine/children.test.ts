/** Runs that durable code starts: committed with the turn, detached, awaited without a process. */
import {
	type ChildRun,
	createEngine,
	type Engine,
	functionRef,
	LogPrunedError,
	replay,
	run,
	type Store,
	UnsupportedError,
} from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { sqlite } from '@perdure/runtime/sqlite';
import { afterEach, describe, expect, it } from 'vitest';
import { compile } from '../support/compile.ts';
import { SOON } from '../support/soon.ts';
import { FAULTS, FaultyStore } from './faulty-store.ts';

let broken = false;
const world = {
	started: [] as string[],
	work: async (n: number) => n * 2,
	flaky: async () => {
		if (broken) throw new Error('broken');
		return 'mended';
	},
};

const { child, parent, fails, orphans, detached, named, twice, limited, many, controls, beside, leans, handle } =
	compile(
		`import { start, currentRun, sleep, suspend, receive } from '@perdure/runtime';
	import { flaky, started, work } from '#world';
	export async function child(n) { "use durable";
		if (n === 'stays') return await suspend('child');
		if (n === 'bad') throw Object.assign(new RangeError('bad child'), { n });
		return await work(n);
	}
	export async function parent(...list) { "use durable";
		const children = [];
		for (const n of list) children.push(await start(child, [n]));
		const out = [];
		for (const one of children) out.push(await one.result());
		return out;
	}
	export async function fails() { "use durable";
		const one = await start(child, ['bad']);
		try { return await one.result(); } catch (error) { return [error instanceof RangeError, error.message, error.n]; }
	}
	export async function orphans(id) { "use durable";
		await start(child, [1], { id });
		throw new Error('too late');
	}
	export async function detached() { "use durable";
		const one = await start(child, ['stays']);
		await suspend(one);
		return await one.result();
	}
	export async function named(id, n, o) { "use durable";
		try { return (await start(child, [n], { id, ...o })).id; } catch (error) { return error.code; }
	}
	export async function twice() { "use durable";
		const one = await start(child, [1]);
		const [a, b] = await Promise.all([one.result(), one.result()]);
		return [a, b, await one.result()];
	}
	export async function limited() { "use durable";
		const one = await start(child, ['stays']);
		try { return await one.result({ timeout: 5 }); } catch (error) { return [one.id, error.code]; }
	}
	export async function many(n) { "use durable";
		return await Promise.all(Array.from({ length: n }, async (_, i) => (await start(child, [i])).result()));
	}
	export async function controls() { "use durable";
		const greeter = await start(greet, []);
		await greeter.send('name', 'you');
		const cancelled = await start(child, ['stays']);
		await cancelled.cancel('enough');
		const answered = await start(child, ['stays']);
		while (await answered.status() !== 'waiting') await sleep(1);
		await answered.resume('yes');
		let why;
		try { await cancelled.result(); } catch (error) { why = [error.code, error.reason]; }
		return [await greeter.result(), why, await answered.result()];
	}
	export async function beside() { "use durable";
		const one = await start(child, ['stays'], { id: 'kid' });
		await suspend('parent');
		return await Promise.all([one.result(), flaky()]);
	}
	export async function shaky() { "use durable"; return await flaky(); }
	export async function leans() { "use durable"; return await (await start(shaky, [], { id: 'kid' })).result(); }
	export async function greet() { "use durable"; return 'hello ' + await receive('name'); }
	export async function handle(one) { "use durable"; return await one.result(); }`,
		{ '#world': world },
	).exports as Record<string, (...args: any[]) => Promise<any>>;

const engines: Engine[] = [];
async function listOf<T>(all: AsyncIterable<T>): Promise<T[]> {
	const list: T[] = [];
	for await (const one of all) list.push(one);
	return list;
}

const opened = (store: Store) => {
	const engine = createEngine({ store, log: 'all' });
	engines.push(engine);
	return engine;
};
afterEach(() => Promise.all(engines.splice(0).map((engine) => engine.close({ grace: 0 }))));

describe.each([
	['memory', () => memory()],
	['sqlite', () => sqlite(':memory:')],
])('on %s', (_, make) => {
	it('waits for children, which have ids and logs of their own', async () => {
		const engine = opened(make());
		const one = await engine.start(parent!, [1, 2, 3], { id: 'p' });
		expect(await one.result()).toEqual([2, 4, 6]);
		const runs = await listOf(engine.list());
		expect(runs.map(({ functionId }) => functionId.split('#')[1])).toEqual(['parent', 'child', 'child', 'child']);
		const log = await one.log();
		expect(log.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
			...Array(3).fill('start executed'),
			...Array(3).fill('child executed'),
		]);
		expect(log[0]!.outcome).toMatchObject({ value: { id: runs[1]!.id } });
		expect(await engine.get(runs[1]!.id).log()).toMatchObject([{ kind: 'effect', args: [1] }]);
	});

	it('parks while it waits, and says for whom', async () => {
		const engine = opened(make());
		const one = await engine.start(parent!, ['stays']);
		let asked: { id: string } | undefined;
		while (asked === undefined) {
			await new Promise((resolve) => setTimeout(resolve, 5));
			[asked] = await listOf(engine.list({ function: child! }));
		}
		const stays = engine.get(asked.id);
		await stays.next();
		expect(await one.describe()).toMatchObject({ status: 'waiting', waitingFor: [{ kind: 'child', name: asked.id }] });
		expect((await one.inspect()).pending).toMatchObject([{ kind: 'child', name: 'result' }]);
		await expect(one.next({ timeout: 20 })).rejects.toMatchObject({ code: 'PD10007' });
		await stays.resume('at last');
		expect(await one.result()).toEqual(['at last']);
	});

	it('throws what the child threw', async () => {
		expect(await (await opened(make()).start(fails!, [])).result()).toEqual([true, 'bad child', 'bad']);
	});

	it('starts none by a turn that fails', async () => {
		const engine = opened(make());
		const one = await engine.start(orphans!, ['orphan']);
		await expect(one.result()).rejects.toThrow('too late');
		await expect(engine.get('orphan').status()).rejects.toMatchObject({ name: 'RunNotFoundError' });
	});

	it('leaves children alone when it ends or is cancelled, and their handles mean the same run anywhere', async () => {
		const store = make();
		const engine = opened(store);
		const one = await engine.start(detached!, []);
		const outcome = await one.next();
		const { id } = outcome.status === 'suspended' ? (outcome.value as ChildRun) : { id: '' };
		await one.cancel();
		expect(await one.settled()).toMatchObject({ status: 'cancelled' });
		expect(await engine.get(id).next()).toMatchObject({ status: 'suspended', value: 'child' });
		const value = outcome.status === 'suspended' ? (outcome.value as ChildRun) : null;
		const other = await engine.start(handle!, [value]);
		await engine.close();
		const next = opened(store);
		await next.get(id).resume('later');
		expect(await next.get(other.id).result()).toBe('later');
		await expect(value!.result()).rejects.toMatchObject({ code: 'PD9002' });
	});

	it('starts nothing twice under an id, and throws for the id of another start', async () => {
		const engine = opened(make());
		const results = async (...args: unknown[]) => (await engine.start(named!, args)).result();
		expect(await results('c', 1, { tags: { a: 'b' }, startAt: '1 day' })).toBe('c');
		expect(await results('c', 1)).toBe('c');
		expect(await results('c', 2)).toBe('PD10014');
		expect(await engine.get('c').describe()).toMatchObject({ status: 'pending' });
		expect(await listOf(engine.list({ tags: { a: 'b' } }))).toMatchObject([{ id: 'c' }]);
	});

	it('tells every wait for one child', async () => {
		expect(await (await opened(make()).start(twice!, [])).result()).toEqual([2, 2, 2]);
	});

	it('stops waiting at a limit', async () => {
		const engine = opened(make());
		const [id, code] = await (await engine.start(limited!, [])).result();
		expect(code).toBe('PD10007');
		expect(await engine.get(id).next()).toMatchObject({ value: 'child' });
	});

	it('waits for many at once', async () => {
		const out = await (await opened(make()).start(many!, [50])).result();
		expect(out).toEqual(Array.from({ length: 50 }, (_, i) => 2 * i));
	});

	it('hears of the end of a child that came while it had failed, once it is tried again', async () => {
		for (const early of [true, false]) {
			const engine = opened(make());
			const run = await engine.start(beside!, []);
			await run.next(SOON);
			broken = true;
			await run.resume();
			expect(await run.settled(SOON)).toMatchObject({ status: 'failed' });
			broken = false;
			const kid = engine.get('kid');
			await kid.next(SOON);
			await kid.resume('grown');
			if (early) await kid.settled();
			await run.retry();
			expect(await run.result(SOON)).toEqual(['grown', 'mended']);
		}
	});

	it('asks a child that has failed for its end again, once it is tried again itself', async () => {
		for (const first of ['child', 'parent'] as const) {
			const engine = opened(make());
			broken = true;
			const run = await engine.start(leans!, []);
			expect(await run.settled({ timeout: 5000 })).toMatchObject({ status: 'failed' });
			if (first === 'parent') {
				await run.retry();
				expect(await run.settled({ timeout: 5000 })).toMatchObject({ status: 'failed', error: { message: 'broken' } });
			}
			broken = false;
			const kid = engine.get('kid');
			await kid.retry();
			await run.retry();
			expect(await run.result({ timeout: 5000 })).toBe('mended');
			expect((await run.log()).map(({ kind }) => kind)).toEqual(['start', 'child']);
		}
	});

	it('sends to children, answers and cancels them', async () => {
		expect(await (await opened(make()).start(controls!, [])).result()).toEqual([
			'hello you',
			['PD10001', 'enough'],
			'yes',
		]);
	});

	it.each(FAULTS)('survives each write that is %s', async (fault) => {
		for (let at = 1; ; at++) {
			const inner = make();
			const store = new FaultyStore(inner, fault, at);
			let crash = () => {};
			const crashed = new Promise<'crashed'>((resolve) => (crash = () => resolve('crashed')));
			store.onCrash = () => crash();
			let engine = opened(store);
			for (let attempt = 0; ; attempt++) {
				const working = engine.start(parent!, [1, 2], { id: 'p' }).then((one) => one.settled(SOON));
				working.catch(() => {});
				const ended = await Promise.race([working, crashed]).catch((error) => {
					if (attempt > 2 || !/injected/.test(String(error))) throw error;
				});
				if (ended === 'crashed' && attempt === 0) engine = opened(inner);
				else if (ended !== undefined) {
					expect(await working, `write ${at}`).toMatchObject({ value: [2, 4] });
					break;
				}
			}
			expect(await listOf(engine.list({ function: child! })), `write ${at}`).toHaveLength(2);
			await engine.close({ grace: 0 });
			if (!store.struck) return expect(at).toBeGreaterThan(8);
		}
	});
});

it('starts functions by reference', async () => {
	const engine = opened(memory());
	const { functionId } = await (await engine.start(child!, [0])).describe();
	const { byRef } = compile(
		`import { start } from '@perdure/runtime';
		import { ref } from '#refs';
		export async function byRef() { "use durable"; return (await start(ref, [4])).result(); }`,
		{ '#refs': { ref: functionRef(functionId) } },
		{ filename: 'by-ref.ts' },
	).exports as Record<string, () => Promise<unknown>>;
	expect(await (await engine.start(byRef!, [])).result()).toBe(8);
});

it('needs an engine, and says what to do without one', async () => {
	const outcome = await run(parent!, [1]);
	expect(outcome).toMatchObject({
		status: 'failed',
		error: { code: 'PD9002', help: expect.stringContaining('engine.start') },
	});
});

describe('what is no durable function', () => {
	const plain = async () => 1;
	const { starts, startsOwn, numbers } = compile(
		`import { start } from '@perdure/runtime';
		export async function starts(which) { "use durable"; return await start(things[which], []); }
		export async function startsOwn() { "use durable"; const own = async () => 1; return await start(own, []); }
		export function* numbers() { "use durable"; yield 1; }
		import { things } from '#things';`,
		{ '#things': { things: { plain, nothing: undefined } } },
	).exports as Record<string, (...args: any[]) => any>;

	it('is refused by start in durable code, with the place and the way out', async () => {
		const engine = createEngine({ store: memory() });
		const errorOf = async (fn: any, ...args: unknown[]) => {
			const ended = await (await engine.start(fn, args as [])).settled();
			return ended.status === 'failed' ? ended.error : ended;
		};
		expect(await errorOf(starts, 'plain')).toMatchObject({
			name: 'NotCompiledError',
			code: 'PD5004',
			functionName: 'plain',
			message: expect.stringMatching(
				/^'plain' \(\S+children\.test\.ts:\d+:\d+\) is not a durable function \(.+:2:\d+\)\.$/,
			),
			help: expect.stringMatching(/"use durable".*await it here, as an effect/s),
		});
		expect(await errorOf(starts, 'nothing')).toMatchObject({ code: 'PD5004', help: expect.stringMatching(/circle/) });
		expect(await errorOf(startsOwn)).toMatchObject({ code: 'PD5004', help: expect.stringMatching(/captured/) });
		await engine.close();
	});

	it('is refused by engine.start and run, for its own reason', async () => {
		const engine = createEngine({ store: memory() });
		for (const [fn, message] of [
			[plain, /'plain' \(.+\) is not a durable function\.$/],
			[numbers, /'numbers' is a generator function/],
			[undefined, /'undefined' is not/],
			[{}, /'an object' is not/],
		] as [any, RegExp][]) {
			await expect(engine.start(fn, [])).rejects.toMatchObject({
				code: 'PD5004',
				message: expect.stringMatching(message),
			});
			await expect(run(fn, [])).rejects.toMatchObject({ code: 'PD5004' });
		}
		const error = await engine.start(plain, []).catch((e: any) => e);
		expect(error.help).not.toMatch(/await it here/);
		await engine.close();
	});
});

describe('in a replay, in memory', () => {
	const world = { calls: 0, work: async (n: number) => (world.calls++, n * 10) };
	const { child, main } = compile(
		`import { start } from '@perdure/runtime'; import { work } from '#world';
		export async function child(n) { "use durable"; return await work(n); }
		export async function main(more) { "use durable";
			const kids = [];
			for (const n of [1, 2]) try { kids.push(await start(child, [n])); } catch (error) { kids.push(error); }
			const soon = start(child, [3]);
			kids.push(await soon);
			if (more) await start(child, [4]);
			const out = [];
			for (const kid of kids) out.push([kid.id, await kid.result()]);
			return out;
		}`,
		{ '#world': world },
		{ filename: 'test/replayed-children.ts' },
	).exports as Record<string, (more?: boolean) => Promise<unknown>>;

	async function logged(log: object) {
		await using engine = createEngine({ store: memory(), log, functions: [child!] });
		const handle = await engine.start(main!, [], { id: 'parent' });
		return { value: await handle.result(), log: await handle.log() };
	}

	it('they are not started: their handles are those of the log, and their ends are answered from it', async () => {
		const { value, log } = await logged({ keep: 'all' });
		expect(value).toMatchObject([
			[expect.any(String), 10],
			[expect.any(String), 20],
			[expect.any(String), 30],
		]);
		const calls = world.calls;
		expect(await replay(main!, [], log)).toMatchObject({ status: 'completed', value });
		expect(world.calls).toBe(calls);
	});

	it('one that the log does not show ends it, whatever the code catches', async () => {
		const { log } = await logged({ keep: 'all', redact: 'start' });
		await expect(replay(main!, [], log)).rejects.toSatisfy(LogPrunedError.is);
	});

	it('one that it does not have has nobody to drive it', async () => {
		const { log } = await logged({ keep: 'all' });
		const first = log.slice(
			0,
			log.findIndex(({ name }) => name.endsWith('result')),
		);
		const ended = await replay(main!, [true], first);
		expect(ended).toMatchObject({ status: 'failed', error: expect.toSatisfy(UnsupportedError.is) });
	});
});
