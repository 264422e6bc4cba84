/** A store behind a sealed session does all that a store does. */
import { keyring } from '@perdure/runtime';
import { memory } from '@perdure/runtime/memory';
import { sqlite } from '@perdure/runtime/sqlite';
import type { Store, StoreSession } from '../../packages/runtime/src/ports/store.ts';
import { AtRest } from '../../packages/runtime/src/sealing/at-rest.ts';
import { sealedSession } from '../../packages/runtime/src/worker/sealed-session.ts';
import { contract } from './store-contract.ts';

const keys = keyring({ current: 'key', keys: { key: new Uint8Array(32).fill(7) } });

function sealed(store: Store): Store {
	return {
		async open(listener) {
			const session = (await store.open(listener)) as StoreSession & { die(): void };
			return Object.assign(sealedSession(session, new AtRest(keys)), { die: () => session.die() });
		},
	};
}

contract('sealed memory', {
	make(clock) {
		const store = sealed(memory({ clock }));
		return { here: store, there: store, sealed: true, dispose() {} };
	},
});

contract('sealed sqlite', {
	make(clock) {
		const store = sealed(sqlite(':memory:', { clock }));
		return { here: store, there: store, sealed: true, dispose() {} };
	},
});
