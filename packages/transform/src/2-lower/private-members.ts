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

/** What the names of the accessors below are; nothing of the user's is in sight of them. */
const [OBJECT, VALUE] = ['$o', '$v'];
/** Where a view has its object, and what methods pass through: no private name is like them. */
const [OBJECT_KEY, MARK_KEY] = ['#', '##'] as const;

/** `this["#"]` */
function held(key: string): t.Expression {
	return index({ type: 'ThisExpression' } as t.ThisExpression, text(key));
}

interface Private {
	readonly name: string;
	readonly isStatic: boolean;
	readonly isField: boolean;
	readonly isMethod: boolean;
	readonly canSet: boolean;
}

/** Has an object of the class members that only the class can see? */
export function hidesMembers(node: t.Class): boolean {
	return privatesOf(node).some((each) => !each.isStatic);
}

function privatesOf(node: t.Class): Private[] {
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
 * `{ view: { get x() { return this["#"].#x }, set x(v) { this["#"].#x = v }, ... }, has: { x: (o) => #x in o },
 * fields: [["x"], (o) => [o.#x], (o, v) => { o.#x = v[0] }], statics: [...] }`. Null where it has none.
 */
export function privatesObject(node: t.Class, stamping: t.Expression | null): t.ObjectExpression | null {
	const privates = privatesOf(node);
	if (privates.length === 0) return null;
	const accessors = privates.flatMap(({ name, isMethod, canSet }) => {
		const read = memberOf(name, held(OBJECT_KEY));
		const value = isMethod ? call(held(MARK_KEY), [read, text(name)]) : read;
		const get = accessor('get', name, [], returns(value));
		const write = statement(assign(memberOf(name, held(OBJECT_KEY)), id(VALUE!)));
		return canSet ? [get, accessor('set', name, [VALUE!], write)] : [get];
	});
	const has = privates.map(({ name }) => {
		const test = { type: 'BinaryExpression', operator: 'in', left: privateName(name), right: id(OBJECT!) };
		return property(text(name), arrow([id(OBJECT!)], test as unknown as t.BinaryExpression), false);
	});
	return object([
		property(id('view'), object(accessors), false),
		property(id('has'), object(has), false),
		...[false, true].map((isStatic) => {
			const names = privates.filter((each) => each.isField && each.isStatic === isStatic).map(({ name }) => name);
			const read = arrow([id(OBJECT!)], array(names.map((name) => memberOf(name))));
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

function memberOf(name: string, object_: t.Expression = id(OBJECT!)): t.MemberExpression {
	return {
		type: 'MemberExpression',
		object: object_,
		property: privateName(name),
		computed: false,
	} as t.MemberExpression;
}

function privateName(name: string): t.PrivateName {
	return { type: 'PrivateName', id: id(name) } as t.PrivateName;
}
