import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';

/** A key: its bytes. */
type Bytes = Uint8Array;

interface Sealing {
	readonly iv: Bytes;
	readonly additionalData?: Bytes;
}

const TAG = 16;

/** What of the Web Crypto API keyrings need, done at once: what a pool of threads does comes back at any time. */
const atOnce = {
	importKey: async (_format: string, bytes: Bytes) => bytes,
	async deriveKey({ salt, info }: { readonly salt: Bytes; readonly info: Bytes }, key: Bytes) {
		return new Uint8Array(hkdfSync('sha256', key, salt, info, 32));
	},
	async encrypt({ iv, additionalData }: Sealing, key: Bytes, bytes: Bytes) {
		const cipher = createCipheriv('aes-256-gcm', key, iv);
		if (additionalData !== undefined) cipher.setAAD(additionalData);
		return Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
	},
	async decrypt({ iv, additionalData }: Sealing, key: Bytes, bytes: Bytes) {
		const decipher = createDecipheriv('aes-256-gcm', key, iv);
		if (additionalData !== undefined) decipher.setAAD(additionalData);
		decipher.setAuthTag(bytes.subarray(-TAG));
		return Buffer.concat([decipher.update(bytes.subarray(0, -TAG)), decipher.final()]);
	},
};

/** While `work` goes on, what is sealed is sealed at once, so that a seed does the same again. */
export async function sealingAtOnce<T>(work: () => Promise<T>): Promise<T> {
	const subtle = crypto.subtle as unknown as Record<string, unknown>;
	Object.assign(subtle, atOnce);
	try {
		return await work();
	} finally {
		for (const name of Object.keys(atOnce)) delete subtle[name];
	}
}
