/** What cannot be saved: kept only within a turn; otherwise the run fails and says which variable, where, and the way out. */
import { Continuation, run } from '@perdure/runtime';
import { expect, test, vi } from 'vitest';
import { NotSerializableError } from '../../../packages/runtime/src/errors/saving.ts';
import { loadMain } from './program.ts';

class Session {
	socket = { open: true };
}
const live = async () => new Session();

test('an unsaveable result used in the same turn is no problem, with checkpoints either', async () => {
	const source = `
		import { live, eff } from 'world';
		export async function main() { "use durable"; const s = await live(); const open = s.socket.open; await eff(); return open; }`;
	const main = loadMain(source, { live, eff: async () => {} });
	expect(await run(main, [])).toMatchObject({ status: 'completed', value: true });
	const outcome = await run(main, [], { onCheckpoint: (c) => void c.toBytes() });
	expect(outcome).toMatchObject({ status: 'completed', value: true });
	expect(outcome.log[0]).toMatchObject({ name: 'live', state: 'executed', outcome: { unsaveable: true } });
});

const HELD = `
	import { live, eff } from 'world';
	export async function main() { "use durable";
		const box = { session: await live() };
		await eff();
		return box.session.socket.open;
	}`;

test.each([
	['in development', {}],
	['with onCheckpoint', { onCheckpoint() {} }],
])('held over an await it fails the run, naming variable, place and way out: %s', async (_, options) => {
	const eff = vi.fn(async () => {});
	const outcome = await run(loadMain(HELD, { live, eff }), [], options);
	expect(outcome.status).toBe('failed');
	if (outcome.status !== 'failed') return;
	expect(NotSerializableError.is(outcome.error)).toBe(true);
	expect(outcome.error).toMatchObject({ code: 'PD3005', path: 'box.session', point: 'subject.ts:5:3' });
	expect((outcome.error as NotSerializableError).message).toContain(
		"'box.session' is captured across an await (subject.ts:5:3)",
	);
	expect((outcome.error as NotSerializableError).help).toContain('Session');
	// Nothing of the turn that cannot be saved was done.
	expect(eff).not.toHaveBeenCalled();
	expect(outcome.log.map(({ name, state, outcome }) => [name, state, outcome])).toEqual([
		['live', 'executed', { unsaveable: true }],
	]);
});

test('in production without checkpoints it is found when bytes are asked for', async () => {
	vi.stubEnv('NODE_ENV', 'production');
	try {
		const source = HELD.replace('await eff();', 'await suspend();').replace(
			'import {',
			"import { suspend } from '@perdure/runtime'; import {",
		);
		const outcome = await run(loadMain(source, { live, eff() {} }), []);
		expect(outcome.status).toBe('suspended');
		if (outcome.status !== 'suspended') return;
		const { continuation } = outcome;
		expect(() => continuation.toBytes()).toThrow(
			expect.objectContaining({ path: 'box.session', point: 'subject.ts:5:3' }),
		);
		expect(() => continuation.fork()).toThrow(NotSerializableError);
		// It can go on from memory, once; what is refused does not count.
		await expect(continuation.resume(() => 0)).rejects.toMatchObject({ code: 'PD3007', path: 'answer' });
		expect(await continuation.resume()).toMatchObject({ status: 'completed', value: true });
		await expect(continuation.resume()).rejects.toThrow(NotSerializableError);
	} finally {
		vi.unstubAllEnvs();
	}
});

test('a variable that is dead at the await need not be saveable', async () => {
	const source = `
		import { live, eff } from 'world';
		export async function main() { "use durable"; let s = await live(); const { open } = s.socket; await eff(); s = null; return open; }`;
	expect(await run(loadMain(source, { live, eff: async () => {} }), [], { onCheckpoint() {} })).toMatchObject({
		value: true,
	});
});

test.each([
	['new WeakMap()', 'PD3001'],
	['() => {}', null],
	['world', 'PD3007'],
	['[1][Symbol.iterator]()', null],
	['world.list()', 'PD3006'],
	['Iterator.from(world.list()).map((x) => x)', 'PD3006'],
	['(function* () {})()', null],
	['Promise.resolve(1)', null],
	['{ get x() { return 1; } }', null],
	["Object.defineProperty({}, 'x', { get: world.list, enumerable: true, configurable: true })", 'PD3001'],
	['new Proxy({}, {})', null],
	['Symbol.iterator', null],
	['class A { #x = 1; }', null],
	['new (class A { #x = 1; })()', null],
])('%s held over an await: %s', async (expression, code) => {
	const source = `
		import { world, eff } from 'world';
		export async function main() { "use durable"; const held = ${expression}; await eff(); return typeof held; }`;
	let main: (...args: unknown[]) => Promise<unknown>;
	try {
		main = loadMain(source, { world: Object.assign(() => {}, { list: () => [1].values() }), eff: async () => {} });
	} catch (error) {
		// A compile error says it as well.
		expect(String(error)).toMatch(/PD[23]\\d+|PD\\d+/);
		return;
	}
	const outcome = await run(main, []);
	if (code === null) expect(outcome.status).toBe('completed');
	else if (code !== undefined)
		expect(outcome).toMatchObject({ status: 'failed', error: { code, path: expect.stringMatching(/^held/) } });
});

test('the frame that holds it is named, not the one that waits', async () => {
	const source = `
		import { live, eff } from 'world';
		async function inner() { "use durable"; await eff(); }
		export async function main() { "use durable";
			const session = await live();
			await inner();
			return session;
		}`;
	const outcome = await run(loadMain(source, { live, eff: async () => {} }), []);
	expect(outcome).toMatchObject({ status: 'failed', error: { path: 'session', point: 'subject.ts:6:4' } });
});

test('a result of the run need not be saveable', async () => {
	const main = loadMain(
		`import { live } from 'world'; export async function main() { "use durable"; return await live(); }`,
		{ live },
	);
	const outcome = await run(main, [], { onCheckpoint() {} });
	expect(outcome.status).toBe('completed');
	expect((outcome as { value?: unknown }).value).toBeInstanceOf(Session);
});

test('an error that cannot be saved is caught as it is, and refused over the next await', async () => {
	class Weird extends Error {
		live = () => 0;
	}
	const source = `
		import { fail, eff } from 'world';
		export async function main(hold) { "use durable";
			try { await fail(); } catch (e) { if (!hold) return e.message; await eff(); return e.message; }
		}`;
	const main = loadMain(source, {
		fail: async () => {
			throw new Weird('odd');
		},
		eff: async () => {},
	});
	expect(await run(main, [false])).toMatchObject({ value: 'odd' });
	expect(await run(main, [true])).toMatchObject({ status: 'failed', error: { path: expect.stringMatching(/^e/) } });
});

test('the continuation of such a failure is the state before the turn', async () => {
	const outcome = await run(loadMain(HELD, { live, eff: async () => {} }), [], { onCheckpoint() {} });
	if (outcome.status !== 'failed') throw new Error(outcome.status);
	expect(outcome.continuation.inspect().pending.map(({ name }) => name)).toEqual(['live']);
	expect(Continuation.fromBytes(outcome.continuation.toBytes()).functionId).toBe('perdure/subject#main');
});

test.each([
	[
		'an instance of a constructor function',
		'const p = new Point(1)',
		'return p.x',
		/'p' .*instance of 'Point', a constructor function/,
	],
	['its changed prototype', 'Point.prototype.twice = () => 2', 'return new Point(1).twice()', /prototype was changed/],
])('%s made in durable code: it should be a class', async (_, before, after, message) => {
	const main = loadMain(
		`import { eff } from 'world';
		export async function main() { "use durable"; function Point(x) { this.x = x; } ${before}; await eff(); ${after}; }`,
		{
			eff: async () => {},
		},
	);
	const outcome = await run(main, []);
	expect(outcome).toMatchObject({
		status: 'failed',
		error: { code: 'PD3005', help: expect.stringMatching(/^write 'Point' as a class/) },
	});
	if (outcome.status === 'failed') expect((outcome.error as Error).message).toMatch(message);
});

test.each([
	['a native iterator', 'world.native()'],
	['an object of its own', 'world.own()'],
])('a foreign iterator under a loop that waits is named, with the way out: %s', async (_, expression) => {
	const own = () => ({ [Symbol.iterator]: () => ({ next: () => ({ done: false, value: 1 }) }) });
	const source = `
import { world, eff } from 'world';
export async function main() { "use durable"; for (const x of ${expression}) await eff(x); }`;
	const outcome = await run(loadMain(source, { world: { native: () => [1].values(), own }, eff: async () => {} }), []);
	expect(outcome).toMatchObject({
		status: 'failed',
		error: {
			code: 'PD3006',
			path: '(iterator)',
			point: expect.stringMatching(/^subject\.ts:3:/),
			help: expect.stringContaining('[...it]'),
		},
	});
});
