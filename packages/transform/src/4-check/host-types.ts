/**
 * Types of the language and its hosts, told by where they are declared: a class `Map` of the user's is
 * no `Map`. What of them can be saved is said by the table that the codec lives by (abi/wire-types.ts).
 */
import { AGAIN_HELP, LIVE_HELP, UNSAVABLE_TYPES, type UnsavableType, WIRE_TYPES, type WireType } from '@perdure/abi';
import type { Declaration, Type, TypeSymbol } from './type-model.ts';

const WIRE = new Map(WIRE_TYPES.map((row) => [row.type, row]));
const UNSAVABLE = new Map(UNSAVABLE_TYPES.map((row) => [row.type, row]));

/** Packages that declare what a host has, beside the libraries of TypeScript itself. */
const HOSTS = /^(@types\/(node|web|bun|deno)|undici-types|bun-types|@typescript\/lib-.*)$/;

/** The package in `node_modules` that a file is part of; null for other files. */
export function dependencyOf(file: string): string | null {
	const at = file.lastIndexOf('/node_modules/');
	if (at < 0) return null;
	return /^(@[^/]+\/)?[^/]+/.exec(file.slice(at + '/node_modules/'.length))?.[0] ?? null;
}

export function isOfHost({ library, file }: Declaration): boolean {
	return library || HOSTS.test(dependencyOf(file) ?? '');
}

/** What a host calls the type; undefined for one of a user or a package, whatever its name. */
export function hostName(symbol: TypeSymbol | undefined): string | undefined {
	if (symbol === undefined || !symbol.declarations().some(isOfHost)) return undefined;
	return symbol.name.replace(/^NodeJS\./, '');
}

export function wireType(name: string): WireType | undefined {
	return WIRE.get(name);
}

export function unsavableType(name: string): UnsavableType | undefined {
	return UNSAVABLE.get(name);
}

/** Does the table say that values of the type are iterators? Where they were made decides then. */
export function isIteratorRow({ tag }: WireType): boolean {
	return tag === 'iterator' || tag === 'iterator-helper';
}

/**
 * Instances of a host's class are refused by the codec, and so is what has methods. What has neither is a
 * dictionary (`RequestInit`): a plain object.
 */
export function isLive(type: Type, symbol: TypeSymbol): boolean {
	const made = symbol.declarations().some(({ kind }) => kind === 'class' || kind === 'variable');
	return made || type.properties().some(({ kind }) => kind === 'method');
}

const CLOSES =
	/^(close|end|destroy|dispose|stop|terminate|disconnect|abort|quit|release|kill|unsubscribe)$|^\[(asyncDispose|dispose)\]$/;

/** The way out for what is live: what nothing closes is made again, or what its row in the table says. */
export function liveHelp(type: Type, otherwise = AGAIN_HELP): string {
	return type.properties().some(({ name }) => CLOSES.test(name)) ? LIVE_HELP : otherwise;
}
