import { describe, expect, test } from 'vitest';
import * as effect from '../../../packages/runtime/src/errors/effect.ts';
import { PerdureError } from '../../../packages/runtime/src/errors/error.ts';
import * as internal from '../../../packages/runtime/src/errors/internal.ts';
import * as log from '../../../packages/runtime/src/errors/log.ts';
import * as run from '../../../packages/runtime/src/errors/run.ts';
import * as saving from '../../../packages/runtime/src/errors/saving.ts';
import * as schema from '../../../packages/runtime/src/errors/schema.ts';
import * as store from '../../../packages/runtime/src/errors/store.ts';
import { ROWS } from '../../../packages/runtime/src/errors/table.ts';

const classes = [effect, internal, log, run, saving, schema, store]
	.flatMap((module) => Object.entries(module) as [string, unknown][])
	.filter((entry): entry is [string, typeof run.RunNotFoundError] => typeof entry[1] === 'function');

describe('the table', () => {
	test('gives every row a code of its own, in the ranges of the runtime', () => {
		const codes = Object.values(ROWS).map((row) => row.code);
		expect(new Set(codes).size).toBe(codes.length);
		for (const code of codes) expect(code).toMatch(/^PD(3|5|6|7|8|9)\d{3}$|^PD10\d{3}$/);
	});

	test('has every class of the public API', () => {
		const names = classes.map(([name]) => name);
		expect(names).toEqual(
			expect.arrayContaining(
				`NotCompiledError NotSerializableError DecodeError SchemaMismatchError UnknownFunctionError DuplicateFunctionError
				SealError CancelledError EffectInterruptedError NonRetryableError ArgumentMutatedError OutsideTurnError
				StateTooLargeError TimeoutError DivergenceError LogPrunedError RunNotFoundError RunConflictError BlockedError
				NotSuspendedError AlreadyResumedError AmbiguousResumeError OwnedByEngineError InvalidAnswerError`.split(/\s+/),
			),
		);
	});
});

describe.each(classes)('%s', (name, Class) => {
	test('names itself, has a static code, and knows its own by brand, detached too', () => {
		const { is } = Class;
		// What another copy of the package would have made: the same brand, another class.
		const foreign = { [Symbol.for('perdure.error')]: name };
		expect(Class.prototype.name).toBe(name);
		expect(Class.code).toMatch(/^PD\d+$/);
		expect(is(foreign)).toBe(true);
		expect(PerdureError.is(foreign)).toBe(true);
		expect(is(new Error(name))).toBe(false);
		expect(is(null)).toBe(false);
		expect(is({ [Symbol.for('perdure.error')]: 'Other' })).toBe(false);
	});
});

describe('instances', () => {
	test('carry facts, code and help as own properties, and the class name only on the prototype', () => {
		const error = new run.OutsideTurnError({ functionName: 'onData' });
		expect(error).toMatchObject({ code: 'PD10005', functionName: 'onData', name: 'OutsideTurnError' });
		expect(error.message).toContain("'onData'");
		expect(Object.hasOwn(error, 'name')).toBe(false);
		expect(error.help).not.toBe('');
	});

	test('a NotSerializableError takes the code of its kind, and its place later', () => {
		const facts = { path: 'a.b', type: 'a native promise', kind: 'promise', help: 'await it first' } as const;
		const error = new saving.NotSerializableError(facts);
		expect(error.code).toBe('PD3008');
		expect(error.message).toBe("'a.b' cannot be saved: it is a native promise.");
		expect(error.at('src/x.ts:3:1')).toMatchObject({
			code: 'PD3008',
			point: 'src/x.ts:3:1',
			message: "'a.b' is captured across an await (src/x.ts:3:1), but a native promise cannot be saved.",
		});
	});

	test('a SealError has a code for each kind', () => {
		expect(new saving.SealError({ kind: 'expired' }).code).toBe('PD6003');
		expect(new saving.SealError({ kind: 'tampered' }).code).toBe('PD6002');
	});

	test('a NonRetryableError is thrown with the words of its thrower', () => {
		const error = new effect.NonRetryableError('card is stolen', { cause: 1 });
		expect(error).toMatchObject({ message: 'card is stolen', cause: 1, code: 'PD10003' });
	});
});
