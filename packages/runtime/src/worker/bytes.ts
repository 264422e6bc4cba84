import { Host, runCodec } from '../machine/kinds.ts';

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
