/** What the checker says of the programs of fixtures/check: all are files of one TypeScript program, since one each would cost a second each. */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { fromTypeScript6 } from '../../packages/transform/src/4-check/typescript-6.ts';
import { createChecker } from '../../packages/transform/src/checker.ts';
import { renderDiagnostic } from '../../packages/transform/src/diagnostics/render.ts';
import { PROJECT } from './check-case.ts';
import type { Case } from './fixture.ts';

const made = lazy(() => {
	const { config } = ts.readConfigFile(PROJECT, ts.sys.readFile) as { config: unknown };
	const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, dirname(PROJECT));
	const program = ts.createProgram(fileNames, options);
	return { program, checker: createChecker(fromTypeScript6(ts, program)) };
});

/** What TypeScript itself has against any of them. */
export function typeErrors(): string[] {
	return ts
		.getPreEmitDiagnostics(made().program)
		.map(({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
}

/** The content of `diagnostics.txt`; null where nothing is said. */
export function saidOf({ directory }: Case): string | null {
	const { program, checker } = made();
	const modules = readdirSync(directory).filter((file) => /(?<!\.d)\.ts$/.test(file));
	const said = modules.flatMap((file) => checker(join(directory, file)));
	const texts = said.map((each) => renderDiagnostic(each, (file) => program.getSourceFile(file)?.text));
	return texts.length === 0 ? null : `${texts.join('\n\n')}\n`;
}

function lazy<T>(make: () => T): () => T {
	let value: T | undefined;
	return () => (value ??= make());
}
