import { suspend } from '@perdure/runtime';
import { Money } from './money.ts';
import { shipping } from './tariff.ts';
import { confirmation } from './view.tsx';

export interface Line {
	readonly name: string;
	readonly cents: number;
}

enum Step {
	Asked = 'asked',
	Paid = 'paid',
}

class RefusedError extends Error {}

async function weigh(line: Line): Promise<number> {
	'use durable';
	return line.name.length;
}

const describe = (step: Step): string => `step ${step}`;

/** Keeps an instance, an error of its own, closures, functions of the module and a promise over its waits. */
export async function order<const L extends readonly Line[]>(customer: string, lines: L): Promise<string> {
	'use durable';
	let sum = lines.map(({ cents }) => new Money(cents)).reduce((a, b) => a.plus(b), new Money(0));
	const total = (): string => `${sum}`;
	const weights = Promise.all(lines.map((line) => weigh(line)));
	const refused: RefusedError[] = [];
	const tell = describe;
	for (const attempt of [1, 2] as const) {
		const answer = await suspend<string>({ attempt, total: total(), step: tell(Step.Asked) });
		if (answer !== 'no') break;
		refused.push(new RefusedError(`refused ${attempt}`));
	}
	for (const weight of await weights) sum = sum.plus(new Money(shipping(weight)));
	const line = await confirmation(customer, total());
	return `${line} ${tell(Step.Paid)}; ${refused.map((error) => `${error instanceof RefusedError} ${error.message}`)}`;
}
