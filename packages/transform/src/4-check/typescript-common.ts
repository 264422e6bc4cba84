/** What the versions of TypeScript have in common, whichever way they are asked: flags by name, and names of symbols. */
import type { Span, TypeKind } from './type-model.ts';

/** The flags of a type that its kind is read from. Their numbers are another in each version. */
export type TypeFlags = Readonly<Record<(typeof TYPE_FLAGS)[number], number>>;

export const TYPE_FLAGS = [
	...(['Any', 'Unknown', 'Never', 'NonPrimitive', 'Union', 'Intersection', 'TypeParameter', 'Object'] as const),
	...(['Conditional', 'StringLike', 'NumberLike', 'BigIntLike', 'BooleanLike', 'EnumLike', 'ESSymbolLike'] as const),
	...(['VoidLike', 'Null', 'Index'] as const),
] as const;

export function kindOf(flags: number, is: TypeFlags): TypeKind {
	if (flags & is.Any) return 'any';
	if (flags & is.Unknown) return 'unknown';
	if (flags & is.Never) return 'never';
	// `boolean` and enums are unions too: the flags of what they are stand first.
	if (flags & (is.StringLike | is.NumberLike | is.BigIntLike | is.BooleanLike | is.EnumLike)) return 'primitive';
	if (flags & (is.ESSymbolLike | is.VoidLike | is.Null | is.Index)) return 'primitive';
	if (flags & is.NonPrimitive) return 'non-primitive';
	if (flags & is.Union) return 'union';
	if (flags & is.Intersection) return 'intersection';
	if (flags & is.TypeParameter) return 'parameter';
	return flags & is.Object ? 'object' : 'deferred';
}

/** `__@iterator@5` is under a symbol, `__#1@#secret` is private. */
export function propertyName(name: string): string {
	const mangled = /^__(?:@(.*)@\d+|#\d+@(#.*))$/s.exec(name);
	return mangled ? (mangled[2] ?? `[${mangled[1]}]`) : name;
}

/**
 * Is it the symbol of a file or of `declare module "x"`, whose names are those of strings, or of what is
 * global? No name is written with these in front.
 */
export function isModuleName(name: string): boolean {
	return isQuoted(name) || name === 'globalThis' || name === '__global';
}

export function isQuoted(name: string): boolean {
	return /^".*"$/s.test(name);
}

/** Computed when it is first asked for, and then known. */
export function lazy<T>(compute: () => T): () => T {
	let made: { readonly value: T } | undefined;
	return () => {
		made ??= { value: compute() };
		return made.value;
	};
}

interface PlacedNode {
	readonly pos: number;
	readonly end: number;
	getStart(source?: unknown): number;
}

/** For each span the innermost node with just that text, if there is one: one walk, which enters only what holds a span. */
export function nodesAt<N extends PlacedNode>(
	source: N,
	spans: readonly Span[],
	eachChild: (node: N, visit: (child: N) => void) => void,
): (N | undefined)[] {
	const found = new Map<number, Map<number, N | undefined>>();
	for (const { start, end } of spans) {
		const starts = found.get(end) ?? new Map();
		found.set(end, starts.set(start, undefined));
	}
	const ordered = spans.toSorted((a, b) => a.start - b.start);
	/** Is there a span within these bounds? From the first that begins there on: those of a file overlap but little. */
	const holdsSpan = ({ pos, end }: N): boolean => {
		let low = 0;
		for (let high = ordered.length; low < high; ) {
			const middle = (low + high) >> 1;
			if (ordered[middle]!.start < pos) low = middle + 1;
			else high = middle;
		}
		for (let at = low; at < ordered.length && ordered[at]!.start < end; at++) if (ordered[at]!.end <= end) return true;
		return false;
	};
	const visit = (node: N): void => {
		if (!holdsSpan(node)) return;
		const starts = found.get(node.end);
		if (starts !== undefined) {
			const start = node.getStart(source);
			if (starts.has(start)) starts.set(start, node);
		}
		eachChild(node, visit);
	};
	visit(source);
	return spans.map(({ start, end }) => found.get(end)?.get(start));
}

/** A module is named by its file: where that is on this machine tells the reader nothing. */
export function withoutFolders(type: string): string {
	return type.replace(/\bimport\("(?:[^"]*\/)?([^"/]+)"(?:, \{ with: \{[^}]*\} \})?\)/g, 'import("$1")');
}
