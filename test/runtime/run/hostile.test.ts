/**
 * Bytes of a continuation from outside are hostile (runtime.md, "Security"): mutations of real ones end in
 * a value or a typed error, soon and small, whatever is then asked of the value. A seed reproduces a failure.
 */
import { getHeapStatistics } from 'node:v8';
import { Continuation, decodeLog, encodeLog, PerdureError, replay } from '@perdure/runtime';
import { beforeAll, expect, test } from 'vitest';
import { DecodeError, NotSerializableError } from '../../../packages/runtime/src/errors/saving.ts';
import { SchemaMismatchError, UnknownFunctionError } from '../../../packages/runtime/src/errors/schema.ts';
import { Random } from '../../support/generate/random.ts';
import { type Corpus, corpusOf } from './hostile/corpus.ts';
import { Spoiler } from './hostile/spoiler.ts';

/** Cases in all: `PERDURE_HOSTILE=1000000 npm run soak:hostile` asks for more. */
const CASES = Number(process.env['PERDURE_HOSTILE'] ?? 4500);
const FROM = Number(process.env['PERDURE_SEED'] ?? 0);
const WAYS = ['damage', 'forge', 'graft'] as const;
/** What one case may cost: ms, and bytes that it leaves behind before anything is collected. */
const LIMITS = { ms: 2000, bytes: 256 * 1024 * 1024 };

let corpus: Corpus;
let spoiler: Spoiler;
/** What one has before anything was spoilt. */
let prototypes: readonly (readonly [object, number])[];

beforeAll(async () => {
	corpus = await corpusOf();
	expect(corpus.states.length).toBeGreaterThan(20);
	spoiler = new Spoiler(corpus.states);
	const classes = [Object, Array, Map, Set, Promise, Error, Function, Date, RegExp, Uint8Array, Continuation];
	const iterators = [[][Symbol.iterator](), new Map().entries(), (function* () {})(), (async function* () {})()];
	const all = [...classes.map((C) => C.prototype as object), ...iterators.map((one) => Object.getPrototypeOf(one))];
	prototypes = all.map((one) => [one, Reflect.ownKeys(one).length]);
});

/** Everything that can be asked of a continuation without going on. `fork`: which costs as much as all the rest. */
function lookAt(c: Continuation<unknown>, fork: boolean): void {
	for (const ask of [
		() => c.inspect(),
		() => c.suspensions,
		() => c.wakeAt,
		() => c.schemaId,
		() => c.log,
		() => c.toBytes(),
		() => fork && c.fork().toBytes({ log: true }),
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

type End = 'value' | 'error';

function attack(bytes: Uint8Array, fork: boolean): End {
	let c: Continuation<unknown>;
	try {
		c = Continuation.fromBytes(bytes);
	} catch (error) {
		expectTyped(error);
		return 'error';
	}
	lookAt(c, fork);
	return 'value';
}

function measured(what: () => End): End {
	const before = heap();
	const began = performance.now();
	const end = what();
	const ms = performance.now() - began;
	const bytes = heap() - before;
	if (ms > LIMITS.ms || bytes > LIMITS.bytes) throw new Error(`it took ${ms} ms and ${bytes} bytes`);
	return end;
}

function heap(): number {
	const { used_heap_size, external_memory } = getHeapStatistics();
	return used_heap_size + external_memory;
}

test.each(WAYS)('%s: a value or a typed error, and no thunk is run', (way) => {
	const made = corpus.thunks();
	const ends = { value: 0, error: 0 };
	const count = Math.ceil(CASES / WAYS.length);
	for (let seed = FROM; seed < FROM + count; seed++) {
		const bytes = spoiler[way](new Random(seed));
		try {
			ends[measured(() => attack(bytes, seed % 8 === 0))]++;
		} catch (error) {
			throw new Error(`${way}, seed ${seed}: PERDURE_SEED=${seed} PERDURE_HOSTILE=1`, { cause: error });
		}
	}
	expect(corpus.thunks()).toBe(made);
	if (count < 1000) return;
	// Or it would only ever test the parser of JSON, or nothing at all.
	expect(ends.error).toBeGreaterThan(count / 20);
	expect(ends.value).toBeGreaterThan(count / 20);
});

test('going on with what was forged ends in an outcome or a typed error, never in a hang', {
	timeout: 120_000,
}, async () => {
	for (let seed = FROM; seed < FROM + Math.ceil(Math.min(CASES, 50_000) / 20); seed++) {
		const r = new Random(seed);
		let c: Continuation<unknown>;
		try {
			c = Continuation.fromBytes(r.chance(0.5) ? spoiler.forge(r) : spoiler.graft(r));
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
		const park = AbortSignal.timeout(50);
		const go = open === undefined ? c.continue({ park }) : c.resume('x', { suspension: open.id, park });
		await inTime(go, seed);
	}
});

/** An outcome, or an error of ours. */
async function inTime(go: Promise<unknown>, seed: number): Promise<void> {
	let stop: NodeJS.Timeout;
	const late = new Promise<never>((_, reject) => {
		stop = setTimeout(() => reject(new Error(`seed ${seed} hangs`)), 5000);
	});
	try {
		await Promise.race([go, late]);
	} catch (error) {
		if (!PerdureError.is(error)) {
			throw new Error(`seed ${seed}: PERDURE_SEED=${seed} PERDURE_HOSTILE=10`, { cause: error });
		}
	} finally {
		clearTimeout(stop!);
	}
}

test('logs: a list that can be replayed or is refused, or a typed error', async () => {
	const spoilt = new Spoiler(corpus.logs);
	const ends = { value: 0, error: 0 };
	for (let seed = FROM; seed < FROM + Math.ceil(Math.min(CASES, 50_000) / 20); seed++) {
		const r = new Random(seed);
		const bytes = spoilt[r.pick(WAYS)](r);
		try {
			const log = decodeLog(bytes);
			ends.value++;
			await inTime(replay(corpus.main, [{ id: 7 }], log, { park: AbortSignal.timeout(50), id: 'r' }), seed);
		} catch (error) {
			if (!DecodeError.is(error)) throw error;
			ends.error++;
		}
	}
	if (CASES < 1000) return;
	expect(ends.error).toBeGreaterThan(0);
	expect(ends.value).toBeGreaterThan(0);
});

test('what stands for entries that are not kept is refused without their number', () => {
	const [entry] = decodeLog(corpus.logs.at(-1)!);
	const pruned = { ...entry!, kind: 'pruned' as const, count: 1, fibers: [0, 0] as const };
	expect(decodeLog(encodeLog([pruned]))).toHaveLength(1);
	for (const part of ['count', 'fibers']) {
		expect(() => decodeLog(encodeLog([{ ...pruned, [part]: undefined }]))).toThrow(DecodeError);
	}
});

test('no prototype was touched', () => {
	for (const [prototype, keys] of prototypes) expect(Reflect.ownKeys(prototype).length).toBe(keys);
	expect(Object.keys(Object.prototype)).toEqual([]);
	expect(({} as Record<string, unknown>)['x']).toBe(undefined);
});

test('frames that await each other, or one frame awaited twice, are refused', () => {
	const c = corpus.states.find((bytes) => textOf(bytes).includes('"perdure/subject#ask"'))!;
	const text = textOf(c);
	const [, inner] = /\["fiber",0,\[(\d+)\]/.exec(text)!;
	const rows = [...text.matchAll(/\["frame",/g)];
	expect(rows.length).toBeGreaterThan(1);
	// The outer frame awaits its own callee.
	const cyclic = text.replace(/\["frame",null,/, `["frame",[${inner}],`);
	expect(() => Continuation.fromBytes(new TextEncoder().encode(cyclic))).toThrow(DecodeError);
});

function textOf(bytes: Uint8Array): string {
	return new TextDecoder().decode(bytes);
}
