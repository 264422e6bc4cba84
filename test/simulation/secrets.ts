import { type Engine, type Keyring, keyring, type Store } from '@perdure/runtime';
import { pieces } from '../../packages/runtime/src/codec/framing.ts';
import type { StoreListener } from '../../packages/runtime/src/ports/store.ts';
import { keyIdOf } from '../../packages/runtime/src/sealing/at-rest.ts';
import type { Random } from '../support/generate/random.ts';

/** What effects give, clients answer and send, and errors say (world.ts): nothing that a store is to read. */
const CANARIES = /did (steady )?r\/|answer to r\/|message \d+ of r|no r\//;

/** Does somebody who has these bytes find in them what is secret? */
export function isPlain(bytes: Uint8Array): boolean {
	return CANARIES.test(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1'));
}

/** Of whatever a store is handed: is there anything secret in it? */
export function hasPlain(given: unknown): boolean {
	return someOf(given, (value) => (typeof value === 'string' ? CANARIES.test(value) : isPlain(value)));
}

/** Are there any bytes in it that are not sealed? */
export function hasUnsealed(given: unknown): boolean {
	return someOf(given, (value) => typeof value !== 'string' && !isSealed(value));
}

/** A log comes in pieces. */
function isSealed(bytes: Uint8Array): boolean {
	const values = keyIdOf(bytes) === null ? pieces([bytes]) : [bytes];
	return values.length > 0 && values.every((value) => keyIdOf(value) !== null);
}

function someOf(given: unknown, is: (value: string | Uint8Array) => boolean): boolean {
	if (given instanceof Uint8Array || typeof given === 'string') return is(given);
	return typeof given === 'object' && given !== null && Object.values(given).some((value) => someOf(value, is));
}

const bytes = (fill: number) => new Uint8Array(32).fill(fill);

/** The keys of a storm whose store is sealed, as they are from one rotation to the next. */
export class Keys {
	/** Of processes that begin now. */
	current: Keyring = keyring({ current: 'a', keys: { a: bytes(1) } });

	rotate(): void {
		this.current = keyring({ current: 'b', keys: { a: bytes(1), b: bytes(2) } });
	}

	/** Of somebody who should not be there: another key, another one under that name, none. */
	strange(random: Random): Keyring | undefined {
		const current = random.pick(['z', 'a', null]);
		return current === null ? undefined : keyring({ current, keys: { [current]: bytes(9) } });
	}

	/** Everything is sealed again: nothing is left that the new key alone does not open. */
	async retire(engine: Engine): Promise<void> {
		await engine.sealAgain();
		const inUse = [...(await engine.keysInUse()).keys()];
		if (inUse.some((id) => id !== 'b')) throw new Error(`after all was sealed again there are the keys ${inUse}`);
		this.current = keyring({ current: 'b', keys: { b: bytes(2) } });
	}
}

/** Whether there is anything stored that is not sealed. */
export async function unsealed(store: Store): Promise<boolean> {
	const nobody: StoreListener = { moved() {}, mail() {}, due() {}, emitted() {} };
	const session = await store.open(nobody);
	try {
		for await (const { bytes } of session.blobs()) if (!isSealed(bytes) || isPlain(bytes)) return true;
		return false;
	} finally {
		await session.close();
	}
}
