import type * as t from '@babel/types';
import { unwrap } from '../1-parse/scope.ts';
import { suspends } from '../1-parse/suspends.ts';
import { assign, at, construct, helper, id, nothing, statement } from './build.ts';
import { lowerValue } from './expressions.ts';
import type { Frame } from './frame.ts';
import { lowerNamed, lowerNamedInto } from './literals.ts';
import { holdNode, holdValue } from './operands.ts';
import { lowerPattern } from './patterns.ts';
import { assignVar, bindingsOf, rewriteDeclaration } from './rewrite-declaration.ts';
import { rewritePattern } from './rewrite-pattern.ts';
import { storageOf } from './storage.ts';
import { isUsing, lowerUsing } from './using.ts';

export function lowerDeclaration(frame: Frame, node: t.VariableDeclaration): void {
	if (isUsing(node)) {
		for (const declarator of node.declarations) lowerUsing(frame, node, declarator);
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
		const init = unwrap(node.init!);
		if (declaration.kind === 'var') {
			const binding = frame.unit.scopes.references.get(node.id)!.binding!;
			const storage = storageOf(frame.unit, binding);
			if (!storage.cell) lowerNamedInto(frame, init, storage.name, first.name);
			else frame.emit(at(statement(assignVar(frame, node.id, lowerNamed(frame, init, first.name))), node));
			return;
		}
		const storage = storageOf(frame.unit, first);
		if (!storage.cell && !storage.tdz) lowerNamedInto(frame, init, storage.name, first.name);
		else frame.emit(at(frame.initialise(first, lowerNamed(frame, init, first.name)), node));
		return;
	}
	const mode = declaration.kind === 'var' ? 'assign' : 'declare';
	makeCells(frame, node.id);
	const init = node.init!;
	if (suspends(node.id, frame.unit.memo)) lowerPattern(frame, node.id, holdNode(frame, init, 'value'), mode);
	else bindPattern(frame, node.id, lowerValue(frame, init), mode);
}

/** Cells of a pattern's names, where the scope's head did not make them. */
export function makeCells(frame: Frame, pattern: t.Node): void {
	for (const binding of bindingsOf(frame, pattern)) {
		const storage = storageOf(frame.unit, binding);
		if (storage.cell && !storage.atEntry)
			frame.emit(statement(assign(id(storage.name), construct(helper('Cell'), [nothing()]))));
	}
}

/** Gives the names of a declared pattern their values. Cells are there already. A `var` is assigned. */
export function bindPattern(frame: Frame, pattern: t.Node, value: t.Expression, mode: 'declare' | 'assign'): void {
	if (suspends(pattern, frame.unit.memo)) lowerPattern(frame, pattern, holdValue(frame, value, 'value', pattern), mode);
	else frame.emit(at(statement(assign(rewritePattern(frame, pattern, mode), value)), pattern));
}
