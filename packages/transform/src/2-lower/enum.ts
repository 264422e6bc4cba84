import type * as t from '@babel/types';
import { type Scope, unwrap } from '../1-parse/scope.ts';
import {
	arrow,
	assign,
	at,
	call,
	declare,
	id,
	index,
	member,
	number,
	object,
	sequence,
	statement,
	text,
} from './build.ts';
import { propertyName } from './nodes.ts';
import { rewrite } from './rewrite.ts';
import { initialise, place, storageOf } from './storage.ts';
import { type Code, isOfUnit } from './unit.ts';

/**
 * An enum of TypeScript's: an object that is made where its declaration stands. Members with constant
 * values are numbers and strings; those of a number lead back to their name.
 */
export function rewriteEnum(code: Code, node: t.TSEnumDeclaration): t.Statement[] {
	const binding = code.unit.scopes.declared.get(node.id);
	if (!binding || !isOfUnit(code.unit, binding)) return [];
	const storage = storageOf(code.unit, binding);
	const scope = code.unit.scopes.byNode.get(node.body)!;
	const name = storageOf(code.unit, scope.bindings.get(node.id.name)!).name;
	const first = binding.node === node.id;
	const filled = [...membersOf(code, node, scope, name), id(name)];
	const made = call(arrow([id(name)], sequence(...filled)), [first ? object([]) : place(storage)]);
	if (!first) return [at(statement(made), node)];
	if (storage.frame || storage.atEntry) return [at(statement(initialise(code, binding, made)), node)];
	const kind = storage.cell ? 'const' : 'let';
	return [at(declare(kind, id(storage.name), storage.cell ? initialValue(code, binding, made) : made), node)];
}

function initialValue(...[code, binding, made]: Parameters<typeof initialise>): t.Expression {
	return (initialise(code, binding, made) as t.AssignmentExpression).right;
}

type Constant = number | string;

function membersOf(code: Code, node: t.TSEnumDeclaration, scope: Scope, name: string): t.Expression[] {
	/** What members before are worth; null where only running tells. */
	const known = new Map<string, Constant | null>();
	let next: number | null = 0;
	return node.body.members.map((each) => {
		const key = propertyName({ key: each.id as t.Node }) ?? '';
		const init = each.initializer ? unwrap(each.initializer) : null;
		const value = init ? constantOf(init, known, node.id.name) : next;
		known.set(key, value);
		next = typeof value === 'number' ? value + 1 : null;
		const written = value === null ? computedValue(code, init!, scope, name) : literal(value);
		const put = assign(index(id(name), text(key)), written);
		// Of a computed member only its value tells whether it is a number: TypeScript takes it for one.
		return typeof value === 'string' ? put : assign(index(id(name), put), text(key));
	});
}

function literal(value: Constant): t.Expression {
	if (typeof value === 'string') return text(value);
	if (Number.isNaN(value)) return member(id('Number'), 'NaN');
	if (!Number.isFinite(value)) return member(id('Number'), value > 0 ? 'POSITIVE_INFINITY' : 'NEGATIVE_INFINITY');
	const negative = value < 0 || Object.is(value, -0);
	return negative
		? ({ type: 'UnaryExpression', operator: '-', prefix: true, argument: number(-value) } as t.Expression)
		: number(value);
}

/** A constant enum expression; null for any other. */
function constantOf(node: t.Expression, known: ReadonlyMap<string, Constant | null>, self: string): Constant | null {
	const plain = unwrap(node);
	const name = memberName(plain, known, self);
	if (name !== null) return known.get(name) ?? null;
	switch (plain.type) {
		case 'NumericLiteral':
		case 'StringLiteral':
			return plain.value;
		case 'TemplateLiteral': {
			let result = plain.quasis[0]!.value.cooked!;
			for (const [i, each] of plain.expressions.entries()) {
				const value = constantOf(each as t.Expression, known, self);
				if (value === null) return null;
				result += value + plain.quasis[i + 1]!.value.cooked!;
			}
			return result;
		}
		case 'UnaryExpression': {
			const value = constantOf(plain.argument, known, self);
			if (typeof value !== 'number') return null;
			return plain.operator === '-' ? -value : plain.operator === '+' ? value : plain.operator === '~' ? ~value : null;
		}
		case 'BinaryExpression': {
			const left = constantOf(plain.left as t.Expression, known, self);
			const right = constantOf(plain.right, known, self);
			return left === null || right === null ? null : combine(plain.operator, left, right);
		}
		default:
			return null;
	}
}

function combine(operator: string, left: Constant, right: Constant): Constant | null {
	if (typeof left === 'string' || typeof right === 'string') return operator === '+' ? `${left}${right}` : null;
	switch (operator) {
		case '|':
			return left | right;
		case '&':
			return left & right;
		case '^':
			return left ^ right;
		case '<<':
			return left << right;
		case '>>':
			return left >> right;
		case '>>>':
			return left >>> right;
		case '+':
			return left + right;
		case '-':
			return left - right;
		case '*':
			return left * right;
		case '/':
			return left / right;
		case '%':
			return left % right;
		case '**':
			return left ** right;
		default:
			return null;
	}
}

/** The member of the same enum that an expression names: `A`, `E.A`, `E['A']`. */
function memberName(node: t.Node, known: ReadonlyMap<string, unknown>, self: string): string | null {
	const name =
		node.type === 'Identifier'
			? node.name
			: node.type === 'MemberExpression' && node.object.type === 'Identifier' && node.object.name === self
				? propertyName({ key: node.property, computed: node.computed })
				: null;
	return name !== null && known.has(name) ? name : null;
}

/** A computed value, in which the members before it are in scope by their names. */
function computedValue(code: Code, init: t.Expression, scope: Scope, made: string): t.Expression {
	const value = rewrite(code, init);
	const used = [...scope.bindings.values()].filter((binding) => binding.used && binding.kind === 'const');
	if (used.length === 0) return value;
	const params = used.map((binding) => id(storageOf(code.unit, binding).name));
	const args = used.map((binding) => index(id(made), text(binding.name)));
	return call(arrow(params, value), args);
}
