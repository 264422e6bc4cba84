/** `perdure explain PD3001`: the page of `docs/diagnostics` about a code. The pages come with the package. */
import { readdirSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Command, UsageError } from './command.ts';
import { nearest } from './nearest.ts';

const PAGES = new URL('../pages/', import.meta.url);

export const explain: Command = {
	usage: '<code>',
	summary: 'print what a diagnostic or an error means, with a program that shows it and one that mends it',
	details: 'Codes are written PD3001, in messages of the compiler and of the runtime alike.',
	run(args, { stdout }) {
		const { positionals } = parseArgs({ args: [...args], allowPositionals: true });
		const [code, ...more] = positionals;
		if (code === undefined || more.length > 0) throw new UsageError('say one code: perdure explain PD3001');
		const codes = readdirSync(PAGES).flatMap((file) => (/^PD\d+\.md$/.test(file) ? [file.slice(0, -3)] : []));
		const known = codes.find((each) => each === wanted(code));
		if (known === undefined) throw new UsageError(`there is no code ${code}${suggestion(wanted(code), codes)}`);
		stdout(readFileSync(new URL(`${known}.md`, PAGES), 'utf8'));
		return 0;
	},
};

/** `pd3001` and `3001` will do; TypeScript's form of it, `TS93001`, is what its output shows. */
function wanted(code: string): string {
	const digits = /^(?:PD|TS9)?(\d{4,5})$/i.exec(code)?.[1];
	return digits === undefined ? code.toUpperCase() : `PD${digits}`;
}

function suggestion(code: string, codes: readonly string[]): string {
	const near = nearest(code, codes, 1).slice(0, 3);
	if (near.length > 0) return `; there is ${near.join(', ')}`;
	const range = codes.filter((each) => each.startsWith(code.slice(0, 3)));
	return range.length > 0 ? `; of its kind are ${range.join(', ')}` : '; codes are written PD3001';
}
