import { sha256 } from '@noble/hashes/sha2.js';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** SHA-256 of a text's UTF-8 or of bytes, its first 128 bits in lower-case base32 (26 characters, RFC 4648 alphabet). */
export function hash(data: string | Uint8Array): string {
	const digest = sha256(typeof data === 'string' ? new TextEncoder().encode(data) : data);
	let text = '';
	let bits = 0;
	let held = 0;
	for (let i = 0; i < 16; i++) {
		bits = (bits << 8) | digest[i]!;
		held += 8;
		while (held >= 5) {
			held -= 5;
			text += ALPHABET[(bits >> held) & 31];
		}
		bits &= 31;
	}
	return text + ALPHABET[(bits << (5 - held)) & 31];
}

/**
 * Keys of a run's issues: `<hash of run id and lineage>-<issue number, base 36>`. The hash is made
 * once a lineage, since a key is made for each effect; run, lineage and number decide it all the same.
 */
export function keyPrefix(runId: string, lineage: string): string {
	return hash(`${runId}\0${lineage}`);
}

/** A number from 0 up to 1 that looks random and is the same for the same text. */
export function fraction(text: string): number {
	const { buffer, byteOffset } = sha256(new TextEncoder().encode(text));
	return new DataView(buffer, byteOffset).getUint32(0) / 2 ** 32;
}
