/** Pieces that a store only joins: each behind its length (4 bytes, big-endian). */

export function framed(data: Uint8Array): Uint8Array {
	const piece = new Uint8Array(4 + data.length);
	new DataView(piece.buffer).setUint32(0, data.length);
	piece.set(data, 4);
	return piece;
}

/** What the pieces held, however the store has joined or cut them. */
export function pieces(stored: readonly Uint8Array[]): Uint8Array[] {
	const all = joined(stored);
	const found: Uint8Array[] = [];
	const view = new DataView(all.buffer);
	for (let at = 0; at + 4 <= all.length; ) {
		const next = at + 4 + view.getUint32(at);
		found.push(all.subarray(at + 4, next));
		at = next;
	}
	return found;
}

/** All parts, one behind the other. */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
	const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
	let end = 0;
	for (const part of parts) {
		all.set(part, end);
		end += part.length;
	}
	return all;
}
