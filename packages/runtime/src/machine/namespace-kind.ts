import { expect, type Kind } from '../codec/kind.ts';
import { Imported, importOf, type Way } from '../registry/imports.ts';
import type { Host } from './kinds.ts';
import { passLive, takeLive } from './live.ts';

/** Parts of each way. */
const EACH = 3;

/**
 * The namespace of a module that durable code has imported. At the border it is passed as it is; in a state it is
 * how it is imported again, and decodes to what was imported so, or to that itself where nothing was.
 */
export const namespaceKind: Kind<object, Host> = {
	tag: 'namespace',
	prototypes: [Imported.prototype],
	claims: (value) => importOf(value) !== undefined,
	take(value, host) {
		if (value instanceof Imported) host.closed.push(value);
		else if (host.live !== null) return [passLive(value, host.live)];
		const { ways } = value instanceof Imported ? value : importOf(value)!;
		return ways.flatMap(([thunk, specifier, options = null]) => [thunk, specifier, options]);
	},
	make([first], host) {
		if (typeof first === 'number') {
			expect(host.live !== null, 'a live value in a state');
			return takeLive(first, host.live);
		}
		const opened = host.opened?.[host.closed.length];
		const closed = new Imported([]);
		host.closed.push(closed);
		return opened ?? closed;
	},
	fill(value, parts) {
		if (typeof parts[0] === 'number' || !(value instanceof Imported)) return;
		expect(parts.length > 0 && parts.length % EACH === 0, 'a malformed import');
		const ways: Way[] = [];
		for (let i = 0; i < parts.length; i += EACH) {
			const [thunk, specifier, options] = parts.slice(i, i + EACH);
			expect(typeof thunk === 'string' && typeof specifier === 'string', 'a malformed import');
			ways.push(options === null ? [thunk, specifier] : [thunk, specifier, options as NonNullable<Way[2]>]);
		}
		value.ways = ways;
	},
};
