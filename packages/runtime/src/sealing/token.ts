import { Continuation } from '../continuation.ts';
import { SealError } from '../errors/saving.ts';
import type { AsyncFunction } from '../registry/functions.ts';
import type { Keyring } from './keyring.ts';
import { type SealOptions, seal, sealInfo, type UnsealOptions, unseal } from './seal.ts';

/**
 * A continuation as text for a URL, a form or a cookie: sealed, in base64url (RFC 4648, section 5). Each time
 * it is unsealed and resumed, the computation goes on from the same place (Turmeric's back button).
 * @throws NotSerializableError as `toBytes` does.
 */
export async function sealToken(
	continuation: Continuation<unknown>,
	keyring: Keyring,
	o: Omit<SealOptions, 'run'> = {},
): Promise<string> {
	return textOf(await seal(continuation.toBytes(), keyring, o));
}

/**
 * The continuation that was sealed; with `fn`, checked to be one of its.
 * @throws SealError before anything is decoded; then as `Continuation.fromBytes` does.
 */
export async function unsealToken<F extends AsyncFunction>(
	token: string,
	keyring: Keyring,
	o: Omit<UnsealOptions, 'run'> & { readonly fn: F },
): Promise<Continuation<Awaited<ReturnType<F>>>>;
export async function unsealToken<R>(
	token: string,
	keyring: Keyring,
	o?: Omit<UnsealOptions, 'run'>,
): Promise<Continuation<R>>;
export async function unsealToken(
	token: string,
	keyring: Keyring,
	o: Omit<UnsealOptions, 'run'> & { readonly fn?: AsyncFunction } = {},
): Promise<Continuation<unknown>> {
	const bytes = await unseal(bytesOf(token), keyring, o);
	return o.fn === undefined ? Continuation.fromBytes(bytes) : Continuation.fromBytes(bytes, o.fn);
}

function textOf(sealed: Uint8Array): string {
	let text = '';
	for (const byte of sealed) text += String.fromCharCode(byte);
	return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Only the one text that `sealToken` gives for these bytes: who keeps a list of used tokens must not meet another. */
function bytesOf(token: string): Uint8Array {
	if (typeof token !== 'string') throw new SealError({ kind: 'tampered' });
	// No text of that length is whole.
	const text = token.length % 4 === 1 ? token.slice(0, -1) : token;
	let bytes: Uint8Array;
	try {
		bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
	} catch (cause) {
		throw new SealError({ kind: 'tampered' }, { cause });
	}
	// `atob` skips white space, takes the other alphabet, and drops the last bits.
	if (textOf(bytes) === token) return bytes;
	sealInfo(bytes); // says it if they are cut off
	throw new SealError({ kind: 'tampered' });
}
