/** Runs that cannot go on are set aside with a reason, tried again only by other code, and never take the worker with them. */
import { createEngine, type Engine, functionRef, type Store, suspend } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { sqlite } from '@perdure/runtime/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoreListener, StoreSession } from '../../packages/runtime/src/ports/store.ts';
import { SOON } from '../support/soon.ts';
import { durable, finish, park } from './by-hand.ts';
import { ask, loop, resetWorld, work, world } from './programs.ts';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** `const a = work(0); const answer = await suspend(); return answer + a`, with the variable under this name. */
function defineEdited(name: string, slot: string, hash: string) {
	return durable<() => Promise<string>>({
		name,
		hash,
		points: [[slot]],
		calls: [suspend],
		step(f, mode, sent) {
			if (mode) throw sent;
			return f.pc === 0 ? park(f, 1, ['kept'], 0, suspend) : finish(f, `${sent} ${f.s[0]}`);
		},
	});
}

describe.each([
	['memory', () => memory()],
	['sqlite', () => sqlite(':memory:')],
] as [string, () => Store][])('on %s', (storeName, make) => {
	let store: Store;
	const engines: Engine[] = [];
	const open = () => {
		const engine = createEngine({ store });
		engines.push(engine);
		return engine;
	};

	beforeEach(() => {
		resetWorld();
		store = make();
	});
	afterEach(async () => {
		await Promise.all(engines.splice(0).map((engine) => engine.close({ grace: 0 })));
	});

	it('a run of a function that nobody has is blocked, and goes on when somebody does', async () => {
		const engine = open();
		const id = `late-${storeName}`;
		const ref = functionRef<() => Promise<string>>(`test/programs#${id}`);
		const handle = await engine.start(ref, []);
		await expect(handle.next(SOON)).rejects.toMatchObject({
			name: 'BlockedError',
			blocked: { code: 'PD5002' },
		});
		expect(await handle.status()).toBe('blocked');
		const { blocked } = await handle.describe();
		expect(blocked).toMatchObject({ code: 'PD5002', message: expect.stringContaining(id) });
		// The others go on.
		expect(await (await engine.start(loop, [1])).result()).toEqual([0]);

		defineEdited(id, 'a', 'one');
		await engine.start(loop, [0]);
		await engine.close();
		const next = open().get(ref, handle.id);
		expect(await next.next(SOON)).toMatchObject({ status: 'suspended' });
		await next.resume('yes');
		expect(await next.result()).toBe('yes kept');
	});

	it('a run that does not fit the code is blocked with what differs, keeps its state, and goes on with code that fits', async () => {
		const name = `edited-${storeName}`;
		const first = open();
		const handle = await first.start(defineEdited(name, 'a', 'one'), []);
		await handle.next();
		await first.close();

		const renamed = defineEdited(name, 'b', 'two');
		const second = open().get(renamed, handle.id);
		await second.resume('yes');
		await expect(second.result(SOON)).rejects.toMatchObject({
			name: 'BlockedError',
			blocked: { code: 'PD5001' },
		});
		const { blocked } = await second.describe();
		expect(blocked!.differences).toContainEqual({ slot: 'b', was: null, is: 'b' });
		await pause(30);
		expect(await second.status()).toBe('blocked');
		await engines[1]!.close();
		// The same build does not try again.
		const same = open();
		expect(await same.get(handle.id).status()).toBe('blocked');
		await same.close();

		const fixed = defineEdited(name, 'a', 'three');
		expect(await open().get(fixed, handle.id).result(SOON)).toBe('yes kept');
	});

	it('bytes that cannot be read block their run', async () => {
		const engine = open();
		const handle = await engine.start(ask, ['?'], { id: 'broken' });
		await handle.next();
		await engine.close();
		const session = await store.open({ moved() {}, mail() {}, due() {}, emitted() {} });
		await session.know(['test/programs#ask'], 'tamperer');
		await session.post({ runId: 'broken', kind: 'cancel', payload: new Uint8Array([1]) });
		await session.close();
		const next = open().get('broken');
		await expect(next.settled(SOON)).rejects.toMatchObject({
			name: 'BlockedError',
			blocked: { code: 'PD6001' },
		});
	});

	describe('a run that kills its worker', () => {
		type Mortal = StoreSession & { die(): void };

		/** An engine whose process dies when an effect says so. */
		function mortal(): { engine: Engine; die(): void } {
			let session: Mortal | null = null;
			const engine = createEngine({
				store: {
					async open(listener: StoreListener) {
						session = (await store.open(listener)) as Mortal;
						return session;
					},
				} as Store,
			});
			engines.push(engine);
			return { engine, die: () => session!.die() };
		}

		it('is tried alone after two deaths, and set aside after five', async () => {
			const poison = functionRef<() => Promise<string>>(`test/programs#poison-${storeName}`);
			let lethal = () => {};
			let deaths = 0;
			durable({
				name: `poison-${storeName}`,
				points: [[]],
				calls: [work],
				step(f) {
					if (f.pc === 1) return finish(f, 'survived');
					deaths++;
					lethal();
					return park(f, 1, [], 0, work, 13);
				},
			});
			const keep = createEngine({ store, worker: false });
			engines.push(keep);
			await keep.start(poison, [], { id: 'poison' });
			const alive: string[] = [];
			for (let life = 0; life < 7; life++) {
				const { engine, die } = mortal();
				lethal = die;
				const other = engine.start(loop, [1]).then((handle) => handle.result({ timeout: 300 }));
				alive.push(await other.then(String, (e: Error) => e.name));
				await pause(30);
				await engine.close({ grace: 0 });
			}
			expect(deaths).toBe(5);
			expect(await keep.get('poison').describe()).toMatchObject({ status: 'blocked', blocked: { code: 'PD8003' } });
			expect(alive.at(-1)).toBe('0');
		});

		it('starts afresh when it has committed a turn', async () => {
			let dying = true;
			let killer = () => {};
			world.work = async (n) => {
				if (dying) {
					killer();
					await new Promise(() => {});
				}
				return n;
			};
			const keep = createEngine({ store, worker: false });
			engines.push(keep);
			await keep.start(loop, [2], { id: 'r' });
			for (let life = 0; life < 3; life++) {
				const { engine, die } = mortal();
				killer = die;
				await engine.list().next();
				await pause(40);
			}
			dying = false;
			const { engine } = mortal();
			expect(await engine.get('r').result(SOON)).toEqual([0, 1]);
			expect(world.performed.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 1]);
			expect(new Set(world.performed.map(({ key }) => key)).size).toBe(2);
		});
	});
});
