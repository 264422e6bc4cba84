/** `encode` and `decode` as the package exports them: values of the language, without a run around them. */
import { Codec } from './codec.ts';

let codec: Codec | undefined;

/**
 * A value and everything it reaches, exactly: identity and cycles, property order, holes, classes that
 * are registered. The same value gives the same bytes.
 * @throws NotSerializableError names the path of what cannot be saved, and the way out.
 */
export function encode(value: unknown): Uint8Array {
	codec ??= new Codec();
	return codec.encode(value);
}

/**
 * A fresh copy of what was encoded. Safe on bytes from anywhere: no code runs but the hooks of classes
 * that this program registered.
 * @throws DecodeError
 */
export function decode(bytes: Uint8Array): unknown {
	codec ??= new Codec();
	return codec.decode(bytes);
}
