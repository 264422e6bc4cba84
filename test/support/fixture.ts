/**
 * Reads one case of `fixtures/<area>/<case>/` and makes what its files assert. The presence of a file is
 * the assertion; an absent `diagnostics.txt` asserts that there are none.
 *
 *  input.ts         the program; its first line says what it shows
 *  options.json     options of the compiler
 *  run.ts           how it is executed (an `Execution`, and which `ways`); asks for trace.txt
 *  trace.txt        the trace, equal for every way of executing it
 *  machine.txt      the graph, the live sets, the slots
 *  output.js        the emitted code
 *  diagnostics.txt  what the compiler says
 *  runtime.txt      what the runtime says of a program that types let pass (fixtures/check)
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transform } from '@perdure/transform';
import { renderDiagnostic } from '../../packages/transform/src/diagnostics/render.ts';
import { explain } from '../../packages/transform/src/explain.ts';
import { type Compile, compileSubject, type Execution, execute, WAYS, type Way } from './execute.ts';

export const ROOT = fileURLToPath(new URL('../../fixtures/', import.meta.url));

export interface Case {
	/** `<area>/<case>`. */
	readonly name: string;
	readonly directory: string;
}

/** One file that a case asserts, and what it should hold. */
export interface Assertion {
	readonly file: string;
	/** Null when the file must not be there. */
	readonly actual: string | null;
}

export interface RunFile extends Execution {
	/** Ways that apply; all by default. Only a run can suspend, and what cannot be saved cannot be restored. */
	readonly ways?: readonly Way[];
}

/** Areas whose cases are one program. */
export const AREAS = ['lower', 'directive', 'run'] as const;

/** All cases of an area that are one program, in order. */
export function casesOf(area: string): Case[] {
	return directoriesOf(area, 'input.ts');
}

/** The folders of an area that hold the file `having`. */
export function directoriesOf(area: string, having: string): Case[] {
	const directory = join(ROOT, area);
	if (!existsSync(directory)) return [];
	return readdirSync(directory, { withFileTypes: true })
		.filter((entry) => entry.isDirectory() && existsSync(join(directory, entry.name, having)))
		.map((entry) => ({ name: `${area}/${entry.name}`, directory: join(directory, entry.name) }))
		.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What the files of a case should hold. @throws Error when its ways of execution disagree. */
export async function assertionsOf({ directory }: Case): Promise<Assertion[]> {
	const has = (file: string) => existsSync(join(directory, file));
	const path = join(directory, 'input.ts');
	const source = readFileSync(path, 'utf8');
	const filename = relative(join(ROOT, '..'), path);
	const assertions: Assertion[] = [];
	const options = has('options.json') ? JSON.parse(readFileSync(join(directory, 'options.json'), 'utf8')) : {};
	const { code, diagnostics } = transform(source, { filename, ...options });
	assertions.push({
		file: 'diagnostics.txt',
		actual:
			diagnostics.length > 0 ? `${diagnostics.map((d) => renderDiagnostic(d, () => source)).join('\n\n')}\n` : null,
	});
	if (has('machine.txt')) assertions.push({ file: 'machine.txt', actual: explain(source, { filename, ...options }) });
	if (has('output.js')) assertions.push({ file: 'output.js', actual: code });
	if (has('run.ts')) {
		const { default: run } = (await import(pathToFileURL(join(directory, 'run.ts')).href)) as { default: RunFile };
		assertions.push({ file: 'trace.txt', actual: await agreedTrace(source, filename, run) });
	}
	return assertions;
}

/** The trace of a case by another compiler. @throws Error when its ways of execution disagree. */
export async function traceOf({ directory }: Case, compile: Compile): Promise<string | null> {
	if (!existsSync(join(directory, 'run.ts'))) return null;
	const path = join(directory, 'input.ts');
	const { default: run } = (await import(pathToFileURL(join(directory, 'run.ts')).href)) as { default: RunFile };
	return await agreedTrace(readFileSync(path, 'utf8'), relative(join(ROOT, '..'), path), run, compile);
}

async function agreedTrace(source: string, filename: string, run: RunFile, compile?: Compile): Promise<string> {
	const subject = compileSubject(source, filename, null, compile);
	const [measure, ...others] = run.ways ?? WAYS;
	const expected = await execute(subject, measure!, run);
	for (const way of others) {
		const actual = await execute(subject, way, run);
		if (actual.join('\n') !== expected.join('\n')) {
			throw new Error(
				`'${way}' does not do what '${measure}' does\n--- ${measure}\n${expected.join('\n')}\n--- ${way}\n${actual.join('\n')}`,
			);
		}
	}
	return `${expected.join('\n')}\n`;
}

/** The file's content, or null when it is not there. */
export function stored({ directory }: Case, file: string): string | null {
	const path = join(directory, file);
	return existsSync(path) ? readFileSync(path, 'utf8') : null;
}

export function store({ directory }: Case, file: string, content: string): void {
	writeFileSync(join(directory, file), content);
}

export function remove({ directory }: Case, file: string): void {
	rmSync(join(directory, file));
}
