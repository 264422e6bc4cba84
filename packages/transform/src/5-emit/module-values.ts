/**
 * Functions and classes at the top level of a compiled module, and what it declares to be effects, are values
 * that can be saved: by the module's id and their name there. `moduleValues("shop/src/checkout", { helper: () => helper })`, and
 * the names of classes with private members, which nothing outside them can save. So are namespaces of `import *`
 * that are used as values.
 */
import type * as t from '@babel/types';
import { type Binding, type Scope, unwrap } from '../1-parse/scope.ts';
import { isModuleValue } from '../3-analyze/module-value.ts';
import { array, arrow, call, id, object, property, run, str } from './build.ts';
import type { Helpers } from './helpers.ts';

/** Null where there are none. `durable`: functions that are found by their own ids. */
export function moduleValues(
	module: Scope,
	moduleId: string,
	durable: ReadonlySet<t.Node>,
	namespaces: readonly Binding[],
	helpers: Helpers,
): t.Statement | null {
	const named = [...module.bindings.values()].filter((binding) => isModuleValue(binding, durable));
	const values = [...named, ...namespaces];
	const names = values.map(({ name }) => name);
	if (names.length === 0) return null;
	const found = names.map((name) => property(name, arrow([], id(name))));
	const hiding = values.filter(hidesMembers).map(({ name }) => str(name));
	const more = hiding.length > 0 ? [array(hiding)] : [];
	return run(call(helpers.use('moduleValues'), [str(moduleId), object(found), ...more]));
}

/** Is it a class whose instances have private members? */
function hidesMembers({ declaration }: Binding): boolean {
	const node = declaration.type === 'VariableDeclarator' ? declaration.init && unwrap(declaration.init) : declaration;
	if (node?.type !== 'ClassDeclaration' && node?.type !== 'ClassExpression') return false;
	return node.body.body.some((each) => 'key' in each && each.key.type === 'PrivateName' && !each.static);
}
