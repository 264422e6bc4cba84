import { expect } from '../codec/kind.ts';

/** Values that are passed over the border of a run as they are: a copy names them by their place in a list. */

export function passLive(value: object, live: unknown[]): number {
	const known = live.indexOf(value);
	return known >= 0 ? known : live.push(value) - 1;
}

export function takeLive(index: unknown, live: readonly unknown[]): object {
	expect(typeof index === 'number' && index in live, 'an unknown live value');
	return live[index] as object;
}
