/** Encryption at rest: nothing readable in the store, keys that change, keys that are missing (R1, R2). */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, type Engine, encode, type Keyring, keyring, type Store } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { sqlite } from '@perdure/runtime/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compile } from '../support/compile.ts';
import { SOON } from '../support/soon.ts';
import { blobsOf } from './stored-bytes.ts';

const world = { work: async (secret: string) => `effect ${secret}` };
const { talks, later } = compile(
	`import { emit, receive, setProgress, start, suspend } from '@perdure/runtime';
	import { work } from '#world';
	export async function talks(name) { "use durable";
		setProgress('progress ' + name);
		const done = await work(name);
		await emit('event ' + name);
		const answer = await suspend('question ' + name);
		const message = await receive('m');
		const one = await start(child, ['child ' + name]);
		return [done, answer, message, await one.result()];
	}
	export async function later(name) { "use durable"; return 'at last ' + name; }
	export async function child(name) { "use durable"; return name + '!'; }`,
	{ '#world': world },
).exports as Record<string, (...args: any[]) => Promise<any>>;

const key = (fill: number) => new Uint8Array(32).fill(fill);
const first = keyring({ current: 'one', keys: { one: key(1) } });
const both = keyring({ current: 'two', keys: { one: key(1), two: key(2) } });
const second = keyring({ current: 'two', keys: { two: key(2) } });
const wrong = keyring({ current: 'one', keys: { one: key(9) } });

let folder: string;
let store: Store;
const engines: Engine[] = [];
const opened = (ring: Keyring | null, on = store) => {
	const engine = createEngine({ store: on, log: 'all', ...(ring && { keyring: ring }) });
	engines.push(engine);
	return engine;
};
const close = () => Promise.all(engines.splice(0).map((engine) => engine.close()));
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'perdure-sealed-'));
});
afterEach(async () => {
	await close();
	rmSync(folder, { recursive: true, force: true });
});

/** Up to its question. */
async function asked(engine: Engine, id = 'r', name = 'swordfish') {
	const handle = await engine.start(talks!, [name], { id });
	expect(await handle.next()).toMatchObject({ value: `question ${name}` });
	return handle;
}

const ends = ['effect swordfish', 'the answer', 'the message', 'child swordfish!'];

async function finish(engine: Engine) {
	const handle = engine.get<unknown>('r');
	await handle.resume('the answer');
	await handle.send('m', 'the message');
	expect(await handle.result()).toEqual(ends);
}

describe.each([
	['memory', () => memory()],
	['sqlite', () => sqlite(join(folder, 'runs.db'))],
])('on %s', (_, make) => {
	beforeEach(() => {
		store = make();
	});

	it('does all that it does without keys', async () => {
		const engine = opened(first);
		const handle = await asked(engine);
		expect(await handle.describe()).toMatchObject({
			progress: 'progress swordfish',
			waitingFor: [{ kind: 'suspend' }],
		});
		expect((await handle.inspect()).fibers[0]!.frames[0]!.locals).toMatchObject({ done: 'effect swordfish' });
		await finish(engine);
		expect(await handle.log()).toMatchObject([
			{ args: ['swordfish'] },
			{ args: ['event swordfish'] },
			{ outcome: { value: 'the answer' } },
			{ outcome: { value: 'the message' } },
			{ kind: 'start' },
			{ kind: 'child' },
		]);
		const { value } = await engine.outbox().next();
		expect(value).toMatchObject({ event: 'event swordfish' });
		expect((await engine.start(talks!, ['swordfish'], { id: 'r' })).id).toBe('r');
	});

	it('goes on in another engine with the keys', async () => {
		await asked(opened(first));
		await close();
		await finish(opened(both));
	});

	it('blocks runs whose key is missing or wrong, says why, and loses nothing', async () => {
		await opened(first).start(later!, ['swordfish'], { id: 'r', startAt: 50 });
		await close();
		for (const [ring, code] of [
			[wrong, 'PD6002'],
			[second, 'PD6004'],
			[null, 'PD6004'],
		] as const) {
			const handle = opened(ring).get('r');
			await expect(handle.result(SOON)).rejects.toMatchObject({ code: 'PD10015' });
			expect(await handle.status()).toBe('blocked');
			expect((await handle.describe()).blocked).toMatchObject({ code });
			await close();
		}
		expect(await opened(first).get('r').result()).toBe('at last swordfish');
	});

	it('says to an engine without keys that the bytes are sealed', async () => {
		await asked(opened(first));
		await close();
		const handle = opened(null).get('r');
		for (const look of [() => handle.describe(), () => handle.log(), () => handle.next()]) {
			await expect(look()).rejects.toMatchObject({
				message: /they are sealed/,
				help: expect.stringContaining('keyring'),
			});
		}
	});

	it('hands out an event whose key is missing, which says so when it is looked at', async () => {
		await asked(opened(first));
		await close();
		const { value: event } = await opened(second).outbox().next();
		expect(() => event!.event).toThrow(/key/);
		await close();
		expect((await opened(both).outbox().next()).value).toMatchObject({ event: 'event swordfish' });
	});

	it('hands out an event that was changed, or that anybody could have written, and neither is taken for one', async () => {
		await asked(opened(first));
		await asked(engines[0]!, 'q');
		await close();
		const [changed, forged] = (await blobsOf(store)).filter(({ field }) => field === 'outbox');
		await changed!.replace(changed!.bytes.map((byte, i) => (i === changed!.bytes.length - 1 ? byte ^ 1 : byte)));
		await forged!.replace(encode('forged'));
		const events = opened(first).outbox();
		for (let i = 0; i < 2; i++) {
			const { value: event } = await events.next();
			expect(() => event!.event).toThrow(expect.objectContaining({ code: 'PD6002', kind: 'tampered' }));
			await event!.ack();
		}
	});

	it('counts keys in use and seals again under the current one, while runs go on', async () => {
		await asked(opened(first));
		expect([...(await engines[0]!.keysInUse()).keys()]).toEqual(['one']);
		await close();
		const engine = opened(both);
		await asked(engine, 'q', 'marlin');
		const before = await engine.keysInUse();
		expect([...before.keys()].sort()).toEqual(['one', 'two']);
		expect(await engine.sealAgain()).toBe(before.get('one'));
		expect([...(await engine.keysInUse()).keys()]).toEqual(['two']);
		expect(await engine.sealAgain()).toBe(0);
		await close();
		await finish(opened(second));
		expect(await engines[0]!.get('r').log()).toHaveLength(6);
	});

	it('takes over a store that was not sealed', async () => {
		await asked(opened(null));
		await close();
		// Not woken yet: what is not sealed is refused, since anybody could have written it.
		const engine = opened(first);
		expect([...(await engine.keysInUse()).keys()]).toEqual([null]);
		const refusal = {
			code: 'PD6002',
			message: 'the bytes are not sealed.',
			help: expect.stringContaining('sealAgain()'),
		};
		await expect(engine.get('r').describe()).rejects.toMatchObject(refusal);
		expect(await engine.sealAgain()).toBeGreaterThan(3);
		expect([...(await engine.keysInUse()).keys()]).toEqual(['one']);
		await finish(engine);
		expect(await engine.get('r').log()).toHaveLength(6);
	});

	it('refuses a value that stands in the place of another', async () => {
		const engine = opened(first);
		await asked(engine, 'r');
		await asked(engine, 'q');
		await close();
		const states = (await blobsOf(store)).filter(({ field }) => field === 'state');
		// What it began with, and where it stands.
		const [own, others] = ['r', 'q'].map((id) => states.filter(({ runId }) => runId === id));
		expect(own!.length).toBe(others!.length);
		for (const [i, { replace }] of own!.entries()) expect(await replace(others![i]!.bytes)).toBe(true);
		const next = opened(first);
		await next.get('r').resume('the answer');
		await expect(next.get('r').result(SOON)).rejects.toMatchObject({ code: 'PD10015' });
		expect(await next.get('r').describe()).toMatchObject({ status: 'blocked', blocked: { code: 'PD6002' } });
	});

	it('keeps the order of what is written', async () => {
		const engine = opened(first);
		const handle = await asked(engine);
		await handle.resume('the answer');
		await Promise.all(
			['the message', ...Array.from({ length: 50 }, (_, i) => `m${i}`)].map((m) => handle.send('m', m)),
		);
		expect(await handle.result()).toEqual(ends);
	});
});

it('leaves nothing readable in the file', async () => {
	store = sqlite(join(folder, 'runs.db'));
	const engine = opened(first);
	await asked(engine);
	await engine.get('r').send('m', 'the message');
	await close();
	const files = () =>
		readdirSync(folder)
			.map((name) => readFileSync(join(folder, name)).toString('latin1'))
			.join('');
	for (const secret of ['swordfish', 'the message', 'question']) expect(files()).not.toContain(secret);
	expect(files()).toContain('talks');
	await opened(first).get('r').resume('the answer');
	await engines[0]!.get('r').result();
	for (const secret of ['swordfish', 'the message', 'the answer']) expect(files()).not.toContain(secret);
});
