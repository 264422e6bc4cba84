/**
 * TypeScript 6 and 7 are asked the same through one interface and have to answer the same: about every
 * name in the programs of fixtures/check, and so that the same diagnostics come out.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Diagnostic } from '@perdure/abi';
import ts from 'typescript';
import { afterAll, expect, test } from 'vitest';
import { parse } from '../../../packages/transform/src/1-parse/parse.ts';
import { analyzeScopes } from '../../../packages/transform/src/1-parse/resolve.ts';
import type {
	Declaration,
	Span,
	Type,
	TypeProgram,
	TypeSymbol,
} from '../../../packages/transform/src/4-check/type-model.ts';
import { fromTypeScript6 } from '../../../packages/transform/src/4-check/typescript-6.ts';
import { fromTypeScript7, type TypeScript7 } from '../../../packages/transform/src/4-check/typescript-7.ts';
import { canAnswer, isKnown } from '../../../packages/transform/src/4-check/typescript-7-api.ts';
import { createChecker } from '../../../packages/transform/src/checker.ts';
import { ROOT } from '../../support/fixture.ts';

const config = join(ROOT, 'check/tsconfig.json');

const require7 = createRequire(fileURLToPath(new URL('../../typescript-7/package.json', import.meta.url)));
const modules: TypeScript7 = { sync: require7('typescript/unstable/sync'), ast: require7('typescript/unstable/ast') };
const api = new modules.sync.API({ cwd: ROOT });
afterAll(() => api.close());
const project = api.updateSnapshot({ openProjects: [config] }).getProject(config)!;
const seven = fromTypeScript7(modules, project);

const parsed = ts.getParsedCommandLineOfConfigFile(
	config,
	{},
	{ ...ts.sys, onUnRecoverableConfigFileDiagnostic() {} },
)!;
const six = fromTypeScript6(ts, ts.createProgram(parsed.fileNames, parsed.options));

/**
 * TypeScript's own text of a type. Each version has an order of its own for the members of a union, and for
 * what a spread brings; so long ones are cut off at another place.
 */
const inOrder = (text: string): string =>
	text.length > 100
		? '...'
		: text
				.split(/[^\w$.]+/)
				.sort()
				.join(' ');

test('this version of the API is known', () => {
	expect(isKnown(modules.sync, modules.ast)).toBe(true);
	expect(canAnswer(project)).toBe(true);
	expect(isKnown({ ...modules.sync, TypeFlags: {} as never }, modules.ast)).toBe(false);
	expect(isKnown(modules.sync, {})).toBe(false);
	expect(canAnswer({ ...project, checker: {} as never })).toBe(false);
});

test('both have the same files, with the same text', () => {
	expect([...seven.files].sort()).toEqual([...six.files].sort());
	expect(six.files.length).toBeGreaterThan(200);
	for (const file of six.files) expect(seven.textOf(file)).toBe(six.textOf(file));
	expect(seven.textOf(join(ROOT, 'nothing.ts'))).toBeUndefined();
});

test('the calls of a file are asked about together', () => {
	const asked = (program: TypeProgram) => {
		let count = 0;
		const counted: TypeProgram = {
			...program,
			typesAt: (...of) => (count++, program.typesAt(...of)),
			symbolsAt: (...of) => (count++, program.symbolsAt(...of)),
		};
		const check = createChecker(counted);
		for (const file of program.files) check(file);
		return count;
	};
	// Most of these programs have a call or two: with more the rest is the same few messages.
	expect(asked(seven)).toBeLessThan(asked({ ...seven, distant: false }) * 0.6);
});

test('both give the same diagnostics for all programs of fixtures/check', () => {
	const all = (program: TypeProgram) => {
		const check = createChecker(program);
		return [...program.files]
			.sort()
			.flatMap((file) => check(file))
			.map(comparable);
	};
	const expected = all(six);
	expect(expected.length).toBeGreaterThan(100);
	expect(all(seven)).toEqual(expected);
});

function comparable({ message, related, ...rest }: Diagnostic) {
	return {
		...rest,
		message: inOrder(message),
		related: related.map((each) => ({ ...each, message: inOrder(each.message) })),
	};
}

/** The spans of all names in a file that stand for values. */
function namesIn(file: string): Span[] {
	const { references, declared } = analyzeScopes(parse(readFileSync(file, 'utf8'), { filename: file }));
	return [...references.keys(), ...declared.keys()].flatMap((node) =>
		node.type === 'Identifier' ? [{ start: node.start!, end: node.start! + node.name.length }] : [],
	);
}

/** All that the interface tells of a type, `depth` types deep. */
function shownType(type: Type | undefined, depth: number): unknown {
	if (type === undefined) return undefined;
	const { kind, tuple, objectLiteral } = type;
	const head = { kind, tuple, objectLiteral, text: inOrder(type.text()) };
	if (depth === 0) return head;
	const more = (types: readonly Type[]) => types.map((each) => JSON.stringify(shownType(each, depth - 1)));
	return {
		...head,
		// Of two functions of one type a conditional has the type of either.
		symbol: type.callSignatures().length > 0 ? null : shownSymbol(type.symbol()),
		alias: shownSymbol(type.alias()),
		parts: more(type.parts()).sort(),
		constraint: shownType(type.constraint(), depth - 1),
		arguments: more(type.typeArguments()),
		indexes: more(type.indexTypes()),
		calls: more(type.callSignatures().map((signature) => signature.result())),
		constructs: more(type.constructSignatures().map((signature) => signature.result())),
		bases: more(type.bases()),
		properties: kind === 'object' && !tuple && isOwn(type.symbol()) ? shownProperties(type, depth) : null,
	};
}

function shownProperties(type: Type, depth: number): string[] {
	return type
		.properties()
		.filter((property) => isOfPrograms(property.declarations()))
		.map((property) =>
			JSON.stringify({
				...{ name: property.name, kind: property.kind, optional: property.optional },
				declarations: property.declarations().map(shownDeclaration),
				type: shownType(property.type(), depth - 1),
			}),
		)
		.sort();
}

function shownSymbol(symbol: TypeSymbol | undefined): unknown {
	if (symbol === undefined) return undefined;
	return { name: symbol.name, declarations: isOwn(symbol) ? symbol.declarations().map(shownDeclaration) : null };
}

/** Each version of TypeScript has its own lib.*.d.ts, and they say a little more every year. */
function isOwn(symbol: TypeSymbol | undefined): boolean {
	return symbol === undefined || isOfPrograms(symbol.declarations());
}

function isOfPrograms(declarations: readonly Declaration[]): boolean {
	return declarations.every(({ file }) => file.startsWith(ROOT));
}

function shownDeclaration({ kind, file, library, start, end }: Declaration): unknown {
	return { kind, file, library, start, end };
}

test('both say the same of the type and the symbol of every name', () => {
	let count = 0;
	for (const file of six.files) {
		const spans = namesIn(file);
		const [types, others] = [six.typesAt(file, spans), seven.typesAt(file, spans)];
		const [symbols, otherSymbols] = [six.symbolsAt(file, spans), seven.symbolsAt(file, spans)];
		spans.forEach((span, index) => {
			const place = `${relative(ROOT, file)}:${span.start} ${six.textOf(file)!.slice(span.start, span.end)}`;
			expect(shownType(others[index], 1), place).toEqual(shownType(types[index], 1));
			expect(shownSymbol(otherSymbols[index]), place).toEqual(shownSymbol(symbols[index]));
			count++;
		});
	}
	expect(count).toBeGreaterThan(1000);
});
