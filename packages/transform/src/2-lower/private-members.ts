import type * as t from '@babel/types';
import {
	array,
	arrow,
	assign,
	block,
	call,
	id,
	index,
	number,
	object,
	property,
	returns,
	statement,
	text,
} from './build.ts';
import type { ClassNode } from './classes.ts';

/** What the names of the accessors below are; nothing of the user's is in sight of them. */
const [OBJECT, VALUE, MARK] = ['$o', '$v', '$m'];

interface Private {
	readonly name: string;
	readonly isStatic: boolean;
	readonly isField: boolean;
	readonly isMethod: boolean;
	readonly canSet: boolean;
}

/** Has an object of the class members that only the class can see? */
export function hidesMembers(node: ClassNode): boolean {
	return privatesOf(node).some((each) => !each.isStatic);
}

function privatesOf(node: ClassNode): Private[] {
	const found = new Map<string, Private>();
	for (const each of node.body.body) {
		if (!('key' in each) || each.key.type !== 'PrivateName') continue;
		const { name } = each.key.id;
		const isField = each.type !== 'ClassPrivateMethod';
		const canSet = isField || each.kind === 'set' || found.get(name)?.canSet === true;
		const isMethod = !isField && each.kind === 'method';
		found.set(name, { name, isMethod, isStatic: each.static === true, isField, canSet });
	}
	return [...found.values()];
}

/**
 * How a class lets the runtime and code outside its text reach its private members:
 * `{ open: (o, m) => ({ get x() { return o.#x }, set x(v) { o.#x = v }, get f() { return m(o.#f, "f") } }), has: { x: (o) => #x in o },
 * fields: [["x"], (o) => [o.#x], (o, v) => { o.#x = v[0] }], statics: [...] }`. Null where it has none.
 */
export function privatesObject(node: ClassNode, stamping: t.Expression | null): t.ObjectExpression | null {
	const privates = privatesOf(node);
	if (privates.length === 0) return null;
	const accessors = privates.flatMap(({ name, isMethod, canSet }) => {
		const value = isMethod ? call(id(MARK!), [memberOf(name), text(name)]) : memberOf(name);
		const get = accessor('get', name, [], returns(value));
		return canSet ? [get, accessor('set', name, [VALUE!], statement(assign(memberOf(name), id(VALUE!))))] : [get];
	});
	const has = privates.map(({ name }) => {
		const test = { type: 'BinaryExpression', operator: 'in', left: privateName(name), right: id(OBJECT!) };
		return property(text(name), arrow([id(OBJECT!)], test as unknown as t.BinaryExpression), false);
	});
	return object([
		property(id('open'), arrow([id(OBJECT!), id(MARK!)], object(accessors)), false),
		property(id('has'), object(has), false),
		...[false, true].map((isStatic) => {
			const names = privates.filter((each) => each.isField && each.isStatic === isStatic).map(({ name }) => name);
			const read = arrow([id(OBJECT!)], array(names.map(memberOf)));
			const writes = names.map((name, i) => statement(assign(memberOf(name), index(id(VALUE!), number(i)))));
			const write = arrow([id(OBJECT!), id(VALUE!)], block(writes));
			return property(id(isStatic ? 'statics' : 'fields'), array([array(names.map(text)), read, write]), false);
		}),
		...(stamping === null ? [] : [property(id('stamp'), arrow([id(VALUE!)], assign(stamping, id(VALUE!))), false)]),
	]);
}

function accessor(kind: 'get' | 'set', name: string, params: readonly string[], body: t.Statement): t.ObjectMethod {
	return {
		type: 'ObjectMethod',
		kind,
		key: text(name),
		computed: false,
		params: params.map(id),
		body: block([body]),
		async: false,
		generator: false,
	} as unknown as t.ObjectMethod;
}

function memberOf(name: string): t.MemberExpression {
	return {
		type: 'MemberExpression',
		object: id(OBJECT!),
		property: privateName(name),
		computed: false,
	} as t.MemberExpression;
}

function privateName(name: string): t.PrivateName {
	return { type: 'PrivateName', id: id(name) } as t.PrivateName;
}
