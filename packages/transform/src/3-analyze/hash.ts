import { createHash } from 'node:crypto';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/**
 * The hash of every id: SHA-256 of the UTF-8 text, its first 128 bits, in lower-case base32
 * (RFC 4648 alphabet, no padding): 26 characters.
 */
export function hashText(text: string): string {
	const bytes = createHash('sha256').update(text, 'utf8').digest();
	let out = '';
	let bits = 0;
	let held = 0;
	for (let i = 0; i < 16; i++) {
		held = (held << 8) | bytes[i]!;
		bits += 8;
		while (bits >= 5) {
			bits -= 5;
			out += ALPHABET[(held >> bits) & 31];
		}
		held &= (1 << bits) - 1;
	}
	return out + ALPHABET[(held << (5 - bits)) & 31];
}
