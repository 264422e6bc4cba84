/** Prints diagnostics: for people with the code, for tools a line each. */
import { readFileSync } from 'node:fs';
import { type Diagnostic, renderDiagnostic, renderPlain, renderSummary } from '@perdure/transform';
import type { Terminal } from './command.ts';

/** Options of every command that reports. */
export const REPORT_OPTIONS = { pretty: { type: 'boolean' } } as const;

/** Gives the exit code: 1 where there is an error. `texts`: of files that are not to be read from disk. */
export function report(
	diagnostics: readonly Diagnostic[],
	{ stdout, terminal, color }: Terminal,
	{ pretty = terminal, texts = new Map() }: { pretty?: boolean | undefined; texts?: ReadonlyMap<string, string> } = {},
): number {
	const known = new Map<string, string | undefined>(texts);
	const textOf = (file: string): string | undefined => {
		if (!known.has(file)) known.set(file, read(file));
		return known.get(file);
	};
	for (const diagnostic of diagnostics) {
		stdout(pretty ? `${renderDiagnostic(diagnostic, textOf, { color })}\n\n` : `${renderPlain(diagnostic)}\n`);
	}
	if (pretty && diagnostics.length > 0) stdout(`${renderSummary(diagnostics)}\n`);
	return diagnostics.some(({ severity }) => severity === 'error') ? 1 : 0;
}

function read(file: string): string | undefined {
	try {
		return readFileSync(file, 'utf8');
	} catch {
		return undefined;
	}
}
