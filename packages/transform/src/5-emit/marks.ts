/**
 * Replaces the marks of the graph (cfg.ts) in opaque code: `%helper` identifiers, jumps to blocks,
 * `%exception`, `return`, and a `this` that is left: that of what is around a durable arrow. Copies
 * what it changes: opaque code shares nodes with the user's tree, from which ids are computed.
 */
import * as t from '@babel/types';
import { array, call, id, member } from './build.ts';

export interface Marks {
	/** The expression that stands for `%name`; `this` for what is around the durable function. */
	readonly mark: (name: string) => t.Expression;
	/** The statements of `continue "%12"`. */
	readonly jump: (block: number) => t.Statement[];
	/** The statements of `return value`. */
	readonly complete: (value: t.Expression | null, around: Around, node: t.ReturnStatement) => t.Statement[];
}

/** What opaque code has around a `return`: a `catch` that sees its operand throw, a `finally` that may override it. */
export type Around = 'nothing' | 'catch' | 'finally';

/** Where code stands: in the step itself; in an expression or arrow, where `return` is not ours; in a function with its own `this`. */
type Inside = 'step' | 'expression' | 'function';

export function rewriteStatements(list: readonly t.Statement[], marks: Marks): t.Statement[] {
	return list.flatMap((statement) => rewriteStatement(statement, marks, 'nothing'));
}

export function rewriteExpression<N extends t.Node>(node: N, marks: Marks): N {
	return rewrite(node, marks, 'nothing', 'expression') as N;
}

function rewriteStatement(node: t.Statement, marks: Marks, around: Around): t.Statement[] {
	if (node.type === 'ContinueStatement' && node.label?.name.startsWith('%')) {
		return marks.jump(Number(node.label.name.slice(1)));
	}
	if (node.type === 'ReturnStatement') {
		const value = node.argument ? rewriteExpression(node.argument, marks) : null;
		return marks.complete(value, around, node);
	}
	return [rewrite(node, marks, around, 'step') as t.Statement];
}

function rewrite(node: t.Node, marks: Marks, around: Around, inside: Inside): t.Node {
	if (node.type === 'CallExpression' && node.callee.type === 'Identifier' && node.callee.name === '%closure') {
		return rewriteClosure(node, marks, inside);
	}
	const apart = rewritePrivate(node, marks, inside);
	if (apart) return apart;
	if (node.type === 'ThisExpression') return inside === 'function' ? node : marks.mark('this');
	if (node.type === 'Identifier') {
		if (!node.name.startsWith('%')) return node;
		const replaced = marks.mark(node.name.slice(1));
		return node.loc ? { ...replaced, loc: node.loc } : replaced;
	}
	const trying = node.type === 'TryStatement' ? enter(node, around) : around;
	const inner = into(node, inside);
	let copy: Record<string, unknown> | null = null;
	for (const key of t.VISITOR_KEYS[node.type] ?? []) {
		const value = (node as unknown as Record<string, unknown>)[key];
		const next = Array.isArray(value)
			? rewriteList(value, marks, trying, inner)
			: value
				? rewriteField(value as t.Node, marks, trying, inner)
				: value;
		if (next === value) continue;
		copy ??= { ...(node as unknown as Record<string, unknown>) };
		copy[key] = next;
	}
	return (copy as unknown as t.Node | null) ?? node;
}

/**
 * `o[%private(C, "x")]`, a private member seen from outside its class, is `privateOf(C, o).x`; where it
 * is called, `privateMethod(C, o, "x")`, which is bound to the object.
 */
function rewritePrivate(node: t.Node, marks: Marks, inside: Inside): t.Expression | null {
	const own = privateMember(node);
	if (own) {
		const { object, property: _, ...rest } = node as t.MemberExpression;
		const [Class, name] = own;
		const of = call(
			marks.mark('privateOf'),
			[Class, object as t.Expression].map((each) => rewriteIn(each, marks, inside)),
		);
		return { ...rest, computed: false, object: of, property: id(name.value) } as t.MemberExpression;
	}
	const callee =
		node.type === 'TaggedTemplateExpression'
			? node.tag
			: t.isCallExpression(node) || t.isOptionalCallExpression(node)
				? node.callee
				: null;
	const called = callee && privateMember(callee);
	if (!called) return null;
	const [Class, name] = called;
	const { object, optional } = callee as t.OptionalMemberExpression;
	const method = call(
		marks.mark('privateMethod'),
		[Class, object as t.Expression, name].map((each) => rewriteIn(each, marks, inside)),
	);
	if (node.type === 'TaggedTemplateExpression')
		return { ...node, tag: method, quasi: rewriteIn(node.quasi, marks, inside) };
	const { arguments: args } = node as t.CallExpression;
	const copy = {
		...(node as t.CallExpression),
		callee: method,
		arguments: args.map((each) => rewriteIn(each, marks, inside)),
	};
	return optional ? ({ ...copy, optional: true } as unknown as t.OptionalCallExpression) : copy;
}

function rewriteIn<N extends t.Node>(node: N, marks: Marks, inside: Inside): N {
	return rewrite(node, marks, 'nothing', inside === 'step' ? 'expression' : inside) as N;
}

function privateMember(node: t.Node): readonly [Class: t.Expression, name: t.StringLiteral] | null {
	if (node.type !== 'MemberExpression' && node.type !== 'OptionalMemberExpression') return null;
	const key = node.property;
	if (!node.computed || key.type !== 'CallExpression' || key.callee.type !== 'Identifier') return null;
	return key.callee.name === '%private' ? (key.arguments as [t.Expression, t.StringLiteral]) : null;
}

/** `%closure(def, [env])` is printed as `closure(def.make(env, owner()), def, [env])`: see the helpers. */
function rewriteClosure(node: t.CallExpression, marks: Marks, inside: Inside): t.Node {
	const [definition, env] = node.arguments as [t.Identifier, t.ArrayExpression];
	// Each twice: trees must not share nodes. What is captured are names, so that reading them again is the same.
	const ref = () => rewrite(definition, marks, 'nothing', inside) as t.Expression;
	const captured = () =>
		env.elements.map((each) => t.cloneNode(rewrite(each!, marks, 'nothing', inside)) as t.Expression);
	const made = call(member(ref(), 'make'), [...captured(), call(marks.mark('owner'), [])]);
	return { ...node, callee: marks.mark('closure'), arguments: [made, ref(), array(captured())] } as t.CallExpression;
}

function rewriteList(list: readonly (t.Node | null)[], marks: Marks, around: Around, inside: Inside): unknown {
	let changed = false;
	const out: (t.Node | null)[] = [];
	for (const item of list) {
		if (item && inside === 'step' && t.isStatement(item)) {
			const statements = rewriteStatement(item, marks, around);
			changed ||= statements.length !== 1 || statements[0] !== item;
			out.push(...statements);
			continue;
		}
		const next = item ? rewrite(item, marks, around, inside) : item;
		changed ||= next !== item;
		out.push(next);
	}
	return changed ? out : list;
}

function rewriteField(node: t.Node, marks: Marks, around: Around, inside: Inside): t.Node {
	if (inside !== 'step' || !t.isStatement(node)) return rewrite(node, marks, around, inside);
	const statements = rewriteStatement(node, marks, around);
	if (statements.length === 1) return statements[0]!;
	return { type: 'BlockStatement', body: statements, directives: [] } as unknown as t.BlockStatement;
}

function enter(node: t.TryStatement, around: Around): Around {
	return node.finalizer || around === 'finally' ? 'finally' : 'catch';
}

function into(node: t.Node, inside: Inside): Inside {
	if (node.type === 'ArrowFunctionExpression') return inside === 'function' ? inside : 'expression';
	return t.isFunction(node) || t.isClass(node) ? 'function' : inside;
}
