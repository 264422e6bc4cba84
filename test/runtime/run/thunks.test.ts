/** Calls made in place as arguments: made again only for a re-issue, and only if their value cannot be saved. */
import { Continuation, run } from '@perdure/runtime';
import { expect, test } from 'vitest';
import { loadMain } from './program.ts';

type Request = { signal: AbortSignal };

async function parkedBytes(main: (...args: unknown[]) => Promise<unknown>, args: unknown[] = []): Promise<Uint8Array> {
	const parking = new AbortController();
	let bytes: Uint8Array | undefined;
	await run(main, args, {
		park: parking.signal,
		onCheckpoint(c) {
			bytes ??= c.toBytes();
			parking.abort();
		},
	});
	return bytes!;
}

test('AbortSignal.timeout(1000) in an options literal: the first attempt gets the very one that was made', async () => {
	const made: AbortSignal[] = [];
	const seen: AbortSignal[] = [];
	const source = `
		import { get, timeout } from 'world';
		export async function main() { "use durable"; return await get('u', { signal: timeout(1000) }); }`;
	const world = {
		timeout: (ms: number) => {
			const signal = AbortSignal.timeout(ms);
			made.push(signal);
			return signal;
		},
		get: async (_: string, { signal }: Request) => void seen.push(signal),
	};
	await run(loadMain(source, world), []);
	expect(made).toHaveLength(1);
	expect(seen[0]).toBe(made[0]);

	made.length = seen.length = 0;
	const bytes = await parkedBytes(loadMain(source, world));
	expect([made.length, seen.length]).toEqual([1, 0]);
	expect(await Continuation.fromBytes(bytes).continue()).toMatchObject({ status: 'completed' });
	expect(made).toHaveLength(2);
	expect(seen).toEqual([made[1]]);
});

test('the operands of a thunk are evaluated once and saved', async () => {
	let evaluated = 0;
	const seen: unknown[] = [];
	const source = `
		import { make, next, send } from 'world';
		export async function main() { "use durable"; return await send(make(next(), { a: [next()] })); }`;
	const world = {
		next: () => ++evaluated,
		make: (n: number, o: object) => ({ n, o, live: () => 0 }),
		send: async ({ n, o }: { n: number; o: object }) => void seen.push([n, o]),
	};
	const bytes = await parkedBytes(loadMain(source, world));
	await Continuation.fromBytes(bytes).continue();
	await Continuation.fromBytes(bytes).continue();
	expect(evaluated).toBe(2);
	expect(seen).toEqual([
		[1, { a: [2] }],
		[1, { a: [2] }],
	]);
});

test('a value that can be saved is saved: nothing is made again', async () => {
	let made = 0;
	const seen: unknown[] = [];
	const source = `
		import { make, send } from 'world';
		export async function main() { "use durable"; return await send({ id: make(), list: new Array(2).fill(make()) }); }`;
	const world = { make: () => ++made, send: async (x: unknown) => void seen.push(x) };
	await Continuation.fromBytes(await parkedBytes(loadMain(source, world))).continue();
	expect(made).toBe(2);
	expect(seen).toEqual([{ id: 1, list: [2, 2] }]);
});

test('new FormData() in place', async () => {
	const seen: FormData[] = [];
	const source = `
		import { send } from 'world';
		export async function main() { "use durable"; return await send({ body: new FormData() }); }`;
	const main = loadMain(source, { send: async ({ body }: { body: FormData }) => void seen.push(body) });
	expect(await run(main, [])).toMatchObject({ status: 'completed' });
	await Continuation.fromBytes(await parkedBytes(main)).continue();
	expect(seen.map((body) => body instanceof FormData)).toEqual([true, true]);
});

test('one value in two places is one value again', async () => {
	const seen: boolean[] = [];
	const source = `
		import { make, send } from 'world';
		export async function main() { "use durable"; return await send(((x) => [x, x])(make())); }`;
	const main = loadMain(source, { make: () => ({}), send: async ([a, b]: unknown[]) => void seen.push(a === b) });
	await run(main, []);
	await Continuation.fromBytes(await parkedBytes(main)).continue();
	expect(seen).toEqual([true, true]);
});

test('an effect that uses up what a thunk made has changed no argument', async () => {
	const source = `
		import { send } from 'world';
		export async function main() { "use durable"; return await send({ body: new FormData(), n: 1 }); }`;
	const main = loadMain(source, {
		send: async ({ body }: { body: FormData }) => {
			body.append('a', 'b');
			return 'sent';
		},
	});
	expect(await run(main, [])).toMatchObject({ value: 'sent' });
});

test('what is left of the argument is compared all the same', async () => {
	const source = `
		import { send } from 'world';
		export async function main() { "use durable"; try { await send({ body: new FormData(), o: { n: 1 } }); } catch (e) { return e.path; } }`;
	const main = loadMain(source, { send: async ({ o }: { o: { n: number } }) => void o.n++ });
	expect(await run(main, [])).toMatchObject({ value: 'arguments[0].o.n' });
});

test('looking at a run never runs a thunk', async () => {
	let made = 0;
	const source = `
		import { make, send } from 'world';
		export async function main() { "use durable"; return await send(make()); }`;
	const main = loadMain(source, { make: () => (made++, () => 0), send: async () => {} });
	const c = Continuation.fromBytes(await parkedBytes(main));
	c.inspect();
	c.schemaId;
	c.suspensions;
	c.log;
	c.toBytes();
	c.fork();
	expect(made).toBe(1);
});

test('what a thunk throws when it is made again is thrown at the await, as it is', async () => {
	const source = `
		import { make, send } from 'world';
		export async function main() { "use durable";
			try { return await send({ with: make(7) }); } catch (error) { return ['caught', error, error.config]; }
		}`;
	let broken = false;
	const sent: unknown[] = [];
	const main = loadMain(source, {
		make: (n: number) => {
			if (broken) throw Object.assign(new RangeError('no such file'), { config: n });
			return () => n;
		},
		send: async (o: unknown) => void sent.push(o),
	});
	const bytes = await parkedBytes(main);
	broken = true;
	const outcome = await Continuation.fromBytes(bytes).continue();
	expect(outcome).toMatchObject({
		status: 'completed',
		value: ['caught', { name: 'RangeError', message: 'no such file' }, 7],
	});
	expect(outcome.log.at(-1)).toMatchObject({
		name: 'send',
		state: 'executed',
		outcome: { error: expect.any(RangeError) },
	});
	expect(sent).toEqual([]);
	broken = false;
	expect(await Continuation.fromBytes(bytes).continue()).toMatchObject({ status: 'completed', value: undefined });
});

test('it is tried again as the policy of the effect says', async () => {
	const source = `
		import { effect } from '@perdure/runtime';
		import { make } from 'world';
		let sent = 0;
		const send = effect(async ({ f }) => [++sent, f()], { retry: { attempts: 3, delay: 0 } });
		export async function main() { "use durable"; return await send({ f: make() }); }`;
	let failures = 0;
	const main = loadMain(source, {
		make: () => {
			if (failures > 0 && failures-- > 0) throw new RangeError('not yet');
			return () => 'made';
		},
	});
	const bytes = await parkedBytes(main);
	failures = 2;
	expect(await Continuation.fromBytes(bytes).continue()).toMatchObject({ status: 'completed', value: [1, 'made'] });
	failures = 3;
	expect(await Continuation.fromBytes(bytes).continue()).toMatchObject({
		status: 'failed',
		error: { message: 'not yet' },
	});
});

test.each([
	['an element', 'const [r] = await Promise.all([send({ s: make(1) })]); return r;'],
	[
		'an element, behind one that was awaited',
		'const [, r] = await Promise.all([await send({ s: null }), send({ s: make(1) })]); return r;',
	],
	['an element of a closure', 'const all = () => Promise.all([send({ s: make(1) })]); return (await all())[0];'],
	['a chain among the elements', 'return (await Promise.all([send({ s: make(1) }).then((x) => x)]))[0];'],
	[
		'a method of a saved value',
		'const key = "send"; return (await Promise.all([api[key]({ s: make(1) }), api.send({ s: make(1) })]))[0];',
	],
	['an assigned operand', 'let p; return await (p ??= send({ s: make(1) }));'],
	['a return through finally', 'try { return send({ s: make(1) }); } finally { await send({ s: null }); }'],
])('what is made in place for a call that is not waited for there: %s', async (_, body) => {
	// Hot, and once more from what was stored before it was dispatched.
	expect(await madeAgain(body)).toBe(2);
});

test.each([
	['a call', 'const p = send({ s: make(1) }); return await p;'],
	['a call of a closure', 'const f = (n) => send({ s: make(n) }); const p = f(1); return await p;'],
	['of a method of the module', 'const p = api.send({ s: api.make(1), list: [api.make(1)] }); return await p;'],
	['new', 'const p = send({ s: new Made(1) }); return await p;'],
	['in one another', 'const p = send({ s: make(new Made(make([make(1)]))) }); return await p;'],
	[
		'by values that are spread',
		'const list = [1]; const p = send({ s: make(...list) }); list.push(2); return await p;',
	],
	['an optional call', 'const p = api?.send?.({ s: make(1) }); return await p;'],
	['a callee in parentheses', 'const p = (api?.send)({ s: make(1) }); return await p;'],
	['a tagged template', 'const p = tag`a${make(1)}b`; return await p;'],
	['behind an argument that was awaited', 'const p = second(await 1, { s: make(1) }); return await p;'],
	['before a link of a chain', 'const p = send({ s: make(1) }).then((x) => x); return await p;'],
	['handed on', 'const p = send.call(null, { s: make(1) }); return await p;'],
	['two of one site', 'const p = [1, 2].map((n) => send({ s: make(n) })); return (await Promise.all(p))[0];'],
])('what is made in place for a call that has started: %s', async (_, body) => {
	// The attempt that the process did not survive, too.
	expect(await madeAgain(body)).toBe(3);
});

/** How often a program makes its calls for each time that it asks for them, dropped while they are under way. */
async function madeAgain(body: string): Promise<number> {
	const seen: unknown[] = [];
	const send = async ({ s }: { s: { live(): number } | null }) => {
		seen.push(s?.live());
		return s?.live();
	};
	class Made {
		readonly n: unknown;
		readonly live = () => (this.n === undefined ? 1 : 0);
		constructor(n: unknown) {
			this.n = n;
		}
	}
	const make = (n: unknown) => new Made(n);
	const tag = (_: TemplateStringsArray, s: Made) => send({ s });
	const second = (_: number, o: { s: Made }) => send(o);
	const world = { api: { send, make }, send, second, make, Made, tag };
	const main = loadMain(
		`import { api, make, Made, second, send, tag } from 'world'; export async function main() { "use durable"; ${body} }`,
		world,
	);
	const hot = await run(main, []);
	if (hot.status === 'failed') throw hot.error;
	const calls = seen.length;
	const stored = await Continuation.fromBytes(await parkedBytes(main)).continue();
	expect(stored).toEqual({ ...hot, log: expect.anything() });
	expect(seen).toContain(0);
	expect(seen).not.toContain(1);
	return seen.length / calls;
}
