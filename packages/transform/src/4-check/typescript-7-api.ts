/**
 * The part of TypeScript 7's API (`typescript/unstable/sync`) that the checker uses, as of 7.0. It is not
 * versioned, and the `typescript` that this repository is built with is another one: so it is written down
 * here, and what a user's version has is looked at before it is used ({@link isKnown}).
 */

import type ts from 'typescript';
import { TYPE_FLAGS, type TypeFlags } from './typescript-common.ts';

export interface Node {
	readonly kind: number;
	readonly pos: number;
	readonly end: number;
	readonly parent: Node;
	getSourceFile(): SourceFile;
	getStart(file?: Node): number;
	forEachChild(visit: (node: Node) => void): void;
}

/** One that has a name: `name` is undefined where the kind of node has none. */
export interface NamedNode extends Node {
	readonly name: Node & { readonly text: string };
	/** `?` */
	readonly postfixToken: Node | undefined;
}

export interface SourceFile extends Node {
	readonly text: string;
	readonly fileName: string;
}

/** A declaration that is not fetched before it is asked for. */
export interface NodeHandle {
	readonly kind: number;
	/** In lower case where the file system does not tell cases apart. */
	readonly path: string;
	resolve(): Node | undefined;
}

export interface ApiSymbol {
	readonly id: number;
	readonly name: string;
	readonly flags: number;
	readonly declarations: readonly NodeHandle[];
	getParent(): ApiSymbol | undefined;
}

export interface ApiType {
	readonly id: number;
	readonly flags: number;
	readonly objectFlags: number;
	/** The id of its symbol. */
	readonly symbol?: number;
	getSymbol(): ApiSymbol | undefined;
	getAliasSymbol(): ApiSymbol | undefined;
	isClassOrInterface(): boolean;
	isTypeReference(): boolean;
	isTupleType(): boolean;
}

/** Members that only some kinds of types have. */
export interface ApiTypeReference extends ApiType {
	getTarget(): ApiTypeReference;
	/** Ids; those of a tuple are not given. */
	readonly typeParameters: readonly number[];
	/** Of a tuple: one for each element. */
	readonly elementFlags: readonly number[];
}

export interface ApiUnion extends ApiType {
	getTypes(): readonly ApiType[];
}

export interface ApiConditional extends ApiType {
	getTrueType(): ApiType;
	getFalseType(): ApiType;
}

export type ApiSignature = object;

export interface Checker {
	getTypeAtLocation(nodes: readonly Node[]): readonly (ApiType | undefined)[];
	getSymbolAtLocation(nodes: readonly Node[]): readonly (ApiSymbol | undefined)[];
	getShorthandAssignmentValueSymbol(node: Node): ApiSymbol | undefined;
	getAliasedSymbol(symbol: ApiSymbol): ApiSymbol;
	getTypeOfSymbol(symbols: readonly ApiSymbol[]): readonly (ApiType | undefined)[];
	getPropertiesOfType(type: ApiType): readonly ApiSymbol[];
	getIndexInfosOfType(type: ApiType): readonly { readonly valueType: ApiType }[];
	getSignaturesOfType(type: ApiType, kind: number): readonly ApiSignature[];
	getReturnTypeOfSignature(signature: ApiSignature): ApiType | undefined;
	getTypeArguments(type: ApiType): readonly ApiType[];
	getBaseTypes(type: ApiType): readonly ApiType[];
	getBaseConstraintOfType(type: ApiType): ApiType | undefined;
	typeToString(type: ApiType): string;
}

export interface Program {
	getSourceFileNames(): readonly string[];
	getSourceFile(file: string): SourceFile | undefined;
	getSourceFileMetadata(
		file: string,
	): { readonly isDefaultLibrary: boolean; readonly isFromExternalLibrary: boolean } | undefined;
	getSourceFileMetadataByPath(path: string): { readonly isDefaultLibrary: boolean } | undefined;
	getConfigFileParsingDiagnostics(): readonly { readonly text: string }[];
}

export interface Project {
	readonly configFileName: string;
	readonly rootFiles: readonly string[];
	/** By the names that tsconfig.json has for them. */
	readonly compilerOptions: ts.CompilerOptions;
	readonly program: Program;
	readonly checker: Checker;
}

/** A process that holds projects. */
export interface Api {
	updateSnapshot(params: { readonly openProjects: readonly string[] }): {
		getProject(config: string): Project | undefined;
	};
	close(): void;
}

type Enum<Names extends string> = Readonly<Record<Names, number>>;

/** `typescript/unstable/sync`. */
export interface SyncModule {
	readonly API: new (options: { readonly cwd: string }) => Api;
	readonly TypeFlags: TypeFlags;
	readonly SymbolFlags: Enum<(typeof SYMBOL_FLAGS)[number]>;
	readonly SignatureKind: Enum<'Call' | 'Construct'>;
}

/** `typescript/unstable/ast`. */
export interface AstModule {
	readonly SyntaxKind: Enum<(typeof SYNTAX_KINDS)[number]>;
}

const SYMBOL_FLAGS = [
	...(['ObjectLiteral', 'Method', 'Accessor', 'Optional', 'Value', 'Alias', 'Namespace'] as const),
] as const;

const SYNTAX_KINDS = [
	...(['ClassDeclaration', 'ClassExpression', 'InterfaceDeclaration', 'TypeAliasDeclaration'] as const),
	...(['EnumDeclaration', 'VariableDeclaration', 'BindingElement', 'Parameter', 'MethodDeclaration'] as const),
	...(['MethodSignature', 'FunctionDeclaration', 'FunctionExpression', 'ArrowFunction', 'Constructor'] as const),
	...(['GetAccessor', 'SetAccessor', 'CallSignature', 'ConstructSignature', 'IndexSignature'] as const),
	...(['FunctionType', 'ConstructorType', 'SourceFile', 'ModuleDeclaration'] as const),
	...(['ShorthandPropertyAssignment', 'TypeLiteral', 'PropertySignature', 'Identifier', 'Block'] as const),
	...(['ExportKeyword', 'DeclareKeyword', 'DefaultKeyword'] as const),
] as const;

/** Is all of it there, as far as one can see before anything is called? */
export function isKnown(sync: Partial<SyncModule>, ast: Partial<AstModule>): boolean {
	const has = (object: Readonly<Record<string, unknown>> | undefined, names: readonly string[]) =>
		object !== undefined && names.every((name) => typeof object[name] === 'number');
	return (
		typeof sync.API === 'function' &&
		has(sync.TypeFlags, TYPE_FLAGS) &&
		has(sync.SymbolFlags, SYMBOL_FLAGS) &&
		has(sync.SignatureKind, ['Call', 'Construct']) &&
		has(ast.SyntaxKind, SYNTAX_KINDS)
	);
}

const CHECKER: readonly (keyof Checker)[] = [
	...(['getTypeAtLocation', 'getSymbolAtLocation', 'getShorthandAssignmentValueSymbol'] as const),
	...(['getAliasedSymbol', 'getTypeOfSymbol', 'getPropertiesOfType', 'getIndexInfosOfType'] as const),
	...(['getSignaturesOfType', 'getReturnTypeOfSignature', 'getTypeArguments', 'getBaseTypes'] as const),
	...(['getBaseConstraintOfType', 'typeToString'] as const),
];

/** Does a project that was opened answer what will be asked? */
export function canAnswer({ checker, rootFiles, compilerOptions }: Project): boolean {
	return (
		Array.isArray(rootFiles) &&
		typeof compilerOptions === 'object' &&
		CHECKER.every((name) => typeof checker[name] === 'function')
	);
}
