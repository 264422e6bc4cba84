/**
 * The rules that keep data flowing one way. Each names what may import what; a line of code that
 * breaks one fails here with its file and line.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HELPERS } from '@perdure/abi';
import * as internal from '@perdure/runtime/internal';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const packages = fileURLToPath(new URL('../packages', import.meta.url));

interface Import {
	readonly specifier: string;
	/** The imported file, for relative imports. */
	readonly file: string | null;
	/** Gone when compiled (`import type`). */
	readonly typeOnly: boolean;
	readonly line: number;
}

interface Source {
	/** From `packages/`, with forward slashes: `runtime/src/machine/turn.ts`. */
	readonly path: string;
	readonly imports: readonly Import[];
	readonly tree: ts.SourceFile;
}

const sources: readonly Source[] = readdirSync(packages).flatMap((name) =>
	readdirSync(join(packages, name, 'src'), { recursive: true, encoding: 'utf8' })
		.filter((file) => file.endsWith('.ts'))
		.map((file) => readSource(join(packages, name, 'src', file))),
);

function pathOf(file: string): string {
	return relative(packages, file).split(sep).join('/');
}

function readSource(file: string): Source {
	const tree = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ESNext, true);
	const imports: Import[] = [];
	const visit = (node: ts.Node): void => {
		if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
			add(node.moduleSpecifier, ts.isImportDeclaration(node) ? isTypeOnly(node.importClause) : node.isTypeOnly);
		} else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
			add(node.argument.literal, true);
		} else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
			add(node.arguments[0]!, false);
		}
		ts.forEachChild(node, visit);
	};
	const add = (node: ts.Node, typeOnly: boolean): void => {
		if (!ts.isStringLiteral(node)) return;
		const specifier = node.text;
		const target = specifier.startsWith('.') ? pathOf(resolve(dirname(file), specifier)) : null;
		imports.push({ specifier, file: target, typeOnly, line: lineOf(tree, node) });
	};
	visit(tree);
	return { path: pathOf(file), imports, tree };
}

function isTypeOnly(clause: ts.ImportClause | undefined): boolean {
	if (!clause) return false;
	if (clause.isTypeOnly) return true;
	const named = clause.namedBindings;
	return !clause.name && !!named && ts.isNamedImports(named) && named.elements.every(({ isTypeOnly }) => isTypeOnly);
}

function lineOf(tree: ts.SourceFile, node: ts.Node): number {
	return tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
}

/** The places where an import is forbidden, as `file:line imports x`. */
function offences(isForbidden: (source: Source, imported: Import) => boolean): string[] {
	return sources.flatMap((source) =>
		source.imports
			.filter((imported) => isForbidden(source, imported))
			.map(({ line, specifier }) => `${source.path}:${line} imports ${specifier}`),
	);
}

describe('packages', () => {
	const uses: Record<string, readonly string[]> = {
		abi: [],
		runtime: ['abi'],
		transform: ['abi'],
		'babel-plugin': ['abi', 'transform'],
		testing: ['runtime'],
		unplugin: ['transform'],
		cli: ['abi', 'transform'],
	};

	test('every package has its place', () => {
		expect(Object.keys(uses).sort()).toEqual(readdirSync(packages).sort());
	});

	test('a package imports those below it, by name', () => {
		const found = offences(({ path }, { specifier, file }) => {
			const own = path.split('/')[0]!;
			if (file !== null) return !file.startsWith(`${own}/src/`);
			const other = /^@perdure\/([^/]+)/.exec(specifier)?.[1];
			return other !== undefined && !uses[own]!.includes(other);
		});
		expect(found).toEqual([]);
	});

	test('what is imported is declared', () => {
		const found = offences(({ path }, { specifier, file }) => {
			if (file !== null || specifier.startsWith('node:')) return false;
			const manifest = JSON.parse(readFileSync(join(packages, path.split('/')[0]!, 'package.json'), 'utf8'));
			const name = /^(@[^/]+\/)?[^/]+/.exec(specifier)![0];
			return !(name in { ...manifest.dependencies, ...manifest.peerDependencies });
		});
		expect(found).toEqual([]);
	});
});

describe('layers', () => {
	/**
	 * Bottom to top: folders, and files directly in `src`. Other files there are doors: they may import any
	 * layer, and no layer imports them.
	 */
	const layers: Record<string, readonly (readonly string[])[]> = {
		transform: [
			['invariant.ts', 'package-scope.ts', 'diagnostics'],
			['1-parse'],
			['2-lower'],
			['3-analyze'],
			['4-check'],
			['5-emit'],
		],
		runtime: [
			['errors', 'ports'],
			['registry', 'language'],
			['codec'],
			['machine'],
			['driver'],
			['outcome.ts', 'parked.ts', 'continuation.ts'],
			['sealing'],
			['store-memory', 'store-sqlite', 'store-postgres'],
			['worker'],
			['client'],
		],
	};

	const levelOf = (path: string): number => {
		const [name, , layer, ...rest] = path.split('/') as [string, string, string, ...string[]];
		const level = layers[name]?.findIndex((names) => names.includes(layer)) ?? -1;
		return rest.length === 0 && level < 0 ? Number.POSITIVE_INFINITY : level;
	};

	test('no file imports upwards', () => {
		const found = offences(({ path }, { file, typeOnly }) => {
			if (file === null) return false;
			// The graph is what parsing prepares: its types are the seam between the two.
			if (file === 'transform/src/2-lower/cfg.ts' && typeOnly) return false;
			const from = levelOf(path);
			return from >= 0 && levelOf(file) > from;
		});
		expect(found).toEqual([]);
	});

	test('every folder has a level', () => {
		const known = /^(transform|runtime)\/src\/([^/]+)\//;
		const doors = ['check-cache', 'emitted', 'language-service', 'register', 'ts-patch'];
		const without = sources.filter(({ path }) => {
			const folder = known.exec(path)?.[2];
			return folder !== undefined && !doors.includes(folder) && levelOf(path) < 0;
		});
		expect(without.map(({ path }) => path)).toEqual([]);
	});

	/**
	 * But in 2-lower: a walker of a recursive grammar, in one file a node family, is mutually recursive as the
	 * grammar is (a statement holds expressions, an expression a function, a function statements).
	 */
	test('there are no import cycles', () => {
		const walker = /^transform\/src\/2-lower\//;
		const cycles: string[] = [];
		const byPath = new Map(sources.map((source) => [source.path, source]));
		const state = new Map<string, 'open' | 'done'>();
		const trail: string[] = [];
		const visit = (path: string): void => {
			if (state.get(path) === 'done') return;
			if (state.get(path) === 'open') {
				const cycle = trail.slice(trail.indexOf(path));
				if (!cycle.every((file) => walker.test(file))) cycles.push([...cycle, path].join(' -> '));
				return;
			}
			state.set(path, 'open');
			trail.push(path);
			for (const { file, typeOnly } of byPath.get(path)?.imports ?? []) if (file && !typeOnly) visit(file);
			trail.pop();
			state.set(path, 'done');
		};
		for (const { path } of sources) visit(path);
		expect(cycles).toEqual([]);
	});

	test('imports name files that exist', () => {
		const known = new Set(sources.map(({ path }) => path));
		expect(offences((_, { file }) => file !== null && !known.has(file))).toEqual([]);
	});
});

describe('doors', () => {
	const only: Record<string, RegExp> = {
		typescript: /^transform\/src\/(4-check\/|(language-service|ts-patch)(\.ts$|\/))/,
		'@babel/parser': /^transform\/src\/1-parse\//,
		'@babel/generator': /^transform\/src\/5-emit\/print(-graph)?\.ts$/,
		'node:sqlite': /^runtime\/src\/store-sqlite\//,
	};
	for (const [specifier, where] of Object.entries(only)) {
		test(`${specifier} only in ${where.source}`, () => {
			expect(offences(({ path }, imported) => imported.specifier === specifier && !where.test(path))).toEqual([]);
		});
	}

	test('codec, registry and machine run anywhere: nothing of Node', () => {
		const portable = /^runtime\/src\/(codec|registry|machine)\//;
		expect(offences(({ path }, { specifier }) => portable.test(path) && specifier.startsWith('node:'))).toEqual([]);
	});

	test('the clock, timers and randomness of the host only in the ports and in what drives', () => {
		const doors = /^runtime\/src\/(ports|driver)\//;
		expect(calls(/^(Date\.now|new Date|performance\.now|Math\.random|set(Timeout|Interval))$/, doors)).toEqual([]);
		expect(calls(/^crypto\.(randomUUID|getRandomValues)$/, doors)).toEqual([]);
	});

	test('codec, registry and machine schedule nothing', () => {
		const others = /^runtime\/src\/(?!codec|registry|machine)/;
		expect(calls(/^(queueMicrotask|setImmediate|process\.nextTick)$/, others)).toEqual([]);
	});

	test('emitted code may import what the runtime exports for it, and nothing else', () => {
		expect(Object.keys(internal).sort()).toEqual([...HELPERS].sort());
	});
});

/** Where the runtime calls a function of the host so named, outside `allowed`. */
function calls(name: RegExp, allowed: RegExp): string[] {
	const found: string[] = [];
	for (const { path, tree } of sources) {
		if (!path.startsWith('runtime/') || allowed.test(path)) continue;
		const visit = (node: ts.Node): void => {
			const called = calledName(node);
			if (called && name.test(called)) found.push(`${path}:${lineOf(tree, node)} calls ${called}`);
			ts.forEachChild(node, visit);
		};
		visit(tree);
	}
	return found;
}

function calledName(node: ts.Node): string | null {
	// `new Date(x)` reads no clock.
	if (ts.isNewExpression(node)) return node.arguments?.length ? null : `new ${node.expression.getText()}`;
	return ts.isCallExpression(node) ? node.expression.getText().replace(/^globalThis\./, '') : null;
}
