/** What types add to what the text of a file says of where values come from. */
import type * as t from '@babel/types';
import { unwrap } from '../1-parse/scope.ts';
import type { Callee } from './callee.ts';
import type { Classes } from './classes.ts';
import type { DurableFiles } from './durable-files.ts';
import { EACH } from './flows.ts';
import { hostName, isOfHost } from './host-types.ts';
import type { CollectionFacts, Imported, NamespacePart } from './origin.ts';
import type { Questions } from './questions.ts';
import { runtimeName } from './runtime-names.ts';
import type { Declaration, Type, TypeProgram, TypeSymbol } from './type-model.ts';
import type { Facts } from './unproven.ts';

export interface OriginFacts extends CollectionFacts, Omit<Facts, 'captured' | 'calledInRuns' | 'held'> {
	/** Is it a function with the directive, by its declaration? */
	isDurable(callee: t.Node): boolean;
	/** A class of the user's or a package's that nobody registered: its name; null for any other. */
	unregistered(Class: t.Node): string | null;
}

export interface OriginQuestions {
	readonly program: TypeProgram;
	/** At nodes of the file. */
	readonly types: Pick<Questions<Type>, 'at'>;
	readonly symbols: Pick<Questions<TypeSymbol>, 'at'>;
	readonly files: DurableFiles;
	readonly classes: Pick<Classes, 'standingOf'>;
}

const COLLECTIONS = new Set(['Array', 'ReadonlyArray', 'Map', 'ReadonlyMap', 'Set', 'ReadonlySet', 'IteratorObject']);

export function createOriginFacts({ program, types, symbols, files, classes }: OriginQuestions): OriginFacts {
	/** Where the value of an import, or a part of it, was declared. */
	const declarationsOf = (imported: Imported | NamespacePart): readonly Declaration[] => {
		const { path } = imported;
		const symbol = imported.kind === 'import' ? symbols.at(imported.node.local) : undefined;
		if (path.length === 0) return symbol?.declarations() ?? [];
		let declared: readonly Declaration[] = [];
		let type = imported.kind === 'import' ? symbol?.valueType() : types.at(imported.node)?.typeArguments()[0];
		for (const step of path) {
			const property = step === EACH ? undefined : type?.properties().find(({ name }) => name === step);
			if (property === undefined) return [];
			declared = property.declarations();
			type = property.type();
		}
		return declared;
	};
	const everyDeclared = (imported: Imported | NamespacePart, test: (declaration: Declaration) => boolean) => {
		const declared = declarationsOf(imported).filter(({ kind }) => kind !== 'interface' && kind !== 'alias');
		return declared.length > 0 && declared.every(test);
	};

	const kindOf = (symbol: TypeSymbol, declared: Declaration): Callee | null => {
		const name = runtimeName(symbol);
		if (name !== undefined) return { kind: 'runtime', name };
		if (declared.library && /(^|\/)lib\.(es|esnext|decorators)[^/]*$/.test(declared.file)) return { kind: 'language' };
		if (isOfHost(declared)) return { kind: 'foreign' };
		if (files.functionAt(declared) === 'durable') return { kind: 'run' };
		if (files.isMadeDurable(declared))
			return declared.kind === 'function' || declared.kind === 'method' ? { kind: 'run' } : null;
		if (declared.kind === 'variable') {
			const text = program.textOf(declared.file)?.slice(declared.start, declared.end) ?? '';
			if (/=\s*(?:\w+\.)?(?:effect|transaction)\s*(?:<[^()]*>)?\(/.test(text)) return { kind: 'effect' };
			return /=>|\bfunction\b/.test(text) || /\.d\.[cm]?ts$/.test(declared.file) ? { kind: 'foreign' } : null;
		}
		return declared.kind === 'function' || declared.kind === 'method' ? { kind: 'foreign' } : null;
	};

	return {
		isCollection(node) {
			const type = types.at(node);
			return type !== undefined && isCollectionType(type);
		},
		isIterable(node) {
			const type = types.at(node);
			return type !== undefined && partsOf(type).every((part) => isCollectionType(part) || isIterableType(part));
		},
		saved: (imported) =>
			everyDeclared(
				imported,
				(each) => files.functionAt(each) !== null || (each.kind === 'class' && files.isOfCompiledModule(each)),
			),
		entered: (imported) =>
			(imported.kind === 'import' && runtimeName(symbols.at(imported.node.local)) !== undefined) ||
			everyDeclared(imported, (each) => files.functionAt(each) === 'durable'),
		calleeOf(callee) {
			const symbol = symbols.at(nameOf(callee));
			const [declared] = symbol?.declarations() ?? [];
			return symbol && declared ? kindOf(symbol, declared) : null;
		},
		isDurable(callee) {
			const declared = symbols.at(nameOf(callee))?.declarations() ?? [];
			return declared.some((each) => files.functionAt(each) === 'durable');
		},
		givesPromise: (node) => isPromise(types.at(node)),
		givesPromises: (node) => partsOf(types.at(node)).some((list) => list.typeArguments().some(isPromise)),
		unregistered(Class) {
			const symbol = symbols.at(unwrap(Class));
			if (!symbol?.declarations().some((each) => each.kind === 'class' && !isOfHost(each))) return null;
			const instance = symbol
				.valueType()
				?.properties()
				.find(({ name }) => name === 'prototype')
				?.type();
			if (instance === undefined || runtimeName(symbol) !== undefined) return null;
			return classes.standingOf(instance, symbol).kind === 'refused' ? symbol.name : null;
		},
	};
}

/** What of a callee has a symbol. */
function nameOf(callee: t.Node): t.Node {
	const plain = unwrap(callee);
	return plain.type === 'MemberExpression' || plain.type === 'OptionalMemberExpression' ? plain.property : plain;
}

function isCollectionType(type: Type): boolean {
	const parts = partsOf(type).filter(({ kind }) => kind !== 'primitive' && kind !== 'never');
	return parts.length > 0 && parts.every((part) => part.tuple || COLLECTIONS.has(hostName(part.symbol()) ?? ''));
}

/** A string, a typed array, an iterator of the language's. */
function isIterableType(type: Type): boolean {
	if (type.kind === 'primitive') return /^(string$|["'`])/.test(type.text());
	const name = hostName(type.symbol()) ?? '';
	return /^((Big)?(Int|Uint|Float)\d+(Clamped)?Array|String|Arguments|IArguments)$/.test(name);
}

function isPromise(type: Type | undefined): boolean {
	return partsOf(type).some((part) => hostName(part.symbol()) === 'Promise');
}

function partsOf(type: Type | undefined): readonly Type[] {
	return type === undefined ? [] : type.kind === 'union' ? type.parts() : [type];
}
