import { expect, type Kind } from '../codec/kind.ts';
import { Imported, importOf } from '../registry/imports.ts';
import type { Host } from './kinds.ts';
import { passLive, takeLive } from './live.ts';

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
		const { thunk, operands } = value instanceof Imported ? value : importOf(value)!;
		return [thunk, ...operands];
	},
	make([thunk, ...operands], host) {
		if (typeof thunk === 'number') {
			expect(host.live !== null, 'a live value in a state');
			return takeLive(thunk, host.live);
		}
		expect(typeof thunk === 'string' && operands.length > 0, 'a malformed import');
		const opened = host.opened?.[host.closed.length];
		const closed = new Imported(thunk, operands);
		host.closed.push(closed);
		return opened ?? closed;
	},
	fill(value, [thunk, ...operands]) {
		if (typeof thunk === 'number' || !(value instanceof Imported)) return;
		expect(typeof operands[0] === 'string', 'a malformed import');
		value.operands = operands;
	},
};
