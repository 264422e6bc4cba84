/** What a store holds, as bytes: for tests that look at them, or change them. */
import type { Store } from '@perdure/runtime';
import type { StoredBytes } from '../../packages/runtime/src/ports/store.ts';

export async function blobsOf(store: Store): Promise<StoredBytes[]> {
	const session = await store.open({ moved() {}, mail() {}, due() {}, emitted() {} });
	const found: StoredBytes[] = [];
	for await (const blob of session.blobs()) found.push(blob);
	return found;
}
