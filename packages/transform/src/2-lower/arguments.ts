import type * as t from '@babel/types';
import { unwrap } from '../1-parse/scope.ts';
import { suspends } from '../1-parse/suspends.ts';
import { closureOf } from './closures.ts';
import { usesHome } from './home.ts';
import { shallow } from './nodes.ts';
import { copy, rewrite, rewriteProperty, rewriteValue } from './rewrite.ts';
import { rewriteMember, rewriteObject } from './rewrite-class.ts';
import type { Making } from './thunks.ts';
import type { Code } from './unit.ts';

/**
 * An argument of a call that may become an effect: functions there are made in place, and calls of module bindings
 * may be made again (language.md, "A pending effect"); `make` says how.
 */
export function rewriteArgument(code: Code, node: t.Expression, make: Making): t.Expression {
	const plain = unwrap(node);
	switch (plain.type) {
		case 'ArrowFunctionExpression':
		case 'FunctionExpression':
			return closureOf(code, plain, null);
		case 'CallExpression':
		case 'NewExpression':
			return make(code, plain) ?? rewrite(code, plain);
		case 'ArrayExpression': {
			const result = shallow(plain);
			result.elements = plain.elements.map((element) => {
				if (element === null) return null;
				return element.type === 'SpreadElement' ? copy(code, element) : rewriteArgument(code, element, make);
			});
			return result;
		}
		case 'ObjectExpression': {
			const accessors = plain.properties.some((each) => each.type === 'ObjectMethod' && each.kind !== 'method');
			if (accessors || usesHome(code, plain)) return rewriteObject(code, plain);
			const result = shallow(plain);
			result.properties = plain.properties.map((property) => {
				if (property.type === 'SpreadElement') return copy(code, property);
				if (property.type === 'ObjectMethod') return rewriteMember(code, property);
				return rewriteProperty(code, property, (within, value, name) => {
					const inside = unwrap(value);
					if (!isFunction(inside))
						return name ? rewriteValue(within, value, name) : rewriteArgument(code, inside, make);
					return closureOf(within, inside, null, name);
				});
			});
			return result;
		}
		default:
			return suspends(plain, code.unit.memo) ? plain : rewrite(code, plain);
	}
}

function isFunction(node: t.Expression): node is t.ArrowFunctionExpression | t.FunctionExpression {
	return node.type === 'ArrowFunctionExpression' || node.type === 'FunctionExpression';
}
