import type * as t from '@babel/types';
import { unwrap } from '../1-parse/scope.ts';
import { at, id } from './build.ts';
import { shallow } from './nodes.ts';
import { type Code, isOfUnit } from './unit.ts';

/** An identifier that nothing in the file declares. */
export function isGlobal(code: Code, node: t.Identifier): boolean {
	return code.unit.scopes.references.get(node)?.binding === null;
}

/** A module binding, an import or a global: it can be read again at any time, in any process. */
export function isModuleName(code: Code, node: t.Node): node is t.Identifier {
	if (node.type !== 'Identifier') return false;
	const reference = code.unit.scopes.references.get(node);
	return reference !== undefined && !isOfUnit(code.unit, reference.binding);
}

/**
 * A module binding, an import, a global or `import.meta` with static keys behind it, copied as it
 * is read again (`stripe.charges.create`); null for anything else.
 */
export function staticPath(code: Code, node: t.Node): t.Expression | null {
	const plain = unwrap(node);
	if (isModuleName(code, plain)) return at(id(plain.name), plain);
	if (plain.type === 'MetaProperty' && plain.meta.name === 'import') {
		const copied = shallow(plain);
		copied.meta = shallow(plain.meta);
		copied.property = shallow(plain.property);
		return copied;
	}
	if (plain.type !== 'MemberExpression' && plain.type !== 'OptionalMemberExpression') return null;
	const key = plain.property;
	if (plain.computed ? key.type !== 'StringLiteral' && key.type !== 'NumericLiteral' : key.type !== 'Identifier')
		return null;
	const object = staticPath(code, plain.object);
	if (!object) return null;
	const copied = shallow(plain) as t.MemberExpression;
	copied.object = object;
	copied.property = shallow(key) as t.Identifier;
	return copied;
}

/** A callee as the user wrote it, for logs: `stripe.charges.create`, `fetch().then`. */
export function calleeText(node: t.Node): string {
	const plain = unwrap(node);
	switch (plain.type) {
		case 'Identifier':
			return plain.name;
		case 'ThisExpression':
			return 'this';
		case 'Super':
			return 'super';
		case 'MetaProperty':
			return `${plain.meta.name}.${plain.property.name}`;
		case 'MemberExpression':
		case 'OptionalMemberExpression': {
			const key = plain.property;
			const object = calleeText(plain.object);
			const mark = plain.type === 'OptionalMemberExpression' && plain.optional ? '?.' : '';
			if (!plain.computed && key.type === 'Identifier') return `${object}${mark || '.'}${key.name}`;
			if (key.type === 'StringLiteral') return `${object}${mark}[${JSON.stringify(key.value)}]`;
			if (key.type === 'NumericLiteral') return `${object}${mark}[${key.value}]`;
			if (key.type === 'PrivateName') return `${object}.#${key.id.name}`;
			return `${object}${mark}[${key.type === 'Identifier' ? key.name : '…'}]`;
		}
		case 'CallExpression':
		case 'OptionalCallExpression':
			return `${calleeText(plain.callee)}(${plain.arguments.length > 0 ? '…' : ''})`;
		case 'NewExpression':
			return `new ${calleeText(plain.callee)}`;
		case 'AwaitExpression':
			return `(await ${calleeText(plain.argument)})`;
		case 'FunctionExpression':
			return plain.id?.name ?? '(function)';
		case 'ArrowFunctionExpression':
			return '(function)';
		default:
			return '(…)';
	}
}

/** The key of a member that is written out. */
export function staticKey(node: t.MemberExpression | t.OptionalMemberExpression): string | null {
	const key = node.property;
	if (!node.computed && key.type === 'Identifier') return key.name;
	if (key.type === 'StringLiteral') return key.value;
	if (key.type === 'NumericLiteral') return String(key.value);
	return null;
}
