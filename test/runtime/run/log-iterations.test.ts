/** What the log keeps of loops, recursion and fibers (runtime.md, "The effect log"). */
import { Continuation, type LogEntry, type LogOptions, type Outcome, run } from '@perdure/runtime';
import { describe, expect, test } from 'vitest';
import { loadMain } from './program.ts';

const world = {
	a: async (x: unknown) => x,
	b: async (x: unknown) => x,
	c: async (x: unknown) => x,
	slow: (x: unknown) => new Promise((resolve) => setTimeout(resolve, 20, x)),
};
const IMPORTS = "import { mark, sleep, suspend } from '@perdure/runtime'; import { a, b, c, slow } from 'world';\n";

/** One line an entry. */
function lines(log: readonly LogEntry[]): string[] {
	return log.map((entry) => {
		if (entry.kind === 'pruned') return `${entry.count} of ${entry.name}`;
		const { name, args, state } = entry;
		if (entry.kind === 'sleep') return name;
		return `${name}(${args.join()})${state === 'started' ? '...' : ''}`;
	});
}

/** In memory; and dropped at every suspension, and restored from bytes with the log. Both are to log the same. */
async function logs(body: string, o: { log?: LogOptions; before?: string } = {}): Promise<string[]> {
	const source = `${IMPORTS}${o.before ?? ''} export async function main() { "use durable"; ${body} }`;
	const main = loadMain(source, world);
	const found: string[][] = [];
	for (const cold of [false, true]) {
		let outcome: Outcome<unknown> = await run(main, [], o.log === undefined ? {} : { log: o.log });
		for (let i = 0; outcome.status === 'suspended'; i++) {
			const continuation: Continuation<unknown> = cold
				? Continuation.fromBytes(outcome.continuation.toBytes({ log: true }))
				: outcome.continuation;
			outcome = await continuation.resume(i, o.log === undefined ? {} : { log: o.log });
		}
		expect(outcome).toMatchObject({ status: 'completed' });
		found.push(lines(outcome.log));
	}
	expect(found[1]).toEqual(found[0]);
	return found[0]!;
}

describe('loops', () => {
	test('of a loop the last iteration is kept; the others are counted, a line a site', async () => {
		const body = 'for (let i = 0; i < 5; i++) { await a(i); await b(i); } await c(9);';
		expect(await logs(body)).toEqual(['4 of a', '4 of b', 'a(4)', 'b(4)', 'c(9)']);
		expect(await logs(body, { log: 'all' })).toHaveLength(11);
		expect(await logs(body, { log: 'none' })).toEqual([]);
	});

	test('an iteration is one also where it does something else than the one before', async () => {
		const body = 'for (let i = 0; i < 5; i++) { if (i % 2) await a(i); else await b(i); }';
		expect(await logs(body)).toEqual(['2 of b', '2 of a', 'b(4)']);
	});

	test.each([
		['while', 'let i = 0; while (await a(i) < 3) { await b(i); i++; }', ['3 of a', '3 of b', 'a(3)']],
		['do', 'let i = 0; do { await b(i); i++; } while (await a(i) < 3);', ['2 of b', '2 of a', 'b(2)', 'a(3)']],
		['continue', 'let i = 0; while (i < 4) { i++; if (i < 3) continue; await a(i); }', ['1 of a', 'a(4)']],
		['for of', 'for (const i of [1, 2, 3]) await a(i);', ['2 of a', 'a(3)']],
		['for in', 'for (const i in { x: 1, y: 2 }) await a(i);', ['1 of a', 'a(y)']],
		['for await', 'for await (const i of [1, 2, 3]) await a(i);', ['2 of a', 'a(3)']],
		['update', 'for (let i = 0; i < 3; i = await a(i + 1)) await b(i);', ['2 of b', '2 of a', 'b(2)', 'a(3)']],
	])('%s', async (_, body, expected) => {
		expect(await logs(body)).toEqual(expected);
	});

	test('nested: an iteration of the outer one ends those of the inner one', async () => {
		const body = `for (let i = 0; i < 3; i++) {
			await a(i);
			for (let j = 0; j < 3; j++) { await b(i * 10 + j); await suspend(j); }
			await c(i);
		}`;
		expect(await logs(body)).toEqual([
			'2 of a',
			'2 of c',
			'a(2)',
			'8 of b',
			'8 of suspend',
			'b(22)',
			'suspend(2)',
			'c(2)',
		]);
	});

	test('nested, with nothing of the outer one but the inner one', async () => {
		const body = 'for (let i = 0; i < 3; i++) for (let j = 0; j < 2; j++) await a(i * 10 + j);';
		expect(await logs(body)).toEqual(['5 of a', 'a(21)']);
	});

	test('one after the other: the last iteration of each', async () => {
		const body = 'for (let i = 0; i < 3; i++) await a(i); for (let i = 5; i < 8; i++) await b(i);';
		expect(await logs(body)).toEqual(['2 of a', 'a(2)', '2 of b', 'b(7)']);
	});

	test('what was called in an iteration is of it, whatever it has called', async () => {
		const before =
			'async function each(i) { "use durable"; await a(i); for (const j of [1, 2]) await b(j); return i; }';
		const body = 'for (let i = 0; i < 3; i++) await each(i); await c(1);';
		expect(await logs(body, { before })).toEqual(['2 of a', 'a(2)', '5 of b', 'b(2)', 'c(1)']);
	});

	test('of receiveAll: what was received is over when the next is asked for', async () => {
		const main = loadMain(
			`import { receiveAll } from '@perdure/runtime'; import { a } from 'world';
			export async function main() { "use durable"; for await (const m of receiveAll('m')) await a(m); }`,
			world,
		);
		for (const cold of [false, true]) {
			let outcome: Outcome<unknown> = await run(main, []);
			for (let i = 0; i < 4 && outcome.status === 'suspended'; i++) {
				const { continuation } = outcome;
				outcome = await (cold ? Continuation.fromBytes(continuation.toBytes({ log: true })) : continuation).send(
					'm',
					i,
				);
			}
			expect(lines(outcome.log)).toEqual(['4 of receive', '4 of a', 'receive(m)...']);
		}
	});

	test.each([
		['not awaited', 'await a(i); const late = sleep(1); await b(i); await late;', ['a', 'sleep', 'b']],
		['an argument', 'await a(i); await Promise.all([sleep(1), 0]).then(() => {}); await b(i);', ['a', 'sleep', 'b']],
		['of a closure', 'await a(i); await Promise.all([7].map((x) => c(x))); await b(i);', ['a', 'c', 'b']],
		['the first', 'const late = sleep(1); await b(i); await late;', ['sleep', 'b']],
		['of a closure, the first', 'await Promise.all([7].map((x) => c(x))); await b(i);', ['c', 'b']],
		['of a closure, alone', 'await Promise.all([7].map((x) => c(x)));', ['c']],
	])('a call that is %s is of the iteration, too', async (_, body, names) => {
		const last = names.map((name) => (name === 'sleep' ? name : name === 'c' ? 'c(7)' : `${name}(3)`));
		const found = await logs(`for (let i = 0; i < 4; i++) { ${body} } await suspend(); await a(9);`);
		expect(found).toEqual([...names.map((name) => `3 of ${name}`), ...last, 'suspend()', 'a(9)']);
	});

	test('a sleep that has lost its race is over: the run waits for it no more, and it does not stay', async () => {
		const body = `for (let i = 0; i < 3; i++) {
			await Promise.race([a(i), sleep('1 day')]);
			await Promise.all([sleep('1 day'), Promise.reject(0)]).catch(() => {});
			await suspend(i);
		}`;
		const rest = ['a(2)', 'sleep', 'sleep', 'suspend(2)'];
		expect(await logs(body)).toEqual(['2 of a', '2 of sleep', '2 of sleep', '2 of suspend', ...rest]);
		const main = loadMain(`${IMPORTS} export async function main() { "use durable"; ${body} }`, world);
		const outcome = await run(main, []);
		if (outcome.status !== 'suspended') throw new Error(outcome.status);
		expect(outcome.continuation.wakeAt).toBeNull();
		expect(outcome.continuation.inspect().pending).toHaveLength(1);
		expect(outcome.log.filter(({ kind }) => kind === 'sleep').map(({ state }) => state)).toEqual([
			'discarded',
			'discarded',
		]);
	});

	test('a sleep that has lost its race, and is held by a variable, is waited for all the same', async () => {
		const body = `const late = sleep(30), then = Date.now() + 25;
			await Promise.race([late, a(1)]);
			await suspend();
			await late;
			await b(Date.now() >= then);`;
		expect(await logs(body)).toEqual(['sleep', 'a(1)', 'suspend()', 'b(true)']);
	});

	test('a loop that was left by an error, and begun again', async () => {
		const body = `for (let i = 0; i < 3; i++) {
			try { for (let j = 0; ; j++) { await a(j); if (j === 1) throw new Error('x'); } } catch { await b(i); }
		}`;
		expect(await logs(body)).toEqual(['2 of b', '5 of a', 'a(1)', 'b(2)']);
	});
});

describe('recursion', () => {
	test('a tail call of a function that is under way is an iteration', async () => {
		const before =
			'async function chat(i) { "use durable"; await a(i); await suspend(i); if (i > 3) return i; return chat(i + 1); }';
		expect(await logs('await c(0); return await chat(0);', { before })).toEqual([
			'c(0)',
			'4 of a',
			'4 of suspend',
			'a(4)',
			'suspend(4)',
		]);
	});

	test('of the root', async () => {
		const source = `${IMPORTS} export async function main(i) { "use durable"; await a(i); if (i > 3) return i; return main(i + 1); }`;
		expect(lines((await run(loadMain(source, world), [0])).log)).toEqual(['4 of a', 'a(4)']);
	});

	test('two that call one another', async () => {
		const before = `
			async function ping(i) { "use durable"; await a(i); return pong(i + 1); }
			async function pong(i) { "use durable"; await b(i); if (i > 6) return i; return ping(i + 1); }`;
		expect(await logs('return await ping(0);', { before })).toEqual(['3 of a', '3 of b', 'a(6)', 'b(7)']);
	});

	test('a tail call that is none keeps what was done', async () => {
		const before = 'async function last(i) { "use durable"; return await b(i); }';
		expect(await logs('await a(1); return last(2);', { before })).toEqual(['a(1)', 'b(2)']);
	});
});

describe('fibers', () => {
	test('what a fiber did is dropped when it is over', async () => {
		const before = 'async function each(i) { "use durable"; await a(i); await sleep(1); return i; }';
		const body = 'await Promise.all([each(1), each(2)]); await suspend(); await b(3);';
		expect(await logs(body, { before, log: 'all' })).toEqual([
			'each(1)',
			'a(1)',
			'each(2)',
			'a(2)',
			'sleep',
			'sleep',
			'suspend()',
			'b(3)',
		]);
		expect(await logs(body, { before })).toEqual(['2 of a', '2 of sleep', 'suspend()', 'b(3)']);
	});

	test('what an async generator did is dropped when it is over, however it has ended', async () => {
		const before = 'async function* each(i) { "use durable"; await a(i); yield i; await b(i); yield i; }';
		const body = `for await (const i of each(1)) await suspend(i);
			for await (const i of each(2)) break;
			try { for await (const i of each(3)) throw await suspend(i); } catch {}`;
		expect(await logs(`${body} await c(4);`, { before })).toEqual([
			'1 of suspend',
			'1 of b',
			'suspend(1)',
			'3 of a',
			'suspend(3)',
			'c(4)',
		]);
	});

	test('what has only started stays, and is dropped when it is over', async () => {
		const body = `const ps = [];
			for (const i of [1, 2, 3]) { ps.push(slow(i)); await a(i); }
			await b(ps.length);
			await Promise.all(ps);`;
		expect(await logs(body)).toEqual(['2 of slow', '2 of a', 'slow(3)', 'a(3)', 'b(3)']);
	});
});

describe('calls of durable functions, where all is kept', () => {
	test('what they were called with, and what they gave', async () => {
		const source = `${IMPORTS}
			async function half(n) { "use durable"; if (n % 2) throw new RangeError('odd'); return b(n / 2); }
			async function twice(n, o) { "use durable"; return (await half(n)) + (await half(n * 2)); }
			export async function main() { "use durable";
				const x = await twice(4, { deep: [1] });
				try { await half(3); } catch {}
				return x + (await Promise.all([half(8)]))[0];
			}`;
		const main = loadMain(source, world);
		const { log } = await run(main, [], { log: 'all' });
		expect(
			log
				.filter(({ kind }) => kind === 'call')
				.map(({ seq, name, args, outcome, fiber }) => [seq, name, args, outcome, fiber]),
		).toMatchObject([
			[1, 'twice', [4, { deep: [1] }], { value: 6 }, 0],
			[2, 'half', [4], { value: 2 }, 0],
			[4, 'half', [8], { value: 4 }, 0],
			[6, 'half', [3], { error: { message: 'odd' } }, 0],
			[7, 'half', [8], { value: 4 }, 1],
		]);
		expect((await run(main, [])).log.map(({ name }) => name)).toEqual(['b', 'b', 'b']);
	});

	test('one that is under way has only started; what cannot be saved is named', async () => {
		const source = `${IMPORTS}
			async function ask(f) { "use durable"; return await suspend(f.length); }
			export async function main() { "use durable"; return await ask(new WeakMap()); }`;
		const outcome = await run(loadMain(source, world), [], { log: 'all' });
		expect(outcome.log[0]).toMatchObject({ kind: 'call', name: 'ask', args: ['[unsaveable]'], state: 'started' });
	});
});

describe('marks', () => {
	const chat = 'for (let i = 0; i < 4; i++) { await mark("turn"); await a(i); await suspend(i); }';

	test('end a turn, are told to checkpoints, and name what follows', async () => {
		const main = loadMain(
			`${IMPORTS} export async function main() { "use durable"; await a(1); await mark("x"); await mark(); await b(2); }`,
			world,
		);
		const told: (string | undefined)[] = [];
		const outcome = await run(main, [], { onCheckpoint: (_, { mark }) => void told.push(mark) });
		expect(told).toEqual([undefined, 'x', 'mark', undefined]);
		expect(outcome.log.map(({ kind, args, mark, state }) => [kind, args[0], mark, state])).toEqual([
			['effect', 1, null, 'executed'],
			['mark', 'x', 'x', 'executed'],
			['mark', 'mark', 'mark', 'executed'],
			['effect', 2, 'mark', 'executed'],
		]);
		const inside = Continuation.fromBytes(outcome.log[1]!.frames!);
		expect((await inside.continue()).status).toBe('completed');
	});

	test('the latest of each label is kept, with its frames', async () => {
		expect(await logs(`await mark("start"); ${chat}`)).toEqual([
			'mark(start)',
			'3 of mark',
			'3 of a',
			'3 of suspend',
			'mark(turn)',
			'a(3)',
			'suspend(3)',
		]);
		const source = `${IMPORTS} export async function main() { "use durable"; for (const i of [1, 2]) await mark("m"); }`;
		const { log } = await run(loadMain(source, world), [], { log: 'all' });
		expect(log.map(({ frames }) => frames instanceof Uint8Array)).toEqual([false, true]);
	});

	test('one in the middle of an iteration is where the next begins: what follows it is kept', async () => {
		const body = 'for (let i = 0; i < 4; i++) { await a(i); await mark("m"); await b(i); }';
		expect(await logs(body)).toEqual(['2 of mark', '2 of b', '3 of a', 'mark(m)', 'b(2)', 'a(3)', 'mark(m)', 'b(3)']);
	});

	test('a label is a text', async () => {
		const source = `${IMPORTS} export async function main() { "use durable"; await mark(5); }`;
		expect(await run(loadMain(source, world), [])).toMatchObject({ status: 'failed', error: { name: 'TypeError' } });
	});
});

describe('options', () => {
	const body = 'await a(1); await b({ card: 4711 }); await c(3); await sleep(0);';

	test('include and exclude, by name, pattern, kind and predicate', async () => {
		expect(await logs(body, { log: { exclude: ['b', 'sleep'] } })).toEqual(['a(1)', '1 of b', 'c(3)', '1 of sleep']);
		expect(await logs(body, { log: { include: /^[ab]$/ } })).toEqual([
			'a(1)',
			'b([object Object])',
			'1 of c',
			'1 of sleep',
		]);
		expect(await logs(body, { log: { include: ({ kind }) => kind === 'effect', exclude: 'c' } })).toHaveLength(4);
	});

	test('redact: the entry stays, and what it was given and gave is not there', async () => {
		const source = `${IMPORTS} export async function main() { "use durable"; ${body} }`;
		const { log } = await run(loadMain(source, world), [], { log: { redact: 'b' } });
		expect(log[1]).toMatchObject({
			name: 'b',
			args: [],
			state: 'executed',
			outcome: { redacted: true },
			redacted: true,
		});
		expect(JSON.stringify(log)).not.toContain('4711');
	});

	test('what is no option is refused', async () => {
		const source = 'export async function main() { "use durable"; }';
		const refused = [
			['everything', "'everything' is none of"],
			[5, 'number is no log option'],
			[{ keep: 'all', redct: 'pay' }, "there is no option 'redct'"],
			[{ redact: ['pay', 5] }, "'redact' takes names"],
			[{ include: { name: 'pay' } }, "'include' takes names"],
		] as const;
		for (const [log, why] of refused) {
			await expect(run(loadMain(source), [], { log: log as never })).rejects.toThrow(why);
		}
	});
});
