/**
 * The programs of fixtures/check: what the checker says of each, and each as modules of this process,
 * for what the runtime says of the same program.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import * as runtime from '@perdure/runtime';
import * as internal from '@perdure/runtime/internal';
import { mentionsDirective } from '../../packages/transform/src/1-parse/directive.ts';
import { parse } from '../../packages/transform/src/1-parse/parse.ts';
import { heldNamespaces } from '../../packages/transform/src/3-analyze/held-namespaces.ts';
import { printEdits } from '../../packages/transform/src/5-emit/print.ts';
import { emitProgram } from '../../packages/transform/src/5-emit/program.ts';
import { lowerFile } from '../../packages/transform/src/compile.ts';
import { moduleId, packagePath } from '../../packages/transform/src/package-scope.ts';
import { type Exports, forgetModules, prepare } from './evaluate.ts';
import { type Case, casesOf, ROOT } from './fixture.ts';

/** All of them are files of one TypeScript program: a program each would cost a second each. */
export const PROJECT = join(ROOT, 'check/tsconfig.json');

export const checkCases = (): Case[] => casesOf('check');

/** What the first line of a diagnostic says, as `diagnostics.txt` has it. */
export interface Headline {
	/** `fixtures/check/<case>/input.ts:14:3`. */
	readonly place: string;
	readonly severity: string;
	readonly code: string;
	readonly message: string;
	/** What the message names first; of what cannot be saved the value path. */
	readonly path: string | null;
	readonly help: string | null;
}

export function headlinesOf({ directory }: Case): Headline[] {
	const file = join(directory, 'diagnostics.txt');
	return existsSync(file) ? readHeadlines(readFileSync(file, 'utf8')) : [];
}

export function readHeadlines(text: string): Headline[] {
	const found: Headline[] = [];
	for (const line of text.split('\n')) {
		const head = /^(\S+:\d+:\d+) - (error|warning) (PD\d+): ?(.*)$/.exec(line);
		const help = /^ {2}help: (.*)$/.exec(line);
		if (head !== null) {
			const [, place, severity, code, message] = head as unknown as [string, string, string, string, string];
			found.push({ place, severity, code, message, path: /'([^']*)'/.exec(message)?.[1] ?? null, help: null });
		} else if (help !== null) found.push({ ...found.pop()!, help: help[1]! });
	}
	return found;
}

/** What `transform` gives if it does not look for what cannot be saved. */
function compileUnchecked(source: string, filename: string): string {
	if (!mentionsDirective(source)) return source;
	const file = parse(source, { filename });
	const { lowered, sink, scopes } = lowerFile(file, { filename, sourceType: 'module' });
	const error = sink.diagnostics.find(({ severity }) => severity === 'error');
	if (error !== undefined) throw new Error(`${error.code}: ${error.message}`);
	const parts = { path: packagePath(filename), module: scopes.module, moduleId: moduleId(filename), isModule: true };
	const namespaces = heldNamespaces(file.program, scopes);
	const { edits } = emitProgram(file, lowered, { ...parts, namespaces }, 'module');
	return printEdits(source, edits, { file: filename, map: false, inputMap: null }).code;
}

/** What `input.ts` exports. @throws as `loadModules` does. */
export function loadCase({ directory }: Case): Exports {
	const files = readdirSync(directory).filter((file) => /(?<!\.d)\.[jt]s$/.test(file));
	const modules = files.map((file) => [file, readFileSync(join(directory, file), 'utf8')]);
	return loadModules(Object.fromEntries(modules), relative(join(ROOT, '..'), directory));
}

/**
 * Compiles the modules of a program, unchecked, and evaluates them, as a fresh process would.
 * @returns what `input.ts` exports, or `main.ts`. @throws Error naming a diagnostic of the syntax.
 */
export function loadModules(sources: Readonly<Record<string, string>>, folder = 'test'): Exports {
	forgetModules();
	const loaded = new Map<string, Exports>();
	const load = (name: string): Exports => {
		const known = loaded.get(name);
		if (known !== undefined) return known;
		const filename = join(folder, name);
		const source = sources[name]!;
		const code = name.endsWith('.ts') ? compileUnchecked(source, filename) : source;
		const required: Record<string, unknown> = { '@perdure/runtime': runtime, '@perdure/runtime/internal': internal };
		for (const [, specifier] of code.matchAll(/(?:from |import |import\()['"]([^'"]+)['"]/g)) {
			if (specifier! in required) continue;
			required[specifier!] = specifier!.startsWith('./') ? namespaceOf(load(specifier!.slice(2))) : host(specifier!);
		}
		const exports = prepare(code, filename).evaluate(required);
		loaded.set(name, exports);
		return exports;
	};
	return load('input.ts' in sources ? 'input.ts' : 'main.ts');
}

/** One for each module, as importers see it; marked, so that TypeScript's emitter makes no other of it. */
function namespaceOf(exports: Exports): object {
	let namespace = namespaces.get(exports);
	if (namespace === undefined) {
		const read = Object.keys(exports).map((key) => [key, { enumerable: true, get: () => exports[key] }] as const);
		const marks = { __esModule: { value: true }, [Symbol.toStringTag]: { value: 'Module' } };
		namespace = Object.create(null, { ...Object.fromEntries(read), ...marks }) as object;
		namespaces.set(exports, namespace);
	}
	return namespace;
}

const namespaces = new WeakMap<Exports, object>();

const host = createRequire(import.meta.url);
