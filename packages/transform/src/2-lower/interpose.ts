import type * as t from '@babel/types';
import { isConstant, unwrap } from '../1-parse/scope.ts';
import { array, assign, call, helper, id, logical, member, number, text } from './build.ts';
import type { Target } from './starts.ts';
import { staticKey } from './static-path.ts';
import { type Code, isOfUnit } from './unit.ts';

/** A call whose callee another function may stand in for, and what comes before it. */
interface Interposed {
	readonly before: readonly t.Expression[];
	readonly made: t.Expression;
}

/**
 * A replay has the outcome of a call that is not awaited where it stands, and a test may have another function for
 * it: that is asked when the callee, or what it is a member of, is known and no argument is evaluated yet.
 * `f(x)` is `$f = f, %interposing.on && ($f = %interpose(frame, site, $f)), $f(x)`; of `o.m(x)` it is `o` that is
 * exchanged, so that the call still reads `m`. While nobody asks it is one test.
 */
export function interpose(code: Code, node: t.Node, made: t.Expression, target: Target, site: number): Interposed {
	if (isInvoke(made)) {
		const [callee, self, ...rest] = made.arguments as t.Expression[];
		const by = exchanged(code, node, callee!, target, site, [target.self()]);
		return { ...by, made: { ...made, arguments: [by.name, self!, ...rest] } };
	}
	const slot = made.type === 'TaggedTemplateExpression' ? 'tag' : 'callee';
	const callee = (made as unknown as Record<typeof slot, t.Expression>)[slot];
	// Called by any other name `eval` would be another function (ECMA-262, 13.3.6.1).
	if (isClosure(code, node) || (callee.type === 'Identifier' && callee.name === 'eval')) return { before: [], made };
	if (callee.type !== 'MemberExpression') {
		const by = exchanged(code, node, callee, target, site, []);
		return { ...by, made: { ...made, [slot]: by.name } as t.Expression };
	}
	if (isPrivate(callee)) return ofPrivate(code, node, made, target, site, callee);
	const key = target.key?.() ?? text(staticKey(callee)!);
	const by = exchanged(code, node, callee.object as t.Expression, target, site, [key], 'interposeOn');
	const { property } = callee;
	const isKept = callee.computed && property.type === 'AssignmentExpression';
	const read = { ...callee, object: by.name, property: isKept ? { ...property.left } : property } as t.MemberExpression;
	const [first, ...rest] = by.before;
	const before = isKept ? [first!, property, ...rest] : by.before;
	return { before, made: { ...made, [slot]: read } as t.Expression };
}

/** Is it a call of a function that stands in the durable one, by its name there? It is of the run: nothing is in its place. */
function isClosure(code: Code, node: t.Node): boolean {
	const callee = node.type === 'CallExpression' ? unwrap(node.callee) : null;
	const binding = (callee && code.unit.scopes.references.get(callee)?.binding) ?? null;
	if (!isOfUnit(code.unit, binding) || (binding.reassigned && !isConstant(binding))) return false;
	if (binding.kind === 'function') return true;
	const { declaration } = binding;
	const made = declaration.type === 'VariableDeclarator' && declaration.id.type === 'Identifier' && declaration.init;
	return made ? /^(Arrow)?FunctionExpression$/.test(unwrap(made).type) : false;
}

/** No other object has it: the callee itself is exchanged, and is called on its receiver. */
function ofPrivate(
	code: Code,
	node: t.Node,
	made: t.Expression,
	target: Target,
	site: number,
	callee: t.MemberExpression,
): Interposed {
	const by = exchanged(code, node, callee, target, site, [target.self()]);
	if (made.type === 'TaggedTemplateExpression') {
		return { ...by, made: { ...made, tag: call(member(by.name, 'bind'), [target.self()]) } };
	}
	const args = array((made as t.CallExpression).arguments);
	return { ...by, made: call(helper('invoke'), [by.name, target.self(), args, text(target.site.name)]) };
}

function exchanged(
	code: Code,
	node: t.Node,
	value: t.Expression,
	target: Target,
	site: number,
	more: readonly t.Expression[],
	by = 'interpose',
): { readonly before: readonly t.Expression[]; readonly name: t.Identifier } {
	const name = code.local(roleOf(target, by), node);
	const other = call(helper(by), [id(code.owner), number(site), id(name), ...more]);
	const asked = logical('&&', member(helper('interposing'), 'on'), assign(id(name), other));
	return { before: [assign(id(name), value), asked], name: id(name) };
}

/** What is exchanged, as it is written: messages of the engine's own name it. */
function roleOf({ site }: Target, by: string): string {
	const written = by === 'interpose' ? site.name : site.name.replace(/\.[^.]*$/, '');
	return /[A-Za-z_][\w]*$/.exec(written)?.[0] ?? 'by';
}

function isInvoke(made: t.Expression): made is t.CallExpression {
	return made.type === 'CallExpression' && made.callee.type === 'Identifier' && made.callee.name === '%invoke';
}

function isPrivate({ property, computed }: t.MemberExpression): boolean {
	if (property.type === 'PrivateName') return true;
	return (
		computed &&
		property.type === 'CallExpression' &&
		property.callee.type === 'Identifier' &&
		property.callee.name === '%private'
	);
}
