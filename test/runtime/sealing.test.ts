/** Sealed bytes and tokens: given back as they were, or refused with the reason, before anything is decoded. */
import {
	createEngine,
	KeyringError,
	keyring,
	run,
	SealError,
	seal,
	sealInfo,
	sealToken,
	suspend,
	unseal,
	unsealToken,
} from '@perdure/runtime';
import * as internal from '@perdure/runtime/internal';
import { memory } from '@perdure/runtime/memory';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { prepare } from '../support/evaluate.ts';
import { compileSubject } from '../support/execute.ts';
import { Random } from '../support/generate/random.ts';

const key = (fill: number) => new Uint8Array(32).fill(fill);
const ring = keyring({ current: 'now', keys: { now: key(1), before: key(2) } });
const plain = new TextEncoder().encode('the state of a run');

/** `PERDURE_HOSTILE=1000000 npm run soak:hostile` asks for more. */
const CASES = Number(process.env['PERDURE_HOSTILE'] ?? 500);
const FROM = Number(process.env['PERDURE_SEED'] ?? 0);

/** Bits and bytes changed, parts moved, cut, doubled, or taken from another. */
function spoil(sealed: Uint8Array, random: Random, others: readonly Uint8Array[]): Uint8Array {
	const copy = new Uint8Array(sealed);
	const at = () => random.int(copy.length);
	return random.make<Uint8Array>([
		[3, () => copy.fill(random.int(256), at(), at())],
		[3, () => copy.with(at(), random.int(256))],
		[1, () => copy.copyWithin(at(), at(), at())],
		[1, () => copy.subarray(0, at())],
		[1, () => Buffer.concat([copy, copy.subarray(at())])],
		[1, () => Buffer.concat([random.pick(others).subarray(0, at()), copy.subarray(at())])],
		[1, () => Uint8Array.from({ length: random.int(200) }, () => random.int(256))],
	]);
}

afterEach(() => {
	vi.useRealTimers();
});

async function kindOf(refused: Promise<unknown>): Promise<string> {
	const error = await refused.then(
		() => 'not refused',
		(error: unknown) => error,
	);
	return SealError.is(error) ? error.kind : String(error);
}

describe('bytes', () => {
	test('come back as they were, and are not readable meanwhile', async () => {
		const sealed = await seal(plain, ring);
		expect(await unseal(sealed, ring)).toEqual(plain);
		expect(Buffer.from(sealed).includes(Buffer.from(plain))).toBe(false);
		expect(await unseal(await seal(new Uint8Array(), ring), ring)).toEqual(new Uint8Array());
	});

	test('are what is sealed, and nothing else is', async () => {
		for (const none of ['text', { a: 1 }, [1], null, undefined]) {
			await expect(seal(none as never, ring)).rejects.toThrow(TypeError);
			await expect(unseal(none as never, ring)).rejects.toMatchObject({ kind: 'tampered' });
		}
	});

	test('sealed twice are two texts', async () => {
		expect(await seal(plain, ring)).not.toEqual(await seal(plain, ring));
	});

	test('with any bit changed are refused', async () => {
		const sealed = await seal(plain, ring, { audience: 'web', expires: '1 day' });
		for (let bit = 0; bit < sealed.length * 8; bit++) {
			const changed = new Uint8Array(sealed);
			changed[bit >> 3]! ^= 1 << (bit & 7);
			expect(['tampered', 'unknown-key']).toContain(await kindOf(unseal(changed, ring, { audience: 'web' })));
		}
	});

	test('cut or lengthened anywhere are refused', async () => {
		const sealed = await seal(plain, ring);
		for (let length = 0; length < sealed.length; length++) {
			const message = length < 4 ? /were changed/ : /are cut off/;
			await expect(unseal(sealed.subarray(0, length), ring)).rejects.toMatchObject({ kind: 'tampered', message });
		}
		expect(await kindOf(unseal(Uint8Array.of(...sealed, 0), ring))).toBe('tampered');
	});

	test(`${CASES} ways to spoil them are refused, and none is decoded`, async () => {
		const options = { audience: 'web', expires: '1 day', run: 'r' } as const;
		const good = await Promise.all([seal(plain, ring, options), seal(new Uint8Array(5000), ring)]);
		const random = new Random(FROM);
		for (let n = 0; n < CASES; n++) {
			const sealed = random.pick(good);
			const spoilt = spoil(sealed, random, good);
			if (good.some((each) => Buffer.compare(each, spoilt) === 0)) continue;
			const kind = await kindOf(unseal(spoilt, ring, sealed === good[0] ? { audience: 'web', run: 'r' } : {}));
			expect(['tampered', 'unknown-key'], `case ${n} of seed ${FROM}`).toContain(kind);
		}
	});

	test('of another run are refused', async () => {
		const sealed = await seal(plain, ring, { run: 'a' });
		expect(await unseal(sealed, ring, { run: 'a' })).toEqual(plain);
		for (const run of ['b', '', undefined]) {
			expect(await kindOf(unseal(sealed, ring, run === undefined ? {} : { run }))).toBe('tampered');
		}
		expect(await kindOf(unseal(await seal(plain, ring), ring, { run: '' }))).toBe('tampered');
	});

	test('for another audience are refused, and so are those for any where one is expected', async () => {
		const sealed = await seal(plain, ring, { audience: 'web' });
		expect(await unseal(sealed, ring, { audience: 'web' })).toEqual(plain);
		expect(await kindOf(unseal(sealed, ring, { audience: 'mail' }))).toBe('wrong-audience');
		expect(await kindOf(unseal(sealed, ring))).toBe('wrong-audience');
		expect(await kindOf(unseal(await seal(plain, ring), ring, { audience: 'web' }))).toBe('wrong-audience');
	});

	test('expire', async () => {
		vi.useFakeTimers({ now: 1_000_000, toFake: ['Date'] });
		const sealed = await seal(plain, ring, { expires: '10 minutes' });
		vi.setSystemTime(1_000_000 + 600_000 - 1);
		expect(await unseal(sealed, ring)).toEqual(plain);
		vi.setSystemTime(1_000_000 + 600_000);
		expect(await kindOf(unseal(sealed, ring))).toBe('expired');
		expect(sealInfo(sealed)).toEqual({ keyId: 'now', audience: null, expiresAt: new Date(1_600_000) });
	});

	test('under an older key are read, under an unknown or another key of that name are not', async () => {
		const old = keyring({ current: 'before', keys: { before: key(2) } });
		const sealed = await seal(plain, old);
		expect(sealInfo(sealed).keyId).toBe('before');
		expect(await unseal(sealed, ring)).toEqual(plain);
		expect(await kindOf(unseal(await seal(plain, ring), old))).toBe('unknown-key');
		expect(await kindOf(unseal(sealed, keyring({ current: 'before', keys: { before: key(3) } })))).toBe('tampered');
	});
});

describe('a keyring', () => {
	test('takes bytes and base64 of either alphabet', async () => {
		const bytes = Uint8Array.from({ length: 32 }, (_, i) => 251 + i);
		const forms = [bytes, Buffer.from(bytes).toString('base64'), Buffer.from(bytes).toString('base64url')];
		const sealed = await seal(plain, keyring({ current: 'k', keys: { k: bytes } }));
		for (const k of forms) expect(await unseal(sealed, keyring({ current: 'k', keys: { k } }))).toEqual(plain);
	});

	test.each([
		['of 16 bytes', { current: 'k', keys: { k: new Uint8Array(16) } }, "the key 'k' has 16 bytes instead of 32"],
		['that is no base64', { current: 'k', keys: { k: 'my secret!' } }, "the key 'k' is neither bytes nor base64"],
		['that is missing', { current: 'k', keys: {} }, "the current key 'k' is not among its keys"],
		['of an unset variable', { current: 'k', keys: { k: undefined as never } }, "the key 'k' is neither"],
		['without an id', { current: '', keys: { '': key(1) } }, 'a key has an empty id'],
	])('refuses a key %s', (_, options, message) => {
		expect(() => keyring(options)).toThrow(message);
		expect(() => keyring(options)).toThrow(expect.objectContaining({ code: KeyringError.code }));
	});

	test('is what keyring() has made, for whoever takes one', async () => {
		for (const none of [{ current: 'now', keys: { now: key(1) } }, null, undefined]) {
			await expect(seal(plain, none as never)).rejects.toThrow(KeyringError);
			await expect(unseal(await seal(plain, ring), none as never)).rejects.toThrow(KeyringError);
		}
		for (const none of [{ current: 'now', keys: { now: key(1) } }, null]) {
			expect(() => createEngine({ store: memory(), keyring: none as never })).toThrow(KeyringError);
		}
	});

	test('shows no key when it is printed', async () => {
		const { inspect } = await import('node:util');
		expect(inspect(ring, { depth: 9, showHidden: true })).not.toMatch(/\b1, 1, 1\b|Uint8Array|CryptoKey/);
	});
});

describe('tokens', () => {
	const { code } = compileSubject(
		`import { suspend } from '@perdure/runtime';
		export async function greet(name) {
			"use durable";
			const seen = [];
			for (;;) {
				const answer = await suspend(name + ' has said ' + seen.join(' '));
				if (answer === 'bye') return seen;
				seen.push(answer);
			}
		}`,
		'greet.js',
	);
	const { greet } = prepare(code, 'greet.js').evaluate({
		'@perdure/runtime': { suspend },
		'@perdure/runtime/internal': internal,
	}) as { greet: (name: string) => Promise<string[]> };

	async function token(): Promise<string> {
		const outcome = await run(greet, ['Ann']);
		if (outcome.status !== 'suspended') throw new Error(outcome.status);
		return sealToken(outcome.continuation, ring, { audience: 'form', expires: '1 hour' });
	}

	test('carry a run through a URL, and back as often as somebody goes back', async () => {
		const first = await token();
		expect(first).toMatch(/^[\w-]+$/);
		expect(new URL(`https://shop.example/?k=${first}`).searchParams.get('k')).toBe(first);
		for (const word of ['yes', 'no']) {
			const continuation = await unsealToken(first, ring, { audience: 'form', fn: greet });
			const next = await continuation.resume(word);
			expect(next).toMatchObject({ status: 'suspended', value: `Ann has said ${word}` });
			if (next.status !== 'suspended') return;
			const second = await unsealToken(await sealToken(next.continuation, ring), ring);
			expect(await second.resume('bye')).toMatchObject({ status: 'completed', value: [word] });
		}
	});

	test('that were cut off on their way are refused as such', async () => {
		const good = await token();
		for (let length = 8; length < good.length; length++) {
			await expect(unsealToken(good.slice(0, length), ring)).rejects.toMatchObject({ message: /are cut off/ });
		}
	});

	test('that are none are refused', async () => {
		const good = await token();
		for (const bad of ['', 'x', '%', `${good} `, `${good.slice(0, -1)}`, good.replace(/./, '+'), undefined as never]) {
			expect(await kindOf(unsealToken(bad, ring, { audience: 'form' }))).toBe('tampered');
		}
		expect(await kindOf(unsealToken(good, ring))).toBe('wrong-audience');
	});

	test('are one text for the same bytes', async () => {
		const texts = new Set<string>();
		const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
		for (let name = 'Ann'; name.length < 6; name += 'n') {
			const outcome = await run(greet, [name]);
			if (outcome.status !== 'suspended') throw new Error(outcome.status);
			const good = await sealToken(outcome.continuation, ring);
			for (const last of alphabet) texts.add(good.slice(0, -1) + last);
			texts.delete(good);
			for (const filled of [`${good}=`, `${good}==`, `\n${good}`, `${good}A`]) texts.add(filled);
		}
		expect(texts.size).toBe(3 * 67);
		for (const text of texts) expect(await kindOf(unsealToken(text, ring))).toBe('tampered');
	});

	test('with a key of many lines say so in one', async () => {
		const header = new TextEncoder().encode(JSON.stringify({ key: `x\nerror: ${'y'.repeat(5000)}` }));
		const forged = new Uint8Array(6 + header.length + 100);
		forged.set([0x50, 0x44, 0x53, 0x31, header.length >> 8, header.length & 0xff]);
		forged.set(header, 6);
		const error = await unseal(forged, ring).catch((e: unknown) => e as Error);
		expect(error).toMatchObject({ kind: 'unknown-key', message: expect.stringMatching(/^.{50,250}$/) });
	});

	test('of bytes that are no continuation fail to decode', async () => {
		const sealed = Buffer.from(await seal(plain, ring)).toString('base64url');
		await expect(unsealToken(sealed, ring)).rejects.toThrow(expect.objectContaining({ code: 'PD6001' }));
	});
});
