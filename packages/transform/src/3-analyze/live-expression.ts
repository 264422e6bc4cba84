/**
 * What is live before an expression, given what is live after it: a backward walk in the order of
 * ECMA-262's evaluation, so that `f(x, x = 1)` reads the old `x` and `x = g()` kills it.
 *
 * Exact but for two things. A nested function or class counts as reading all that it mentions.
 * And what may throw is judged by syntax: there, what the handler reads is live too.
 */
import * as t from '@babel/types';
import { union, type VariableSet } from './variable-set.ts';

export interface ExpressionScope {
	/** What is live before the name is read; undefined where it names no variable of the frame. */
	readonly read: (node: t.Identifier | t.JSXIdentifier, after: VariableSet) => VariableSet | undefined;
	/** What is live before something is stored under the name; undefined likewise. */
	readonly store: (name: string, after: VariableSet) => VariableSet | undefined;
	/** Does the variable hold a `Cell`? Reading or writing its `.v` never throws. */
	readonly isCell: (name: string) => boolean;
	/** Live at the entry of whatever catches an exception thrown here. */
	readonly thrown: VariableSet;
}

export function liveBefore(node: t.Node | null | undefined, after: VariableSet, scope: ExpressionScope): VariableSet {
	if (!node) return after;
	switch (node.type) {
		case 'Identifier': {
			const live = scope.read(node, after);
			if (live !== undefined) return live;
			// A global may be missing, a module binding in its dead zone.
			return node.name === 'undefined' || node.name.startsWith('%') ? after : union(after, scope.thrown);
		}
		case 'JSXIdentifier':
			return scope.read(node, after) ?? after;
		case 'JSXOpeningElement': {
			const live = childrenBackward({ ...node, name: null } as never, after, (child, each) =>
				liveBefore(child, each, scope),
			);
			return isIntrinsic(node.name) ? live : liveBefore(node.name, live, scope);
		}
		case 'JSXMemberExpression':
			return liveBefore(node.object, after, scope);
		case 'JSXAttribute':
			return liveBefore(node.value, after, scope);
		case 'JSXClosingElement':
		case 'JSXNamespacedName':
			return after;
		case 'StringLiteral':
		case 'NumericLiteral':
		case 'BooleanLiteral':
		case 'NullLiteral':
		case 'BigIntLiteral':
		case 'RegExpLiteral':
		case 'ThisExpression':
		case 'Super':
		case 'MetaProperty':
		case 'TemplateElement':
		case 'PrivateName':
		case 'DebuggerStatement':
			return after;
		case 'AssignmentExpression':
			return assignment(node, after, scope);
		case 'UpdateExpression':
			return liveBefore(node.argument, union(after, scope.thrown), scope);
		case 'LogicalExpression':
			return liveBefore(node.left, union(liveBefore(node.right, after, scope), after), scope);
		case 'ConditionalExpression':
			return liveBefore(
				node.test,
				union(liveBefore(node.consequent, after, scope), liveBefore(node.alternate, after, scope)),
				scope,
			);
		case 'OptionalMemberExpression':
		case 'OptionalCallExpression':
			return optionalChain(node, after, after, scope);
		case 'MemberExpression': {
			const read = isCellAccess(node, scope) ? after : union(after, scope.thrown);
			return liveBefore(node.object, node.computed ? liveBefore(node.property, read, scope) : read, scope);
		}
		case 'TSAsExpression':
		case 'TSSatisfiesExpression':
		case 'TSNonNullExpression':
		case 'TSTypeAssertion':
		case 'TSInstantiationExpression':
			return liveBefore(node.expression, after, scope);
		case 'UnaryExpression':
			return liveBefore(node.argument, mayThrow(node) ? union(after, scope.thrown) : after, scope);
		case 'ObjectProperty':
		case 'ObjectMethod':
			return property(node, after, scope);
		case 'CallExpression': {
			const callee = node.callee;
			if (callee.type !== 'ArrowFunctionExpression' || callee.body.type === 'BlockStatement') break;
			// Called where it is made: its body runs behind the arguments.
			const before = liveBefore(callee.body, union(after, scope.thrown), hiding(scope, ownNames(callee)));
			return node.arguments.reduceRight((live, argument) => liveBefore(argument, live, scope), before);
		}
		case 'FunctionExpression':
		case 'FunctionDeclaration':
		case 'ArrowFunctionExpression':
			return mentions(node, union(after, scope.thrown), scope);
		case 'ClassExpression':
		case 'ClassDeclaration': {
			const inner = hiding(scope, node.id ? [node.id.name] : []);
			const live = node.body.body.reduceRight(
				(each, member) =>
					liveBefore(computedKey(member), mentions({ ...member, key: NO_KEY } as t.Node, each, inner), inner),
				union(after, scope.thrown),
			);
			return liveBefore(node.superClass, live, inner);
		}
		default:
	}
	const before = mayThrow(node) ? union(after, scope.thrown) : after;
	return childrenBackward(node, before, (child, live) => liveBefore(child, live, scope));
}

/** The scope inside something whose own names hide variables of the frame. */
function hiding(scope: ExpressionScope, names: readonly string[]): ExpressionScope {
	if (names.length === 0) return scope;
	const hidden = new Set(names);
	return {
		...scope,
		read: (node, after) => (hidden.has(node.name) ? undefined : scope.read(node, after)),
		store: (name, after) => (hidden.has(name) ? undefined : scope.store(name, after)),
	};
}

const NO_KEY = { type: 'StringLiteral', value: '' } as t.StringLiteral;

function computedKey(member: t.Node): t.Node | null {
	return 'computed' in member && member.computed && 'key' in member ? (member.key as t.Node) : null;
}

/** Which way a constant test goes; null if only running can tell. What follows `while (true)` reads nothing. */
export function alwaysTaken(test: t.Expression | null | undefined): boolean | null {
	if (!test) return true;
	return test.type === 'BooleanLiteral' || test.type === 'NumericLiteral' ? Boolean(test.value) : null;
}

/**
 * What is live before a value is stored in `target`, a pattern or a reference. `declares`: the names
 * in it are declared here, so that storing in one that is no variable of the frame cannot fail.
 */
export function liveBeforeStore(
	target: t.Node,
	after: VariableSet,
	scope: ExpressionScope,
	declares = false,
): VariableSet {
	switch (target.type) {
		case 'Identifier': {
			const live = scope.store(target.name, after);
			if (live !== undefined) return live;
			return declares ? after : union(after, scope.thrown);
		}
		case 'AssignmentPattern': {
			const stored = liveBeforeStore(target.left, after, scope, declares);
			return union(stored, liveBefore(target.right, stored, scope));
		}
		case 'RestElement':
			return liveBeforeStore(target.argument, union(after, scope.thrown), scope, declares);
		case 'ArrayPattern': {
			let live = union(after, scope.thrown);
			for (let i = target.elements.length - 1; i >= 0; i--) {
				const element = target.elements[i];
				// Each step of the iterator may throw.
				if (element) live = union(liveBeforeStore(element, live, scope, declares), scope.thrown);
			}
			return live;
		}
		case 'ObjectPattern': {
			let live = union(after, scope.thrown);
			for (let i = target.properties.length - 1; i >= 0; i--) {
				const item = target.properties[i]!;
				if (item.type === 'RestElement') {
					live = union(liveBeforeStore(item.argument, live, scope, declares), scope.thrown);
					continue;
				}
				live = union(liveBeforeStore(item.value, live, scope, declares), scope.thrown);
				if (item.computed) live = liveBefore(item.key, live, scope);
			}
			return live;
		}
		default:
			return liveBefore(target, after, scope);
	}
}

function assignment(node: t.AssignmentExpression, after: VariableSet, scope: ExpressionScope): VariableSet {
	const { left, operator, right } = node;
	if (left.type !== 'Identifier') {
		if (operator !== '=') return compoundMember(node, after, scope);
		if (left.type === 'ArrayPattern' || left.type === 'ObjectPattern') {
			return liveBefore(right, liveBeforeStore(left, after, scope), scope);
		}
		// A member: object and key first, then the value, then the store, which may throw.
		const store = isCellAccess(left, scope) ? after : union(after, scope.thrown);
		return liveBefore(left, liveBefore(right, store, scope), scope);
	}
	const stored = liveBeforeStore(left, after, scope);
	if (operator === '=') return liveBefore(right, stored, scope);
	const assigned = liveBefore(right, isLogical(operator) ? stored : union(stored, scope.thrown), scope);
	return liveBefore(left, isLogical(operator) ? union(assigned, after) : assigned, scope);
}

function compoundMember(node: t.AssignmentExpression, after: VariableSet, scope: ExpressionScope): VariableSet {
	const assigned = liveBefore(node.right, union(after, scope.thrown), scope);
	return liveBefore(node.left, isLogical(node.operator) ? union(assigned, after) : assigned, scope);
}

function isLogical(operator: string): boolean {
	return operator === '&&=' || operator === '||=' || operator === '??=';
}

/** `out` is what is live when a `?.` further left ends the chain. */
function optionalChain(
	node: t.Expression | t.V8IntrinsicIdentifier | t.Super | t.Import,
	after: VariableSet,
	out: VariableSet,
	scope: ExpressionScope,
): VariableSet {
	let live = union(after, scope.thrown);
	if (node.type === 'OptionalMemberExpression') {
		if (node.computed) live = liveBefore(node.property, live, scope);
		return optionalChain(node.object, node.optional ? union(live, out) : live, out, scope);
	}
	if (node.type === 'OptionalCallExpression') {
		for (let i = node.arguments.length - 1; i >= 0; i--) live = liveBefore(node.arguments[i], live, scope);
		return optionalChain(node.callee, node.optional ? union(live, out) : live, out, scope);
	}
	return liveBefore(node, after, scope);
}

function property(node: t.ObjectProperty | t.ObjectMethod, after: VariableSet, scope: ExpressionScope): VariableSet {
	const live =
		node.type === 'ObjectMethod'
			? mentions({ ...node, key: NO_KEY } as t.Node, after, scope)
			: liveBefore(node.value, node.computed ? union(after, scope.thrown) : after, scope);
	return node.computed ? liveBefore(node.key, union(live, scope.thrown), scope) : live;
}

function isCellAccess(node: t.Node, scope: ExpressionScope): boolean {
	return (
		node.type === 'MemberExpression' &&
		!node.computed &&
		node.object.type === 'Identifier' &&
		scope.isCell(node.object.name)
	);
}

/** Everything a nested function or class mentions is read when it is made. */
function mentions(node: t.Node, after: VariableSet, scope: ExpressionScope): VariableSet {
	let live = after;
	const visit = (inner: t.Node, parent: t.Node, hidden: ReadonlySet<string>): void => {
		if (inner.type === 'Identifier' || inner.type === 'JSXIdentifier') {
			if (isName(inner, parent) || hidden.has(inner.name)) return;
			live = scope.read(inner, live) ?? live;
			return;
		}
		const names = ownNames(inner);
		const own = names.length > 0 ? new Set([...hidden, ...names]) : hidden;
		for (const key of t.VISITOR_KEYS[inner.type] ?? []) {
			const child = (inner as unknown as Record<string, t.Node | (t.Node | null)[] | null | undefined>)[key];
			for (const each of Array.isArray(child) ? child : [child]) if (each) visit(each, inner, own);
		}
	};
	visit(node, node, new Set());
	return live;
}

/** Does the identifier name a property or a label, rather than a variable? */
function isName(node: t.Node, parent: t.Node): boolean {
	switch (parent.type) {
		case 'MemberExpression':
		case 'OptionalMemberExpression':
			return parent.property === node && !parent.computed;
		case 'ObjectProperty':
			return parent.key === node && parent.value !== node && !parent.computed;
		case 'ObjectMethod':
		case 'ClassMethod':
		case 'ClassProperty':
		case 'ClassAccessorProperty':
			return parent.key === node && !parent.computed;
		case 'PrivateName':
		case 'LabeledStatement':
		case 'BreakStatement':
		case 'ContinueStatement':
		case 'MetaProperty':
		case 'JSXAttribute':
			return true;
		default:
			return false;
	}
}

/** Names that a function or class declares inside itself, where they hide what has their name outside. */
function ownNames(node: t.Node): string[] {
	if (!t.isFunction(node) && !t.isClass(node)) return [];
	const names: string[] = [];
	if (t.isFunction(node)) names.push(...node.params.flatMap((param) => Object.keys(t.getBindingIdentifiers(param))));
	if ('id' in node && node.id) names.push((node.id as t.Identifier).name);
	if (node.type === 'ArrowFunctionExpression' && node.body.type !== 'BlockStatement') return names;
	t.traverseFast(node, (inner) => {
		if (inner.type === 'VariableDeclarator') names.push(...Object.keys(t.getBindingIdentifiers(inner.id)));
		else if (inner.type === 'CatchClause' && inner.param)
			names.push(...Object.keys(t.getBindingIdentifiers(inner.param)));
	});
	return names;
}

/** `<div>`: the name of an element rather than of a component. */
function isIntrinsic(name: t.Node): boolean {
	return name.type === 'JSXIdentifier' && /^[a-z]|-/.test(name.name);
}

/** May the node itself (not its operands) throw? Operators throw by coercion. */
function mayThrow(node: t.Node): boolean {
	switch (node.type) {
		case 'SequenceExpression':
		case 'ParenthesizedExpression':
		case 'ExpressionStatement':
		case 'ArrayExpression':
		case 'ObjectExpression':
			return false;
		case 'NewExpression':
			return !(node.callee.type === 'Identifier' && node.callee.name === '%Cell');
		case 'TemplateLiteral':
			return node.expressions.length > 0;
		case 'UnaryExpression':
			return node.operator !== 'typeof' && node.operator !== 'void' && node.operator !== '!';
		case 'BinaryExpression':
			return node.operator !== '===' && node.operator !== '!==';
		default:
			return true;
	}
}

/** Folds over the expressions directly inside `node`, the last evaluated first. */
function childrenBackward(
	node: t.Node,
	after: VariableSet,
	visit: (child: t.Node, live: VariableSet) => VariableSet,
): VariableSet {
	let live = after;
	const keys = t.VISITOR_KEYS[node.type] ?? [];
	for (let k = keys.length - 1; k >= 0; k--) {
		const value = (node as unknown as Record<string, unknown>)[keys[k]!];
		if (Array.isArray(value)) {
			for (let i = value.length - 1; i >= 0; i--) if (isExpression(value[i])) live = visit(value[i], live);
		} else if (isExpression(value)) live = visit(value, live);
	}
	return live;
}

function isExpression(value: unknown): value is t.Node {
	return typeof value === 'object' && value !== null && !(value as t.Node).type.startsWith('TSType');
}
