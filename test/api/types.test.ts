/** The types that users write their programs against: what the compiler accepts here and refuses is part of the API. */
import {
	type AsyncFunction,
	Continuation,
	createEngine,
	currentEffect,
	currentRun,
	type Duration,
	defineQuestion,
	type EffectPolicy,
	type Ended,
	type Engine,
	type EngineOptions,
	effect,
	emit,
	type FunctionRef,
	functionRef,
	type Handler,
	type Keyring,
	type LogEntry,
	type LogOptions,
	mark,
	migrate,
	type OutboxOptions,
	type Outcome,
	type ReplayOptions,
	type RunHandle,
	type RunOptions,
	receive,
	replace,
	replay,
	resource,
	run,
	type SealOptions,
	type Serializable,
	type StartOptions,
	type Status,
	secret,
	serializable,
	setProgress,
	sleep,
	start,
	suspend,
	unsealToken,
	type WaitLimits,
} from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { sqlite, transaction } from '@perdure/runtime/sqlite';
import { type TestRunOptions, testRun } from '@perdure/testing';
import { describe, expectTypeOf, test } from 'vitest';

declare function pay(card: string, amount: number): Promise<{ receipt: string }>;
declare const bytes: Uint8Array;
declare const engine: Engine;
declare const handle: RunHandle<number>;
declare const keys: Keyring;

describe('a duration', () => {
	test('is a number, or a text that says its unit', () => {
		const good = [
			0, 250, '250ms', '3 days', '1 day', '90s', '1.5 hours', '2 weeks', '10 min', '1 h', '3 d', '1w',
			'PT5M', 'P3D', 'P2W', 'PT1H30M', 'P1DT12H', 'PT0.5S', 'P1W2DT3H4M5S',
		] as const satisfies readonly Duration[]; // biome-ignore format: a list
		expectTypeOf(good[0]).toExtend<Duration>();
		const days = 3 as number;
		expectTypeOf(`${days} days` as const).toExtend<Duration>();
	});

	test('bad texts are errors', () => {
		expectTypeOf<'3 parsecs'>().not.toExtend<Duration>();
		expectTypeOf<'soon'>().not.toExtend<Duration>();
		expectTypeOf<''>().not.toExtend<Duration>();
		expectTypeOf<'days'>().not.toExtend<Duration>();
		expectTypeOf<'P'>().not.toExtend<Duration>();
		expectTypeOf<'PT'>().not.toExtend<Duration>();
		expectTypeOf<'PT5X'>().not.toExtend<Duration>();
		expectTypeOf<'P1Y'>().not.toExtend<Duration>();
		expectTypeOf<'Party'>().not.toExtend<Duration>();
		expectTypeOf<string>().not.toExtend<Duration>();
		expectTypeOf<Date>().not.toExtend<Duration>();
		// @ts-expect-error it is misspelt
		() => sleep('3 dais');
	});
});

describe('in durable functions', () => {
	const question = defineQuestion<{ total: number }, boolean>('pay');

	test('what the primitives take and give', () => {
		expectTypeOf(() => suspend()).returns.resolves.toBeUnknown();
		expectTypeOf(() => suspend<boolean>({ any: 'value' }, { timeout: new Date() })).returns.resolves.toBeBoolean();
		expectTypeOf(() => suspend(question, { total: 1 }, { timeout: '1 day' })).returns.resolves.toBeBoolean();
		expectTypeOf(() => receive<string>('m', { timeout: '1 day' })).returns.resolves.toBeString();
		expectTypeOf(() => receive<string, null>('m', { timeout: 1, otherwise: null })).returns.resolves.toEqualTypeOf<
			string | null
		>();
		expectTypeOf(sleep).parameters.toEqualTypeOf<[time: Duration | Date]>();
		expectTypeOf(sleep).returns.resolves.toBeVoid();
		expectTypeOf(emit).returns.resolves.toBeVoid();
		expectTypeOf(mark).parameters.toEqualTypeOf<[label?: string | undefined]>();
		expectTypeOf(setProgress).returns.toBeVoid();
		expectTypeOf(currentRun).returns.toEqualTypeOf<{
			readonly id: string;
			readonly functionId: string;
			readonly startedAt: Date;
		}>();
	});

	test('a child is started with the arguments of its function', () => {
		const child = async () => (await start(pay, ['card', 1], { id: 'a' })).result({ timeout: '1 day' });
		expectTypeOf(child).returns.resolves.toEqualTypeOf<{ receipt: string }>();
		// @ts-expect-error an amount is missing
		() => start(pay, ['card']);
	});
});

describe('effects', () => {
	test('an effect has the type of its function', () => {
		expectTypeOf(() => effect(pay, { retry: { attempts: 3 } })).returns.toEqualTypeOf<typeof pay>();
	});

	test('a policy has these fields, and a misspelt one is an error', () => {
		expectTypeOf<keyof EffectPolicy>().toEqualTypeOf<
			'name' | 'timeout' | 'cancelGrace' | 'interrupted' | 'key' | 'retry'
		>();
		expectTypeOf<keyof NonNullable<EffectPolicy['retry']>>().toEqualTypeOf<
			'attempts' | 'delay' | 'factor' | 'maxDelay' | 'jitter' | 'when'
		>();
		expectTypeOf<EffectPolicy['interrupted']>().toEqualTypeOf<'reissue' | 'throw' | undefined>();
		() =>
			effect(pay, {
				key: (card, amount) => `${card} ${amount.toFixed(2)}`,
				retry: {
					attempts: 5,
					delay: '1 s',
					factor: 2,
					maxDelay: '1 hour',
					jitter: true,
					when: (error) => error !== null,
				},
			});
		// @ts-expect-error it is `retry`
		() => effect(pay, { retries: { attempts: 5 } });
		expectTypeOf(currentEffect).returns.toEqualTypeOf<{
			readonly key: string;
			readonly attempt: number;
			readonly signal: AbortSignal;
			readonly runId: string;
		}>();
	});

	test('a stand-in is one for its function', () => {
		expectTypeOf(() => replace(pay, async () => ({ receipt: 'none' }))).returns.toEqualTypeOf<Handler>();
		// @ts-expect-error no receipt
		() => replace(pay, async () => 1);
	});

	test('a transaction is called without its connection', () => {
		const book = () =>
			transaction(async (tx, sku: string, count: number) => {
				await tx.run('insert into stock values (?, ?)', [sku, count]);
			});
		expectTypeOf(book).returns.toEqualTypeOf<(sku: string, count: number) => Promise<void>>();
	});
});

describe('runs', () => {
	test('arguments may be readonly, and are those of the function', () => {
		const args = ['card', 1] as const;
		expectTypeOf(() => run(pay, args)).returns.resolves.toEqualTypeOf<Outcome<{ receipt: string }>>();
		// @ts-expect-error the other way round
		() => run(pay, [1, 'card']);
	});

	test('an outcome is told by its status', () => {
		const tell = (outcome: Outcome<number>) => {
			switch (outcome.status) {
				case 'completed':
					return expectTypeOf(outcome.value).toBeNumber();
				case 'failed':
					expectTypeOf(outcome.continuation).toEqualTypeOf<Continuation<number>>();
					return expectTypeOf(outcome.error).toBeUnknown();
				case 'cancelled':
					// @ts-expect-error there is nothing to go on with
					() => outcome.continuation;
					return expectTypeOf(outcome.reason).toBeUnknown();
				case 'suspended':
					expectTypeOf(outcome.id).toBeString();
					expectTypeOf(outcome.value).toBeUnknown();
					return expectTypeOf(outcome.continuation).toEqualTypeOf<Continuation<number>>();
				case 'parked':
					return expectTypeOf(outcome.continuation).toEqualTypeOf<Continuation<number>>();
			}
		};
		expectTypeOf(tell).returns.toEqualTypeOf<true>();
		expectTypeOf<Outcome<number>['log']>().toEqualTypeOf<LogEntry[]>();
	});

	test('options', () => {
		expectTypeOf<keyof RunOptions>().toEqualTypeOf<'id' | 'this' | 'handlers' | 'log' | 'park' | 'onCheckpoint'>();
		const all: LogOptions[] = [
			'all',
			'iteration',
			'none',
			{ keep: 'all', include: 'a', exclude: [/b/], redact: () => true },
		];
		expectTypeOf(all).items.toEqualTypeOf<LogOptions>();
		expectTypeOf<NonNullable<RunOptions['onCheckpoint']>>().parameter(0).toEqualTypeOf<Continuation<unknown>>();
	});

	test('options that may be absent may be undefined, as whoever hands them on has them', () => {
		type Given<T> = { [K in keyof T]-?: undefined };
		expectTypeOf<Given<RunOptions>>().toExtend<RunOptions>();
		expectTypeOf<Given<ReplayOptions>>().toExtend<ReplayOptions>();
		expectTypeOf<Given<StartOptions>>().toExtend<StartOptions>();
		expectTypeOf<Given<SealOptions>>().toExtend<SealOptions>();
		expectTypeOf<Given<OutboxOptions>>().toExtend<OutboxOptions>();
		expectTypeOf<Given<WaitLimits>>().toExtend<WaitLimits>();
		expectTypeOf<Given<TestRunOptions>>().toExtend<TestRunOptions>();
		expectTypeOf<Given<EffectPolicy>>().toExtend<EffectPolicy>();
		expectTypeOf<Omit<Given<EngineOptions>, 'store'> & Pick<EngineOptions, 'store'>>().toExtend<EngineOptions>();
	});

	test('a continuation knows its function where it is told which', () => {
		expectTypeOf(() => Continuation.fromBytes(bytes, pay)).returns.toEqualTypeOf<Continuation<{ receipt: string }>>();
		expectTypeOf(() => Continuation.fromBytes<string>(bytes)).returns.toEqualTypeOf<Continuation<string>>();
		const go = (it: Continuation<number>) => [
			it.continue(),
			it.resume('answer', { suspension: 'id', handlers: [] }),
			it.throw(new Error(), { suspension: 'id' }),
			it.send('m', 1),
			it.cancel('why'),
			it.retry({ newKeys: true, reissue: true }),
			it.fork({ id: 'other' }).continue(),
		];
		expectTypeOf(go).returns.items.resolves.toEqualTypeOf<Outcome<number>>();
		expectTypeOf<Continuation<number>['wakeAt']>().toEqualTypeOf<Date | null>();
		const unsealed = () => unsealToken('token', keys, { fn: pay });
		expectTypeOf(unsealed).returns.resolves.toEqualTypeOf<Continuation<{ receipt: string }>>();
	});

	test('a replay', () => {
		const log: LogEntry[] = [];
		const options = { onDivergence: 'continue', strict: true, failed: 'again' } as const;
		expectTypeOf(() => replay(pay, ['card', 1], log, options)).returns.resolves.toEqualTypeOf<
			Outcome<{ receipt: string }>
		>();
	});

	test('a migration gives locals, or locals and their place', () => {
		() => migrate('shop#pay', 'p1', (locals) => ({ ...locals, amount: 0 }));
		() => migrate('shop#pay', 'p1', (locals) => ({ point: 'p2', locals }));
	});
});

describe('an engine', () => {
	const ref = functionRef<typeof pay>('shop/src/pay#pay');

	test('is made of a store', () => {
		expectTypeOf(() => memory()).returns.toExtend<EngineOptions['store']>();
		expectTypeOf(() => sqlite(':memory:')).returns.toExtend<EngineOptions['store']>();
		expectTypeOf<Engine>().toExtend<AsyncDisposable>();
		expectTypeOf(() => [
			createEngine({ store: memory(), functions: [pay, { pay }], worker: false, log: 'all', handlers: [] }),
			createEngine({
				store: sqlite('a.db'),
				onMismatch: 'replay',
				worker: { threads: 2, entry: new URL('file:///flows.js') },
				keyring: keys,
			}),
		]).returns.items.toEqualTypeOf<Engine>();
	});

	test('starts and finds runs by function or by reference', () => {
		expectTypeOf(ref).toEqualTypeOf<FunctionRef<typeof pay>>();
		type Handle = RunHandle<{ receipt: string }>;
		const o = { id: 'a', tags: { shop: 'x' }, queue: 'q', priority: 1, startAt: '1 hour', this: null } as const;
		expectTypeOf(() => engine.start(pay, ['card', 1], o)).returns.resolves.toEqualTypeOf<Handle>();
		expectTypeOf(() => engine.start(ref, ['card', 1])).returns.resolves.toEqualTypeOf<Handle>();
		expectTypeOf(() => engine.get(pay, 'a')).returns.toEqualTypeOf<Handle>();
		expectTypeOf(() => engine.get(ref, 'a')).returns.toEqualTypeOf<Handle>();
		expectTypeOf(() => engine.get<number>('a')).returns.toEqualTypeOf<RunHandle<number>>();
		// @ts-expect-error an amount is a number
		() => engine.start(pay, ['card', '1']);
	});

	test('a handle', () => {
		const limits = { timeout: '5 s', signal: AbortSignal.abort() } as const;
		expectTypeOf(() => handle.next(limits)).returns.resolves.toEqualTypeOf<Outcome<number>>();
		expectTypeOf(() => handle.settled(limits)).returns.resolves.toEqualTypeOf<Ended<number>>();
		expectTypeOf(() => handle.result(limits)).returns.resolves.toBeNumber();
		expectTypeOf(() => handle.outcomes(limits)).returns.toExtend<AsyncIterable<Outcome<number>>>();
		expectTypeOf(() => engine.outbox(limits)).returns.toExtend<AsyncIterable<{ event: unknown }>>();
		expectTypeOf<Status>().toEqualTypeOf<
			'pending' | 'running' | 'waiting' | 'completed' | 'failed' | 'cancelled' | 'blocked'
		>();
		expectTypeOf<Ended<number>['status']>().toEqualTypeOf<'completed' | 'failed' | 'cancelled'>();
		const tells = () => [
			handle.resume('answer', { suspension: 'id' }),
			handle.throw(new Error()),
			handle.send('m', 1, { id: 'one' }),
			handle.cancel('why'),
			handle.retry({ newKeys: true }),
		];
		expectTypeOf(() => handle.fork({ id: 'other' })).returns.resolves.toEqualTypeOf<RunHandle<number>>();
		expectTypeOf(tells).returns.items.resolves.toBeVoid();
	});
});

describe('classes', () => {
	class Vault {
		static readonly one = new Vault();
		private constructor() {}
	}

	test('with a private constructor too', () => {
		expectTypeOf(() => serializable(Vault, { serialize: () => 1, deserialize: () => Vault.one })).returns.toEqualTypeOf<
			typeof Vault
		>();
		() => resource(Vault, { marshal: () => 'path', unmarshal: async (_path: string) => Vault.one });
	});

	test('what may cross', () => {
		expectTypeOf<{ a: number; b: Map<string, Date> }>().toExtend<Serializable<{ a: number; b: Map<string, Date> }>>();
		expectTypeOf(() => secret('card').value).returns.toBeString();
		expectTypeOf<typeof pay>().toExtend<AsyncFunction>();
	});
});

test('a test run', () => {
	const made = () => testRun(pay, ['card', 1], { handlers: [], restart: 'never', seed: 1 });
	expectTypeOf(() => made().advance('3 days')).returns.toBeObject();
	expectTypeOf(() => made().result()).returns.resolves.toEqualTypeOf<{ receipt: string }>();
	expectTypeOf(() => made().log).returns.toEqualTypeOf<LogEntry[]>();
});
