import { expect, type Kind } from '../codec/kind.ts';
import { isDurable } from '../language/durable-promise.ts';
import type { Steps } from '../language/iterate.ts';
import { AsyncSteps, SyncIterator, UnwrapReaction } from '../language/iterate-async.ts';
import { savedMethod } from '../language/method.ts';
import type { Host } from './kinds.ts';

/** How the iterator of a `for await` is saved. */

const asyncSteps: Kind<AsyncSteps, Host> = {
	tag: 'async-steps',
	prototypes: [AsyncSteps.prototype],
	take: ({ iterator, method }) => [iterator, savedMethod(iterator, 'next', method)],
	label: () => '',
	moment: 'made',
	make([iterator, method]) {
		expect((typeof iterator === 'object' && iterator !== null) || typeof iterator === 'function', 'no iterator');
		return new AsyncSteps(iterator, method);
	},
};

const isSteps = (value: unknown): value is Steps =>
	typeof value === 'object' && value !== null && typeof (value as Partial<Steps>).closeThrow === 'function';

const syncIterator: Kind<SyncIterator, Host> = {
	tag: 'sync-iterator',
	prototypes: [SyncIterator.prototype],
	take: ({ steps }) => [steps],
	label: () => '',
	moment: 'made',
	make([steps]) {
		expect(isSteps(steps), 'no iterator');
		return new SyncIterator(steps);
	},
};

const unwrap: Kind<UnwrapReaction, Host> = {
	tag: 'unwrap',
	prototypes: [UnwrapReaction.prototype],
	take: ({ closes, done, promise }) => [closes, done, promise],
	label: () => '',
	make: () => Object.create(UnwrapReaction.prototype) as UnwrapReaction,
	fill(made, [closes, done, promise]) {
		expect(
			(closes === null || isSteps(closes)) && typeof done === 'boolean' && isDurable(promise),
			'a malformed result of an iterator',
		);
		Object.assign(made, { closes, done, promise });
	},
};

export const ITERATOR_KINDS = [asyncSteps, syncIterator, unwrap];
