/** Generated programs about generators: what a turn has changed is all that is written of it (simulation.ts compares). */
import { expect, test } from 'vitest';
import { generateGenerators } from '../../support/generate/generator-requests.ts';
import { simulate } from './simulation.ts';

test.each(['sync', 'async'] as const)('%s', (kind) => {
	for (let seed = 1; seed <= 15; seed++) {
		const source = generateGenerators(seed, { kind, effects: true }).replace("'#trace'", "'world'");
		const run = simulate(source, { world: { eff() {} } });
		while (run.outstanding.length > 0) {
			if (seed % 2 === 0) run.restore();
			run.settle('eff');
		}
		expect(run.last.status, source).toBe('completed');
	}
});
