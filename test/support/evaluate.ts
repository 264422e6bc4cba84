/**
 * Evaluates the text of a module in this process, as often as asked: each evaluation has module-level
 * state of its own, like a new process. TypeScript's own emitter strips types and turns imports into
 * `require`; it lowers nothing else.
 */
import { compileFunction } from 'node:vm';
import ts from 'typescript';

export type Exports = Record<string, unknown>;

export interface Program {
	/** Evaluates the module afresh. `modules` answers its imports by specifier. */
	evaluate(modules: Readonly<Record<string, unknown>>): Exports;
}

export function prepare(source: string, filename: string): Program {
	const { outputText } = ts.transpileModule(source, {
		fileName: filename,
		compilerOptions: {
			module: ts.ModuleKind.CommonJS,
			target: ts.ScriptTarget.ESNext,
			verbatimModuleSyntax: false,
			inlineSourceMap: false,
		},
	});
	const body = compileFunction(outputText, ['exports', 'require', 'module'], { filename });
	return {
		evaluate(modules) {
			const module = { exports: {} as Exports };
			const require = (specifier: string) => {
				if (specifier in modules) return modules[specifier];
				throw new Error(`${filename} imports '${specifier}', which the test does not provide`);
			};
			body(module.exports, require, module);
			return module.exports;
		},
	};
}
