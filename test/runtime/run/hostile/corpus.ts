import { type Continuation, encodeLog, run } from '@perdure/runtime';
import { loadMain } from '../program.ts';

/** Everything that frames, closures, classes, generators, promises and iterators are saved as. */
const PROGRAM = `
	import { suspend, receive, sleep } from '@perdure/runtime';
	import { eff, api, make } from 'world';
	async function ask(q) { "use durable";
		const local = new Map([[q, new Set([1, 'two', 3n])]]);
		for (const [key, value] of local) await suspend({ key, value });
		return local;
	}
	function* numbers(list) { "use durable"; try { for (const x of list) yield [x, yield* [x]]; } finally { list.length = 0; } }
	async function* pages(inner) { "use durable"; for (;;) yield await eff(yield* inner); }
	export async function main(order) { "use durable";
		let n = 0;
		class Box {
			static #made = 0; static boxes = []; #hidden = order; open = new Date(1);
			get hidden() { return this.#hidden; }
			m() { return [n, Box.#made]; }
			async later() { return ask(this.#hidden.id); }
			static [String(order.id)]() { return this.boxes; }
		}
		class Deep extends Box { #deep = [1]; get deep() { return this.#deep; } }
		const box = new Deep(), { m } = box, accessors = { get n() { return n; }, box, Deep };
		Box.boxes.push(box);
		Box.prototype.added = () => box;
		const some = numbers([1, 2]);
		some.next();
		const page = pages(some);
		const asked = [page.next(), page.next(), pages([]).return(new Promise(() => {}))];
		const up = () => ++n;
		const list = [order, order, new Date(5), /x/g, new Uint8Array([1, 2, 3]), new Error('e', { cause: order })];
		let settle;
		const promise = new Promise((resolve) => { settle = resolve; });
		const later = promise.then((x) => x + 1).finally(up);
		const raced = Promise.race([later, Promise.all([ask('side'), later])]);
		try {
			for (const item of [1, 2]) {
				for (const key in { a: 1, b: 2 }) await ask(key + item);
				await eff({ list, up: up() }, make({ item }));
			}
			settle(1);
			await Promise.allSettled([raced, promise]);
		} finally { await api[String(order.id)](list).then((r) => r + n); }
		return [list, up, some, page, asked.length, m, accessors, box.later()];
	}`;

export interface Corpus {
	/** Saved states, with and without their logs. */
	readonly states: readonly Uint8Array[];
	readonly logs: readonly Uint8Array[];
	/** The function that they are of. */
	readonly main: (...args: unknown[]) => Promise<unknown>;
	/** How often a thunk was run: decoding runs none. */
	readonly thunks: () => number;
}

/** All states of one run, from its beginning to its end. */
export async function corpusOf(): Promise<Corpus> {
	let thunks = 0;
	const world = {
		eff: async () => {},
		api: { 7: async () => 'seven' },
		make: () => (thunks++, () => 0),
	};
	const states: Uint8Array[] = [];
	const logs: Uint8Array[] = [];
	const keep = (c: Continuation<unknown>) => {
		states.push(c.toBytes(), c.toBytes({ log: true }));
		logs.push(encodeLog(c.log));
	};
	const main = loadMain(PROGRAM, world);
	let outcome = await run(main, [{ id: 7 }], { onCheckpoint: keep, id: 'r', log: 'all' });
	while (outcome.status === 'suspended') {
		keep(outcome.continuation);
		const next = await outcome.continuation.send('early', { buffered: [1] });
		if (next.status === 'suspended') keep(next.continuation);
		// Two suspensions are open at first: an answer needs its address.
		outcome = await outcome.continuation.resume('yes', {
			onCheckpoint: keep,
			suspension: outcome.continuation.suspensions.at(-1)!.id,
		});
	}
	if (outcome.status !== 'completed') throw new Error(`it is ${outcome.status}`, { cause: outcome });
	return { states, logs, main, thunks: () => thunks };
}
