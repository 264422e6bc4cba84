import { KeyringError, SealError } from '../errors/saving.ts';

/** 32 bytes, as they are or in base64 (either alphabet): `openssl rand -base64 32`. */
export type KeyMaterial = Uint8Array | string;

/** What `keyring` is made of. */
export interface KeyringOptions {
	/** Id of the key that seals. */
	readonly current: string;
	/** Every key that may still be met, by id. Ids are not secret: sealed bytes name theirs. */
	readonly keys: Readonly<Record<string, KeyMaterial>>;
}

/** A key of the Web Crypto API, by whichever library of types declares that. */
type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** AES-256. */
const KEY_BYTES = 32;

/**
 * Keys by id. Rotation: add a key and make it current; retire the old one when nothing sealed under it is
 * left (`sealInfo` tells). The keys themselves cannot be read back from it, nor show up when it is printed.
 */
export class Keyring {
	readonly current: string;
	readonly #keys: ReadonlyMap<string, Promise<Key>>;

	/** Not for users: `keyring` checks what it is made of. */
	constructor(current: string, keys: ReadonlyMap<string, Promise<Key>>) {
		this.current = current;
		this.#keys = keys;
	}

	get ids(): string[] {
		return [...this.#keys.keys()];
	}

	/**
	 * The AES-GCM key for one sealing: HKDF (RFC 5869, SHA-256) of the named key over a salt of its own, so
	 * that no two sealings share a key and nonces need not be counted.
	 * @throws SealError of the kind `unknown-key`.
	 */
	async derive(id: string, salt: Uint8Array<ArrayBuffer>, info: Uint8Array<ArrayBuffer>): Promise<Key> {
		const key = await this.#keys.get(id);
		if (key === undefined) throw new SealError({ kind: 'unknown-key', keyId: id });
		const algorithm = { name: 'HKDF', hash: 'SHA-256', salt, info };
		return crypto.subtle.deriveKey(algorithm, key, { name: 'AES-GCM', length: 8 * KEY_BYTES }, false, [
			'encrypt',
			'decrypt',
		]);
	}
}

/**
 * The keys that seal and unseal bytes; they are checked here, not when they are first used.
 * @throws KeyringError naming the key that cannot be used.
 */
export function keyring({ current, keys }: KeyringOptions): Keyring {
	const imported = new Map<string, Promise<Key>>();
	for (const [id, material] of Object.entries(keys)) {
		if (id === '') throw new KeyringError({ problem: 'a key has an empty id' });
		imported.set(id, crypto.subtle.importKey('raw', bytesOfKey(id, material), 'HKDF', false, ['deriveKey']));
	}
	if (!imported.has(current)) throw new KeyringError({ problem: `the current key '${current}' is not among its keys` });
	return new Keyring(current, imported);
}

/**
 * What JavaScript hands over may be what a keyring is made of, or nothing.
 * @throws KeyringError
 */
export function checkKeyring(given: Keyring): void {
	if (typeof (given as Partial<Keyring> | null | undefined)?.derive === 'function') return;
	throw new KeyringError({ problem: 'it was not made by keyring({ current, keys })' });
}

function bytesOfKey(id: string, material: KeyMaterial): Uint8Array<ArrayBuffer> {
	const bytes = typeof material === 'string' ? bytesOfBase64(material) : material;
	if (!(bytes instanceof Uint8Array))
		throw new KeyringError({ problem: `the key '${id}' is neither bytes nor base64` });
	if (bytes.length !== KEY_BYTES) {
		throw new KeyringError({ problem: `the key '${id}' has ${bytes.length} bytes instead of ${KEY_BYTES}` });
	}
	return new Uint8Array(bytes);
}

function bytesOfBase64(text: string): Uint8Array | null {
	try {
		return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
	} catch {
		return null;
	}
}
