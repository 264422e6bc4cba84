/** The types that a caller of the primitives, and of what answers them, sees. */
import {
	type Continuation,
	defineMessage,
	defineQuestion,
	type Outcome,
	type RunHandle,
	receive,
	receiveAll,
	suspend,
} from '@perdure/runtime';
import * as v from 'valibot';
import { describe, expectTypeOf, test } from 'vitest';
import { z } from 'zod';

test('what receive gives, with and without a time-out', () => {
	expectTypeOf(() => receive<string>('m')).returns.resolves.toBeString();
	expectTypeOf(() => receive<string>('m', { timeout: '1 day' })).returns.resolves.toBeString();
	expectTypeOf(() => receive<string>('m', { timeout: '1 day', otherwise: 'none' })).returns.resolves.toBeString();
	expectTypeOf(() => receive<string, null>('m', { timeout: '1 day', otherwise: null })).returns.resolves.toEqualTypeOf<
		string | null
	>();
});

describe('questions', () => {
	const approve = defineQuestion<{ total: number }, { ok: boolean }>('approve', {
		answer: z.object({ ok: z.boolean() }),
	});
	const coerced = defineQuestion('coerced', { answer: z.string().transform(Number) });
	const piped = defineQuestion<void, number>('piped', { answer: v.pipe(v.string(), v.transform(Number)) });

	test('what suspend takes and gives', () => {
		expectTypeOf(() => suspend<string>('x')).returns.resolves.toBeString();
		expectTypeOf(() => suspend()).returns.resolves.toBeUnknown();
		expectTypeOf(() => suspend(approve, { total: 1 })).returns.resolves.toEqualTypeOf<{ ok: boolean }>();
		expectTypeOf(() => suspend(approve, { total: 1 }, { timeout: '1 day' })).returns.resolves.toEqualTypeOf<{
			ok: boolean;
		}>();
		expectTypeOf(() => suspend(coerced, 'anything')).returns.resolves.toBeNumber();
		expectTypeOf(() => suspend(piped, undefined)).returns.resolves.toBeNumber();
		// @ts-expect-error it hands out a total
		() => suspend(approve, { sum: 1 }, {});
	});

	test('what an answer may be: what the schema takes, not what it gives', () => {
		const answers = (handle: RunHandle<unknown>) => [
			handle.resume(approve, { ok: true }),
			handle.resume(coerced, '1'),
			handle.resume('untyped', { suspension: 'id' }),
			// @ts-expect-error not an answer
			handle.resume(approve, { ok: 'yes' }, {}),
			// @ts-expect-error it takes text
			handle.resume(coerced, 1, {}),
		];
		expectTypeOf(answers).returns.items.resolves.toBeVoid();
		const goesOn = (continuation: Continuation<string>) => [
			continuation.resume(approve, { ok: true }, { suspension: 'id' }),
			// @ts-expect-error not an answer
			continuation.resume(approve, { ok: 'yes' }, {}),
		];
		expectTypeOf(goesOn).returns.items.resolves.toEqualTypeOf<Outcome<string>>();
	});
});

describe('messages', () => {
	const item = defineMessage<{ sku: string }>('item');
	const count = defineMessage('count', { payload: z.coerce.number() });
	const length = defineMessage('length', { payload: v.pipe(v.string(), v.transform(Number)) });

	test('what receive gives', () => {
		expectTypeOf(() => receive(item)).returns.resolves.toEqualTypeOf<{ sku: string }>();
		expectTypeOf(() => receive(count)).returns.resolves.toBeNumber();
		expectTypeOf(() => receive(length)).returns.resolves.toBeNumber();
		expectTypeOf(() => receive(length, { timeout: 1, otherwise: null })).returns.resolves.toEqualTypeOf<
			number | null
		>();
		expectTypeOf(() => receiveAll(length)).returns.toExtend<AsyncIterable<number>>();
		expectTypeOf(() => receive(item, { timeout: 1, otherwise: null })).returns.resolves.toEqualTypeOf<{
			sku: string;
		} | null>();
		expectTypeOf(() => receiveAll(item)).returns.toExtend<AsyncIterable<{ sku: string }>>();
		expectTypeOf(() => receiveAll<string>('m')).returns.toExtend<AsyncIterable<string>>();
	});

	test('what may be sent', () => {
		const sends = (handle: RunHandle<unknown>) => [
			handle.send(item, { sku: 'a' }),
			handle.send('item', 1, { id: 'one' }),
			// @ts-expect-error not an item
			handle.send(item, { sku: 1 }),
		];
		expectTypeOf(sends).returns.items.resolves.toBeVoid();
	});
});
