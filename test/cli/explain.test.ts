/** `perdure explain`: the pages that the package has are those of docs/diagnostics. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { perdure } from '../support/cli.ts';
import { createProject } from '../support/project.ts';

const pages = new URL('../../docs/diagnostics/', import.meta.url);
const codes = readdirSync(pages).flatMap((file) => /^(PD\d+)\.md$/.exec(file)?.[1] ?? []);
const page = (code: string) => readFileSync(new URL(`${code}.md`, pages), 'utf8');

test('there is a page of every code, and it is printed', () => {
	expect(codes.length).toBeGreaterThan(50);
	const project = createProject({});
	for (const code of codes.filter((_, index) => index % 10 === 0)) {
		expect(perdure(project, 'explain', code)).toMatchObject({ status: 0, stdout: page(code), stderr: '' });
	}
});

test.for(['pd3001', '3001', 'TS93001'])('%s is PD3001', (code) => {
	expect(perdure(createProject({}), 'explain', code)).toMatchObject({ status: 0, stdout: page('PD3001') });
});

test.for([
	['PD3091', /^perdure explain: there is no code PD3091; there is (PD3001|PD3091)/],
	['PD3999', /^perdure explain: there is no code PD3999; of its kind are PD3001, /],
	['PX', /^perdure explain: there is no code PX; codes are written PD3001\n$/],
] as const)('there is no %s', ([code, said]) => {
	expect(perdure(createProject({}), 'explain', code)).toMatchObject({
		status: 2,
		stdout: '',
		stderr: expect.stringMatching(said),
	});
});

test('one code is wanted', () => {
	const said = 'perdure explain: say one code: perdure explain PD3001\n';
	expect(perdure(createProject({}), 'explain')).toMatchObject({ status: 2, stderr: said });
	expect(perdure(createProject({}), 'explain', 'PD3001', 'PD3002')).toMatchObject({ status: 2, stderr: said });
});
