import type * as t from '@babel/types';
import type { Diagnostic, DiagnosticRow, RelatedSpan, Severity, TextEdit } from '@perdure/abi';
import { TABLE } from './table.ts';

type Table = typeof TABLE;
export type Code = keyof Table;
export type Parameters<C extends Code> = Table[C] extends DiagnosticRow<infer P> ? P : never;

/** Collects what the compiler has to say about one file; passes go on after an error. */
export interface Sink {
	readonly diagnostics: readonly Diagnostic[];
	/** True once an error was reported: nothing may be emitted then. */
	readonly failed: boolean;
	report<C extends Code>(
		code: C,
		node: t.Node,
		parameters: Parameters<C>,
		related?: readonly Related[],
		fix?: LocalFix | null,
	): void;
}

/** A fix of the very file that the sink is for. */
export interface LocalFix {
	readonly title: string;
	readonly edits: readonly Omit<TextEdit, 'file'>[];
}

export interface Related {
	readonly message: string;
	readonly node: t.Node;
}

/** @param severities What the options say of a code, where that is not what its row says. */
export function createSink(file: string, severities: Partial<Record<Code, Severity>> = {}): Sink {
	const diagnostics: Diagnostic[] = [];
	// One place, one message: an arm that is lowered twice says so once.
	const seen = new Set<string>();
	let failed = false;
	return {
		diagnostics,
		get failed() {
			return failed;
		},
		report(code, node, parameters, related = [], fix = null) {
			const row = TABLE[code] as DiagnosticRow<unknown>;
			const message = row.message(parameters);
			const key = `${code} ${node.start} ${node.end} ${message}`;
			if (seen.has(key)) return;
			seen.add(key);
			const severity = severities[code] ?? row.severity;
			if (severity === 'error') failed = true;
			diagnostics.push({
				code,
				severity,
				message,
				file,
				...spanOf(node),
				line: node.loc?.start.line ?? 1,
				column: (node.loc?.start.column ?? 0) + 1,
				related: related.map((r): RelatedSpan => ({ message: r.message, file, ...spanOf(r.node) })),
				help: typeof row.help === 'function' ? row.help(parameters) : row.help,
				...(fix && { fix: { title: fix.title, edits: fix.edits.map((edit) => ({ file, ...edit })) } }),
			});
		},
	};
}

function spanOf(node: t.Node): { start: number; length: number } {
	const start = node.start ?? 0;
	return { start, length: Math.max(0, (node.end ?? start) - start) };
}
