/** The types that a caller of the primitives sees. */
import { receive } from '@perdure/runtime';
import { expectTypeOf, test } from 'vitest';

test('what receive gives, with and without a time-out', () => {
	expectTypeOf(() => receive<string>('m')).returns.resolves.toBeString();
	expectTypeOf(() => receive<string>('m', { timeout: '1 day' })).returns.resolves.toBeString();
	expectTypeOf(() => receive<string>('m', { timeout: '1 day', otherwise: 'none' })).returns.resolves.toBeString();
	expectTypeOf(() => receive<string, null>('m', { timeout: '1 day', otherwise: null })).returns.resolves.toEqualTypeOf<
		string | null
	>();
});
