import { describe, expect, it } from 'vitest';
import { idsCorpus, idsOf } from '../support/ids-corpus.ts';

describe('ids of released formats never change', () => {
	it.each(idsCorpus().map((entry) => [entry.name, entry] as const))('%s', (_, entry) => {
		expect(entry.ids).not.toBeNull();
		expect(idsOf(entry)).toEqual(entry.ids);
	});
});
