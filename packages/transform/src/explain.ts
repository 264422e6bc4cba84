/** A text dump of what the passes made of a file: graphs, live sets, slots. For tests and for eyes. */
import type { Block, BlockId, Closure, Graph, Operation, Terminal } from './2-lower/cfg.ts';
import { assignSlots, type Slots } from './3-analyze/slots.ts';
import { printCode } from './5-emit/print.ts';
import { lowerFile } from './compile.ts';
import { resolveOptions, type TransformOptions } from './options.ts';
import { parseSource } from './parse-source.ts';

/** The graphs of all durable functions of a source, with what is live in them. */
export function explain(source: string, options: TransformOptions): string {
	const resolved = resolveOptions(options);
	const { file, sourceType } = parseSource(source, resolved);
	const { lowered } = lowerFile(file, { filename: resolved.filename, sourceType });
	return lowered.map(({ fn, unit }) => explainFunction(fn.as ?? fn.path, unit.graph, unit.closures)).join('\n');
}

function explainFunction(title: string, graph: Graph | null, closures: readonly Closure[]): string {
	const own = graph ? `${title}\n${explainGraph(graph)}` : `${title}\n`;
	return [own, ...closures.map((closure) => explainClosure(title, closure))].join('\n');
}

function explainClosure(title: string, closure: Closure): string {
	const captures = closure.captures.map(({ source, cell }) => (cell ? `${source} (cell)` : source));
	const head = `${title} > ${closure.path ?? closure.name} ${closure.kind} ${closure.ref} [${captures.join(', ')}]`;
	const text = explainFunction(head, closure.body, closure.closures);
	return closure.make ? `${text}${indent(printCode(closure.make), '    ')}\n` : text;
}

/** One graph: blocks in order; `live` at entry, `keeps` while parked. */
export function explainGraph(graph: Graph): string {
	const slots = assignSlots(graph);
	const lines: string[] = [];
	for (const block of graph.blocks.values()) lines.push(...explainBlock(block, graph, slots));
	return `${lines.join('\n')}\n`;
}

function explainBlock(block: Block, graph: Graph, slots: Slots): string[] {
	const notes = [
		block.id === graph.entry ? 'entry' : '',
		block.handler === null ? '' : `handler ${block.handler}`,
		block.guards.length > 0 ? `guards ${block.guards.join(' ')}` : '',
		block.loops.length > 0 ? `loops ${block.loops.join(' ')}` : '',
	].filter(Boolean);
	const live = slots.live.entry(block.id);
	const head = `  ${[`${block.id}:`, ...notes].join(' ')}${live.length > 0 ? `  live ${live.join(', ')}` : ''}`;
	const body = block.body.map((statement) => indent(printCode(statement), '    '));
	return [head, ...body, indent(explainEnd(block.end, block.id, slots), '    ')];
}

function explainEnd(end: Terminal, block: BlockId, slots: Slots): string {
	switch (end.kind) {
		case 'goto':
			return `-> ${end.to}`;
		case 'branch':
			return `${printCode(end.test)} ? ${end.yes} : ${end.no}`;
		case 'dispatch':
			return `dispatch ${end.on.name} ${end.cases.map(([value, to]) => `${value} ${to}`).join(', ')} else ${end.otherwise}`;
		case 'suspend': {
			const names = slots.names.get(block)!;
			const kept = slots.parked.get(block)!.map(({ reload }, index) => `${names[index]}${reload ? ' (reload)' : ''}`);
			const result = end.result === null ? '' : `${end.result} = `;
			const place = end.point.chain.length > 0 ? ` in ${end.point.chain.join('>')}` : '';
			const does = end.op.kind === 'yield' ? 'yield ' : end.op.kind === 'start' ? 'start' : 'await ';
			const left = end.returned ? `, returning ${end.returned.value} -> ${end.returned.to}` : '';
			return `${result}${does}${explainOperation(end.op)} -> ${end.to}${left}\n  point${place} keeps [${kept.join(', ')}]`;
		}
		case 'tail':
			return `tail ${explainOperation(end.op)}`;
		case 'return':
			return end.value ? `return ${printCode(end.value)}` : 'return';
		case 'throw':
			return `throw ${printCode(end.value)}`;
		case 'unreachable':
			return 'unreachable';
	}
}

function explainOperation(op: Operation): string {
	if (op.kind === 'start') return '';
	if (op.kind === 'value' || op.kind === 'yield') return printCode(op.value);
	const callee = printCode(op.callee);
	const args = op.args.map((arg) => printCode(arg));
	const self = op.self ? ` on ${printCode(op.self)}` : '';
	const links =
		op.kind === 'chain' ? op.rest.map((link) => ` (${link.args.map((arg) => printCode(arg)).join(', ')})`) : [];
	const found = op.site.reload ? 'read again' : op.site.key === undefined ? 'not found again' : 'member';
	return `${op.kind} ${callee}(${args.join(', ')})${links.join('')}${self} [${op.site.name}: ${found}]`;
}

function indent(text: string, by: string): string {
	return text.replaceAll(/^/gm, by);
}
