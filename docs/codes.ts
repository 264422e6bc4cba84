/** `codes.md`: every diagnostic and coded error, from the two tables that the code itself uses. */
import type { DiagnosticRow } from '@perdure/abi';
import { ROWS } from '../packages/runtime/src/errors/table.ts';
import { TABLE } from '../packages/transform/src/diagnostics/table.ts';

const RANGES: readonly (readonly [prefix: string, title: string])[] = [
	['PD0', 'Options'],
	['PD1', 'The directive and where it stands'],
	['PD2', 'Syntax that cannot be made durable'],
	['PD3', 'What cannot be saved'],
	['PD4', 'Habits (warnings)'],
	['PD5', 'Schemas and upgrades'],
	['PD6', 'Stored bytes'],
	['PD7', 'Replay and the effect log'],
	['PD8', 'Stores, leases, workers'],
	['PD9', 'Invariants of perdure itself'],
	['PD10', "A run's life"],
];

/** A code in the tables: the compiler's row, the runtime's, or both where both may find it. */
export interface Entry {
	readonly code: string;
	readonly compiling?: DiagnosticRow<never>;
	readonly running?: { readonly name: string; readonly row: DiagnosticRow<never> };
}

/** All codes, in their order. */
export function entriesOfTables(): Entry[] {
	const byCode = new Map<string, Entry>();
	const add = (entry: Entry) => byCode.set(entry.code, { ...byCode.get(entry.code), ...entry });
	for (const row of Object.values<DiagnosticRow<never>>(TABLE)) add({ code: row.code, compiling: row });
	for (const [name, row] of Object.entries<DiagnosticRow<never>>(ROWS)) add({ code: row.code, running: { name, row } });
	return [...byCode.values()].sort((a, b) => a.code.localeCompare(b.code));
}

export function codesPage(): string {
	const entries = entriesOfTables();
	const sections = RANGES.map(([prefix, title]) => {
		// Five digits begin with PD10; the other ranges have four.
		const length = prefix.length === 4 ? 7 : 6;
		const own = entries.filter(({ code }) => code.startsWith(prefix) && code.length === length);
		return own.length === 0 ? '' : `\n## ${prefix}: ${title}\n\n${table(own)}`;
	});
	return `# Codes

Each has [a page](diagnostics). Made by \`npm run gen\` from \`packages/transform/src/diagnostics/table.ts\` and \`packages/runtime/src/errors/table.ts\`. A code never moves and never returns.
${sections.join('')}`;
}

function table(entries: readonly Entry[]): string {
	const rows = entries.map(({ code, compiling, running }) => {
		const { title, help } = (compiling ?? running?.row)!;
		const when = [compiling && whenCompiling(compiling), running && runningAs(running.name)].filter(Boolean);
		return `| [${code}](diagnostics/${code}.md) | ${when.join('; ')} | ${cell(title)} | ${typeof help === 'string' ? cell(help) : ''} |\n`;
	});
	return `| code | when | what | way out |\n| --- | --- | --- | --- |\n${rows.join('')}`;
}

const whenCompiling = ({ severity }: DiagnosticRow<never>) =>
	severity === 'warning' ? 'compiling, warning' : 'compiling';

/** Some rows are kinds of one class, and have no class of their own name. */
export function runningAs(name: string): string {
	return name.endsWith('Error') ? `running, \`${name}\`` : 'running';
}

function cell(text: string): string {
	return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');
}
