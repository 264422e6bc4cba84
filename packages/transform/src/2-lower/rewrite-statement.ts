import type * as t from '@babel/types';
import { isType } from '../1-parse/scope.ts';
import { assign, at, block, declare, id, returns, statement } from './build.ts';
import { rewriteFunction } from './closures.ts';
import { rewriteEnum } from './enum.ts';
import { shallow } from './nodes.ts';
import { copy, rewrite, rewriteNode } from './rewrite.ts';
import { rewriteClass } from './rewrite-class.ts';
import { rewriteDeclaration } from './rewrite-declaration.ts';
import { rewriteLoop } from './rewrite-loop.ts';
import { rewritePattern } from './rewrite-pattern.ts';
import { emptyCells, makeNativeScope, rewriteBody } from './rewrite-scope.ts';
import { initialise, place, readBinding, storageOf } from './storage.ts';
import { type Code, into, isOfUnit, type Jumps, uniqueName, withCode } from './unit.ts';

/** A statement that does not suspend; several where one makes cells of its own first. */
export function rewriteStatement(code: Code, node: t.Statement, labels: readonly string[] = []): t.Statement[] {
	switch (node.type) {
		case 'ExpressionStatement': {
			const result = shallow(node);
			result.expression = rewrite(code, node.expression);
			return [result];
		}
		case 'VariableDeclaration':
			return rewriteDeclaration(code, node);
		case 'FunctionDeclaration':
			return rewriteFunctionDeclaration(code, node);
		case 'ClassDeclaration':
			return rewriteClassDeclaration(code, node);
		case 'BlockStatement':
			return [rewriteBlock(code, node)];
		case 'EmptyStatement':
			return [];
		case 'IfStatement': {
			const result = shallow(node);
			result.test = rewrite(code, node.test);
			result.consequent = rewriteArm(code, node.consequent);
			result.alternate = node.alternate ? rewriteArm(code, node.alternate) : null;
			return [result];
		}
		case 'ForStatement':
		case 'ForInStatement':
		case 'ForOfStatement':
		case 'WhileStatement':
		case 'DoWhileStatement': {
			const { before, loop } = rewriteLoop(code, node, labels);
			const loopLabelled = labels.reduceRight<t.Statement>((body, label) => labelled(label, body), loop);
			return [before.length > 0 ? block([...before, loopLabelled]) : loopLabelled];
		}
		case 'LabeledStatement': {
			const inside = [...labels, node.label.name];
			if (isLoop(node.body) || node.body.type === 'LabeledStatement') return rewriteStatement(code, node.body, inside);
			const body = rewriteStatement(withJumps(code, { labels: inside }), node.body);
			return [inside.reduceRight<t.Statement>((each, label) => labelled(label, each), one(body))];
		}
		case 'SwitchStatement':
			return rewriteSwitch(code, node);
		case 'TryStatement': {
			const result = shallow(node);
			const inside = node.finalizer ? throughNative(code) : code;
			result.block = rewriteBlock(inside, node.block);
			result.handler = node.handler ? rewriteCatch(inside, node.handler) : null;
			result.finalizer = node.finalizer ? rewriteBlock(code, node.finalizer) : null;
			return [result];
		}
		case 'ReturnStatement': {
			const value = node.argument ? rewrite(code, node.argument) : null;
			return [at(code.jumps ? code.jumps.complete(value) : returns(value), node)];
		}
		case 'BreakStatement':
		case 'ContinueStatement': {
			if (code.jumps && leaves(code.jumps, node)) return [at(code.jumps.leave(node), node)];
			const result = shallow(node);
			if (node.label) result.label = shallow(node.label);
			return [result];
		}
		case 'TSEnumDeclaration':
			return node.declare ? [] : rewriteEnum(code, node);
		case 'TSModuleDeclaration':
		case 'TSImportEqualsDeclaration':
			if ('declare' in node && node.declare) return [];
			code.unit.sink.report('PD2016', node, {
				what: node.type === 'TSModuleDeclaration' ? 'A namespace' : 'An import assignment',
				way: 'move it to the top level of the module',
			});
			return [];
		default:
			if (isType(node)) return [];
			return [copyStatement(code, node)];
	}
}

function copyStatement(code: Code, node: t.Statement): t.Statement {
	if (node.type === 'ThrowStatement') {
		const result = shallow(node);
		result.argument = rewrite(code, node.argument);
		return result;
	}
	if (node.type === 'WithStatement') {
		// Reported for the whole function; the copy is never printed.
		const result = shallow(node);
		result.object = rewrite(code, node.object);
		result.body = rewriteArm(code, node.body);
		return result;
	}
	return copy(code, node);
}

function isLoop(node: t.Statement): boolean {
	return /^(For|ForIn|ForOf|While|DoWhile)Statement$/.test(node.type);
}

function labelled(label: string, body: t.Statement): t.LabeledStatement {
	return { type: 'LabeledStatement', label: id(label), body } as t.LabeledStatement;
}

/** One statement for a place that takes one. */
export function one(statements: t.Statement[]): t.Statement {
	return statements.length === 1 && statements[0]!.type !== 'VariableDeclaration' ? statements[0]! : block(statements);
}

export function rewriteArm(code: Code, node: t.Statement): t.Statement {
	if (node.type === 'FunctionDeclaration') {
		const scope = code.unit.scopes.arms.get(node);
		if (scope) return block(rewriteBody(code, scope, [node]));
	}
	return one(rewriteStatement(code, node));
}

export function rewriteBlock(code: Code, node: t.BlockStatement): t.BlockStatement {
	const scope = code.unit.scopes.byNode.get(node);
	const result = shallow(node);
	result.directives = [];
	result.body = scope ? rewriteBody(code, scope, node.body) : node.body.flatMap((each) => rewriteStatement(code, each));
	return result;
}

/** A view of the code inside something that jumps may stay within. */
export function withJumps(
	code: Code,
	inside: { breaks?: boolean; continues?: boolean; labels?: readonly string[] },
): Code {
	const jumps = code.jumps;
	if (!jumps) return code;
	const next: Jumps = {
		breaks: jumps.breaks || (inside.breaks ?? false),
		continues: jumps.continues || (inside.continues ?? false),
		labels: inside.labels?.length ? new Set([...jumps.labels, ...inside.labels]) : jumps.labels,
		leave: jumps.leave,
		complete: jumps.complete,
		...(jumps.passing ? { passing: jumps.passing } : {}),
	};
	return withCode(code, { jumps: next });
}

/** A view of the code inside something native that runs when it is left. */
export function throughNative(code: Code): Code {
	const jumps = code.jumps;
	return jumps?.passing ? withCode(code, { jumps: { ...jumps, ...jumps.passing } }) : code;
}

function leaves(jumps: Jumps, node: t.BreakStatement | t.ContinueStatement): boolean {
	if (node.label) return !jumps.labels.has(node.label.name);
	return node.type === 'BreakStatement' ? !jumps.breaks : !jumps.continues;
}

function rewriteFunctionDeclaration(code: Code, node: t.FunctionDeclaration): t.Statement[] {
	if (code.plain) return [rewriteFunction(code, node) as t.FunctionDeclaration];
	// Made at the head of its scope. Here a sloppy one in a block writes the `var` (ECMA-262 B.3.3).
	const outer = code.unit.scopes.annexB.get(node);
	const inner = node.id && code.unit.scopes.declared.get(node.id);
	if (!outer || !inner || !isOfUnit(code.unit, outer)) return [];
	return [statement(assign(place(storageOf(code.unit, outer)), readBinding(code, inner, false)))];
}

function rewriteClassDeclaration(code: Code, node: t.ClassDeclaration): t.Statement[] {
	if (node.declare) return [];
	const value = rewriteClass(into(code, node.id?.name ?? null), node);
	const binding = node.id && code.unit.scopes.declared.get(node.id);
	if (!binding || !isOfUnit(code.unit, binding)) return [at(statement(value), node)];
	const storage = storageOf(code.unit, binding);
	if (storage.frame || storage.cell) {
		if (!storage.frame && !storage.atEntry) {
			return [at(declare('const', id(storage.name), initialise(code, binding, value)), node)];
		}
		return [at(statement(initialise(code, binding, value)), node)];
	}
	return [at(declare('let', id(storage.name), value), node)];
}

function rewriteCatch(code: Code, node: t.CatchClause): t.CatchClause {
	const result = shallow(node);
	const scope = code.unit.scopes.byNode.get(node);
	const bindings = scope ? [...scope.bindings.values()] : [];
	if (!node.param || !bindings.some((binding) => storageOf(code.unit, binding).cell)) {
		result.param = node.param ? (rewritePattern(code, node.param, 'declare') as t.Identifier) : null;
		result.body = rewriteBlock(code, node.body);
		return result;
	}
	const parameter = uniqueName(code.unit, '$error');
	result.param = id(parameter);
	const body = rewriteBlock(code, node.body);
	const natives = bindings.filter((binding) => !storageOf(code.unit, binding).cell);
	body.body.unshift(
		...emptyCells(code, bindings),
		...natives.map((binding) => declare('let', id(storageOf(code.unit, binding).name), null)),
		statement(assign(rewritePattern(code, node.param, 'declare'), id(parameter))),
	);
	result.body = body;
	return result;
}

function rewriteSwitch(code: Code, node: t.SwitchStatement): t.Statement[] {
	const result = shallow(node);
	const scope = code.unit.scopes.byNode.get(node);
	const head = scope ? makeNativeScope(code, scope) : [];
	result.discriminant = rewrite(code, node.discriminant);
	const inside = withJumps(code, { breaks: true });
	result.cases = node.cases.map((clause) => {
		const copied = shallow(clause);
		copied.test = clause.test ? (rewriteNode(code, clause.test) as t.Expression) : null;
		copied.consequent = clause.consequent.flatMap((each) => rewriteStatement(inside, each));
		return copied;
	});
	if (head.length === 0) return [result];
	// The discriminant does not see the names of the cases.
	const value = uniqueName(code.unit, '$switch');
	const discriminant = declare('const', id(value), result.discriminant);
	result.discriminant = id(value);
	return [block([discriminant, block([...head, result])])];
}
