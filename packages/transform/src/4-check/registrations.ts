/**
 * Calls of `serializable` and `resource` as the program's text shows them: of the project's own files,
 * however the two are imported, re-exported or renamed, and of the module of a dependency that declares
 * the class. A registration anywhere in the project counts: that its module is loaded before a run is
 * saved or restored is the program's to see to, and decoding says what is missing.
 */
import { readFileSync } from 'node:fs';
import * as t from '@babel/types';
import { parse } from '../1-parse/parse.ts';
import { unwrap } from '../1-parse/scope.ts';
import { RUNTIME, runtimeName } from './runtime-names.ts';
import type { Declaration, Span, Type, TypeProgram, TypeSymbol } from './type-model.ts';

export interface Registration {
	readonly by: 'serializable' | 'resource';
	/** The call says how instances are saved. */
	readonly hooks: boolean;
	/** What the hook gives that is saved; undefined where that is not known. */
	readonly gives?: Type | undefined;
}

export interface Registrations {
	of(symbol: TypeSymbol): Registration | undefined;
}

/** Nothing is looked for before the first class is asked about. */
export function createRegistrations(program: TypeProgram): Registrations {
	let own: Map<TypeSymbol, Registration> | undefined;
	const packages = new Map<string, ReadonlyMap<string, Registration>>();
	const inPackage = ({ file }: Declaration, name: string) => {
		const code = codeBeside(file);
		if (code === null) return undefined;
		let found = packages.get(code);
		if (found === undefined) {
			found = readPackageFile(code);
			packages.set(code, found);
		}
		return found.get(name);
	};
	return {
		of(symbol) {
			own ??= findRegistrations(program);
			const known = own.get(symbol);
			if (known !== undefined) return known;
			const declared = symbol.declarations().find(({ kind, library }) => kind === 'class' && !library);
			return declared && inPackage(declared, symbol.name);
		},
	};
}

type Call = t.CallExpression & { readonly start: number };

function findRegistrations(program: TypeProgram): Map<TypeSymbol, Registration> {
	const found = new Map<TypeSymbol, Registration>();
	/** Names under which the two are known in some file: a re-export may give another. */
	const names = new Set(REGISTERING);
	const read = new Set<string>();
	for (let before = 0; before < names.size; ) {
		before = names.size;
		const mention = mentionOf(names);
		for (const file of program.files) {
			if (read.has(file)) continue;
			const text = program.textOf(file) ?? '';
			const spans = [...text.matchAll(mention)].map(({ index, 0: { length } }) => ({
				start: index,
				end: index + length,
			}));
			if (spans.length === 0 || !program.symbolsAt(file, spans).some(isRegistering)) continue;
			read.add(file);
			readFile(program, file, text, names, found);
		}
	}
	return found;
}

const REGISTERING = ['serializable', 'resource'];

/** Called, imported or exported: `resource` is the name of many other things. */
function mentionOf(names: Iterable<string>): RegExp {
	return new RegExp(`\\b(?:${[...names].map(quoted).join('|')})\\b(?=\\s*(?:[(<,}]|as\\b))`, 'g');
}

/** Is it one of the files that registrations are looked for in? Others are where one of these renames the two. */
export function mentionsRegistration(text: string): boolean {
	return mentionOf(REGISTERING).test(text);
}

export function renamesRegistration(text: string): boolean {
	return /\b(serializable|resource)\s+as\b/.test(text);
}

function isRegistering(symbol: TypeSymbol | undefined): symbol is TypeSymbol {
	const name = runtimeName(symbol);
	return name === 'serializable' || name === 'resource';
}

function readFile(
	program: TypeProgram,
	file: string,
	text: string,
	names: Set<string>,
	found: Map<TypeSymbol, Registration>,
): void {
	const tree = parsed(file, text);
	if (tree === null) return;
	const calls: Call[] = [];
	const callees: Span[] = [];
	t.traverseFast(tree, (node) => {
		if (node.type === 'ExportSpecifier' || node.type === 'ImportSpecifier') {
			const [from, to] = node.type === 'ExportSpecifier' ? [node.local, node.exported] : [node.imported, node.local];
			if (from.type === 'Identifier' && names.has(from.name)) names.add(to.type === 'Identifier' ? to.name : to.value);
		}
		if (node.type !== 'CallExpression' || node.arguments.length === 0) return;
		const name = lastName(node.callee);
		if (name === null) return;
		calls.push(node as Call);
		callees.push(spanOf(name));
	});
	const symbols = program.symbolsAt(file, callees);
	const registering = calls.flatMap((call, index) => {
		const symbol = symbols[index];
		return isRegistering(symbol) ? [{ call, by: symbol.name as Registration['by'] }] : [];
	});
	const types = program.typesAt(
		file,
		registering.map(({ call }) => spanOf(unwrap(call.arguments[0]!))),
	);
	const hooks = program.typesAt(
		file,
		registering.map(({ call }) => spanOf(unwrap(call.arguments[1] ?? call))),
	);
	registering.forEach(({ call, by }, index) => {
		const prototype = types[index]?.properties().find(({ name }) => name === 'prototype');
		const symbol = prototype?.type().symbol();
		if (symbol !== undefined)
			found.set(symbol, { by, hooks: hasHooks(call), gives: hasHooks(call) ? givenBy(hooks[index]) : undefined });
	});
}

function givenBy(hooks: Type | undefined): Type | undefined {
	const hook = hooks?.properties().find(({ name }) => name === 'serialize' || name === 'marshal');
	const given = hook?.type().callSignatures()[0]?.result();
	return given?.symbol()?.name === 'Promise' ? given.typeArguments()[0] : given;
}

/** `serializable`, `perdure.serializable`: the name that is called. */
function lastName(callee: t.Node): t.Node | null {
	const node = unwrap(callee);
	if (node.type === 'Identifier') return node;
	return node.type === 'MemberExpression' && !node.computed ? node.property : null;
}

function hasHooks({ arguments: [, hooks] }: t.CallExpression): boolean {
	return hooks !== undefined && !(hooks.type === 'Identifier' && hooks.name === 'undefined');
}

/** The JavaScript that a declaration file describes: its classes are there, and so is what it does when it is loaded. */
function codeBeside(file: string): string | null {
	const described = /^(.*)\.d\.([cm]?)ts$/.exec(file);
	return described ? `${described[1]}.${described[2]}js` : null;
}

/** By name of the class: what a compiled module of a package registers at its top level. */
function readPackageFile(file: string): ReadonlyMap<string, Registration> {
	const found = new Map<string, Registration>();
	let text: string;
	try {
		text = readFileSync(file, 'utf8');
	} catch {
		return found;
	}
	const tree = text.includes(RUNTIME) ? parsed(file, text) : null;
	if (tree === null) return found;
	const registering = importedNames(tree);
	for (const statement of tree.program.body) {
		if (statement.type !== 'ExpressionStatement') continue;
		const call = unwrap(statement.expression);
		if (call.type !== 'CallExpression' || call.arguments[0]?.type !== 'Identifier') continue;
		const by = registering(call.callee);
		if (by !== undefined) found.set(call.arguments[0].name, { by, hooks: hasHooks(call) });
	}
	return found;
}

/** How a module names the two: by import, or by `require` as TypeScript emits it. */
function importedNames({ program }: t.File): (callee: t.Node) => Registration['by'] | undefined {
	const names = new Map<string, string>();
	const namespaces = new Set<string>();
	for (const statement of program.body) {
		if (statement.type === 'ImportDeclaration' && statement.source.value === RUNTIME) {
			for (const each of statement.specifiers) {
				if (each.type !== 'ImportSpecifier') namespaces.add(each.local.name);
				else names.set(each.local.name, each.imported.type === 'Identifier' ? each.imported.name : each.imported.value);
			}
		}
		if (statement.type !== 'VariableDeclaration') continue;
		for (const { id, init } of statement.declarations) {
			if (!isRequired(init)) continue;
			if (id.type === 'Identifier') namespaces.add(id.name);
			else if (id.type === 'ObjectPattern')
				for (const each of id.properties)
					if (each.type === 'ObjectProperty' && each.key.type === 'Identifier' && each.value.type === 'Identifier')
						names.set(each.value.name, each.key.name);
		}
	}
	const registering = (name: string | undefined) => (name === 'serializable' || name === 'resource' ? name : undefined);
	return (callee) => {
		// `(0, runtime_1.serializable)(Cart)`
		const plain = unwrap(callee);
		const node = plain.type === 'SequenceExpression' ? unwrap(plain.expressions.at(-1)!) : plain;
		if (node.type === 'Identifier') return registering(names.get(node.name));
		if (node.type !== 'MemberExpression' || node.object.type !== 'Identifier') return undefined;
		const { object, property } = node;
		return namespaces.has(object.name) && property.type === 'Identifier' ? registering(property.name) : undefined;
	};
}

function isRequired(init: t.Node | null | undefined): boolean {
	if (init?.type !== 'CallExpression' || init.callee.type !== 'Identifier' || init.callee.name !== 'require')
		return false;
	const [source] = init.arguments;
	return source?.type === 'StringLiteral' && source.value === RUNTIME;
}

function parsed(filename: string, text: string): t.File | null {
	try {
		return parse(text, { filename });
	} catch {
		// The file's own check says so.
		return null;
	}
}

function spanOf({ start, end }: t.Node): Span {
	return { start: start!, end: end! };
}

function quoted(name: string): string {
	return name.replace(/[$]/g, '\\$&');
}
