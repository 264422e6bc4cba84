import type * as t from '@babel/types';
import { suspends } from '../1-parse/suspends.ts';
import { assign, at, construct, helper, id, nothing, statement } from './build.ts';
import { lowerInto, lowerValue } from './expressions.ts';
import type { Frame } from './frame.ts';
import { holdNode, holdValue } from './operands.ts';
import { lowerPattern } from './patterns.ts';
import { bindingsOf, rewriteDeclaration } from './rewrite-declaration.ts';
import { rewritePattern } from './rewrite-pattern.ts';
import { place, storageOf } from './storage.ts';

export function lowerDeclaration(frame: Frame, node: t.VariableDeclaration): void {
	if (node.kind === 'using' || node.kind === 'await using') {
		frame.unit.sink.report('PD2006', node, {
			what: `A '${node.kind}' declaration`,
			way: 'dispose of it in a finally block',
		});
		return;
	}
	for (const declarator of node.declarations) {
		if (suspends(declarator, frame.unit.memo)) lowerDeclarator(frame, node, declarator);
		else frame.emit(...rewriteDeclaration(frame, { ...node, declarations: [declarator] }));
	}
}

function lowerDeclarator(frame: Frame, declaration: t.VariableDeclaration, node: t.VariableDeclarator): void {
	const bindings = bindingsOf(frame, node.id);
	const first = bindings[0];
	if (node.id.type === 'Identifier' && first) {
		const storage = storageOf(frame.unit, first);
		if (!storage.cell && !storage.tdz) lowerInto(frame, node.init!, storage.name);
		else {
			const value = lowerValue(frame, node.init!);
			const written =
				declaration.kind === 'var' ? statement(assign(place(storage), value)) : frame.initialise(first, value);
			frame.emit(at(written, node));
		}
		return;
	}
	makeCells(frame, node.id);
	const init = node.init!;
	if (suspends(node.id, frame.unit.memo)) lowerPattern(frame, node.id, holdNode(frame, init, 'value'), 'declare');
	else bindPattern(frame, node.id, lowerValue(frame, init));
}

/** Cells of a pattern's names, where the scope's head did not make them. */
export function makeCells(frame: Frame, pattern: t.Node): void {
	for (const binding of bindingsOf(frame, pattern)) {
		const storage = storageOf(frame.unit, binding);
		if (storage.cell && !storage.atEntry)
			frame.emit(statement(assign(id(storage.name), construct(helper('Cell'), [nothing()]))));
	}
}

/** Gives the names of a declared pattern their values. Cells are there already. */
export function bindPattern(frame: Frame, pattern: t.Node, value: t.Expression): void {
	if (suspends(pattern, frame.unit.memo)) {
		lowerPattern(frame, pattern, holdValue(frame, value, 'value', pattern), 'declare');
		return;
	}
	frame.emit(at(statement(assign(rewritePattern(frame, pattern, 'declare'), value)), pattern));
}
