/**
 * A project of TypeScript 7 as the checker sees it. The compiler is a process of its own, and each
 * question a message to it and back: questions about places go in one, those about all properties of a
 * type as well, and nothing is asked twice. A declaration's file is not fetched for its kind.
 */
import { sourceText } from './source-text.ts';
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
import type {
	ApiConditional,
	ApiSignature,
	ApiSymbol,
	ApiType,
	ApiTypeReference,
	ApiUnion,
	AstModule,
	Node,
	NodeHandle,
	Project,
	SourceFile,
	SyncModule,
} from './typescript-7-api.ts';
import { readShapes, type Shape } from './typescript-7-shapes.ts';
import { isModuleName, isQuoted, kindOf, lazy, nodesAt, propertyName, withoutFolders } from './typescript-common.ts';

/** The modules of the user's TypeScript that opened `project`. */
export interface TypeScript7 {
	readonly sync: SyncModule;
	readonly ast: AstModule;
}

/** Types and symbols are the same objects as long as the project is open; then they answer nothing new. */
export function fromTypeScript7({ sync, ast }: TypeScript7, { program, checker, rootFiles }: Project): TypeProgram {
	const { SymbolFlags, TypeFlags, SignatureKind } = sync;
	const types = new Map<number, Type>();
	const symbols = new Map<number, TypeSymbol>();
	const names = lazy(() => program.getSourceFileNames());
	const nameOf = lazy(() => new Map(names().map((name) => [name.toLowerCase(), name])));
	const fileOf = ({ path }: NodeHandle) => nameOf().get(path.toLowerCase()) ?? path;
	const roots = lazy(() => new Set(rootFiles.filter(isOwn)));

	const typeOf = (type: ApiType): Type => remember(types, type, makeType);
	const symbolOf = (symbol: ApiSymbol): TypeSymbol => remember(symbols, symbol, makeSymbol);

	const shapes = new Map<number, Shape>();
	const shaped = new Set<string>();
	const learnShapes = (file: string, source: SourceFile): void => {
		if (shaped.has(file) || !roots().has(file)) return;
		shaped.add(file);
		for (const [id, shape] of readShapes(source, ast, checker)) shapes.set(id, shape);
	};
	/** Of an interface of another file, that file is read first. */
	const shapeOf = (type: ApiType): Shape | undefined => {
		const known = shapes.get(type.id);
		if (known !== undefined || !type.isClassOrInterface() || type.isTypeReference()) return known;
		const [declared, ...others] = type.getSymbol()?.declarations ?? [];
		if (declared?.kind !== ast.SyntaxKind.InterfaceDeclaration || others.length > 0) return undefined;
		const file = fileOf(declared);
		const source = !shaped.has(file) && roots().has(file) ? program.getSourceFile(file) : undefined;
		if (source) learnShapes(file, source);
		return shapes.get(type.id);
	};

	const makeType = (type: ApiType): Type => {
		const reference = type.isTypeReference();
		const shape = lazy(() => shapeOf(type));
		const symbol = lazy(() => type.getSymbol());
		return {
			kind: kindOf(type.flags, TypeFlags),
			get tuple() {
				return reference && (type as ApiTypeReference).getTarget().isTupleType();
			},
			get objectLiteral() {
				return shape() === undefined && ((symbol()?.flags ?? 0) & SymbolFlags.ObjectLiteral) !== 0;
			},
			text: lazy(() => withoutFolders(checker.typeToString(type))),
			symbol: lazy(() => symbolOfShape(type, shape()) ?? optional(symbol(), symbolOf)),
			alias: lazy(() => optional(type.getAliasSymbol(), symbolOf)),
			parts: lazy(() => partsOf(type).map(typeOf)),
			constraint: lazy(() => {
				const bound = checker.getBaseConstraintOfType(type);
				return bound && bound.id !== type.id ? typeOf(bound) : undefined;
			}),
			typeArguments: lazy(() => (reference ? argumentsOf(type as ApiTypeReference) : [])),
			properties: lazy(() => optional(shape(), propertiesOfShape) ?? propertiesOf(type)),
			indexTypes: lazy(() =>
				shape() ? [] : checker.getIndexInfosOfType(type).map(({ valueType }) => typeOf(valueType)),
			),
			callSignatures: lazy(() => signaturesOf(type, shape(), SignatureKind.Call)),
			constructSignatures: lazy(() => signaturesOf(type, shape(), SignatureKind.Construct)),
			bases: lazy(() => (shape() ? [] : basesOf(type).map(typeOf))),
		};
	};

	/** Of a type literal it is not fetched: nobody asks for more than its place. */
	const symbolOfShape = ({ symbol: id }: ApiType, shape: Shape | undefined): TypeSymbol | undefined => {
		if (shape === undefined || shape.symbol !== undefined || id === undefined) return undefined;
		const declared = [declarationOf(shape.node)];
		return remember(symbols, { id }, () => ({
			name: '__type',
			declarations: () => declared,
			valueType: () => undefined,
		}));
	};

	const propertiesOfShape = ({ members, types }: Shape): Property[] =>
		members.map((member, index) => ({
			name: member.name.text,
			kind: 'property',
			optional: member.postfixToken !== undefined,
			type: () => typeOf(types[index]!),
			declarations: lazy(() => [declarationOf(member)]),
		}));

	const signaturesOf = (type: ApiType, shape: Shape | undefined, kind: number): Signature[] =>
		shape || !(type.flags & TypeFlags.Object) ? [] : checker.getSignaturesOfType(type, kind).map(makeSignature);

	const partsOf = (type: ApiType): readonly ApiType[] => {
		if (type.flags & (TypeFlags.Union | TypeFlags.Intersection)) return (type as ApiUnion).getTypes();
		if (!(type.flags & TypeFlags.Conditional)) return [];
		return [(type as ApiConditional).getTrueType(), (type as ApiConditional).getFalseType()];
	};

	/** Without the type of `this`, which the checker puts behind the arguments that were written. */
	const argumentsOf = (type: ApiTypeReference): Type[] => {
		const { elementFlags, typeParameters } = type.getTarget();
		const written = type.getTarget().isTupleType() ? elementFlags.length : typeParameters.length;
		return checker.getTypeArguments(type).slice(0, written).map(typeOf);
	};

	const basesOf = (type: ApiType): readonly ApiType[] => {
		const declared = type.isTypeReference() ? (type as ApiTypeReference).getTarget() : type;
		return declared.isClassOrInterface() ? checker.getBaseTypes(declared) : [];
	};

	const makeSignature = (signature: ApiSignature): Signature => ({
		result: lazy(() => typeOf(checker.getReturnTypeOfSignature(signature)!)),
	});

	const propertiesOf = (type: ApiType): Property[] => {
		const properties = checker.getPropertiesOfType(type);
		const own = lazy(() => checker.getTypeOfSymbol(properties));
		return properties.map((symbol, index) => ({
			name: propertyName(symbol.name),
			kind:
				symbol.flags & SymbolFlags.Method ? 'method' : symbol.flags & SymbolFlags.Accessor ? 'accessor' : 'property',
			optional: (symbol.flags & SymbolFlags.Optional) !== 0,
			type: () => typeOf(own()[index]!),
			declarations: lazy(() => declarationsOf(symbol)),
		}));
	};

	const makeSymbol = (symbol: ApiSymbol): TypeSymbol => ({
		get name() {
			return dottedName(symbol);
		},
		declarations: lazy(() => declarationsOf(symbol)),
		valueType: lazy(() =>
			symbol.flags & SymbolFlags.Value ? optional(checker.getTypeOfSymbol([symbol])[0], typeOf) : undefined,
		),
	});

	const dottedName = (symbol: ApiSymbol): string => {
		const parent = symbol.declarations.every(standsInNoNamespace) ? undefined : symbol.getParent();
		const inside = parent !== undefined && parent.flags & SymbolFlags.Namespace && !isModuleName(parent.name);
		return inside ? `${dottedName(parent)}.${symbol.name}` : symbol.name;
	};

	/** What a file of the project's own holds is told by its text: whose it is would be a message each. */
	const namespaced = new Map<string, boolean>();
	const standsInNoNamespace = (handle: NodeHandle): boolean => {
		const file = fileOf(handle);
		let known = namespaced.get(file);
		if (known === undefined) {
			known = !roots().has(file) || /\b(namespace|module|enum)\b/.test(sourceText(file) ?? 'module');
			namespaced.set(file, known);
		}
		return !known;
	};

	/** Of a node of the project's own. */
	const declarationOf = (node: Node): Declaration => ({
		kind: kinds.get(node.kind) ?? 'other',
		file: node.getSourceFile().fileName,
		library: false,
		get start() {
			return node.getStart();
		},
		end: node.end,
	});

	const declarationsOf = (symbol: ApiSymbol): Declaration[] =>
		symbol.declarations.map((handle) => {
			const node = lazy(() => handle.resolve());
			const file = fileOf(handle);
			return {
				kind: kindOfDeclaration(handle, symbol),
				file,
				get library() {
					return !roots().has(file) && (program.getSourceFileMetadataByPath(handle.path)?.isDefaultLibrary ?? false);
				},
				get start() {
					return node()?.getStart() ?? 0;
				},
				get end() {
					return node()?.end ?? 0;
				},
			};
		});

	const kinds = declarationKinds(ast);
	const kindOfDeclaration = ({ kind }: NodeHandle, symbol: ApiSymbol): DeclarationKind => {
		if (kind === ast.SyntaxKind.ModuleDeclaration) return isQuoted(symbol.name) ? 'module' : 'namespace';
		return kinds.get(kind) ?? 'other';
	};

	/** Asks for all nodes at once; where there is no node there is no answer. */
	const eachNode = <T>(
		file: string,
		spans: readonly Span[],
		ask: (nodes: readonly Node[]) => readonly T[],
	): (T | undefined)[] => {
		const source = program.getSourceFile(file);
		if (source) learnShapes(file, source);
		const nodes = source ? nodesAt(source, spans, eachChild) : spans.map(() => undefined);
		const answers = ask(nodes.filter((node) => node !== undefined));
		let next = 0;
		return nodes.map((node) => (node === undefined ? undefined : answers[next++]));
	};

	const symbolAt = (node: Node, found: ApiSymbol | undefined): TypeSymbol | undefined => {
		const shorthand = node.parent.kind === ast.SyntaxKind.ShorthandPropertyAssignment;
		const symbol = shorthand ? checker.getShorthandAssignmentValueSymbol(node.parent) : found;
		if (symbol === undefined) return undefined;
		return symbolOf(symbol.flags & SymbolFlags.Alias ? targetOf(symbol) : symbol);
	};

	/** An import is one symbol, however often it is named. */
	const targets = new Map<number, ApiSymbol>();
	const targetOf = (alias: ApiSymbol): ApiSymbol => {
		const target = targets.get(alias.id) ?? checker.getAliasedSymbol(alias);
		targets.set(alias.id, target);
		return target;
	};

	return {
		// Of what the configuration names nobody asks whether a dependency has it.
		files: names().filter(
			(name) => roots().has(name) || (isOwn(name) && !program.getSourceFileMetadata(name)?.isFromExternalLibrary),
		),
		// The tree of a file is no small message: for its text alone it is not fetched.
		textOf: (file) => (roots().has(file) ? sourceText(file) : undefined) ?? program.getSourceFile(file)?.text,
		distant: true,
		typesAt: (file, spans) =>
			eachNode(file, spans, (nodes) =>
				nodes.length === 0 ? [] : checker.getTypeAtLocation(nodes).map((type) => optional(type, typeOf)),
			),
		symbolsAt: (file, spans) =>
			eachNode(file, spans, (nodes) =>
				nodes.length === 0
					? []
					: checker.getSymbolAtLocation(nodes).map((symbol, index) => symbolAt(nodes[index]!, symbol)),
			),
	};
}

/** It is asked for each of the others whether a dependency has it: a message each. */
function isOwn(name: string): boolean {
	return !/\.d(\.[^./]+)?\.[cm]?ts$/.test(name) && !name.includes('/node_modules/');
}

function declarationKinds({ SyntaxKind: kind }: AstModule): ReadonlyMap<number, DeclarationKind> {
	const functions = [
		...[kind.FunctionDeclaration, kind.FunctionExpression, kind.ArrowFunction, kind.Constructor],
		...[kind.GetAccessor, kind.SetAccessor, kind.CallSignature, kind.ConstructSignature],
		...[kind.IndexSignature, kind.FunctionType, kind.ConstructorType],
	];
	return new Map<number, DeclarationKind>([
		...functions.map((each): [number, DeclarationKind] => [each, 'function']),
		[kind.ClassDeclaration, 'class'],
		[kind.ClassExpression, 'class'],
		[kind.InterfaceDeclaration, 'interface'],
		[kind.TypeAliasDeclaration, 'alias'],
		[kind.EnumDeclaration, 'enum'],
		[kind.VariableDeclaration, 'variable'],
		[kind.BindingElement, 'variable'],
		[kind.Parameter, 'parameter'],
		[kind.MethodDeclaration, 'method'],
		[kind.MethodSignature, 'method'],
		[kind.SourceFile, 'module'],
	]);
}

const eachChild = (node: Node, visit: (child: Node) => void) => node.forEachChild(visit);

function optional<A, B>(value: A | undefined, map: (value: A) => B): B | undefined {
	return value === undefined ? undefined : map(value);
}

function remember<K extends { readonly id: number }, V>(known: Map<number, V>, key: K, make: (key: K) => V): V {
	const found = known.get(key.id);
	if (found !== undefined) return found;
	const made = make(key);
	known.set(key.id, made);
	return made;
}
