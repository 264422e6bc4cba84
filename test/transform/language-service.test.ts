/** What an editor gets, from a real server of TypeScript. */
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { createProject, type Project } from '../support/project.ts';
import { type Server, startServer } from '../support/tsserver.ts';

const config = JSON.stringify({
	compilerOptions: {
		module: 'nodenext',
		target: 'es2022',
		strict: true,
		types: [],
		allowImportingTsExtensions: true,
		noEmit: true,
		plugins: [{ name: '@perdure/transform/language-service' }],
	},
});

const bad = `export function bad(): void {\n\t'use durable';\n}\nexport const sum: number = 'x';\n`;

let project: Project;
let server: Server;

beforeAll(() => {
	project = createProject({ 'tsconfig.json': config });
	server = startServer(project.folder);
	return async () => {
		await server[Symbol.asyncDispose]();
		project[Symbol.dispose]();
	};
});

function open(name: string, fileContent: string): string {
	const file = join(project.folder, name);
	project.write({ [name]: fileContent });
	server.tell('open', { file });
	return file;
}

async function diagnostics(file: string): Promise<{ code: number; text: string }[]> {
	return (await server.ask('semanticDiagnosticsSync', { file })).body;
}

test("diagnostics stand beside TypeScript's own, and go when the text is mended", async () => {
	const file = open('bad.ts', bad);
	expect(await diagnostics(file)).toMatchObject([
		{ code: 2322 },
		{
			code: 91002,
			category: 'error',
			source: 'perdure',
			start: { line: 2, offset: 2 },
			end: { line: 2, offset: 16 },
			text: expect.stringMatching(/^PD1002: .*\n {2}help: make the function async$/),
		},
	]);
	expect(await diagnostics(open('other.ts', 'export {};\n'))).toEqual([]);
	server.tell('change', { file, line: 1, offset: 8, endLine: 1, endOffset: 29, insertString: 'async function bad()' });
	expect(await diagnostics(file)).toMatchObject([{ code: 2322 }]);
});

test('related places are told', async () => {
	const named = `export async function a() { 'use durable as x'; }\nexport async function b() { 'use durable as x'; }\n`;
	const file = open('named.ts', named);
	expect(await diagnostics(file)).toMatchObject([
		{ code: 91003, relatedInformation: [{ span: { file, start: { line: 1 } }, message: expect.any(String) }] },
	]);
});

test('a file with an error of syntax has that error alone', async () => {
	const file = open('unfinished.ts', `export async function f() {\n\t'use durable';\n\tawait (;\n}\n`);
	expect(await diagnostics(file)).toEqual([]);
	expect((await server.ask('syntacticDiagnosticsSync', { file })).body).toMatchObject([{ code: 1109 }]);
});

test('fixes are offered where editors ask for them', async () => {
	const file = open('misspelt.ts', `export async function f() {\n\t'use durabel';\n}\n`);
	expect((await server.ask('getSupportedCodeFixes', { file })).body).toEqual(expect.arrayContaining(['91001', '2304']));
	const place = { file, startLine: 2, startOffset: 2, endLine: 2, endOffset: 2 };
	expect((await server.ask('getCodeFixes', { ...place, errorCodes: [91001] })).body).toEqual([
		{
			fixName: 'PD1001',
			description: 'Write "use durable"',
			changes: [
				{
					fileName: file,
					textChanges: [{ start: { line: 2, offset: 3 }, end: { line: 2, offset: 14 }, newText: 'use durable' }],
				},
			],
		},
	]);
	expect((await server.ask('getCodeFixes', { ...place, errorCodes: [91002] })).body).toEqual([]);
	expect((await server.ask('getCodeFixes', { ...place, startLine: 1, endLine: 1, errorCodes: [91001] })).body).toEqual(
		[],
	);
});

const shop = `import { suspend } from '@perdure/runtime';
import { Cart } from './cart.ts';

export async function shop(): Promise<number> {
	'use durable';
	const cart = new Cart();
	await suspend('more?');
	return cart.lines.length;
}
`;

test('types are looked at, and what another open file says counts at once', async () => {
	open('cart.ts', 'export class Cart {\n\treadonly lines: string[] = [];\n}\n');
	const registers = open('registers.ts', `import { Cart } from './cart.ts';\nvoid Cart;\n`);
	const file = open('shop.ts', shop);
	const place = (line: number, from: number, to: number) => ({
		file,
		start: { line, offset: from },
		end: { line, offset: to },
	});
	const refused = {
		code: 93005,
		start: { line: 7, offset: 2 },
		end: { line: 7, offset: 24 },
		text: expect.stringMatching(/^PD3005: 'cart' /),
		relatedInformation: expect.arrayContaining([expect.objectContaining({ span: place(6, 8, 12) })]),
	};
	expect(await diagnostics(file)).toMatchObject([refused]);
	const line = `import { serializable } from '@perdure/runtime';\nserializable(Cart);\n`;
	server.tell('change', { file: registers, line: 3, offset: 1, endLine: 3, endOffset: 1, insertString: line });
	expect(await diagnostics(file)).toEqual([]);
	server.tell('change', { file: registers, line: 3, offset: 1, endLine: 5, endOffset: 1, insertString: '' });
	expect(await diagnostics(file)).toMatchObject([refused]);
});
