/** A step that is too long for the engine is split into several functions; that changes nothing. */
import { transform } from '@perdure/transform';
import { describe, expect, test } from 'vitest';
import { disagreement } from './support/compare.ts';
import { splitting } from './support/compile-split.ts';
import { compileSubject, execute } from './support/execute.ts';
import { AREAS, casesOf, stored, traceOf } from './support/fixture.ts';
import { generateProgram } from './support/generate/program.ts';

/** A function for every state or two. */
const FEW = 40;

for (const area of AREAS) {
	describe(`split at every state: ${area}`, () => {
		for (const fixture of casesOf(area)) {
			test.skipIf(stored(fixture, 'run.ts') === null)(fixture.name, async () => {
				expect(await traceOf(fixture, splitting(FEW))).toBe(stored(fixture, 'trace.txt'));
			});
		}
	});
}

test('generated programs do the same when they are split', async () => {
	for (let seed = 1; seed <= 40; seed++) {
		const source = generateProgram(seed);
		const found = await disagreement(source, {}, ['plain', 'outside', 'restored'], null, splitting(FEW));
		expect(found && `seed ${seed}\n${found.text}`, source).toBeNull();
	}
});

const program = (awaits: number) => `
import { suspend } from '@perdure/runtime';

export async function main(start) {
	'use durable';
	let sum = start;
	const odd = async (value) => {
		sum += await value;
	};
	for (let round = 0; round < 2; round++) {
		try {
${Array.from({ length: awaits }, (_, i) => `\t\t\tsum = (sum + (await ${i})) % 1000;`).join('\n')}
			await odd(sum % 7);
			sum = (sum % 1000) + (await suspend(sum));
			if (sum < 0) throw new Error('negative');
		} catch (error) {
			sum = error.message.length;
			break;
		} finally {
			sum += await 1;
		}
	}
	return sum;
}
`;

/** Of each function of the step \`name\`, its length. */
function lengths(code: string, name: string): number[] {
	const functions = code.split(/^function /m).filter((text) => text.startsWith(`${name}$step`));
	return functions.map((text) => text.slice(0, text.indexOf('\n}\n')).length);
}

test('a function of five thousand awaits is split, runs and is restored', async () => {
	const source = program(5000);
	const subject = compileSubject(source, 'long.js');
	const parts = lengths(subject.code, 'main');
	expect(parts.length).toBeGreaterThan(10);
	expect(Math.max(...parts)).toBeLessThan(200_000);
	const execution = { args: [1], answers: [5, -2000] };
	const inside = await execute(subject, 'inside', execution);
	expect(inside).toEqual(['returns 9']);
	expect(await execute(subject, 'restored', execution)).toEqual(inside);
});

test('an ordinary function is not split', () => {
	expect(lengths(transform(program(50), { filename: 'short.js' }).code, 'main')).toHaveLength(1);
});
