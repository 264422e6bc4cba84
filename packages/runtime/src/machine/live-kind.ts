import { expect, type Kind } from '../codec/kind.ts';
import { RESOURCE } from '../codec/table.ts';
import { classEntry } from '../registry/classes.ts';
import { ClosedResource, resourceEntry } from '../registry/resources.ts';
import type { Host } from './kinds.ts';
import { passLive, takeLive } from './live.ts';

/**
 * A resource. At the border it is passed as it is; in a state it is its class and its description, and
 * decodes to what was opened of that, or to a stand-in where nothing was.
 */
export const liveKind: Kind<object, Host> = {
	tag: RESOURCE,
	prototypes: [ClosedResource.prototype],
	gives: 1,
	take(value, host) {
		if (value instanceof ClosedResource) {
			host.closed.push(value);
			return [value.Class, value.description];
		}
		if (host.live !== null) return [passLive(value, host.live)];
		const { Class, resource } = resourceEntry(value)!;
		host.held.push(value);
		return [Class, resource.marshal(value)];
	},
	label: (_, index) => (index === 1 ? ' (what marshal gave)' : ''),
	make([first], host) {
		if (typeof first === 'number') {
			expect(host.live !== null, 'a live value in a state');
			return takeLive(first, host.live);
		}
		const opened = host.opened?.[host.closed.length];
		const closed = new ClosedResource(null as never, undefined);
		host.closed.push(closed);
		return opened ?? closed;
	},
	fill(value, [Class, description]) {
		if (typeof Class === 'number' || !(value instanceof ClosedResource)) return;
		expect(classEntry(Class)?.resource !== undefined, 'a resource of a class that is none');
		Object.assign(value, { Class, description });
	},
};
