import { framed, joined, pieces } from '../codec/framing.ts';
import type { StoreSession } from '../ports/store.ts';
import { type AtRest, keyIdOf } from '../sealing/at-rest.ts';

/** How many stored values each key has sealed; under `null` those that are not sealed. */
export type KeysInUse = ReadonlyMap<string | null, number>;

export async function keysInUse(session: StoreSession): Promise<KeysInUse> {
	const counts = new Map<string | null, number>();
	for await (const { field, bytes } of session.blobs()) {
		for (const value of field === 'log' ? pieces([bytes]) : [bytes]) {
			const id = keyIdOf(value);
			counts.set(id, (counts.get(id) ?? 0) + 1);
		}
	}
	return counts;
}

/**
 * Seals again under the current key what is sealed under another one, or not at all. A value that was replaced
 * meanwhile is left: whoever replaced it did so under a key of its own.
 * @throws SealError for a value whose key is not there.
 */
export async function sealAgain(session: StoreSession, atRest: AtRest): Promise<number> {
	let sealed = 0;
	for await (const { runId, field, bytes, replace } of session.blobs()) {
		const again = async (value: Uint8Array) => {
			const id = keyIdOf(value);
			if (id === atRest.current) return value;
			sealed++;
			return atRest.close(id === null ? value : await atRest.open(value, runId, field), runId, field);
		};
		const before = sealed;
		if (field === 'log') {
			const renewed = await Promise.all(
				pieces([bytes]).map(async (piece) =>
					framed(keyIdOf(piece) === null ? await again(framed(piece)) : await again(piece)),
				),
			);
			if (sealed > before) await replace(joined(renewed));
		} else {
			const renewed = await again(bytes);
			if (sealed > before) await replace(renewed);
		}
	}
	return sealed;
}
