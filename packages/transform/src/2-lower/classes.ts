import type * as t from '@babel/types';
import { type Binding, type FunctionInfo, isConstant, unwrap } from '../1-parse/scope.ts';
import { array, call, helper, id } from './build.ts';
import type { Closure, Site } from './cfg.ts';
import { ClassText, isDropped } from './class-text.ts';
import { capture, localsOf, makerOf, nameFunction } from './closures.ts';
import { hidesMembers } from './private-members.ts';
import { isGlobal, isModuleName, staticPath } from './static-path.ts';
import { storageOf } from './storage.ts';
import { type Code, isOfUnit, isPlain, uniqueName, withCode } from './unit.ts';

/**
 * A class made in durable code is data, like a closure: `%makeClass(definition, [cells and values that
 * its members capture, heritage, computed keys])`. Its text stands in the definition's `make`, outside
 * the step. Its static parts run when it is first made only: afterwards what they left is saved.
 */
export function classOf(
	code: Code,
	node: t.Class,
	operands: readonly t.Expression[],
	key: t.Identifier | null = null,
): t.Expression {
	const { unit } = code;
	let closure = unit.closures.get(node);
	if (!closure) {
		closure = defineClass(code, node, key && uniqueName(unit, '$name'));
		unit.closures.set(node, closure);
		code.closures.push(closure);
	}
	const captured = unit.captures.get(closure)!;
	const env = [...captured.map((binding) => capture(code, binding)), ...operands, ...(key ? [key] : [])];
	return call(helper('makeClass'), [id(closure.ref), array(env)]);
}

/** A part of a class that is evaluated around it, in the order of evaluation. */
export interface Operand {
	readonly role: 'extends' | 'key' | 'decorator';
	readonly node: t.Expression;
}

/** What of a class is evaluated where it stands. The rest is read again wherever the class is made. */
export function operandsOf(code: Code, node: t.Class): Operand[] {
	const operands: Operand[] = [];
	const add = (role: Operand['role'], each: t.Expression) => {
		if (!isReadAgain(code, each, role)) operands.push({ role, node: each });
	};
	for (const { expression } of node.decorators ?? []) add('decorator', expression);
	if (node.superClass) add('extends', node.superClass);
	for (const each of node.body.body) {
		if (isDropped(each)) continue;
		if ('decorators' in each) for (const { expression } of each.decorators ?? []) add('decorator', expression);
		if ('computed' in each && each.computed) add('key', each.key as t.Expression);
	}
	return operands;
}

/** The name of the class inside it is dead while these are evaluated. */
export function aroundClass<C extends Code>(code: C, node: t.Class): C {
	const own = node.id && code.unit.scopes.byNode.get(node)?.bindings.get(node.id.name);
	return withCode(code, { path: null, ...(own ? { dead: new Set([...(code.dead ?? []), own]) } : {}) });
}

/** Evaluates an operand: a key becomes a property key at once (ECMA-262 ClassElementEvaluation). */
export function finishOperand({ role }: Operand, value: t.Expression): t.Expression {
	return role === 'key' ? call(helper('propertyKey'), [value]) : value;
}

/** Can it be read where the class is made, again and again: a literal, a module binding, a global? */
function isReadAgain(code: Code, node: t.Expression, role: Operand['role']): boolean {
	const plain = unwrap(node);
	if (/^(String|Numeric|Null|BigInt)Literal$/.test(plain.type)) return true;
	if (!staticPath(code, plain)) return false;
	if (role !== 'key') return true;
	const root = plain.type === 'MemberExpression' ? unwrap(plain.object) : plain;
	if (root.type !== 'Identifier' || !isModuleName(code, root)) return false;
	if (plain.type === 'MemberExpression') return root.name === 'Symbol' && isGlobal(code, root);
	const binding = code.unit.scopes.references.get(root)?.binding ?? null;
	return binding !== null && (isConstant(binding) || binding.kind === 'import');
}

function defineClass(code: Code, node: t.Class, key: string | null): Closure {
	const { unit } = code;
	const ref = `%def${unit.definitions++}`;
	const captured = capturesOf(code, node);
	const operands = operandsOf(code, node);
	const captures: Closure['captures'][number][] = captured.map((binding) => {
		const storage = storageOf(unit, binding);
		return { name: storage.name, source: binding.name, cell: storage.cell };
	});
	for (const { role, node: operand } of operands)
		captures.push({ name: uniqueName(unit, `$${role}`), source: `%${role}`, cell: false, node: operand });
	const names = new Map(operands.map((operand, i) => [operand.node, captures[captured.length + i]!.name]));
	if (key !== null) captures.push({ name: key, source: '%name', cell: false });

	const name = node.id?.name ?? code.path?.split('.').at(-1) ?? '';
	const path = code.path ?? node.id?.name ?? null;
	const closures: Closure[] = [];
	const starts: Site[] = [];
	const { names: locals, local } = localsOf(code);
	const context = {
		closures,
		starts,
		owner: ref,
		chain: ['class'],
		path,
		jumps: null,
		frame: false,
		dead: null,
		local,
	};
	const inside = withCode(code, context);
	const written = new ClassText(inside, node, names, locals);
	const closure: Closure = {
		ref,
		kind: 'class',
		name,
		place: { node, chain: code.chain, loc: node.loc ?? null },
		path,
		captures,
		make: makerOf(
			code,
			{ strict: false } as FunctionInfo,
			nameFunction(written.result, node.id ? '' : name, key),
			[...captures, { name: written.begin }],
			locals,
		),
		body: null,
		wrapper: null,
		closures,
		starts,
		hidden: hidesMembers(node),
	};
	unit.captures.set(closure, captured);
	return closure;
}

/** Variables of the functions around that its members use. */
function capturesOf(code: Code, node: t.Class): Binding[] {
	const captured = new Set<Binding>();
	for (const each of node.body.body) {
		for (const binding of code.unit.scopes.functions.get(each)?.free ?? []) {
			const own = binding.kind === 'class-name' && binding.declaration === node;
			if (!own && isOfUnit(code.unit, binding) && !isPlain(code.unit, binding.scope.fn)) captured.add(binding);
		}
	}
	return [...captured];
}
