import { type Host, runCodec } from '../machine/kinds.ts';

/** Closures are data here, as in a state: nothing that is stored is passed as it is. */
const HOST: Host = { live: null, remade: new Map() };

/** @throws NotSerializableError. `root`: what the path in it begins with. */
export function encode(value: unknown, root = 'value'): Uint8Array {
	return runCodec.encode(value, { host: HOST, root });
}

/** @throws DecodeError */
export function decode(bytes: Uint8Array): unknown {
	return runCodec.decode(bytes, { host: HOST });
}
