import type * as t from '@babel/types';
import type { Binding } from '../1-parse/scope.ts';
import { assign, block, declare, id, nothing, sequence, statement } from './build.ts';
import { shallow } from './nodes.ts';
import { rewrite } from './rewrite.ts';
import { bindingsOf, rewriteDeclaration, rewriteDeclarator } from './rewrite-declaration.ts';
import { rewritePattern } from './rewrite-pattern.ts';
import { emptyCells, renewCell } from './rewrite-scope.ts';
import { rewriteArm, throughNative, withJumps } from './rewrite-statement.ts';
import { markSpent } from './spent.ts';
import { atEntry, storageOf } from './storage.ts';
import { type Code, uniqueName, withCode } from './unit.ts';

type Loop = t.ForStatement | t.ForInStatement | t.ForOfStatement | t.WhileStatement | t.DoWhileStatement;

/** What must come before a loop stays apart from it, so that labels land on the loop. */
export function rewriteLoop(
	code: Code,
	node: Loop,
	labels: readonly string[],
): { before: t.Statement[]; loop: t.Statement } {
	const inside = withJumps(code, { breaks: true, continues: true, labels });
	switch (node.type) {
		case 'WhileStatement':
		case 'DoWhileStatement': {
			const loop = shallow(node);
			loop.test = rewrite(code, node.test);
			loop.body = rewriteArm(inside, node.body);
			return { before: [], loop };
		}
		case 'ForStatement':
			return rewriteFor(code, inside, node);
		default:
			// An iterator is closed on the way out.
			return {
				before: [],
				loop: rewriteForEach(code, node.type === 'ForOfStatement' ? throughNative(inside) : inside, node),
			};
	}
}

function cellsOf(code: Code, node: t.Node): Binding[] {
	const scope = code.unit.scopes.byNode.get(node);
	return [...(scope?.bindings.values() ?? [])].filter((binding) => storageOf(code.unit, binding).cell);
}

function rewriteFor(code: Code, inside: Code, node: t.ForStatement): { before: t.Statement[]; loop: t.ForStatement } {
	const loop = shallow(node);
	const before: t.Statement[] = [];
	const init = node.init;
	const cells = cellsOf(code, node);
	let renew: t.Expression[] = [];
	if (init?.type !== 'VariableDeclaration') loop.init = init ? rewrite(code, init) : null;
	else if (init.kind === 'var') {
		const statements = rewriteDeclaration(code, init);
		const first = statements[0];
		if (statements.length === 1 && first?.type === 'VariableDeclaration') loop.init = first;
		else if (statements.length === 1 && first?.type === 'ExpressionStatement') loop.init = first.expression;
		else {
			loop.init = null;
			before.push(...statements);
		}
	} else if (cells.length === 0) {
		loop.init = shallow(init);
		(loop.init as t.VariableDeclaration).declarations = init.declarations.map((each) => rewriteDeclarator(code, each));
	} else {
		loop.init = null;
		for (const binding of cells) {
			// `let`, since each iteration has a cell of its own.
			const storage = storageOf(code.unit, binding);
			before.push(declare('let', id(storage.name), atEntry(storage)));
		}
		for (const declarator of init.declarations) before.push(...initialiseHead(code, init, declarator));
		if (init.kind === 'let') {
			renew = cells.map((binding) => renewCell(storageOf(code.unit, binding).name));
			// What the head's own closures captured is not the first iteration's.
			before.push(...renew.map((each) => statement(each)));
			renew = cells.map((binding) => renewCell(storageOf(code.unit, binding).name));
		}
	}
	loop.test = node.test ? rewrite(code, node.test) : null;
	const update = node.update ? [rewrite(code, node.update)] : [];
	loop.update = renew.length + update.length > 0 ? sequence(...renew, ...update) : null;
	loop.body = rewriteArm(inside, node.body);
	return { before, loop };
}

function initialiseHead(code: Code, init: t.VariableDeclaration, declarator: t.VariableDeclarator): t.Statement[] {
	const kind = init.kind === 'const' ? 'let' : init.kind;
	const single = { ...init, kind, declarations: [declarator] } as t.VariableDeclaration;
	return rewriteDeclaration(code, single).map((each) => {
		// The variable of a cell that its declaration makes is declared already.
		const made = each.type === 'VariableDeclaration' && each.kind === 'const' ? each.declarations[0]! : null;
		return made ? statement(assign(made.id, made.init ?? nothing())) : each;
	});
}

function rewriteForEach(code: Code, inside: Code, node: t.ForInStatement | t.ForOfStatement): t.Statement {
	const loop = shallow(node);
	const cells = cellsOf(code, node);
	const scope = code.unit.scopes.byNode.get(node);
	const dead = cells.length > 0 && scope ? new Set(scope.bindings.values()) : code.dead;
	if (node.type === 'ForOfStatement' && !node.await) markSpent(code, node.right);
	loop.right = rewrite(withCode(code, { dead }), node.right);
	const left = node.left;
	if (left.type !== 'VariableDeclaration') {
		loop.left = rewritePattern(code, left, 'assign') as t.LVal;
		loop.body = rewriteArm(inside, node.body);
		return loop;
	}
	const declarator = left.declarations[0]!;
	const bindings = bindingsOf(code, declarator.id);
	if (left.kind === 'var') {
		const moved = bindings.some((each) => storageOf(code.unit, each).frame || storageOf(code.unit, each).cell);
		loop.left = moved ? (rewritePattern(code, declarator.id, 'declare') as t.LVal) : nativeHead(code, left, declarator);
		loop.body = rewriteArm(inside, node.body);
		return loop;
	}
	if (cells.length === 0) {
		loop.left = nativeHead(code, left, declarator);
		loop.body = rewriteArm(inside, node.body);
		return loop;
	}
	const item = uniqueName(code.unit, '$item');
	loop.left = { ...declare('const', id(item), null), kind: left.kind === 'let' ? 'const' : left.kind };
	const natives = bindings.filter((binding) => !storageOf(code.unit, binding).cell);
	const body = rewriteArm(inside, node.body);
	loop.body = block([
		...emptyCells(code, bindings),
		...natives.map((binding) => declare('let', id(storageOf(code.unit, binding).name), null)),
		statement(assign(rewritePattern(code, declarator.id, 'declare'), id(item))),
		body,
	]);
	return loop;
}

function nativeHead(code: Code, left: t.VariableDeclaration, declarator: t.VariableDeclarator): t.VariableDeclaration {
	const head = shallow(left);
	head.declarations = [rewriteDeclarator(code, declarator)];
	return head;
}
