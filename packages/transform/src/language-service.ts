/**
 * The entry for editors: diagnostics of the compiler while one types, and its quick fixes.
 *
 *     "plugins": [{ "name": "@perdure/transform/language-service" }]
 *
 * (with `"any": "warn"` or `"allow"` as in the entry for `tspc`).
 *
 * TypeScript's server looks for it as Node did before `exports` (hence the folder of this name in the
 * package) and takes what `require` gives for the factory (hence the name of the export).
 */
import type ts from 'typescript';
import type { CheckerOptions } from './checker.ts';
import { createFinder } from './language-service/find.ts';
import { codeFixesAt, fixableNumbers } from './language-service/quick-fixes.ts';
import { toTypeScript } from './ts-patch/typescript-diagnostic.ts';

function init({ typescript }: { readonly typescript: typeof ts }): ts.server.PluginModule {
	return {
		create({ languageService, project, config }) {
			const log = (problem: string) =>
				project.projectService.logger.info(`@perdure/transform/language-service: ${problem}`);
			const { any } = config as CheckerOptions;
			const find = createFinder(typescript, languageService, { ...(any && { any }) }, log);
			const own: Partial<ts.LanguageService> = {
				getSemanticDiagnostics(name) {
					const before = languageService.getSemanticDiagnostics(name);
					const { program, file, diagnostics } = find(name);
					return [...before, ...diagnostics.map((each) => toTypeScript(typescript, program, file, each))];
				},
				getCodeFixesAtPosition(name, start, end, codes, ...rest) {
					const before = languageService.getCodeFixesAtPosition(name, start, end, codes, ...rest);
					return [...before, ...codeFixesAt(find(name).diagnostics, start, end, codes)];
				},
				getSupportedCodeFixes: (name) => [...languageService.getSupportedCodeFixes(name), ...fixableNumbers()],
			};
			return Object.assign(Object.create(languageService), own);
		},
	};
}

export { init as default, init as 'module.exports' };
