import type * as t from '@babel/types';
import type { FunctionInfo } from '../1-parse/scope.ts';
import { unwrap } from '../1-parse/scope.ts';
import { arrow, at, call, helper, id, member, text } from './build.ts';
import type { Site } from './cfg.ts';
import { shallow } from './nodes.ts';
import { rewrite, rewriteNode } from './rewrite.ts';
import { readBinding } from './storage.ts';
import { type Code, isClassMember, isOfUnit, isPlain } from './unit.ts';

/**
 * `super` in code that does not stand in its method any more: told by the method's home object, which
 * the step of a durable method sees around it (`%home`), and a closure of a literal captures.
 */
interface SuperParts {
	readonly home: () => t.Expression;
	readonly self: () => t.Expression;
	/** The home object is in sight wherever the code is printed: also in what finds a callee again. */
	readonly everywhere: boolean;
}

function partsOf(code: Code, node: t.Super): SuperParts | null {
	const home = code.unit.scopes.references.get(node)?.binding;
	const owner = home?.scope.fn ?? null;
	if (!home) return null;
	// A method that stays as it is keeps its `super`, and so does the text of a class.
	if (isOfUnit(code.unit, home) && (isPlain(code.unit, owner) || isInText(code, owner!))) return null;
	if (!isOfUnit(code.unit, home)) {
		return {
			home: () => helper('home'),
			self: () => ({ type: 'ThisExpression' }) as t.ThisExpression,
			everywhere: true,
		};
	}
	return {
		home: () => readBinding(code, home, false),
		self: () => readBinding(code, owner!.self!, false),
		everywhere: owner === code.unit.root,
	};
}

/** Does the code stand in the very member of a class that has the `super`? */
function isInText(code: Code, owner: FunctionInfo): boolean {
	if (owner === code.unit.root || !isClassMember(owner) || code.frame) return false;
	return code.fn === owner || code.plain;
}

export type SuperMember = t.MemberExpression & { readonly object: t.Super };

export function isSuperMember(node: t.Node): node is SuperMember {
	return node.type === 'MemberExpression' && node.object.type === 'Super';
}

/** `super` as an object to read members from and to write them to; null where it can stay. */
export function superObject(code: Code, node: t.Super): t.Expression | null {
	const parts = partsOf(code, node);
	return parts && at(call(helper('superOf'), [parts.home(), parts.self()]), node);
}

/** A method that is read from `super` to be called. */
export interface SuperCallee {
	/** Reads it, by a key that may be evaluated again. */
	readonly read: (key: t.Expression) => t.Expression;
	readonly self: () => t.Expression;
	/** How the call is made again after a restore; null where its callee cannot be found again. */
	readonly found: Pick<Site, 'read'> | null;
}

export function superCallee(code: Code, node: SuperMember): SuperCallee | null {
	const parts = partsOf(code, node.object);
	if (!parts) return null;
	const read = call(helper('superGet'), [helper('home'), id('self'), id('key')]);
	return {
		read: (key) => at(call(helper('superGet'), [parts.home(), parts.self(), key]), node),
		self: parts.self,
		found: parts.everywhere ? { read: arrow([id('self'), id('key')], read) } : null,
	};
}

/** How a private method is read from a saved receiver: the step sees the names of its class. */
export function privateRead(
	code: Code,
	node: t.MemberExpression | t.OptionalMemberExpression,
): Pick<Site, 'key' | 'read'> | null {
	if (node.property.type !== 'PrivateName') return null;
	// A class that is made here is not in sight of what finds callees.
	if (isOfUnit(code.unit, code.unit.scopes.references.get(node.property)?.binding ?? null)) return {};
	const read = { ...member(id('self'), 'x'), property: shallow(node.property) } as unknown as t.MemberExpression;
	return { key: `#${node.property.id.name}`, read: arrow([id('self')], read) };
}

/** The key of a member that is not computed. */
export function writtenKey(node: t.MemberExpression): t.Expression | null {
	if (!node.computed) return node.property.type === 'Identifier' ? text(node.property.name) : null;
	return /^(String|Numeric)Literal$/.test(node.property.type) ? (shallow(node.property) as t.Expression) : null;
}

function keyOf(code: Code, node: SuperMember): t.Expression {
	return writtenKey(node) ?? rewrite(code, node.property as t.Expression);
}

/** `super.m?.(x)` is `read?.call(this, x)`. */
export function rewriteOptionalSuper(code: Code, node: t.OptionalCallExpression): t.Expression | null {
	const callee = unwrap(node.callee);
	const target = isSuperMember(callee) ? superCallee(code, callee) : null;
	if (!target) return null;
	const method = {
		type: 'OptionalMemberExpression',
		object: target.read(keyOf(code, callee as SuperMember)),
		property: id('call'),
		computed: false,
		optional: node.optional,
	} as t.OptionalMemberExpression;
	const args = node.arguments.map((argument) => rewriteNode(code, argument));
	return at(
		{
			type: 'OptionalCallExpression',
			callee: method,
			arguments: [target.self(), ...args],
			optional: false,
		} as t.OptionalCallExpression,
		node,
	);
}

/** A tag is called with `this` as well. */
export function rewriteSuperTag(code: Code, node: t.TaggedTemplateExpression): t.Expression | null {
	const tag = unwrap(node.tag);
	const target = isSuperMember(tag) ? superCallee(code, tag) : null;
	if (!target) return null;
	const result = shallow(node);
	result.tag = call(member(target.read(keyOf(code, tag as SuperMember)), 'bind'), [target.self()]);
	result.quasi = rewriteNode(code, node.quasi) as t.TemplateLiteral;
	return result;
}
