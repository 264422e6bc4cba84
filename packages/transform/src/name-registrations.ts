/**
 * Writes the ids of registered classes out. `serializable(Order)` stores instances as those of "Order", which
 * is the name that the class has when the program runs; bundlers and minifiers give it another one. So where one
 * comes after us, `serializable(Order)` becomes `serializable(Order, undefined, { id: "Order" })`.
 */
import * as t from '@babel/types';
import { parse } from './1-parse/parse.ts';
import { analyzeScopes } from './1-parse/resolve.ts';
import { type Binding, type Scopes, unwrap } from './1-parse/scope.ts';
import { MappedText, type SourceMap } from './5-emit/source-map.ts';

const RUNTIME = '@perdure/runtime';
const REGISTERING = /\b(serializable|resource)\b/;

/** May a module register classes? A quick look: what it imports must name the runtime. */
export function mentionsRegistration(source: string): boolean {
	return source.includes(RUNTIME) && REGISTERING.test(source);
}

export interface NameOptions {
	readonly filename: string;
	/** The map that came with the source, to be composed with. */
	readonly inputMap?: object | undefined;
}

/**
 * The module with ids where it has none; null where there is nothing to write, or it cannot be parsed.
 * A class that is declared in the module gets its own name, an imported one the name that it is exported by.
 */
export function nameRegistrations(
	source: string,
	{ filename, inputMap }: NameOptions,
): { readonly code: string; readonly map: SourceMap } | null {
	if (!mentionsRegistration(source)) return null;
	const additions = additionsOf(source, filename);
	if (additions.length === 0) return null;
	const text = new MappedText(source, true);
	for (const { at, text: added } of additions.sort((a, b) => a.at - b.at)) {
		text.copyTo(at);
		text.add({ code: added });
	}
	text.copyTo(source.length);
	return { code: text.code, map: text.map(filename, inputMap ?? null) };
}

interface Addition {
	readonly at: number;
	readonly text: string;
}

function additionsOf(source: string, filename: string): Addition[] {
	let file: t.File;
	try {
		file = parse(source, { filename, sourceType: 'unambiguous' });
	} catch {
		return []; // the host says what is wrong with it
	}
	const scopes = analyzeScopes(file);
	const ours = new Set<t.Node>();
	for (const statement of file.program.body) {
		if (statement.type !== 'ImportDeclaration' || statement.source.value !== RUNTIME) continue;
		for (const specifier of statement.specifiers) ours.add(specifier);
	}
	const additions: Addition[] = [];
	t.traverse(file, (node, ancestors) => {
		if (node.type !== 'CallExpression') return;
		const by = registering(node.callee, scopes, ours);
		const [Class] = node.arguments;
		if (by === null || !Class) return;
		const around = ancestors.map((ancestor) => ancestor.node);
		const id = nameOf(unwrap(Class), scopes, around);
		const addition = id === null ? null : addId(by, node.arguments, JSON.stringify(id));
		if (addition) additions.push(addition);
	});
	return additions;
}

/** By which of the two functions of the runtime does a call register, if it does? */
function registering(callee: t.Node, { references }: Scopes, ours: ReadonlySet<t.Node>): string | null {
	const name =
		callee.type === 'MemberExpression'
			? memberOf(callee, references, (declaration) => ours.has(declaration))
			: importedName(references.get(callee)?.binding?.declaration, ours);
	return name === 'serializable' || name === 'resource' ? name : null;
}

/** `name` of `namespace.name`, where an accepted import declares the namespace. */
function memberOf(
	{ object, property, computed }: t.MemberExpression,
	references: Scopes['references'],
	accepts: (declaration: t.Node) => boolean,
): string | null {
	const declaration = references.get(object)?.binding?.declaration;
	if (computed || declaration?.type !== 'ImportNamespaceSpecifier' || !accepts(declaration)) return null;
	return (property as t.Identifier).name;
}

/** The name that a module exports what a specifier imports; `among`: only of these specifiers. */
function importedName(specifier: t.Node | undefined, among?: ReadonlySet<t.Node>): string | null {
	if (specifier?.type !== 'ImportSpecifier' || (among && !among.has(specifier))) return null;
	const { imported } = specifier;
	return imported.type === 'Identifier' ? imported.name : imported.value;
}

/** The name of a class as the source gives it; null where only the running program knows. */
function nameOf(Class: t.Node, { references }: Scopes, around: readonly t.Node[]): string | null {
	switch (Class.type) {
		case 'ThisExpression': {
			// `static { serializable(this) }`
			const at = around.findLastIndex(({ type }) => type === 'StaticBlock');
			return at < 0 || references.get(Class)?.fn?.node !== around[at] ? null : ownName(around[at - 2]!);
		}
		case 'ClassExpression':
			return ownName(Class);
		case 'MemberExpression':
			return memberOf(Class, references, () => true);
		case 'Identifier': {
			const binding = references.get(Class)?.binding;
			return binding && !binding.reassigned ? declaredName(binding) : null;
		}
		default:
			return null;
	}
}

function declaredName({ name, declaration }: Binding): string | null {
	switch (declaration.type) {
		case 'ClassDeclaration':
		case 'ClassExpression':
			return ownName(declaration);
		case 'ImportSpecifier':
			return importedName(declaration);
		case 'ImportDefaultSpecifier':
			return name;
		case 'VariableDeclarator': {
			const value = declaration.init && unwrap(declaration.init);
			return value?.type === 'ClassExpression' ? ownName(value, name) : null;
		}
		default:
			return null;
	}
}

/** What `name` of a class is, unless the class says so itself. */
function ownName(node: t.Node, otherwise: string | null = null): string | null {
	const { id, body } = node as t.ClassDeclaration | t.ClassExpression;
	const says = body.body.some(
		(member) => 'static' in member && member.static && 'key' in member && t.isIdentifier(member.key, { name: 'name' }),
	);
	return says ? null : (id?.name ?? otherwise);
}

/** Where to write what. Null where an id is given, or may be. */
function addId(by: string, args: t.CallExpression['arguments'], id: string): Addition | null {
	if (args.some(({ type }) => type === 'SpreadElement')) return null;
	const place = by === 'serializable' ? 2 : 1;
	const options = args[place];
	if (!options) {
		const missing = ', undefined'.repeat(place - args.length);
		return { at: args.at(-1)!.end!, text: `${missing}, { id: ${id} }` };
	}
	const literal = unwrap(options);
	if (literal.type !== 'ObjectExpression') return null;
	const given = literal.properties.some(
		(each) => each.type !== 'SpreadElement' && t.isIdentifier(each.key, { name: 'id' }),
	);
	// In front: what a spread brings goes first.
	return given ? null : { at: literal.start! + 1, text: ` id: ${id},` };
}
