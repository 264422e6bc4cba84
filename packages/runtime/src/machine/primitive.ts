import { type Duration, deadline } from '../language/duration.ts';
import { isMessage, isQuestion } from '../registry/topics.ts';

/** Primitives that wait for nothing: what they ask for is part of the turn. */
export type ImmediateName = 'emit' | 'start';

export function isImmediate(name: string): name is ImmediateName {
	return name === 'emit' || name === 'start';
}

/** What a primitive in await position parks its fiber on. */
export type PrimitiveCall =
	| { readonly kind: 'sleep'; readonly until: number }
	| { readonly kind: 'mark'; readonly label: string }
	| {
			readonly kind: 'suspend' | 'receive' | 'child';
			/** A list of one for `suspend`, otherwise empty. */
			readonly value: readonly unknown[];
			/** Name of the message, or of the question that is asked; id of the child. */
			readonly topic: string | null;
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

	mark([label = 'mark']) {
		if (typeof label !== 'string') throw new TypeError('mark(label): the label of a mark is a string');
		return { kind: 'mark', label };
	},

	suspend([first, ...rest], now) {
		const [value, options] = isQuestion(first) ? rest : [first, ...rest];
		return {
			kind: 'suspend',
			value: [value],
			topic: isQuestion(first) ? first.name : null,
			limit: limitOf(options as WaitOptions | undefined, now),
			otherwise: null,
		};
	},

	receive([message, options], now) {
		const name = isMessage(message) ? message.name : message;
		if (typeof name !== 'string') throw new TypeError('receive(name): the name of a message is a string');
		const o = options as WaitOptions | undefined;
		return {
			kind: 'receive',
			value: [],
			topic: name,
			limit: limitOf(o, now),
			otherwise: o !== undefined && Object.hasOwn(o, 'otherwise') ? [o.otherwise] : null,
		};
	},

	// The method of a child run: its receiver comes first.
	result: ([child, options], now) => ({
		kind: 'child',
		value: [],
		topic: (child as { readonly id: string }).id,
		limit: limitOf(options as WaitOptions | undefined, now),
		otherwise: null,
	}),
};

function limitOf(options: WaitOptions | undefined, now: number): number | null {
	const limit = options?.timeout === undefined ? null : deadline(options.timeout, now);
	return limit === Number.POSITIVE_INFINITY ? null : limit;
}
