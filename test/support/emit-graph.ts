/** Emits a graph written by hand as the body of `subject`, and evaluates that in this process. */
import * as internal from '@perdure/runtime/internal';
import { parse } from '../../packages/transform/src/1-parse/parse.ts';
import { analyzeScopes } from '../../packages/transform/src/1-parse/resolve.ts';
import type { Closure, DurableFunction, Graph, Unit } from '../../packages/transform/src/2-lower/cfg.ts';
import { assignIds } from '../../packages/transform/src/3-analyze/ids.ts';
import { printEdits } from '../../packages/transform/src/5-emit/print.ts';
import { emitProgram } from '../../packages/transform/src/5-emit/program.ts';
import { prepare } from './evaluate.ts';
import { type GraphText, graph } from './graph.ts';

type Subject = (...args: unknown[]) => Promise<unknown>;

/** The emitted code of `async function subject(...args) {}` with this graph as its body. */
export function emitGraph(text: GraphText, body = ''): string {
	const source = `export async function subject(...args) { "use durable";\n${body} }\n`;
	const file = parse(source, { filename: 'subject.js' });
	const exported = file.program.body[0]!;
	if (exported.type !== 'ExportNamedDeclaration' || exported.declaration?.type !== 'FunctionDeclaration')
		throw exported;
	const fn: DurableFunction = {
		node: exported.declaration,
		parents: [file.program, exported],
		path: 'subject',
		name: 'subject',
		as: null,
	};
	const unit: Unit = {
		graph: placed(graph(text), fn),
		closures: [] as Closure[],
		strict: false,
		names: new Set(text.variables.map((v) => (typeof v === 'string' ? v : v.name))),
	};
	const { edits } = emitProgram(
		file,
		[{ fn, unit, ids: assignIds('test#subject', fn.node, unit) }],
		{ path: 'subject.js', module: analyzeScopes(file).module, moduleId: 'test', isModule: true },
		'module',
	);
	return printEdits(source, edits, { file: 'subject.js', map: false, inputMap: null }).code;
}

/** The emitted function, with `names` as what is free in it. */
export function evaluateGraph(text: GraphText, names: Readonly<Record<string, unknown>> = {}): Subject {
	const imports = Object.keys(names).length > 0 ? `import { ${Object.keys(names).join(', ')} } from '#names';\n` : '';
	const program = prepare(imports + emitGraph(text), 'subject.js');
	return program.evaluate({ '#names': names, '@perdure/runtime/internal': internal })['subject'] as Subject;
}

/** Ids want nodes of the user's source: any will do here. */
function placed(made: Graph, fn: DurableFunction): Graph {
	for (const block of made.blocks.values()) {
		if (block.end.kind === 'suspend') Object.assign(block.end.point, { node: fn.node.body });
	}
	return made;
}
