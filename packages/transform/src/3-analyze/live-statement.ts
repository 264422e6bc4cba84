/**
 * What is live before an opaque statement: structured control flow inside a block of the graph.
 * Each kind of abrupt completion is a question to the scope, so a `finally` in the way is walked
 * with what is live where that completion goes, and nothing else.
 */
import type * as t from '@babel/types';
import { alwaysTaken, type ExpressionScope, liveBefore, liveBeforeStore } from './live-expression.ts';
import { NOTHING, union, type VariableSet } from './variable-set.ts';

export interface StatementScope extends ExpressionScope {
	/** Live where `break` or `continue` goes; `null` is the unlabelled one. Jumps to blocks are `%n`. */
	readonly atBreak: (label: string | null) => VariableSet;
	readonly atContinue: (label: string | null) => VariableSet;
	/** Live after the function has returned: nothing, or what a `finally` around reads. */
	readonly returned: () => VariableSet;
}

export function liveBeforeList(list: readonly t.Statement[], after: VariableSet, scope: StatementScope): VariableSet {
	let live = after;
	for (let i = list.length - 1; i >= 0; i--) live = liveBeforeStatement(list[i]!, live, scope, []);
	return live;
}

function liveBeforeStatement(
	node: t.Statement,
	after: VariableSet,
	scope: StatementScope,
	labels: readonly string[],
): VariableSet {
	switch (node.type) {
		case 'ExpressionStatement':
			return liveBefore(node.expression, after, scope);
		case 'VariableDeclaration':
			return declaration(node, after, scope);
		case 'BlockStatement':
			return liveBeforeList(node.body, after, scope);
		case 'EmptyStatement':
		case 'DebuggerStatement':
			return after;
		case 'IfStatement':
			return liveBefore(
				node.test,
				union(
					liveBeforeStatement(node.consequent, after, scope, []),
					node.alternate ? liveBeforeStatement(node.alternate, after, scope, []) : after,
				),
				scope,
			);
		case 'ReturnStatement':
			return liveBefore(node.argument, scope.returned(), scope);
		case 'ThrowStatement':
			return liveBefore(node.argument, scope.thrown, scope);
		case 'BreakStatement':
			return scope.atBreak(node.label ? node.label.name : null);
		case 'ContinueStatement':
			return scope.atContinue(node.label ? node.label.name : null);
		case 'LabeledStatement': {
			const label = node.label.name;
			const inner = { ...scope, atBreak: (l: string | null) => (l === label ? after : scope.atBreak(l)) };
			return liveBeforeStatement(node.body, after, inner, [...labels, label]);
		}
		case 'WhileStatement':
		case 'DoWhileStatement':
		case 'ForStatement':
			return loop(node, after, scope, labels);
		case 'ForInStatement':
		case 'ForOfStatement':
			return iteration(node, after, scope, labels);
		case 'SwitchStatement':
			return switchStatement(node, after, scope);
		case 'TryStatement':
			return tryStatement(node, after, scope);
		default:
			return liveBefore(node, after, scope);
	}
}

function declaration(node: t.VariableDeclaration, after: VariableSet, scope: StatementScope): VariableSet {
	let live = after;
	for (let i = node.declarations.length - 1; i >= 0; i--) {
		const { id, init } = node.declarations[i]!;
		// `var x;` leaves `x` as it is.
		if (!init && node.kind === 'var') continue;
		live = liveBefore(init, liveBeforeStore(id, live, scope, true), scope);
	}
	return live;
}

/** `inside` with `break` and `continue` of this loop going to the given sets. */
function loopScope(
	scope: StatementScope,
	labels: readonly string[],
	after: VariableSet,
	again: () => VariableSet,
): StatementScope {
	return {
		...scope,
		atBreak: (label) => (label === null ? after : scope.atBreak(label)),
		atContinue: (label) => (label === null || labels.includes(label) ? again() : scope.atContinue(label)),
	};
}

/**
 * The least solution of `head = step(head)`. Each variable is decided alone: the way around the loop
 * makes it live, kills it or leaves it as it is. So what one round finds from nothing is all there is,
 * and nested loops are walked once, not twice for each level.
 */
function fixpoint(step: (head: VariableSet) => VariableSet): VariableSet {
	return step(NOTHING);
}

function loop(
	node: t.WhileStatement | t.DoWhileStatement | t.ForStatement,
	after: VariableSet,
	scope: StatementScope,
	labels: readonly string[],
): VariableSet {
	const body = (live: VariableSet, again: VariableSet) =>
		liveBeforeStatement(
			node.body,
			live,
			loopScope(scope, labels, after, () => again),
			[],
		);
	if (node.type === 'DoWhileStatement') {
		return fixpoint((head) => {
			const taken = alwaysTaken(node.test);
			const test = liveBefore(node.test, taken === null ? union(head, after) : taken ? head : after, scope);
			return body(test, test);
		});
	}
	const update = node.type === 'ForStatement' ? node.update : null;
	const head = fixpoint((known) => {
		const again = liveBefore(update, known, scope);
		const entered = body(again, again);
		const taken = alwaysTaken(node.test);
		return liveBefore(node.test, taken === null ? union(entered, after) : taken ? entered : after, scope);
	});
	const init = node.type === 'ForStatement' ? node.init : null;
	if (!init) return head;
	return init.type === 'VariableDeclaration' ? declaration(init, head, scope) : liveBefore(init, head, scope);
}

function iteration(
	node: t.ForInStatement | t.ForOfStatement,
	after: VariableSet,
	scope: StatementScope,
	labels: readonly string[],
): VariableSet {
	const declares = node.left.type === 'VariableDeclaration';
	const target = declares ? (node.left as t.VariableDeclaration).declarations[0]!.id : node.left;
	const head = fixpoint((known) => {
		const inner = loopScope(scope, labels, after, () => known);
		const entered = liveBeforeStatement(node.body, known, inner, []);
		return union(union(liveBeforeStore(target, entered, scope, declares), after), scope.thrown);
	});
	return liveBefore(node.right, head, scope);
}

function switchStatement(node: t.SwitchStatement, after: VariableSet, scope: StatementScope): VariableSet {
	const inner = { ...scope, atBreak: (label: string | null) => (label === null ? after : scope.atBreak(label)) };
	const entries: VariableSet[] = [];
	let live = after;
	for (let i = node.cases.length - 1; i >= 0; i--) {
		live = liveBeforeList(node.cases[i]!.consequent, live, inner);
		entries[i] = live;
	}
	const fallback = node.cases.findIndex((branch) => branch.test === null);
	let tests = fallback < 0 ? after : entries[fallback]!;
	for (let i = node.cases.length - 1; i >= 0; i--) {
		const { test } = node.cases[i]!;
		if (test) tests = liveBefore(test, union(tests, entries[i]!), scope);
	}
	return liveBefore(node.discriminant, tests, scope);
}

function tryStatement(node: t.TryStatement, after: VariableSet, scope: StatementScope): VariableSet {
	const { block, handler, finalizer } = node;
	let around = scope;
	let done = after;
	if (finalizer) {
		const through = (live: VariableSet) => liveBeforeList(finalizer.body, live, scope);
		done = through(after);
		around = {
			...scope,
			thrown: through(scope.thrown),
			atBreak: (label) => through(scope.atBreak(label)),
			atContinue: (label) => through(scope.atContinue(label)),
			returned: () => through(scope.returned()),
		};
	}
	if (!handler) return liveBeforeList(block.body, done, around);
	let caught = liveBeforeList(handler.body.body, done, around);
	if (handler.param) {
		// Only a pattern can throw here, but it runs before anything else.
		caught = liveBeforeStore(handler.param, caught, around, true);
	}
	return liveBeforeList(block.body, done, { ...around, thrown: caught });
}
