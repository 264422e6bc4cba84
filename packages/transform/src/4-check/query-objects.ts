/** Where the parts of literals, of instances and of `this` come from. */
import type * as t from '@babel/types';
import { type Binding, isFunctionNode, unwrap } from '../1-parse/scope.ts';
import { propertyName } from '../2-lower/nodes.ts';
import { EACH, type Path } from './flows.ts';
import { membersOf, parameterProperty, receiverOf } from './instances.ts';
import { isElement, keyOf, matches } from './member-names.ts';
import type { Origin, Query } from './origin.ts';
import type { Origins } from './origins.ts';

/** A part of what `this` is: of objects that durable code makes their text tells. */
export function receiver(query: Query, { scope, node }: Binding, path: Path): void {
	const { flows, types } = query.origins.source;
	const made = scope.fn === null ? null : receiverOf(scope.fn.node, flows);
	if (made === null || types === null || query.origins.durableAround(made) === null)
		query.add({ kind: 'unknown', node });
	else if (made.type === 'ObjectExpression') {
		query.expression(made, path);
		if (path.length > 0) stored(query, made, path);
	} else if (path.length > 0) partOfInstance(query, made, path);
	else query.add({ kind: 'unknown', node });
}

export function partOfInstance(query: Query, node: t.Class, path: Path): void {
	const [step, ...rest] = path as [string, ...string[]];
	const members = membersOf(node, step);
	for (const member of members) {
		if (member.type === 'ClassMethod' || member.type === 'ClassPrivateMethod') {
			if (member.kind === 'method') query.made(member, rest);
			else if (member.kind === 'get') query.result(member, rest);
		} else if (member.value) query.expression(member.value, rest);
	}
	const parameter = parameterProperty(node, step);
	if (parameter) query.parameter({ kind: 'parameter', rest: false, path: [], ...parameter }, rest);
	else if (members.length === 0) inherited(query, node, path);
	stored(query, node, path);
}

/** What a class itself has: its statics. */
export function partOfClass(query: Query, node: t.Class, path: Path): void {
	const [step, ...rest] = path as [string, ...string[]];
	const members = membersOf(node, step, true);
	for (const member of members) {
		if (member.type === 'ClassMethod' || member.type === 'ClassPrivateMethod') {
			if (member.kind === 'method') query.made(member, rest);
			else if (member.kind === 'get') query.result(member, rest);
		} else if (member.value) query.expression(member.value, rest);
	}
	if (members.length === 0) query.add({ kind: 'unknown', node });
	stored(query, node, path);
}

function inherited(query: Query, node: t.Class, path: Path): void {
	const bases = node.superClass ? query.origins.of(node.superClass) : [];
	if (bases.length === 0) query.add({ kind: 'unknown', node });
	for (const base of bases) {
		const made = base.kind === 'function' && base.maker === 'run' && !isFunctionNode(base.node) ? base.node : null;
		if (made === null) query.add({ kind: 'unknown', node });
		else partOfInstance(query, made, path);
	}
}

/** Whoever stores something under that key may store it there, but in what surely is another object. */
function stored(query: Query, made: t.ObjectExpression | t.Class, [step, ...rest]: Path): void {
	for (const { left, right } of query.origins.source.flows.stores) {
		const member = left as t.MemberExpression;
		if (matches(keyOf(member), step!) && !isAnother(query, member.object, made)) query.expression(right, rest);
	}
}

function isAnother({ origins }: Query, object: t.Node, made: t.ObjectExpression | t.Class): boolean {
	const { scopes, flows } = origins.source;
	const plain = unwrap(object);
	if (plain.type === 'ThisExpression') {
		const around = scopes.references.get(plain)?.binding?.scope.fn;
		const receiver = around ? receiverOf(around.node, flows) : null;
		return receiver !== null && areUnrelated(origins, receiver, made);
	}
	if (plain.type === 'Super') return false;
	const found = origins.of(plain);
	return found.length > 0 && found.every((each) => isOtherThan(origins, each, made));
}

function isOtherThan(origins: Origins, origin: Origin, made: t.ObjectExpression | t.Class): boolean {
	switch (origin.kind) {
		case 'object':
			return origin.node !== made;
		case 'new': {
			const classes = origin.path.length === 0 ? origins.ofCallee(origin.node) : [];
			const isOther = (each: Origin) =>
				each.kind === 'function' && !isFunctionNode(each.node) && areUnrelated(origins, each.node, made);
			return classes.length > 0 && classes.every(isOther);
		}
		default:
			return origin.kind === 'collection' || origin.kind === 'data';
	}
}

/** Is nothing that is made as the one also the other? A class that extends what is not known may be. */
function areUnrelated(
	origins: Origins,
	one: t.ObjectExpression | t.Class,
	other: t.ObjectExpression | t.Class,
): boolean {
	if (one === other) return false;
	if (one.type === 'ObjectExpression' || other.type === 'ObjectExpression') return true;
	return !mayExtend(origins, one, other) && !mayExtend(origins, other, one);
}

function mayExtend(origins: Origins, node: t.Class, base: t.Class): boolean {
	if (!node.superClass) return false;
	const bases = origins.of(node.superClass);
	return (
		bases.length === 0 ||
		bases.some((each) => {
			if (each.kind === 'global') return false;
			if (each.kind !== 'function' || isFunctionNode(each.node)) return true;
			return each.node === base || mayExtend(origins, each.node, base);
		})
	);
}

export function partOfObject(query: Query, node: t.ObjectExpression, path: Path): void {
	const [step, ...rest] = path as [string, ...string[]];
	for (const property of node.properties) {
		if (property.type === 'SpreadElement') query.expression(property.argument, path);
		else if (matches(propertyName(property) ?? EACH, step)) {
			if (property.type === 'ObjectProperty') query.expression(property.value, rest);
			else if (property.kind === 'get') query.result(property, rest);
			else if (property.kind === 'method') query.made(property, rest);
		}
	}
}

export function partOfArray(query: Query, { elements }: t.ArrayExpression, [step, ...rest]: Path): void {
	if (!isElement(step)) {
		query.add({ kind: 'data' });
		return;
	}
	const spread = elements.findIndex((each) => each?.type === 'SpreadElement');
	const index = step === EACH ? -1 : Number(step!.slice(1, -1));
	const known = index >= 0 && (spread < 0 || index < spread);
	for (const each of known ? elements.slice(index, index + 1) : elements) {
		if (each?.type === 'SpreadElement') query.expression(each.argument, [EACH, ...rest]);
		else if (each) query.expression(each, rest);
	}
}
