import { joined } from '../codec/framing.ts';
import { SealError } from '../errors/saving.ts';
import { type Duration, deadline } from '../language/duration.ts';
import { realClock, realRandom } from '../ports/clock.ts';
import { checkKeyring, type Keyring } from './keyring.ts';

/** What sealed bytes are bound to. All of it is checked when they are unsealed. */
export interface SealOptions {
	/** Who may unseal: whoever gives the same text. */
	readonly audience?: string | undefined;
	/** After this it is refused. */
	readonly expires?: Duration | Date | undefined;
	/** What the bytes belong to, such as the id of a run. It is not in the sealed bytes: unsealing needs it again. */
	readonly run?: string | undefined;
}

/** What sealed bytes must be bound to: the same audience and run as when they were sealed. */
export type UnsealOptions = Omit<SealOptions, 'expires'>;

/** What sealed bytes say of themselves, before anything was checked. */
export interface SealInfo {
	readonly keyId: string;
	readonly audience: string | null;
	readonly expiresAt: Date | null;
}

/**
 * Sealed bytes: `PDS1`, the length of the header (16 bits, big endian), the header (JSON), a salt, a nonce,
 * then what AES-256-GCM gives. All before the nonce, and what the bytes belong to, is associated data.
 */
const MAGIC = new Uint8Array([0x50, 0x44, 0x53, 0x31]);
const SALT = 16;
const NONCE = 12;
const TAG = 16;
const HEAD = MAGIC.length + 2;

const utf8 = new TextEncoder();

/**
 * Signs and encrypts (AES-256-GCM) under the keyring's current key. Bytes that leave the process by way of
 * somebody else (a URL, a cookie, a queue) come back as they were, or are refused.
 * @throws TypeError for what is no bytes, KeyringError for what is no keyring.
 */
export async function seal(bytes: Uint8Array, keyring: Keyring, o: SealOptions = {}): Promise<Uint8Array> {
	checkKeyring(keyring);
	// A text, or a value, would be sealed as no bytes at all.
	if (!(bytes instanceof Uint8Array)) throw new TypeError('seal takes bytes, a Uint8Array: encode(value) gives them.');
	const expires = o.expires === undefined ? undefined : deadline(o.expires, realClock.now());
	const header = utf8.encode(
		JSON.stringify({ key: keyring.current, audience: o.audience, expires, size: bytes.length }),
	);
	if (header.length > 0xffff) throw new RangeError('the audience is too long to be sealed');
	const prefix = new Uint8Array(HEAD + header.length + SALT);
	prefix.set(MAGIC);
	prefix.set([header.length >> 8, header.length & 0xff], MAGIC.length);
	prefix.set(header, HEAD);
	const salt = realRandom.bytes(SALT);
	prefix.set(salt, HEAD + header.length);
	const iv = realRandom.bytes(NONCE);
	const key = await keyring.derive(keyring.current, salt, belongingTo(o.run));
	const additionalData = joined([prefix, belongingTo(o.run)]);
	const closed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, key, new Uint8Array(bytes));
	return joined([prefix, iv, new Uint8Array(closed)]);
}

/**
 * Gives back what was sealed.
 * @throws SealError: `tampered` (changed, cut, or sealed for another run), `unknown-key`, `wrong-audience`, `expired`.
 */
export async function unseal(sealed: Uint8Array, keyring: Keyring, o: UnsealOptions = {}): Promise<Uint8Array> {
	checkKeyring(keyring);
	const { info, prefix, iv, closed } = parse(sealed);
	const salt = prefix.slice(prefix.length - SALT);
	const key = await keyring.derive(info.keyId, salt, belongingTo(o.run));
	const additionalData = joined([prefix, belongingTo(o.run)]);
	let bytes: ArrayBuffer;
	try {
		bytes = await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData }, key, closed);
	} catch (cause) {
		throw new SealError({ kind: 'tampered' }, { cause });
	}
	// Only now is the header known to be what the sealer wrote.
	const { audience, expiresAt } = info;
	if (audience !== (o.audience ?? null)) {
		throw new SealError({ kind: 'wrong-audience', ...(audience === null ? {} : { audience }) });
	}
	if (expiresAt !== null && expiresAt.getTime() <= realClock.now())
		throw new SealError({ kind: 'expired', expiredAt: expiresAt });
	return new Uint8Array(bytes);
}

/**
 * What sealed bytes say of themselves, to find the keys that are still in use. Nothing of it is verified.
 * @throws SealError when they are no sealed bytes.
 */
export function sealInfo(sealed: Uint8Array): SealInfo {
	return parse(sealed).info;
}

function parse(sealed: Uint8Array) {
	if (!(sealed instanceof Uint8Array)) throw new SealError({ kind: 'tampered' });
	const length = HEAD + ((sealed[MAGIC.length]! << 8) | sealed[MAGIC.length + 1]!);
	const start = length + SALT;
	if (MAGIC.some((byte, i) => sealed[i] !== byte)) throw new SealError({ kind: 'tampered' });
	if (!(sealed.length >= start + NONCE + TAG)) throw new SealError({ kind: 'tampered', cut: true });
	const { size, ...info } = headerOf(sealed.subarray(HEAD, length));
	if (sealed.length < start + NONCE + TAG + size) throw new SealError({ kind: 'tampered', cut: true });
	return {
		info,
		prefix: new Uint8Array(sealed.subarray(0, start)),
		iv: new Uint8Array(sealed.subarray(start, start + NONCE)),
		closed: new Uint8Array(sealed.subarray(start + NONCE)),
	};
}

/** `size`: of what was sealed, so that what was cut off on its way is told from what was changed. */
function headerOf(header: Uint8Array): SealInfo & { readonly size: number } {
	let parsed: unknown;
	try {
		parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(header));
	} catch (cause) {
		throw new SealError({ kind: 'tampered' }, { cause });
	}
	const { key, audience = null, expires = null, size = 0 } = Object(parsed) as Record<string, unknown>;
	const wellFormed =
		typeof key === 'string' &&
		typeof size === 'number' &&
		(audience === null || typeof audience === 'string') &&
		(expires === null || typeof expires === 'number');
	if (!wellFormed) throw new SealError({ kind: 'tampered' });
	return { keyId: key, audience, expiresAt: expires === null ? null : new Date(expires), size };
}

/** Told apart: bytes of no run, and of a run with an empty name. */
function belongingTo(run: string | undefined): Uint8Array<ArrayBuffer> {
	return utf8.encode(run === undefined ? 'perdure' : `perdure run ${run}`);
}
