/**
 * Interfaces and type literals of the project's own files as their text shows them. What such a type has is
 * asked with all others of its file in one message; asked type by type it is six each, and they were nine
 * tenths of all. Only where the text says it all: properties under plain names, nothing extended or merged.
 */
import type { ApiSymbol, ApiType, AstModule, Checker, NamedNode, Node, SourceFile } from './typescript-7-api.ts';

export interface Shape {
	readonly node: Node;
	/** In the order of the text. */
	readonly members: readonly NamedNode[];
	/** Their types, in the same order; that of an optional one as the checker gives it. */
	readonly types: readonly (ApiType | undefined)[];
	/** What an interface is; of a literal it is not fetched. */
	readonly symbol: ApiSymbol | undefined;
}

/** Gives the shapes of a file by the ids of their types. */
export function readShapes(source: SourceFile, { SyntaxKind: kind }: AstModule, checker: Checker): Map<number, Shape> {
	const found: { readonly node: Node; readonly members: readonly NamedNode[] }[] = [];
	const collect = (node: Node): void => {
		if (node.kind === kind.InterfaceDeclaration || node.kind === kind.TypeLiteral) {
			const members = membersOf(node as NamedNode, kind);
			if (members) found.push({ node, members });
		}
		if (node.kind !== kind.Block) node.forEachChild(collect);
	};
	source.forEachChild((statement) => {
		const declared = statement.kind === kind.InterfaceDeclaration || statement.kind === kind.TypeAliasDeclaration;
		if (declared || statement.kind === kind.FunctionDeclaration) collect(statement);
	});
	const shapes = new Map<number, Shape>();
	if (found.length === 0) return shapes;

	const nameOf = (node: Node) => (node.kind === kind.InterfaceDeclaration ? (node as NamedNode).name : node);
	const types = checker.getTypeAtLocation(
		found.flatMap(({ node, members }) => [nameOf(node), ...members.map(({ name }) => name)]),
	);
	const interfaces = found.filter(({ node }) => node.kind === kind.InterfaceDeclaration);
	const symbols = interfaces.length > 0 ? checker.getSymbolAtLocation(interfaces.map(({ node }) => nameOf(node))) : [];
	let at = 0;
	for (const { node, members } of found) {
		const own = types[at];
		const symbol = symbols[interfaces.findIndex((each) => each.node === node)];
		const merged = node.kind === kind.InterfaceDeclaration && symbol?.declarations.length !== 1;
		// The declared type of what is generic, or says `this`, is a reference, and its instances are other types.
		if (own && !merged && !own.isTypeReference())
			shapes.set(own.id, { node, members, types: types.slice(at + 1, at + 1 + members.length), symbol });
		at += 1 + members.length;
	}
	return shapes;
}

/** Null where some of it is more than a property under a plain name. */
function membersOf(node: NamedNode, kind: AstModule['SyntaxKind']): NamedNode[] | null {
	const members: NamedNode[] = [];
	let plain = true;
	node.forEachChild((child) => {
		const { name } = child as NamedNode;
		if (child.kind === kind.PropertySignature && name.kind === kind.Identifier) members.push(child as NamedNode);
		else if (node.kind === kind.TypeLiteral || !(child === node.name || isModifier(child, kind))) plain = false;
	});
	return plain && new Set(members.map(({ name }) => name.text)).size === members.length ? members : null;
}

const isModifier = (node: Node, kind: AstModule['SyntaxKind']) =>
	node.kind === kind.ExportKeyword || node.kind === kind.DeclareKeyword || node.kind === kind.DefaultKeyword;
