import type * as t from '@babel/types';
import { unwrap } from '../1-parse/scope.ts';
import { array, call, helper, id, nullValue } from './build.ts';
import type { Closure } from './cfg.ts';
import { shallow } from './nodes.ts';
import { rewrite } from './rewrite.ts';
import { defineThunk } from './thunks.ts';
import { type Code, uniqueName } from './unit.ts';

/**
 * `import(x)` runs in the turn, and its namespace is saved as what imports it again: `%lazy(definition, [x], null)`,
 * where the definition makes `(specifier) => import(specifier)`. That stands in the user's module, against which
 * relative specifiers are resolved; and one that is written out is so in there too, for bundlers.
 */
export function rewriteImport(code: Code, node: t.Expression, { source, options }: ImportParts): t.Expression {
	return importOf(code, node, { source: rewrite(code, source), options: options && rewrite(code, options) });
}

export interface ImportParts {
	readonly source: t.Expression;
	readonly options: t.Expression | null;
}

/** Of an `import()`, which is a call by an option of the parser; null for any other expression. */
export function importParts(node: t.Expression): ImportParts | null {
	if (node.type === 'ImportExpression') return { source: node.source, options: node.options ?? null };
	if (node.type !== 'CallExpression' || node.callee.type !== 'Import') return null;
	const [source, options = null] = node.arguments as t.Expression[];
	return { source: source!, options };
}

/** The same, of what the parts have become. */
export function importOf(code: Code, node: t.Expression, { source, options }: ImportParts): t.Expression {
	const thunk = code.unit.closures.get(node) ?? defineImport(code, node);
	return call(helper('lazy'), [id(thunk.ref), array(options ? [source, options] : [source]), nullValue()]);
}

function defineImport(code: Code, node: t.Expression): Closure {
	const { source, options } = importParts(node)!;
	const params: t.Identifier[] = [];
	const again = (part: t.Expression, name: string): t.Expression => {
		const param = id(uniqueName(code.unit, name));
		params.push(param);
		const written = unwrap(part) as t.Expression;
		return isWrittenOut(written) ? rewrite(code, written) : { ...param };
	};
	const made = shallow(node);
	const parts = [again(source, '$specifier'), ...(options ? [again(options, '$options')] : [])];
	if (made.type === 'ImportExpression') [made.source, made.options = null] = parts as [t.Expression, t.Expression?];
	else (made as t.CallExpression).arguments = parts;
	return defineThunk(code, node, 'import', params, made, { kind: 'import' });
}

/** Literals only: it is the same wherever it stands. */
function isWrittenOut(node: t.Node): boolean {
	switch (node.type) {
		case 'StringLiteral':
			return true;
		case 'TemplateLiteral':
			return node.expressions.length === 0;
		case 'ObjectExpression':
			return node.properties.every(
				(each) => each.type === 'ObjectProperty' && !each.computed && isWrittenOut(unwrap(each.value)),
			);
		default:
			return false;
	}
}
