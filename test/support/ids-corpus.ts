/**
 * The frozen corpus: sources with the ids that each released format gave them. `freeze-ids.ts` beside this
 * writes what is missing; what is there is never written again, for frames are stored under it.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type FunctionSchema, transform } from '@perdure/transform';

const root = fileURLToPath(new URL('../../fixtures/compat/', import.meta.url));

export interface CorpusSource {
	/** `0.1/ids/statements`. */
	readonly name: string;
	readonly source: string;
	/** Null until it is frozen. */
	readonly ids: readonly FunctionSchema[] | null;
}

export function idsCorpus(): CorpusSource[] {
	return readdirSync(root)
		.flatMap((version) => readdirSync(`${root}${version}/ids`).map((file) => `${version}/ids/${file}`))
		.filter((file) => file.endsWith('.ts'))
		.map((file) => {
			const stored = `${root}${file.replace(/ts$/, 'json')}`;
			return {
				name: file.replace(/\.ts$/, ''),
				source: readFileSync(root + file, 'utf8'),
				ids: existsSync(stored) ? JSON.parse(readFileSync(stored, 'utf8')) : null,
			};
		});
}

/** The ids of today. The package's own name must not enter: these files belong to none. */
export function idsOf({ name, source }: CorpusSource): readonly FunctionSchema[] {
	const { functions, diagnostics } = transform(source, { filename: `/corpus/${name}.ts` });
	const errors = diagnostics.filter(({ severity }) => severity === 'error');
	if (errors.length > 0) throw new Error(errors.map(({ line, message }) => `${name}:${line} ${message}`).join('\n'));
	return JSON.parse(JSON.stringify(functions));
}

export function freeze(entry: CorpusSource): void {
	const path = `${root}${entry.name}.json`;
	if (existsSync(path)) throw new Error(`${entry.name} is frozen`);
	writeFileSync(path, `${JSON.stringify(idsOf(entry), null, '\t')}\n`);
}
