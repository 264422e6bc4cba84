/**
 * The programs by which another compiler of async functions (nodent-compiler, BSD-2-Clause) is tested:
 * each as the body of a durable function, executed in every way that our own fixtures are.
 */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { compileSubject, execute, WAYS } from '../support/execute.ts';

const folder = fileURLToPath(new URL('../../node_modules/nodent-compiler/tests/semantics/', import.meta.url));

/** They use `await` where JavaScript has none: in functions that are not async. */
const OTHER_LANGUAGE = ['complex.js', 'es6-object-arrow.js', 'nested-throw.js', 'try-nested.js'];

/** They hand a resolver of a promise of the run to `setTimeout`: a run that waits for that cannot be saved. */
const SETTLED_BY_THE_WORLD = [
	'dual-loop-decl-destructure-nest.js',
	'dual-loop-decl-destructure.js',
	'dual-loop-decl.js',
	'dual-loop-let.js',
	'dual-while-decl.js',
	'try-for-if.js',
];

const programs = globSync('*.js', { cwd: folder }).sort();

function subjectOf(name: string) {
	const body = readFileSync(`${folder}${name}`, 'utf8');
	return compileSubject(`export async function main() { "use durable";\n${body}\n}`, name);
}

test('there are as many as there were', () => {
	expect(programs).toHaveLength(77);
});

describe.each(programs.filter((name) => !OTHER_LANGUAGE.includes(name)))('%s', (name) => {
	const subject = subjectOf(name);
	test.each(WAYS.filter((way) => way !== 'plain'))('%s', async (way) => {
		const [expected] = await execute(subject, 'plain');
		// One of them goes round a thousand times, and is restored each time.
		const [actual] = await execute(subject, way, { patience: 50_000 });
		const isSaved = way === 'restored' || way === 'now and then';
		if (isSaved && SETTLED_BY_THE_WORLD.includes(name)) expect(actual).toMatch(/^throws NotSerializableError .*PD3008/);
		else expect(actual).toBe(expected);
	});
});

test.each(OTHER_LANGUAGE)('%s is no JavaScript', (name) => {
	expect(() => subjectOf(name)).toThrow(/PD0002/);
});
