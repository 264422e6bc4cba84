import { keyring, SealError } from '@perdure/runtime';
import { expect, it } from 'vitest';
import { AtRest } from '../../packages/runtime/src/sealing/at-rest.ts';

it('a sealed value cannot stand in the place of another, of its run or of another run', async () => {
	const atRest = new AtRest(keyring({ current: 'a', keys: { a: new Uint8Array(32).fill(7) } }));
	const bytes = new Uint8Array([1, 2, 3]);
	const sealed = await atRest.close(bytes, 'r', 'state');
	expect(await atRest.open(sealed, 'r', 'state')).toEqual(bytes);
	const tampered = { name: SealError.name, kind: 'tampered' };
	await expect(atRest.open(sealed, 'r', 'outcome')).rejects.toMatchObject(tampered);
	await expect(atRest.open(sealed, 'another', 'state')).rejects.toMatchObject(tampered);
});
