import { memory } from '@perdure/runtime/memory';
import { contract } from './store-contract.ts';

contract('memory', {
	make(clock) {
		const store = memory({ clock });
		return { here: store, there: store, dispose() {} };
	},
});
