/** The strings of a tagged template (ECMA-262 13.2.8.4): a frozen array whose frozen `raw` is hidden. */
import { templateObject } from '../../language/object.ts';
import { type BuiltIn, expect } from '../kind.ts';

/** Looked at only of frozen arrays that have a property `raw`. */
export function isTemplateObject(value: readonly unknown[]): boolean {
	const d = Object.getOwnPropertyDescriptor(value, 'raw')!;
	const raw: unknown = d.value;
	return (
		!d.enumerable &&
		Array.isArray(raw) &&
		Object.isFrozen(raw) &&
		raw.length === value.length &&
		raw.length > 0 &&
		// Indices, `length`, and `raw` of the outer one.
		Reflect.ownKeys(raw).length === raw.length + 1 &&
		Reflect.ownKeys(value).length === raw.length + 2 &&
		raw.every((text) => typeof text === 'string') &&
		value.every((text) => typeof text === 'string' || text === undefined)
	);
}

export const template: BuiltIn = {
	type: 'TemplateStringsArray',
	tag: 'J',
	take: (value: TemplateStringsArray) => [...value.raw, ...value],
	moment: 'first',
	make(parts: readonly unknown[]) {
		const raw = parts.slice(0, parts.length / 2);
		const cooked = parts.slice(raw.length);
		expect(
			raw.length > 0 &&
				raw.length === cooked.length &&
				raw.every((text) => typeof text === 'string') &&
				cooked.every((text) => typeof text === 'string' || text === undefined),
			'strings of a template are none',
		);
		return templateObject(cooked as (string | undefined)[], raw as string[]);
	},
};
