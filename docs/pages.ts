/**
 * `diagnostics/PDxxxx.md`: a page for each code, for a person who has just met it. Made from the tables,
 * the explanations, and the programs of fixtures/ that show a code and mend it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { type Entry, entriesOfTables, runningAs } from './codes.ts';
import { EXPLANATIONS, type Explanation } from './explanations.ts';

const fixtures = new URL('../fixtures/', import.meta.url);

/** The text of each page, by the name of its file. */
export function pages(): Map<string, string> {
	return new Map(entriesOfTables().map((entry) => [`${entry.code}.md`, page(entry)]));
}

function page(entry: Entry): string {
	const { code, compiling, running } = entry;
	const { title, help } = (compiling ?? running?.row)!;
	const explanation = EXPLANATIONS[code];
	return [
		`# ${code}: ${title}`,
		found(entry),
		...(explanation === undefined ? [wayOut(help)] : explained(explanation)),
		'[All codes](../codes.md)',
	]
		.join('\n\n')
		.concat('\n');
}

function found({ compiling, running }: Entry): string {
	const here = [
		compiling && (compiling.severity === 'warning' ? 'A warning of the compiler.' : 'An error of the compiler.'),
		running &&
			(compiling
				? 'What types could not show is found when the run is saved: `NotSerializableError`.'
				: thrown(running.name)),
	];
	return here.filter(Boolean).join(' ');
}

function thrown(name: string): string {
	const as = runningAs(name);
	return `An error while running${as.includes('`') ? `: ${as.slice(as.indexOf('`'))}` : ''}.`;
}

/** Where the table alone speaks. */
function wayOut(help: string | ((facts: never) => string)): string {
	return typeof help === 'string'
		? `## The way out\n\n${help.charAt(0).toUpperCase()}${help.slice(1)}.`
		: '## The way out\n\nIt depends on the case, and the error says it: `error.help`.';
}

function explained({ why, ways, example }: Explanation): string[] {
	return [
		`## Why\n\n${why}`,
		`## The way out\n\n${ways.map((way) => `- ${way}`).join('\n')}`,
		...(example === undefined
			? []
			: [
					`## Example\n\n${program(example.shows)}\n\n\`\`\`text\n${said(example.shows)}\`\`\``,
					`## Mended\n\n${program(example.mended)}`,
				]),
	];
}

function program(fixture: string): string {
	return `\`\`\`ts\n${readFileSync(new URL(`${fixture}/input.ts`, fixtures), 'utf8')}\`\`\``;
}

/** What the compiler says of it, without the way to the fixture. */
function said(fixture: string): string {
	const file = new URL(`${fixture}/diagnostics.txt`, fixtures);
	if (!existsSync(file)) throw new Error(`${fixture} is legal: it shows nothing`);
	return readFileSync(file, 'utf8').replaceAll(`fixtures/${fixture}/`, '');
}
