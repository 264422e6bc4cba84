/** What the versions of TypeScript have in common, whichever way they are asked: flags by name, and names of symbols. */
import type { TypeKind } from './type-model.ts';

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
