import { NotSerializableError } from '../errors/saving.ts';
import type { Closed } from '../registry/resources.ts';
import { Host, runCodec } from './kinds.ts';

/**
 * Closures are data here, as in a state: nothing that is stored is passed as it is.
 * @param root what the path in the error begins with.
 * @throws NotSerializableError
 */
export function encode(value: unknown, root = 'value'): Uint8Array {
	return runCodec.encode(value, { host: new Host(), root });
}

/** @throws DecodeError */
export function decode(bytes: Uint8Array): unknown {
	return runCodec.decode(bytes, { host: new Host() });
}

/** As `decode`, and the resources among it: `opened` of those that the same bytes gave as `closed` (`Host.opened`). @throws DecodeError */
export function decodeLive(
	bytes: Uint8Array,
	opened?: readonly object[],
): { readonly value: unknown; readonly closed: readonly Closed[] } {
	const host = new Host({ opened });
	return { value: runCodec.decode(bytes, { host }), closed: host.unopened };
}

/** Are there resources among it that are still closed? What cannot be saved was never read of bytes. */
export function holdsClosed(value: unknown): boolean {
	if (typeof value !== 'object' || value === null) return false;
	const host = new Host({ live: [] });
	try {
		runCodec.encode(value, { host });
	} catch (error) {
		if (NotSerializableError.is(error)) return false;
		throw error;
	}
	return host.closed.length > 0;
}
