import type * as t from '@babel/types';
import { unwrap } from '../1-parse/scope.ts';
import { suspends } from '../1-parse/suspends.ts';
import { closureOf } from './closures.ts';
import type { Frame } from './frame.ts';
import { copy, into, propertyName, rewrite, shallow, withCode } from './rewrite.ts';
import { rewriteObject } from './rewrite-class.ts';
import { lazyOf } from './thunks.ts';

/**
 * An argument of a call in await position, which may become an effect: functions there are made in
 * place, and calls of module bindings are thunks (language.md, "A pending effect").
 */
export function rewriteArgument(frame: Frame, node: t.Expression): t.Expression {
	const plain = unwrap(node);
	switch (plain.type) {
		case 'ArrowFunctionExpression':
		case 'FunctionExpression':
			return closureOf(withCode(frame, { inPlace: true }), plain, null);
		case 'CallExpression':
		case 'NewExpression':
			return lazyOf(frame, plain) ?? rewrite(frame, plain);
		case 'ArrayExpression': {
			const result = shallow(plain);
			result.elements = plain.elements.map((element) => {
				if (element === null) return null;
				return element.type === 'SpreadElement' ? copy(frame, element) : rewriteArgument(frame, element);
			});
			return result;
		}
		case 'ObjectExpression': {
			if (plain.properties.some((property) => property.type === 'ObjectMethod'))
				return rewriteObject(withCode(frame, { inPlace: true }), plain);
			const result = shallow(plain);
			result.properties = plain.properties.map((property) => {
				if (property.type !== 'ObjectProperty') return copy(frame, property);
				const copied = shallow(property);
				copied.key = (
					property.computed ? rewrite(frame, property.key as t.Expression) : shallow(property.key)
				) as t.Expression;
				copied.value = rewriteValue(frame, property);
				copied.shorthand = false;
				return copied;
			});
			return result;
		}
		default:
			return suspends(plain, frame.unit.memo) ? plain : rewrite(frame, plain);
	}
}

function rewriteValue(frame: Frame, property: t.ObjectProperty): t.Expression {
	const value = unwrap(property.value) as t.Expression;
	if (value.type === 'ArrowFunctionExpression' || value.type === 'FunctionExpression') {
		return closureOf(withCode(into(frame, propertyName(property)), { inPlace: true }), value, null);
	}
	return rewriteArgument(frame, value);
}
