import { expect, type Kind } from '../codec/kind.ts';
import { type Hint, keyOf, type Resource, Resources } from '../language/dispose.ts';
import { savedMethod } from '../language/method.ts';
import type { Host } from './kinds.ts';

const HINTS: readonly Hint[] = ['sync', 'async', 'async-from-sync'];
/** Parts before those of the resources, and parts of each. */
const [HEAD, EACH] = [4, 4];

/** What is still to be disposed of when the scope that it was declared in is left. */
export const resourcesKind: Kind<Resources, Host> = {
	tag: 'resources',
	prototypes: [Resources.prototype],
	take: ({ list, failed, error, needsAwait, hasAwaited }) => [
		failed,
		error,
		needsAwait,
		hasAwaited,
		...list.flatMap(({ name, hint, value, method }) => [
			name,
			HINTS.indexOf(hint),
			value,
			savedMethod(value, keyOf(hint), method),
		]),
	],
	label({ list }, index) {
		const resource = list[Math.floor((index - HEAD) / EACH)];
		if (resource === undefined) return ' (the error it was left with)';
		return index % EACH === 2
			? resource.name
			: `${resource.name}[Symbol.${keyOf(resource.hint).description!.slice(7)}]`;
	},
	make: () => new Resources(),
	fill(made, [failed, error, needsAwait, hasAwaited, ...parts]) {
		expect(
			[failed, needsAwait, hasAwaited].every((flag) => typeof flag === 'boolean') && parts.length % EACH === 0,
			'malformed resources',
		);
		const list: Resource[] = [];
		for (let i = 0; i < parts.length; i += EACH) {
			const [name, hint, value, method] = parts.slice(i, i + EACH);
			expect(typeof name === 'string' && typeof hint === 'number' && hint in HINTS, 'a malformed resource');
			expect(method === undefined || method === true || typeof method === 'function', 'a malformed resource');
			list.push({ name, hint: HINTS[hint]!, value, method });
		}
		Object.assign(made, { list, failed, error, needsAwait, hasAwaited });
	},
};
