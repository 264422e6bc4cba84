/** What was under way as a worker let go of a run is done by another as another attempt; or not at all, where its policy says so. */
import { createEngine, currentEffect, type Engine, effect, keyring, type Store, StoreError } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { sqlite } from '@perdure/runtime/sqlite';
import { afterEach, describe, expect, it } from 'vitest';
import { compile } from '../support/compile.ts';
import { SOON } from '../support/soon.ts';

const performed: string[] = [];
const waiting = new Map<string, () => void>();
let holding = true;

async function act(label: string): Promise<string> {
	performed.push(`${label} ${currentEffect().attempt}`);
	if (holding && label !== 'next') await new Promise<void>((go) => waiting.set(label, go));
	return label;
}

const { exports } = compile(
	`import { receive } from '@perdure/runtime'; import { act, once } from 'world';
	async function two() { "use durable"; return [await act('quick'), await act('next')]; }
	export async function both() { "use durable"; return await Promise.all([act('slow'), two()]); }
	export async function careful() { "use durable"; try { return await once('once'); } catch (e) { return e.name; } }
	export async function told() { "use durable"; return await Promise.all([careful(), receive('m')]); }`,
	{ world: { act, once: effect(act, { interrupted: 'throw' }) } },
);
const { both, careful, told } = exports as Record<string, () => Promise<unknown>>;

const engines: Engine[] = [];
function engineOn(store: Store, o: { worker?: boolean; keyring?: ReturnType<typeof keyring> } = {}): Engine {
	const engine = createEngine({ store, ...o });
	engines.push(engine);
	return engine;
}
afterEach(async () => {
	holding = true;
	performed.length = 0;
	waiting.clear();
	await Promise.all(engines.splice(0).map((engine) => engine.close({ grace: 0 })));
});
const begun = (...labels: string[]) => expect.poll(() => labels.every((label) => waiting.has(label))).toBe(true);

describe.each([
	['memory', () => memory()],
	['sqlite', () => sqlite(':memory:')],
] as [string, () => Store][])('on %s', (_, make) => {
	it('what a closing worker only issued begins elsewhere as the first attempt', async () => {
		const store = make();
		const first = engineOn(store);
		const { id } = await first.start(both!, []);
		await begun('slow', 'quick');
		const closed = first.close({ grace: 100 });
		waiting.get('quick')!();
		await closed;
		holding = false;
		expect(await engineOn(store).get(id).result(SOON)).toEqual(['slow', ['quick', 'next']]);
		expect(performed.sort()).toEqual(['next 1', 'quick 1', 'slow 1', 'slow 2']);
	});

	it('an effect that a closing worker aborts has no outcome by that, though a turn is under way', async () => {
		const store = make();
		let committing = false;
		let go = () => {};
		const slow = new Promise<void>((resolve) => (go = resolve));
		const aborts = async () => {
			const { signal, attempt } = currentEffect();
			if (attempt > 1) return 'done';
			return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
		};
		const { main } = compile(
			`import { receive } from '@perdure/runtime'; import { aborts } from 'world';
			export async function main() { "use durable"; return await Promise.all([aborts(), receive('m')]); }`,
			{ world: { aborts } },
		).exports as Record<string, () => Promise<unknown>>;
		const first = engineOn({
			async open(listener) {
				const session = await store.open(listener);
				return new Proxy(session, {
					get(_, name: keyof typeof session) {
						const found: unknown = session[name];
						if (name !== 'commit') return typeof found === 'function' ? found.bind(session) : found;
						return async (turn: Parameters<typeof session.commit>[0]) => {
							const committed = await session.commit(turn);
							if (turn.seen !== undefined) {
								committing = true;
								await slow;
							}
							return committed;
						};
					},
				});
			},
		});
		const handle = await first.start(main!, [], { id: 'r' });
		await handle.send('m', 'sent');
		await expect.poll(() => committing).toBe(true);
		const closed = first.close({ grace: 0 });
		setTimeout(go, 20);
		await closed;
		expect(await engineOn(store).get('r').result(SOON)).toEqual(['done', 'sent']);
	});

	it('a worker that closes and cannot write that down has died', async () => {
		const inner = make();
		let fails = false;
		const store: Store = {
			async open(listener) {
				const session = await inner.open(listener);
				const { commit } = session;
				session.commit = async (turn) => {
					if (fails) throw new StoreError({ problem: 'not now' });
					return commit.call(session, turn);
				};
				return session;
			},
		};
		const first = engineOn(store);
		const { id } = await first.start(careful!, []);
		await begun('once');
		fails = true;
		await first.close({ grace: 0 });
		expect(await engineOn(inner).get(id).result(SOON)).toBe('EffectInterruptedError');
		expect(performed).toEqual(['once 1']);
	});

	it('a run that is set aside in the midst of an effect is taken up as one that was cut off', async () => {
		const store = make();
		const [a, b] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
		const first = engineOn(store, { keyring: keyring({ current: 'a', keys: { a } }) });
		const { id } = await first.start(told!, []);
		await begun('once');
		// A message that the first one cannot read.
		const second = engineOn(store, { keyring: keyring({ current: 'b', keys: { a, b } }) });
		await second.get(id).send('m', 'hello');
		expect(
			await second
				.get(id)
				.result(SOON)
				.catch(() => second.get(id).result(SOON)),
		).toEqual(['EffectInterruptedError', 'hello']);
		expect(performed).toEqual(['once 1']);
	});
});
