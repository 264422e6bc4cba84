import { joined } from '../codec/framing.ts';
import { SealError } from '../errors/saving.ts';
import { hash } from '../machine/key.ts';
import { realRandom } from '../ports/clock.ts';
import { checkKeyring, type Keyring } from './keyring.ts';

/** What a value of a store is: part of what it is bound to, so that none can stand in another's place. */
export type Field = 'state' | 'waits' | 'progress' | 'outcome' | 'event' | 'log' | 'mail' | 'outbox';

/** `PDR1`, the length of the key's id, the id, a nonce, then what AES-256-GCM gives. */
const MAGIC = new Uint8Array([0x50, 0x44, 0x52, 0x31]);
const NONCE = 12;
const TAG = 16;
const NO_SALT = new Uint8Array(0);

/** How many runs' keys are kept at hand: deriving one costs as much as sealing. */
const KEYS = 2000;

type Key = Awaited<ReturnType<Keyring['derive']>>;

const utf8 = new TextEncoder();

/**
 * Seals what a store keeps (AES-256-GCM): one key for each run, by HKDF, and a random nonce for each value, which
 * holds for 2^32 values of a run. A value is bound to its run and field.
 * Owns: derived keys of runs met lately. Called by: the sealed session, the listing of keys in use.
 */
export class AtRest {
	readonly #keyring: Keyring;
	readonly #keys = new Map<string, Promise<Key>>();

	/** @throws KeyringError for what is none. */
	constructor(keyring: Keyring) {
		checkKeyring(keyring);
		this.#keyring = keyring;
	}

	get current(): string {
		return this.#keyring.current;
	}

	/** Of all its keys, so that whatever could not be read is tried again with others. */
	async fingerprint(): Promise<string> {
		const marks = await Promise.all(
			this.#keyring.ids.map(async (id) => {
				const name = 'AES-GCM';
				// A nonce used once for this key, which seals nothing else.
				const iv = new Uint8Array(NONCE);
				const key = await this.#keyring.derive(id, NO_SALT, utf8.encode('perdure fingerprint'));
				const mark = await crypto.subtle.encrypt({ name, iv }, key, NO_SALT);
				return `${id} ${hash(new Uint8Array(mark))}`;
			}),
		);
		return hash(marks.join('\n'));
	}

	async close(bytes: Uint8Array, run: string, field: Field): Promise<Uint8Array> {
		const id = utf8.encode(this.current);
		if (id.length > 255) throw new RangeError('the id of the current key is too long');
		const iv = realRandom.bytes(NONCE);
		const head = joined([MAGIC, new Uint8Array([id.length]), id]);
		const key = await this.#key(this.current, run);
		const additionalData = joined([head, boundTo(run, field)]);
		const closed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, key, new Uint8Array(bytes));
		return joined([head, iv, new Uint8Array(closed)]);
	}

	/** @throws SealError: `tampered` (changed, another's, or never sealed), `unknown-key`. */
	async open(bytes: Uint8Array, run: string, field: Field): Promise<Uint8Array> {
		const id = keyIdOf(bytes);
		if (id === null) throw new SealError({ kind: 'tampered', unsealed: true });
		const start = MAGIC.length + 1 + bytes[MAGIC.length]!;
		const key = await this.#key(id, run);
		const iv = new Uint8Array(bytes.subarray(start, start + NONCE));
		const additionalData = joined([bytes.subarray(0, start), boundTo(run, field)]);
		try {
			const algorithm = { name: 'AES-GCM', iv, additionalData };
			return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, new Uint8Array(bytes.subarray(start + NONCE))));
		} catch (cause) {
			throw new SealError({ kind: 'tampered' }, { cause });
		}
	}

	#key(id: string, run: string): Promise<Key> {
		const name = `${id}\0${run}`;
		const known = this.#keys.get(name);
		if (known !== undefined) return known;
		const derived = this.#keyring.derive(id, NO_SALT, utf8.encode(`perdure at rest ${run}`));
		derived.catch(() => this.#keys.delete(name));
		this.#keys.set(name, derived);
		for (const oldest of this.#keys.keys()) {
			if (this.#keys.size <= KEYS) break;
			this.#keys.delete(oldest);
		}
		return derived;
	}
}

/** The key that a stored value is sealed under; null when it is not sealed. Nothing of it is verified. */
export function keyIdOf(bytes: Uint8Array): string | null {
	const length = bytes[MAGIC.length] ?? 0;
	if (bytes.length < MAGIC.length + 1 + length + NONCE + TAG || MAGIC.some((byte, i) => bytes[i] !== byte)) return null;
	return new TextDecoder().decode(bytes.subarray(MAGIC.length + 1, MAGIC.length + 1 + length));
}

function boundTo(run: string, field: Field): Uint8Array {
	return utf8.encode(`perdure at rest ${field} ${run}`);
}
