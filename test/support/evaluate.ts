/**
 * Evaluates the text of a module in this process, as often as asked: each evaluation has module-level
 * state of its own, like a new process. TypeScript's own emitter strips types and turns imports into
 * `require`; it lowers nothing else. `import()` of what is no file stays what it is.
 */
import { compileFunction, constants } from 'node:vm';
import ts from 'typescript';
import { shared } from '../../packages/runtime/src/registry/shared.ts';
import { addFuel, BURN, type Fuel } from './fuel.ts';

/** Of what Node finds by itself; a relative one is answered as `import` is. */
const IMPORTS = /\bimport\s*\((?!\s*['"`]\.)/;
const NODES_LOADER = { importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER };

export type Exports = Record<string, unknown>;

export interface Program {
	/** Evaluates the module afresh. `modules` answers its imports by specifier. */
	evaluate(modules: Readonly<Record<string, unknown>>): Exports;
}

export function prepare(source: string, filename: string, fuel: Fuel | null = null): Program {
	const script = scriptOf(source, filename);
	const code = fuel === null ? script : addFuel(script);
	const parameters = ['exports', 'require', 'module', BURN];
	// Node keeps what `compileFunction` has made for ever; generated programs, thousands of them, have to go.
	const body = filename.endsWith('.js')
		? new Function(...parameters, `${code}\n//# sourceURL=${filename}`)
		: compileFunction(code, parameters, { filename, ...(IMPORTS.test(source) && NODES_LOADER) });
	return {
		evaluate(modules) {
			const module = { exports: {} as Exports };
			const require = (specifier: string) => {
				if (specifier in modules) return modules[specifier];
				throw new Error(`${filename} imports '${specifier}', which the test does not provide`);
			};
			body(module.exports, require, module, fuel?.burn);
			return module.exports;
		},
	};
}

function scriptOf(source: string, filename: string): string {
	const script = filename.endsWith('.js') ? linked(source) : null;
	if (script !== null) return script;
	// Only of a module that says what it is by its name does TypeScript leave `import()` in the output for `require`.
	const keepsImport = IMPORTS.test(source) && !filename.endsWith('x');
	return ts.transpileModule(source, {
		fileName: keepsImport ? filename.replace(/\.[cm]?ts$/, '.cts') : filename,
		compilerOptions: {
			module: keepsImport ? ts.ModuleKind.NodeNext : ts.ModuleKind.CommonJS,
			target: ts.ScriptTarget.ESNext,
			verbatimModuleSyntax: false,
			inlineSourceMap: false,
		},
	}).outputText;
}

/**
 * The short way for JavaScript that imports names and exports functions, as generated programs do: a
 * tenth of the time of the compiler. Null for any other form.
 */
function linked(source: string): string | null {
	const exported: string[] = [];
	const script = source
		.replace(/^import \{([^}]*)\} from (['"].*['"]);$/gm, (_, names: string, from: string) => {
			return `const {${names.replace(/ as /g, ': ')}} = require(${from});`;
		})
		.replace(/^export ((?:async )?function\*? ?(\w+))/gm, (_, head: string, name: string) => {
			exported.push(`exports.${name} = ${name};`);
			return head;
		});
	if (/\b(?:import|export) /.test(script)) return null;
	return `"use strict"; ${exported.join(' ')} ${script}`;
}

/** Classes that are registered by id, the packages' own among them. */
const classes = (globalThis as unknown as Record<symbol, { readonly byId: Map<string, unknown> } | undefined>)[
	Symbol.for('perdure.classes.1')
];
const own = new Set(classes?.byId.keys());

/** Forgets what modules have declared: the next process has loaded none of them yet. */
export function forgetModules(): void {
	shared.functions.clear();
	shared.wrappers.clear();
	for (const id of classes?.byId.keys() ?? []) if (!own.has(id)) classes!.byId.delete(id);
}
