/**
 * The types of what a variable may hold while a frame is parked: those at the reads that may follow. What
 * control flow has narrowed before the point counts, therefore, and a check behind the point does not,
 * since it reads the variable itself. Two kinds of narrowing come behind the point without such a read,
 * through another variable that was made before it; then the declared type counts:
 *
 *     const ok = typeof x === 'string';  await p();  if (ok) x.trim();
 *     const { kind, data } = event;      await p();  if (kind === 'text') data.trim();
 */
import * as t from '@babel/types';
import type { Binding } from '../1-parse/scope.ts';
import type { Flows } from './flows.ts';
import type { HeldPoint, HeldVariable } from './points.ts';
import type { TypeQuestions } from './questions.ts';
import type { Type } from './type-model.ts';

export interface SlotTypes {
	/** At the reads behind the point; that of the declaration where a read has no place, or the variable is shared. */
	readonly read: readonly Type[];
	/** Undefined where there is no declaration to ask. */
	readonly declared: Type | undefined;
}

/** What will be looked at by `slotTypes`. */
export function wantSlotTypes(
	{ variable: { binding }, reads }: HeldVariable,
	types: TypeQuestions,
	flows: Flows,
): void {
	if (binding === undefined) return;
	types.want(declaredAt(binding, flows));
	for (const read of reads) types.want(read);
}

export function slotTypes(
	{ variable, reads }: HeldVariable & { readonly variable: { readonly binding: Binding } },
	types: TypeQuestions,
	flows: Flows,
): SlotTypes {
	const declared = types.at(declaredAt(variable.binding, flows));
	const own = variable.cell
		? []
		: withoutGrowing(
				variable.binding,
				reads.map((read) => types.at(read)),
			);
	// A cell is shared with closures, which may store whatever the declaration allows.
	const complete = own.length > 0 && own.every((type) => type !== undefined);
	const read = complete ? (own as Type[]) : declared ? [declared] : own.filter((type) => type !== undefined);
	return { read: [...new Set(read)], declared };
}

/**
 * `const list = [];` has the type of what it is given, at each read but those that give it (`list.push(x)`):
 * there it is any[]. The other reads know.
 */
function withoutGrowing({ declaration }: Binding, own: (Type | undefined)[]): (Type | undefined)[] {
	const init = declaration.type === 'VariableDeclarator' ? declaration.init : null;
	if (init?.type !== 'ArrayExpression' || init.elements.length > 0) return own;
	const grown = own.filter((type) => type?.typeArguments()[0]?.kind !== 'any');
	return grown.length > 0 ? grown : own;
}

/** Where its type is asked for: at its name; of `this` and `arguments`, at their first use. */
export function declaredAt(binding: Binding, { uses }: Flows): t.Node | null {
	const { node, name, kind } = binding;
	if (kind === 'this' || kind === 'arguments') return uses(binding)[0] ?? null;
	if (kind === 'home' || kind === 'new.target') return null;
	if (node.type !== 'Identifier' || node.start == null) return node;
	return { ...node, typeAnnotation: null, optional: null, end: node.start + name.length } as t.Identifier;
}

/**
 * May a read behind the point be narrowed by what another variable, kept over the point as well, knows of
 * this one? Then its type there says less than what is kept. Any that was made from it, or taken from a
 * pattern together with it, is taken to know.
 */
export function isNarrowedThroughAnother(binding: Binding, point: HeldPoint, fn: t.Node): boolean {
	const related = new Set([binding.name, ...namesBeside(binding)]);
	for (let before = 0; before < related.size; ) {
		before = related.size;
		t.traverseFast(fn, (node) => {
			if (node.type !== 'VariableDeclarator' || !node.init || !mentions(node.init, related)) return;
			for (const name of Object.keys(t.getBindingIdentifiers(node.id))) related.add(name);
		});
	}
	return point.held.some(
		({ variable: { binding: other } }) => other !== undefined && other !== binding && related.has(other.name),
	);
}

function namesBeside({ node, declaration }: Binding): string[] {
	const pattern = declaration.type === 'VariableDeclarator' ? declaration.id : declaration;
	return pattern !== node && t.isPattern(pattern) ? Object.keys(t.getBindingIdentifiers(pattern)) : [];
}

/** By name alone: another variable of that name costs a verdict on the declared type, no more. */
function mentions(node: t.Node, names: ReadonlySet<string>): boolean {
	let found = false;
	t.traverseFast(node, (each) => {
		if (each.type === 'Identifier' && names.has(each.name)) found = true;
	});
	return found;
}
