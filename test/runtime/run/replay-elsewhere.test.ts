/** Calls that are not awaited where they stand: made at once by a run, by a replay answered from its log. */
import {
	Continuation,
	decodeLog,
	encodeLog,
	type LogEntry,
	LogPrunedError,
	type Outcome,
	replace,
	replay,
	run,
	serializable,
} from '@perdure/runtime';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { compile } from '../../support/compile.ts';
import { loadMain } from './program.ts';

/** What the host was asked for, in order. */
const asked: string[] = [];
beforeEach(() => {
	asked.length = 0;
});

async function get(x: unknown): Promise<string> {
	asked.push(`get ${x}`);
	await null;
	return `got ${x}`;
}

/** Of a class, so that it is found by name after a restore. */
class Api {
	async get(x: unknown): Promise<string> {
		return get(x);
	}
	/** A method that a getter gives. */
	get late() {
		asked.push('read');
		return (x: unknown) => get(`late ${x}`);
	}
}

serializable(Api);

const api = {
	get,
	deep: { get },
	maybe: get,
	async tag(parts: readonly string[], ...values: unknown[]) {
		return get(parts.join('-') + values.join());
	},
	sync: (x: number) => x + 1,
	async fail(x: unknown) {
		asked.push(`fail ${x}`);
		throw new RangeError(`no ${x}`);
	},
	throws() {
		throw new TypeError('at once');
	},
	/** Calls what it is given, in the turn. */
	each: (list: readonly unknown[], f: (x: unknown) => unknown) => Promise.all(list.map(f)),
	/** A promise, or at once what it was given. */
	either: (x: unknown) => (x === 0 ? x : get(x)),
	/** Never calls it in the turn. */
	async late(_f: unknown) {
		asked.push('late');
		return 'late';
	},
	Api,
};

const HEAD = `import { get, api } from 'world'; import { mark, serializable, sleep, suspend } from '@perdure/runtime';\n`;

function program(body: string, before = '') {
	return loadMain(`${HEAD}${before} export async function main(o) { "use durable"; ${body} }`, { get, api });
}

async function logged(main: (...args: unknown[]) => Promise<unknown>, args: unknown[] = []) {
	const outcome: Outcome<unknown> = await run(main, args, { log: 'all' });
	const then = [...asked];
	asked.length = 0;
	return { outcome, then, log: decodeLog(encodeLog(outcome.log)) };
}

const shape = (log: readonly LogEntry[]) =>
	decodeLog(encodeLog(log)).map(({ seq, kind, name, args, state, settledSeq, fiber, outcome }) => [
		seq,
		kind,
		name,
		args,
		state,
		settledSeq,
		fiber,
		outcome,
	]);

describe('is not made, whatever its callee is', () => {
	const forms: Readonly<Record<string, readonly [body: string, before?: string]>> = {
		'a name': ['const p = get(1); return p;'],
		'call and apply': ['const p = get.call(null, 1); const q = get.apply(null, [2]); return [await p, await q];'],
		'a member of a binding': ['const p = api.get(1); return p;'],
		'a member of a member': ['const p = api.deep.get(1); return p;'],
		'a member of a value': ['const a = new api.Api(); const p = a.get(1); return p;', ''],
		'a computed key': ["const p = new api.Api()['g' + 'et'](1); return p;"],
		'a computed key of a value': ['const a = new api.Api(); const key = "get"; const p = a[key](1); return p;'],
		'what a call gave': ['const own = () => new api.Api(); const p = own().get(1); return p;'],
		'what a getter gave': ['const p = new api.Api().late(1); return p;'],
		'an optional member': ['const p = api?.get(1); return p;'],
		'an optional call': ['const p = api.maybe?.(1); return p;'],
		'an optional chain in parentheses': ['const p = (api?.get)(1); return p;'],
		'a tag': ['const p = api.tag`a${1}b`; return p;'],
		'a link on a promise': ['const p = get(1).then((x) => [x]); return p;'],
		'spread arguments': ['const list = [1, 2]; const p = get(...list); return p;'],
		'a callback of an array': ['const ps = [1, 2, 3].map((x) => get(x)); return Promise.all(ps);'],
		'elements of a literal': ['const ps = { a: get(1), b: [get(2)] }; return [await ps.a, await ps.b[0]];'],
		'an argument of a durable function': [
			'return wait(get(1));',
			'async function wait(p) { "use durable"; return p; }',
		],
		'an argument of a closure': ['const wait = async (p) => [await p]; return await wait(get(1));'],
		'a private method': [
			'const p = new Own().both(1); return p;',
			'class Own { #get(x) { return get(x); } async both(x) { "use durable"; const p = this.#get(x); await mark("m"); return [await p]; } } serializable(Own, { serialize: () => [], deserialize: () => new Own() });',
		],
		'a private method as a tag': [
			'const p = new Tags().both(1); return p;',
			'class Tags { #get(parts, x) { return get(x); } async both(x) { "use durable"; const p = this.#get`a${x}`; await mark("m"); return [await p]; } } serializable(Tags, { serialize: () => [], deserialize: () => new Tags() });',
		],
		'a private method of a class of the run': [
			'class Own { #a = new api.Api(); #get(x) { return this.#a.get(x); } async both(x) { const p = this.#get(x); await mark("m"); return [await p]; } } const p = new Own().both(1); return p;',
		],
		'a method of super': [
			'const p = new Sub().both(1); return p;',
			'class Sub extends api.Api { async both(x) { "use durable"; const p = super.get(x); await mark("m"); return [await p]; } } serializable(Sub);',
		],
		'one that fails': ['const p = api.fail(1); try { return await p; } catch (e) { return e.message; }'],
		'one for which nobody waits': ['get(1); await sleep(1); return await get(2);'],
		'turn after turn': [
			'const all = []; for (const x of [1, 2]) { const p = get(x); await mark("m"); all.push(await p); } return all;',
		],
		'fibers side by side': [
			'const one = async (x) => { const p = get(x); await mark("m" + x); return p; }; return Promise.all([one(1), one(2)]);',
		],
		'one that throws at once among them': [
			'const r = []; try { api.throws(); } catch (e) { r.push(e.message); } const p = get(1); return [...r, await p];',
		],
	};
	for (const [what, [body, before]] of Object.entries(forms)) {
		test(what, async () => {
			const main = program(body, before);
			const { outcome, then, log } = await logged(main);
			expect(outcome).toMatchObject({ status: 'completed' });
			expect(then.filter((line) => line !== 'read')).not.toEqual([]);
			const again = await replay(main, [], log, { log: 'all' });
			expect(again).toMatchObject({ status: 'completed', value: (outcome as { value: unknown }).value });
			expect(asked).toEqual([]);
			expect(shape(again.log)).toEqual(shape(log));
		});
	}
});

test('arguments are evaluated, in order, and what is of the turn is called', async () => {
	const main = program(
		'const r = []; const arg = (x) => (r.push(x), x); const p = get(arg(1) + api.sync(arg(2))); const q = (r.push("o"), o)[(r.push("k"), "get")](arg(3)); return [await p, await q, r];',
	);
	const { outcome, log } = await logged(main, [new Api()]);
	expect(outcome).toMatchObject({ value: ['got 4', 'got 3', [1, 2, 'o', 'k', 3]] });
	expect(await replay(main, [new Api()], log)).toMatchObject({ value: (outcome as { value: unknown }).value });
	expect(asked).toEqual([]);
});

test('at every prefix of the log: what is in it as executed is not made, what is not is made once', async () => {
	const main = program(
		'const ps = [1, 2, 3].map((x) => get(x)); const r = []; for (const p of ps) r.push(await p); return r;',
	);
	const { log } = await logged(main);
	for (let length = 0; length <= log.length; length++) {
		asked.length = 0;
		const outcome = await replay(main, [], log.slice(0, length));
		expect(outcome).toMatchObject({ value: ['got 1', 'got 2', 'got 3'] });
		const there = log.slice(0, length).map(({ args }) => `get ${args[0]}`);
		expect([...asked, ...there].sort()).toEqual(['get 1', 'get 2', 'get 3']);
	}
});

test('what has only started is done, under its key', async () => {
	const main = program('const p = get(1); return await p;');
	const { log } = await logged(main);
	const open = log.map(
		(entry) => ({ ...entry, state: 'started', outcome: null, settledSeq: null, endedAt: null }) as const,
	);
	const again = await replay(main, [], open, { log: 'all' });
	expect(again).toMatchObject({ status: 'completed', value: 'got 1' });
	expect(asked).toEqual(['get 1']);
	expect(again.log[0]).toMatchObject({ key: log[0]!.key, attempt: 2 });
});

test('what failed is done afresh where that is asked for', async () => {
	const main = program(
		'const p = api.fail(1); const q = get(2); try { await p; } catch (e) { return [e.message, await q]; }',
	);
	const { log } = await logged(main);
	expect(await replay(main, [], log, { failed: 'again' })).toMatchObject({ value: ['no 1', 'got 2'] });
	expect(asked).toEqual(['fail 1']);
});

test('from a mark, in a state that has one in flight', async () => {
	const main = program('const p = get(1); await mark("m"); const q = get(2); return [await p, await q];');
	const { log } = await logged(main);
	expect(await replay(main, [], log, { from: 'm' })).toMatchObject({ value: ['got 1', 'got 2'] });
	expect(asked).toEqual([]);
});

test('where the log has dropped its entry it is not made either', async () => {
	const main = program('for (let i = 0; i < 3; i++) { const p = get(i); await p; } return await suspend("over");');
	const { log } = await run(main, [], { log: 'iteration' });
	expect(log.some(({ kind, name }) => kind === 'pruned' && name === 'get')).toBe(true);
	asked.length = 0;
	await expect(replay(main, [], log)).rejects.toThrow(LogPrunedError);
	expect(asked).toEqual([]);
});

test('where the code has left the log it is made', async () => {
	const main = program('const p = get(1); return await p;');
	const other = program('const q = api.sync(1); await mark("m"); const p = get(q); return await p;');
	const { log } = await logged(main);
	expect(await replay(other, [], log, { onDivergence: 'continue' })).toMatchObject({ value: 'got 2' });
	expect(asked).toEqual(['get 2']);
});

test('a function of the host that calls closures of the run in the turn is called again, and what they issue is answered', async () => {
	const main = program('let n = 0; const p = api.each([1, 2], (x) => { n++; return get(x); }); return [await p, n];');
	const { outcome, log } = await logged(main);
	expect(outcome).toMatchObject({ value: [['got 1', 'got 2'], 2] });
	expect(log.map(({ name }) => name)).toEqual(['get', 'get', 'api.each']);
	const again = await replay(main, [], log, { log: 'all' });
	expect(again).toMatchObject({ value: [['got 1', 'got 2'], 2] });
	expect(asked).toEqual([]);
	expect(shape(again.log)).toEqual(shape(log));
});

test('the log knows a call by its place and order: not which of two gave a plain value', async () => {
	const main = program('const r = []; for (const x of o) { const p = api.either(x); r.push(await p); } return r;');
	const promiseFirst = await logged(main, [[1, 0]]);
	expect(promiseFirst.outcome).toMatchObject({ value: ['got 1', 0] });
	expect(await replay(main, [[1, 0]], promiseFirst.log)).toMatchObject({ value: ['got 1', 0] });
	const valueFirst = await logged(main, [[0, 1]]);
	expect(valueFirst.outcome).toMatchObject({ value: [0, 'got 1'] });
	expect(await replay(main, [[0, 1]], valueFirst.log)).toMatchObject({ value: ['got 1', 'got 1'] });
	// The second is not in the log any more.
	expect(asked).toEqual(['get 1']);
});

test('not one whose closures were called before, or run later', async () => {
	const main = program(
		'const f = (x) => get(x); const first = f(1); const p = api.late(f); const q = await first; return [q, await p];',
	);
	const { outcome, log } = await logged(main);
	expect(outcome).toMatchObject({ value: ['got 1', 'late'] });
	expect(log.map(({ name }) => name)).toEqual(['get', 'api.late']);
	expect(await replay(main, [], log)).toMatchObject({ value: ['got 1', 'late'] });
	expect(asked).toEqual([]);
});

describe('a handler', () => {
	const by = vi.fn(async (x: unknown) => `stood in for ${x}`);
	beforeEach(() => by.mockClear());

	test('is called in the place of a call that is not awaited where it stands', async () => {
		const main = program(
			'const a = new api.Api(); const ps = [1, 2].map((x) => get(x)); const q = a.get(3); const r = get.call(null, 4); return [await Promise.all(ps), await q, await r, api.sync(1)];',
		);
		const o = { handlers: [replace(get, by), replace(Api.prototype.get, by)] };
		const outcome = await run(main, [], o);
		expect(outcome).toMatchObject({
			value: [['stood in for 1', 'stood in for 2'], 'stood in for 3', 'stood in for 4', 2],
		});
		expect(asked).toEqual([]);
		expect(by).toHaveBeenCalledTimes(4);
	});

	test('and again after a restore; the original without it', async () => {
		const { main } = compile(
			`${HEAD} export async function main() { "use durable"; const p = get(1); await suspend("now"); const q = get(2); return [await p, await q]; }`,
			{ world: { get, api } },
		).exports as { main: () => Promise<unknown> };
		const first = await run(main, [], { handlers: [replace(get, by)] });
		if (first.status !== 'suspended') throw new Error(first.status);
		const bytes = await first.continuation.toBytes();
		const on = await Continuation.fromBytes(bytes).resume(null, { handlers: [replace(get, by)] });
		expect(on).toMatchObject({ value: ['stood in for 1', 'stood in for 2'] });
		expect(asked).toEqual([]);
		const without = await Continuation.fromBytes(bytes).resume(null);
		expect(without).toMatchObject({ value: [expect.any(String), 'got 2'] });
	});

	test('of a method is called with its receiver', async () => {
		const main = program('const a = new api.Api(); const p = a.get(1); return await p;');
		const seen: unknown[] = [];
		const method = async function (this: unknown, x: unknown) {
			seen.push(this);
			return `${x}`;
		};
		await run(main, [], { handlers: [replace(Api.prototype.get, method)] });
		expect(seen).toEqual([expect.any(Api)]);
	});
});
