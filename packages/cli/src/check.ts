/** `perdure check`: what the compiler has to say about a project, types included. Nothing is emitted. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type CheckOptions, check as checkProject, type Diagnostic, ProjectError } from '@perdure/transform';
import { type Command, UsageError } from './command.ts';
import { REPORT_OPTIONS, report } from './report.ts';

const ANY = ['error', 'warn', 'allow'] as const;

export const check: Command = {
	usage: '[-p tsconfig.json] [--json] [--no-cache]',
	summary: 'say what a durable function holds over an await and cannot be saved, by its types',
	details: `The exit code is 1 where there is an error, 0 with warnings only. TypeScript's own errors are tsc's to tell.
TypeScript is the one of the project, 6 or 7; projects that it refers to are checked as well.

  -p, --project <file>  a tsconfig.json, or its folder; default: the nearest tsconfig.json
  --json                print { "diagnostics": [...] }
  --any <how>           what is said of captured values of type any or unknown: error (default), warn, allow
  --no-cache            look at all files: without it, at those of which something else could be said than the last
                        time (node_modules/.cache/perdure)
  --pretty              print diagnostics with their code even where the output is no terminal`,
	run(args, terminal) {
		const { values, positionals } = parseArgs({
			args: [...args],
			options: {
				project: { type: 'string', short: 'p' },
				json: { type: 'boolean' },
				any: { type: 'string' },
				cache: { type: 'boolean' },
				...REPORT_OPTIONS,
			},
			allowPositionals: true,
			allowNegative: true,
		});
		if (positionals.length > 0) throw new UsageError(`it takes no files: perdure check -p ${positionals[0]}`);
		const any = ANY.find((each) => each === (values.any ?? 'error'));
		if (any === undefined) throw new UsageError(`--any is one of ${ANY.join(', ')}`);
		const diagnostics = diagnosticsOf({ project: values.project ?? nearestConfig(), any, cache: values.cache ?? true });
		if (!values.json) return report(diagnostics, terminal, { pretty: values.pretty });
		terminal.stdout(`${JSON.stringify({ diagnostics }, null, 2)}\n`);
		return diagnostics.some(({ severity }) => severity === 'error') ? 1 : 0;
	},
};

function diagnosticsOf(options: CheckOptions): Diagnostic[] {
	try {
		return checkProject(options);
	} catch (error) {
		if (error instanceof ProjectError) throw new UsageError(error.message);
		throw error;
	}
}

/** In this folder or one above it, as tsc looks for it. */
function nearestConfig(): string {
	for (let folder = resolve(); ; folder = dirname(folder)) {
		const config = join(folder, 'tsconfig.json');
		if (existsSync(config)) return config;
		if (folder === dirname(folder)) throw new UsageError('there is no tsconfig.json here; say which: -p <file>');
	}
}
