import type * as t from '@babel/types';
import { boundIdentifiers } from '../1-parse/hoist.ts';
import {
	ANONYMOUS_CLASS,
	type Binding,
	type FunctionInfo,
	isConstant,
	isFunctionNode,
	type Reference,
} from '../1-parse/scope.ts';
import {
	array,
	assign,
	at,
	call,
	construct,
	helper,
	id,
	index,
	member,
	nothing,
	number,
	sequence,
	text,
} from './build.ts';
import { type Code, isOfUnit, isPlain, type Storage, type UnitState, uniqueName } from './unit.ts';

/** Shared with a closure that may see it change, so it lives in a cell. */
function isShared(binding: Binding): boolean {
	if (binding.kind === 'class-name' || binding.kind === 'function-name') return false;
	const changes = binding.reassigned && !isConstant(binding);
	return binding.captured && (changes || binding.capturedEarly || binding.tdz);
}

/** ECMA-262 FunctionDeclarationInstantiation 28: a body's `var` begins with the parameter of its name. */
export function parameterOfName(binding: Binding): Binding | null {
	if (binding.scope.kind !== 'body' || binding.kind !== 'var') return null;
	return binding.scope.parent?.bindings.get(binding.name) ?? null;
}

/** Gives a binding of a dissolved scope a variable of the frame. */
export function storeInFrame(unit: UnitState, binding: Binding): Storage {
	const base = binding.kind === 'this' ? '$this' : binding.kind === 'new.target' ? '$target' : binding.name;
	// Its own name is taken by the binding itself; it is free until another variable or the module has it.
	let name = base;
	if (unit.free.has(base) || base === 'arguments' || unit.taken.has(base)) name = uniqueName(unit, base);
	unit.taken.add(name);
	unit.names.add(name);
	const cell = isShared(binding);
	const lexical = binding.kind !== 'var' && binding.kind !== 'function';
	const storage: Storage = {
		name,
		cell,
		frame: true,
		tdz: binding.tdz && lexical,
		atEntry: cell ? binding.tdz || binding.capturedEarly || !lexical : binding.tdz,
	};
	unit.storages.set(binding, storage);
	return storage;
}

export function storageOf(unit: UnitState, binding: Binding): Storage {
	const known = unit.storages.get(binding);
	if (known) return known;
	const plain = isPlain(unit, binding.scope.fn);
	const cell = !plain && patternOf(unit, binding).some(isShared);
	const name = nativeName(unit, binding, cell, plain);
	const simple =
		binding.declaration.type === 'VariableDeclarator'
			? binding.declaration.id.type === 'Identifier'
			: binding.kind === 'class';
	const lexical = binding.kind !== 'var' && binding.kind !== 'function';
	const storage: Storage = {
		name,
		cell,
		frame: false,
		tdz: cell && binding.tdz && lexical,
		atEntry: cell && (!lexical || !simple || binding.tdz || binding.capturedEarly),
	};
	unit.storages.set(binding, storage);
	return storage;
}

function nativeName(unit: UnitState, binding: Binding, cell: boolean, plain: boolean): string {
	if (binding.kind === 'this') return uniqueName(unit, '$this');
	if (binding.kind === 'new.target') return uniqueName(unit, '$target');
	if (binding.name === ANONYMOUS_CLASS) return uniqueName(unit, '$class');
	// No parameter may have its name in strict code.
	if (binding.kind === 'arguments') return uniqueName(unit, '$arguments');
	// Both it and the `var` of its name are seen where that is written (ECMA-262 B.3.3).
	if (!plain && unit.scopes.annexB.has(binding.declaration) && binding.kind === 'function')
		return uniqueName(unit, binding.name);
	if (cell && (parameterOfName(binding) || isBesideVar(binding))) return uniqueName(unit, binding.name);
	// Beside a frame's variables names are told apart by their text alone, so none may hide another.
	// (The name that a class has inside itself is part of the class.)
	if (!plain && binding.kind !== 'class-name' && isFrameFunction(unit, binding.scope.fn)) {
		if (unit.taken.has(binding.name)) return uniqueName(unit, binding.name);
		unit.taken.add(binding.name);
	}
	return binding.name;
}

/** `catch (e) { var e }`: the cell of the parameter is declared in the block, which such a `var` may stand in. */
function isBesideVar(binding: Binding): boolean {
	if (binding.kind !== 'catch') return false;
	for (let scope = binding.scope.parent; scope && scope.fn === binding.scope.fn; scope = scope.parent) {
		if (scope.bindings.get(binding.name)?.kind === 'var') return true;
	}
	return false;
}

/** Becomes a graph: the durable function itself, or an async or generator closure of it. */
function isFrameFunction(unit: UnitState, fn: FunctionInfo | null): boolean {
	if (fn === null || fn === unit.root) return fn !== null;
	return isFunctionNode(fn.node) && (fn.node.async === true || fn.node.generator === true);
}

/** A native pattern that binds a cell binds only cells: it becomes one assignment. */
function patternOf(unit: UnitState, binding: Binding): Binding[] {
	const declaration = binding.declaration;
	if (declaration.type !== 'VariableDeclarator' || declaration.id.type === 'Identifier' || binding.kind === 'var')
		return [binding];
	return boundIdentifiers(declaration.id).flatMap((node) => unit.scopes.declared.get(node) ?? []);
}

/** The place that holds the value: a variable, or the content of its cell. */
export function place(storage: Storage): t.Identifier | t.MemberExpression {
	return storage.cell ? member(id(storage.name), 'v') : id(storage.name);
}

/** Declared by the code that is being written itself, so the engine minds constants and dead zones. */
export function isNative(code: Code, binding: Binding): boolean {
	if (isPlain(code.unit, binding.scope.fn)) return true;
	let fn = code.fn;
	// Arrows that stay native see what is around them as they always did.
	if (code.plain) while (fn !== binding.scope.fn && fn.arrow && fn.parent) fn = fn.parent;
	return fn === binding.scope.fn && !(code.frame && storageOf(code.unit, binding).frame);
}

/** Reads what an identifier, `this`, `arguments` or `new.target` refers to. */
export function readReference(code: Code, node: t.Node, reference: Reference): t.Expression {
	const binding = reference.binding;
	if (!isOfUnit(code.unit, binding)) {
		if (node.type === 'Identifier') return at(id(node.name), node);
		return at({ ...node, leadingComments: null, trailingComments: null, innerComments: null } as t.Expression, node);
	}
	return at(readBinding(code, binding, reference.early), node);
}

export function readBinding(code: Code, binding: Binding, early: boolean): t.Expression {
	if (code.dead?.has(binding)) return call(helper('tdz'), [helper('TDZ'), text(binding.name)]);
	if (binding.kind === 'this' && isNative(code, binding)) return { type: 'ThisExpression' } as t.ThisExpression;
	if (binding.kind === 'home' && binding.scope.fn === code.unit.root) return helper('home');
	if (binding.kind === 'new.target') {
		if (isNative(code, binding)) {
			return { type: 'MetaProperty', meta: id('new'), property: id('target') } as t.MetaProperty;
		}
		// An async function cannot be called with `new`.
		const owner = binding.scope.fn?.node;
		if (owner && 'async' in owner && owner.async) return nothing();
	}
	if (binding.kind === 'arguments' && isNative(code, binding)) return id('arguments');
	const storage = storageOf(code.unit, binding);
	const value = place(storage);
	return early && storage.tdz ? call(helper('tdz'), [value, text(binding.name)]) : value;
}

/** `x = value`, with what ECMA-262 says of constants and the dead zone. */
export function writeReference(
	code: Code,
	node: t.Identifier,
	reference: Reference,
	value: t.Expression,
): t.Expression {
	const binding = reference.binding;
	if (!isOfUnit(code.unit, binding)) return at(assign(at(id(node.name), node), value), node);
	const storage = storageOf(code.unit, binding);
	if (isNative(code, binding) && !storage.cell) return at(assign(at(id(storage.name), node), value), node);
	if (binding.kind === 'function-name' && !isConstant(binding)) return value;
	if (isConstant(binding)) {
		const check = reference.early && storage.tdz ? [call(helper('tdz'), [place(storage), text(binding.name)])] : [];
		return sequence(value, ...check, call(helper('constant'), [text(binding.name)]));
	}
	if (reference.early && storage.tdz) {
		// The right side comes first, then the ReferenceError (ECMA-262 PutValue).
		const check = call(helper('tdz'), [place(storage), text(binding.name)]);
		return assign(place(storage), index(array([value, check]), number(0)));
	}
	return assign(at(place(storage), node), value);
}

/** A target inside a pattern: what cannot be assigned plainly goes through a setter. */
export function targetReference(code: Code, node: t.Identifier, reference: Reference): t.LVal {
	const binding = reference.binding;
	if (!isOfUnit(code.unit, binding)) return at(id(node.name), node);
	const storage = storageOf(code.unit, binding);
	if (isNative(code, binding) && !storage.cell) return at(id(storage.name), node);
	if (isConstant(binding) || binding.kind === 'function-name' || (reference.early && storage.tdz)) {
		const parameter = uniqueName(code.unit, '$v');
		const body = writeReference(code, node, reference, id(parameter));
		const setter = {
			type: 'ObjectMethod',
			kind: 'set',
			key: id('v'),
			params: [id(parameter)],
			computed: false,
			body: { type: 'BlockStatement', directives: [], body: [{ type: 'ExpressionStatement', expression: body }] },
		} as unknown as t.ObjectMethod;
		return member({ type: 'ObjectExpression', properties: [setter] } as t.ObjectExpression, 'v');
	}
	return at(place(storage), node);
}

/** Initialises a binding: the first value of a declaration. */
export function initialise(code: Code, binding: Binding, value: t.Expression): t.Expression {
	const storage = storageOf(code.unit, binding);
	if (storage.cell && !storage.atEntry) return assign(id(storage.name), construct(helper('Cell'), [value]));
	return assign(place(storage), value);
}

/** The head of a scope in a frame or for native cells: what must exist before its first statement. */
export function atEntry(storage: Storage): t.Expression | null {
	if (!storage.atEntry) return null;
	const empty = storage.tdz ? helper('TDZ') : nothing();
	return storage.cell ? construct(helper('Cell'), [empty]) : storage.tdz ? empty : null;
}
