import { resolve } from 'node:path';
import type { Diagnostic } from '@perdure/abi';
import { expect, test } from 'vitest';
import { renderDiagnostic } from '../../packages/transform/src/diagnostics/render.ts';

const file = resolve('src/backup.ts');
const text = `import { open } from 'fs';

	const handle = await open(path)\r
  await sleep('1 day')
`;

function span(of: string) {
	return { file, start: text.indexOf(of), length: of.length };
}

const diagnostic: Diagnostic = {
	code: 'PD3001',
	severity: 'error',
	message: "'handle' cannot be saved.",
	...span("await sleep('1 day')"),
	line: 4,
	column: 3,
	related: [
		{ message: 'the frame is saved here', ...span("await sleep('1 day')") },
		{ message: 'captured', ...span('handle') },
	],
	help: 'close it',
};

test('a diagnostic is shown with its line, related places and help', () => {
	expect(renderDiagnostic(diagnostic, () => text)).toBe(`src/backup.ts:4:3 - error PD3001: 'handle' cannot be saved.

4   await sleep('1 day')
    ~~~~~~~~~~~~~~~~~~~~ the frame is saved here
  src/backup.ts:3:8
    3 	const handle = await open(path)
      	      ~~~~~~ captured
  help: close it`);
});

test('without the text only names and places are shown', () => {
	const [first, ...rest] = renderDiagnostic(diagnostic, () => undefined).split('\n');
	expect(first).toBe("src/backup.ts:4:3 - error PD3001: 'handle' cannot be saved.");
	expect(rest).toEqual(['  src/backup.ts: captured', '  help: close it']);
});

test('a span over several lines is underlined to the end of its first', () => {
	const whole = { ...diagnostic, ...span(text), line: 1, column: 1, related: [], help: '' };
	expect(
		renderDiagnostic(whole, () => text)
			.split('\n')
			.at(-1),
	).toBe(`  ${'~'.repeat("import { open } from 'fs';".length)}`);
});
