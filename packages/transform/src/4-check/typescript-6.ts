/**
 * A program of TypeScript 6 (or 5) as the checker sees it. The `typescript` is handed over, never
 * imported: it is the user's own, or the patched one of `tspc`. Nothing is computed before it is asked for.
 */
import type ts from 'typescript';
import type {
	Declaration,
	DeclarationKind,
	Property,
	Signature,
	Span,
	Type,
	TypeProgram,
	TypeSymbol,
} from './type-model.ts';
import { isModuleName, kindOf, lazy, nodesAt, propertyName, withoutFolders } from './typescript-common.ts';

/** Members of a symbol that TypeScript keeps to itself. */
interface InternalSymbol extends ts.Symbol {
	readonly parent?: ts.Symbol;
}

/** @param typescript The module that made `program`. */
export function fromTypeScript6(typescript: typeof ts, program: ts.Program): TypeProgram {
	const { ObjectFlags, SymbolFlags, TypeFlags } = typescript;
	const checker = program.getTypeChecker();
	const types = new WeakMap<ts.Type, Type>();
	const symbols = new WeakMap<ts.Symbol, TypeSymbol>();

	const typeOf = (type: ts.Type): Type => remember(types, type, makeType);
	const symbolOf = (symbol: ts.Symbol): TypeSymbol => remember(symbols, symbol, makeSymbol);

	const makeType = (type: ts.Type): Type => {
		const flags = type.flags & TypeFlags.Object ? (type as ts.ObjectType).objectFlags : 0;
		const reference = (flags & ObjectFlags.Reference) !== 0;
		return {
			kind: kindOf(type.flags, TypeFlags),
			tuple: reference && ((type as ts.TypeReference).target.objectFlags & ObjectFlags.Tuple) !== 0,
			objectLiteral: type.symbol !== undefined && (type.symbol.flags & SymbolFlags.ObjectLiteral) !== 0,
			text: () =>
				printed(() => withoutFolders(checker.typeToString(type))) ??
				type.symbol?.name ??
				'a type that TypeScript cannot print',
			symbol: lazy(() => type.symbol && symbolOf(type.symbol)),
			alias: lazy(() => type.aliasSymbol && symbolOf(type.aliasSymbol)),
			parts: lazy(() => partsOf(type).map(typeOf)),
			constraint: lazy(() => {
				const bound = checker.getBaseConstraintOfType(type);
				return bound && bound !== type ? typeOf(bound) : undefined;
			}),
			typeArguments: lazy(() => (reference ? argumentsOf(type as ts.TypeReference) : [])),
			properties: lazy(() => checker.getPropertiesOfType(type).map(makeProperty)),
			indexTypes: lazy(() => checker.getIndexInfosOfType(type).map((info) => typeOf(info.type))),
			callSignatures: lazy(() => checker.getSignaturesOfType(type, typescript.SignatureKind.Call).map(makeSignature)),
			constructSignatures: lazy(() =>
				checker.getSignaturesOfType(type, typescript.SignatureKind.Construct).map(makeSignature),
			),
			bases: lazy(() => basesOf(type).map(typeOf)),
		};
	};

	const partsOf = (type: ts.Type): readonly ts.Type[] => {
		if (type.isUnionOrIntersection()) return type.types;
		if (!(type.flags & TypeFlags.Conditional)) return [];
		// The branches are computed when they are first needed, and nothing public needs them but printing. The base
		// constraint will not do: that of `T extends 'a' ? X : Y` is Y where T extends string.
		printed(() => checker.typeToTypeNode(type, undefined, typescript.NodeBuilderFlags.InTypeAlias));
		const { resolvedTrueType, resolvedFalseType } = type as ts.ConditionalType;
		return resolvedTrueType && resolvedFalseType ? [resolvedTrueType, resolvedFalseType] : [];
	};

	/** Without the type of `this`, which the checker puts behind the arguments that were written. */
	const argumentsOf = (type: ts.TypeReference): Type[] => {
		const written = type.target.typeParameters?.length ?? 0;
		return checker.getTypeArguments(type).slice(0, written).map(typeOf);
	};

	const basesOf = (type: ts.Type): readonly ts.BaseType[] => {
		const declared = type.flags & TypeFlags.Object ? ((type as ts.TypeReference).target ?? type) : type;
		return declared.isClassOrInterface() ? checker.getBaseTypes(declared) : [];
	};

	const makeSignature = (signature: ts.Signature): Signature => ({
		result: lazy(() => typeOf(signature.getReturnType())),
	});

	const makeProperty = (symbol: ts.Symbol): Property => ({
		name: propertyName(typescript.symbolName(symbol)),
		kind: symbol.flags & SymbolFlags.Method ? 'method' : symbol.flags & SymbolFlags.Accessor ? 'accessor' : 'property',
		optional: (symbol.flags & SymbolFlags.Optional) !== 0,
		type: lazy(() => typeOf(checker.getTypeOfSymbol(symbol))),
		declarations: lazy(() => declarationsOf(symbol)),
	});

	const makeSymbol = (symbol: ts.Symbol): TypeSymbol => ({
		name: dottedName(symbol),
		declarations: lazy(() => declarationsOf(symbol)),
		valueType: lazy(() => (symbol.flags & SymbolFlags.Value ? typeOf(checker.getTypeOfSymbol(symbol)) : undefined)),
	});

	const dottedName = (symbol: InternalSymbol): string => {
		const { parent } = symbol;
		const inside = parent !== undefined && parent.flags & SymbolFlags.Namespace && !isModuleName(parent.name);
		return inside ? `${dottedName(parent)}.${symbol.name}` : symbol.name;
	};

	const declarationsOf = (symbol: ts.Symbol): Declaration[] =>
		(symbol.declarations ?? []).map((node) => {
			const file = node.getSourceFile();
			return {
				kind: declarationKind(node),
				file: file.fileName,
				library: program.isSourceFileDefaultLibrary(file),
				start: node.getStart(file),
				end: node.end,
			};
		});

	const declarationKind = (node: ts.Declaration): DeclarationKind => {
		if (typescript.isClassLike(node)) return 'class';
		if (typescript.isInterfaceDeclaration(node)) return 'interface';
		if (typescript.isTypeAliasDeclaration(node)) return 'alias';
		if (typescript.isEnumDeclaration(node)) return 'enum';
		if (typescript.isVariableDeclaration(node) || typescript.isBindingElement(node)) return 'variable';
		if (typescript.isParameter(node)) return 'parameter';
		if (typescript.isMethodDeclaration(node) || typescript.isMethodSignature(node)) return 'method';
		if (typescript.isFunctionLike(node)) return 'function';
		if (typescript.isSourceFile(node)) return 'module';
		if (!typescript.isModuleDeclaration(node)) return 'other';
		return typescript.isStringLiteral(node.name) ? 'module' : 'namespace';
	};

	const eachNode = <T>(file: string, spans: readonly Span[], ask: (node: ts.Node) => T): (T | undefined)[] => {
		const source = program.getSourceFile(file);
		if (source === undefined) return spans.map(() => undefined);
		return nodesAt<ts.Node>(source, spans, typescript.forEachChild).map((node) => node && ask(node));
	};

	return {
		files: program
			.getSourceFiles()
			.filter((file) => !file.isDeclarationFile && !program.isSourceFileFromExternalLibrary(file))
			.map((file) => file.fileName),
		textOf: (file) => program.getSourceFile(file)?.text,
		distant: false,
		typesAt: (file, spans) => eachNode(file, spans, (node) => typeOf(checker.getTypeAtLocation(node))),
		symbolsAt: (file, spans) =>
			eachNode(file, spans, (node) => {
				const symbol = typescript.isShorthandPropertyAssignment(node.parent)
					? checker.getShorthandAssignmentValueSymbol(node.parent)
					: checker.getSymbolAtLocation(node);
				if (symbol === undefined) return undefined;
				return symbolOf(symbol.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol);
			}),
	};
}

function remember<K extends object, V>(known: WeakMap<K, V>, key: K, make: (key: K) => V): V {
	const found = known.get(key);
	if (found !== undefined) return found;
	const made = make(key);
	known.set(key, made);
	return made;
}

/** TypeScript's printer breaks on some types that the checker itself is at home with: undefined then. */
function printed<T>(print: () => T): T | undefined {
	try {
		return print();
	} catch {
		return undefined;
	}
}
