/**
 * Bytes of a continuation from outside are hostile (runtime.md, "Security"): mutations of real ones end in
 * a value or a typed error, quickly, whatever is then asked of the value. A seed reproduces a failure.
 */
import { Continuation, run } from '@perdure/runtime';
import { beforeAll, expect, test } from 'vitest';
import { DecodeError, NotSerializableError } from '../../../packages/runtime/src/errors/saving.ts';
import { SchemaMismatchError, UnknownFunctionError } from '../../../packages/runtime/src/errors/schema.ts';
import { Random } from '../../support/generate/random.ts';
import { loadMain } from './program.ts';

const SEEDS = Number(process.env['PERDURE_HOSTILE'] ?? 3000);
const FROM = Number(process.env['PERDURE_SEED'] ?? 0);

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

let corpus: Uint8Array[];
let thunks = 0;

beforeAll(async () => {
	const world = {
		eff: async () => {},
		api: { 7: async () => 'seven' },
		make: () => (thunks++, () => 0),
	};
	corpus = [];
	const keep = (c: Continuation<unknown>) => void corpus.push(c.toBytes(), c.toBytes({ log: true }));
	let outcome = await run(loadMain(PROGRAM, world), [{ id: 7 }], { onCheckpoint: keep, id: 'r' });
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
	expect(outcome.status).toBe('completed');
	expect(corpus.length).toBeGreaterThan(20);
});

/** Everything that can be asked of a continuation without going on. */
function lookAt(c: Continuation<unknown>): void {
	for (const ask of [
		() => c.inspect(),
		() => c.suspensions,
		() => c.wakeAt,
		() => c.schemaId,
		() => c.log,
		() => c.toBytes(),
		() => c.fork().toBytes({ log: true }),
		() => [c.functionId, c.runId],
	]) {
		try {
			ask();
		} catch (error) {
			// What was forged into a variable may be nothing that can be saved again.
			if (!NotSerializableError.is(error)) expectTyped(error);
		}
	}
}

function expectTyped(error: unknown): void {
	if (DecodeError.is(error) || UnknownFunctionError.is(error) || SchemaMismatchError.is(error)) return;
	throw error;
}

function attack(bytes: Uint8Array): 'value' | 'error' {
	let c: Continuation<unknown>;
	try {
		c = Continuation.fromBytes(bytes);
	} catch (error) {
		expectTyped(error);
		return 'error';
	}
	lookAt(c);
	return 'value';
}

const utf8 = {
	encode: (s: string) => new TextEncoder().encode(s),
	decode: (b: Uint8Array) => new TextDecoder().decode(b),
};

/** Byte-level damage. */
function damage(bytes: Uint8Array, r: Random): Uint8Array {
	const out = new Uint8Array(bytes);
	for (let i = r.int(4); i >= 0; i--) {
		switch (r.int(4)) {
			case 0:
				out[r.int(out.length)] = r.int(256);
				break;
			case 1:
				return out.slice(0, r.int(out.length));
			case 2: {
				const at = r.int(out.length);
				out.copyWithin(at, r.int(out.length), r.int(out.length));
				break;
			}
			default:
				out[r.int(out.length)]! ^= 1 << r.int(8);
		}
	}
	return out;
}

/** Damage to the rows that leaves them well-formed JSON: what a patient attacker writes. */
function forge(bytes: Uint8Array, r: Random): Uint8Array {
	const text = utf8.decode(bytes);
	const header = /^PD1(F|f([0-9a-f]{8}))/.exec(text)!;
	const start = header[0].length;
	const length = header[2] === undefined ? bytes.length - start : Number.parseInt(header[2], 16);
	const rows = JSON.parse(utf8.decode(bytes.subarray(start, start + length))) as unknown[];
	const rest = bytes.subarray(start + length);
	for (let i = r.int(3); i >= 0; i--) mutate(rows, r);
	const body = utf8.encode(JSON.stringify(rows));
	const head =
		header[2] === undefined ? utf8.encode('PD1F') : utf8.encode(`PD1f${body.length.toString(16).padStart(8, '0')}`);
	return new Uint8Array([...head, ...body, ...rest]);
}

function mutate(rows: unknown[], r: Random): void {
	const lists = rows.filter((row): row is unknown[] => Array.isArray(row) && row.length > 0);
	const row = r.pick(lists);
	const at = r.int(row.length);
	switch (r.int(7)) {
		case 0:
			row[at] = r.pick(VALUES);
			return;
		case 1:
			row[at] = [r.int(rows.length + 2)];
			return;
		case 2:
			row.splice(at, 1);
			return;
		case 3:
			row.splice(at, 0, r.pick(VALUES));
			return;
		case 4: {
			const other = r.pick(lists);
			row[at] = other[r.int(other.length)];
			return;
		}
		case 5:
			rows[1 + r.int(rows.length - 1)] = structuredClone(r.pick(lists));
			return;
		default:
			rows[0] = [r.int(rows.length)];
	}
}

const VALUES: unknown[] = [
	0, -1, 1, 2 ** 32, 1e308, 0.5, null, true, false, '', 'x', '__proto__', 'constructor', 'then',
	[-1], [-2], [-5], [-6], [0], ['n', '5'], ['n', 'x'], {}, [],
	'frame', 'closure', 'thunk', 'live', 'operands', 'cell', 'tdz', 'durable', 'promise', 'await', 'then', 'gather', 'resolver',
	'array-steps', 'string-steps', 'collection-steps', 'key-steps', 'foreign-steps', 'A', 'a', 'O', 'M', 'V', 'B', 'E', 'D',
	'perdure/subject#main', 'perdure/subject#ask', 'effect', 'sleep', 'suspend', 'receive', 'native',
]; // biome-ignore format: a table

const seeds = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

test.each([
	['damaged bytes', damage],
	['forged rows', forge],
])('%s: a value or a typed error, and no thunk is run', (name, change) => {
	const made = thunks;
	const ends = { value: 0, error: 0 };
	for (const seed of seeds(FROM, SEEDS)) {
		const r = new Random(seed);
		const bytes = change(r.pick(corpus), r);
		const began = performance.now();
		try {
			ends[attack(bytes)]++;
		} catch (error) {
			throw new Error(`${name}, seed ${seed}: PERDURE_SEED=${seed} PERDURE_HOSTILE=1`, { cause: error });
		}
		expect(performance.now() - began, `seed ${seed}`).toBeLessThan(2000);
	}
	expect(thunks).toBe(made);
	expect(ends.error).toBeGreaterThan(0);
	if (SEEDS > 100) expect(ends.value).toBeGreaterThan(0);
});

test('going on with what was forged ends in an outcome or a typed error, never in a hang', {
	timeout: 120_000,
}, async () => {
	for (const seed of seeds(FROM, Math.ceil(SEEDS / 10))) {
		const r = new Random(seed);
		let c: Continuation<unknown>;
		try {
			c = Continuation.fromBytes(forge(r.pick(corpus), r));
		} catch {
			continue;
		}
		const [open] = (() => {
			try {
				return c.suspensions;
			} catch {
				return [];
			}
		})();
		const go =
			open === undefined
				? c.continue({ park: AbortSignal.timeout(50) })
				: c.resume('x', { suspension: open.id, park: AbortSignal.timeout(50) });
		const late = new Promise<never>((_, reject) => setTimeout(() => reject(new Error(`seed ${seed} hangs`)), 5000));
		await Promise.race([go, late]).catch((error) => {
			if (error instanceof Error && 'code' in error && String(error.code).startsWith('PD')) return;
			throw new Error(`seed ${seed}: PERDURE_SEED=${seed} PERDURE_HOSTILE=10`, { cause: error });
		});
	}
});

test('nothing of Object.prototype changed', () => {
	expect(Object.keys(Object.prototype)).toEqual([]);
	expect(({} as Record<string, unknown>)['x']).toBe(undefined);
});

test('frames that await each other, or one frame awaited twice, are refused', () => {
	const c = corpus.find((bytes) => utf8.decode(bytes).includes('"perdure/subject#ask"'))!;
	const text = utf8.decode(c);
	const [, inner] = /\["fiber",0,\[(\d+)\]/.exec(text)!;
	const rows = [...text.matchAll(/\["frame",/g)];
	expect(rows.length).toBeGreaterThan(1);
	// The outer frame awaits its own callee.
	const cyclic = text.replace(/\["frame",null,/, `["frame",[${inner}],`);
	expect(() => Continuation.fromBytes(utf8.encode(cyclic))).toThrow(DecodeError);
});
