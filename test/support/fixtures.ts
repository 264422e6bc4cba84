/**
 * `npm run fixtures [-- <filter>]` checks the cases under fixtures/ whose name contains the filter;
 * `npm run fixtures -- -u <filter>` writes what they assert. Review what it wrote: a golden file shows
 * what the program does, not what it should do. The area `compat` is never written.
 */
import { parseArgs } from 'node:util';
import { checkCases } from './check-case.ts';
import { AREAS, type Assertion, assertionsOf, type Case, casesOf, remove, store, stored } from './fixture.ts';
import { saidOf } from './fixture-check.ts';
import { upgradeCases, verdictOf } from './fixture-upgrade.ts';

const { values, positionals } = parseArgs({
	options: { update: { type: 'string', short: 'u' } },
	allowPositionals: true,
});
const filter = values.update ?? positionals[0] ?? '';
if (values.update !== undefined && process.env.CI) {
	console.error('fixtures are not written in CI');
	process.exit(2);
}

const all: { fixture: Case; assertions: () => Promise<Assertion[]> }[] = [
	...AREAS.flatMap(casesOf).map((fixture) => ({ fixture, assertions: () => assertionsOf(fixture) })),
	...checkCases().map((fixture) => ({
		fixture,
		assertions: async () => [{ file: 'diagnostics.txt', actual: saidOf(fixture) }],
	})),
	...upgradeCases().map((fixture) => ({
		fixture,
		assertions: async () => [{ file: 'verdict.txt', actual: await verdictOf(fixture) }],
	})),
];

let passed = 0;
let failed = 0;
for (const { fixture, assertions } of all.filter(({ fixture }) => fixture.name.includes(filter))) {
	try {
		const wrong = (await assertions()).filter(({ file, actual }) => actual !== stored(fixture, file));
		for (const { file, actual } of wrong) {
			if (values.update !== undefined) {
				console.log(`${actual === null ? 'removed' : 'wrote'} ${fixture.name}/${file}`);
				if (actual === null) remove(fixture, file);
				else store(fixture, file, actual);
			} else {
				console.log(`${fixture.name}/${file} is not as stored:\n${actual ?? '(should not be there)'}`);
			}
		}
		if (wrong.length === 0 || values.update !== undefined) passed++;
		else failed++;
	} catch (error) {
		failed++;
		console.log(`${fixture.name}: ${(error as Error).message}`);
	}
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
