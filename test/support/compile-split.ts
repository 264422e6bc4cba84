/** Compiles as `transform` does, but into functions of so few nodes that small programs are split too. */
import { parse } from '../../packages/transform/src/1-parse/parse.ts';
import { printEdits } from '../../packages/transform/src/5-emit/print.ts';
import { compileFile } from '../../packages/transform/src/compile.ts';
import type { Compile } from './execute.ts';

export function splitting(nodesPerStep: number): Compile {
	return (source, { filename }) => {
		const file = parse(source, { filename });
		const { edits, diagnostics } = compileFile(file, { filename, sourceType: 'module', nodesPerStep });
		if (edits.length === 0) return { code: source, diagnostics };
		return { ...printEdits(source, edits, { file: filename, map: false, inputMap: null }), diagnostics };
	};
}
