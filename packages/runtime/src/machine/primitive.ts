import { type Duration, deadline } from '../language/duration.ts';

/** What a primitive in await position parks its fiber on. */
export type PrimitiveCall =
	| { readonly kind: 'sleep'; readonly until: number }
	| {
			readonly kind: 'suspend' | 'receive';
			/** A list of one for `suspend`, empty for `receive`. */
			readonly value: readonly unknown[];
			readonly message: string | null;
			readonly limit: number | null;
			readonly otherwise: readonly unknown[] | null;
	  };

interface WaitOptions {
	readonly timeout?: Duration | Date;
	readonly otherwise?: unknown;
}

/** By name; the arguments are those of the public function of that name (api.md, "Inside durable functions"). */
export const primitives: Readonly<Record<string, (args: readonly unknown[], now: number) => PrimitiveCall>> = {
	sleep: ([time], now) => ({ kind: 'sleep', until: deadline(time as Duration | Date, now) }),

	suspend: ([value, options], now) => ({
		kind: 'suspend',
		value: [value],
		message: null,
		limit: limitOf(options as WaitOptions | undefined, now),
		otherwise: null,
	}),

	receive([name, options], now) {
		if (typeof name !== 'string') throw new TypeError('receive(name): the name of a message is a string');
		const o = options as WaitOptions | undefined;
		return {
			kind: 'receive',
			value: [],
			message: name,
			limit: limitOf(o, now),
			otherwise: o !== undefined && Object.hasOwn(o, 'otherwise') ? [o.otherwise] : null,
		};
	},
};

function limitOf(options: WaitOptions | undefined, now: number): number | null {
	return options?.timeout === undefined ? null : deadline(options.timeout, now);
}
