/** Where a class stands: may its instances be saved, and by what. */
import { REFUSED, unregisteredHelp } from '@perdure/abi';
import type { DurableFiles } from './durable-files.ts';
import { dependencyOf, hostName, isLive, unsavableType, wireType } from './host-types.ts';
import type { Registrations } from './registrations.ts';
import { runtimeName } from './runtime-names.ts';
import type { Declaration, Type, TypeProgram, TypeSymbol } from './type-model.ts';

export type Standing =
	/** Its own properties and its prototype are saved: the properties must be savable. */
	| {
			readonly kind: 'plain';
			/** Durable code made the class, and what that captures is saved as well. */
			readonly made: boolean;
	  }
	/** Hooks say what is saved: what they give, where that is known. */
	| { readonly kind: 'described'; readonly gives?: Type | undefined }
	| { readonly kind: 'refused'; readonly what: string; readonly help: string };

export interface Classes {
	/** Has the program said how its instances are saved? */
	isRegistered(symbol: TypeSymbol): boolean;
	/** Where the class of an instance stands. */
	standingOf(type: Type, symbol: TypeSymbol): Standing;
	/** Is it a function with the directive? It is saved by its id. */
	isDurableFunction(declaration: Declaration): boolean;
	/** `T extends Serializable`: the bound is `unknown`, and its name a promise of whoever calls. */
	isBoundBySerializable(parameter: Type): boolean;
}

/** Classes of the runtime whose instances it saves itself, beside its errors. */
const RUNTIME_VALUES = new Set(['Question', 'Message', 'ChildRun']);

const PLAIN: Standing = { kind: 'plain', made: false };
const DESCRIBED: Standing = { kind: 'described' };

export function createClasses(program: TypeProgram, registrations: Registrations, durable: DurableFiles): Classes {
	const standing = new Map<TypeSymbol, Standing>();

	const compute = (type: Type, symbol: TypeSymbol): Standing => {
		const { name } = symbol;
		const registration = registrations.of(symbol);
		if (registration?.by === 'resource') return { kind: 'described', gives: registration.gives };
		const ofRuntime = runtimeName(symbol);
		if (ofRuntime === 'Secret') return PLAIN;
		if (ofRuntime !== undefined && (RUNTIME_VALUES.has(ofRuntime) || isError(type))) return DESCRIBED;
		const declared = symbol.declarations().find(({ kind }) => kind === 'class');
		const made = declared !== undefined && durable.isMadeDurable(declared);
		const known = registration !== undefined || made || (declared !== undefined && isOwnError(type, declared));
		if (!known) return { kind: 'refused', what: REFUSED.instance(name), help: registrationHelp(type, symbol) };
		if (registration?.hooks === true) return { kind: 'described', gives: registration.gives };
		if (hasStaticHooks(program, symbol)) return DESCRIBED;
		// The methods of a class that durable code made see its private members; a built-in's own they do not.
		if (!isHiding(type) || (made && !extendsHost(type))) return made ? { kind: 'plain', made } : PLAIN;
		return { kind: 'refused', what: REFUSED.hidden(name), help: hooksHelp(name, registration !== undefined) };
	};

	/** Classes of compiled modules that extend Error are saved by their names there. */
	const isOwnError = (type: Type, declared: Declaration) => isError(type) && durable.isOfCompiledModule(declared);

	return {
		isRegistered: (symbol) => registrations.of(symbol) !== undefined,
		standingOf(type, symbol) {
			let known = standing.get(symbol);
			if (known === undefined) {
				known = compute(type, symbol);
				standing.set(symbol, known);
			}
			return known;
		},
		isDurableFunction: (declaration) => durable.functionAt(declaration) === 'durable',
		isBoundBySerializable: (parameter) =>
			(parameter.symbol()?.declarations() ?? []).some((declared) => isSerializableBound(program, declared)),
	};
}

function extendsHost(type: Type): boolean {
	return type.bases().some((base) => hostName(base.symbol()) !== undefined || extendsHost(base));
}

function isError(type: Type): boolean {
	return type.bases().some((base) => hostName(base.symbol()) === 'Error' || isError(base));
}

/** Private members (`#x`) are seen by their class alone; those of a declaration file are all called `#private`. */
function isHiding(type: Type): boolean {
	return type.properties().some(({ name }) => name.startsWith('#'));
}

/** Static methods under the runtime's two symbols. */
function hasStaticHooks(program: TypeProgram, symbol: TypeSymbol): boolean {
	const keyed = (symbol.valueType()?.properties() ?? []).filter(({ name }) => /^\[\w+\]$/.test(name));
	const names = keyed.flatMap(({ declarations }) => declarations().map((each) => runtimeKey(program, each)));
	return names.includes('SERIALIZE') && names.includes('DESERIALIZE');
}

/** `static [SERIALIZE](cart) {}`: what the runtime calls the symbol that a member is under. */
function runtimeKey(program: TypeProgram, { file, start, end }: Declaration): string | undefined {
	const text = program.textOf(file)?.slice(start, end) ?? '';
	const key = /^[^[(={]*\[\s*(?:[\w$]+\s*\.\s*)*([\w$]+)\s*\]/.exec(text);
	if (key === null) return undefined;
	const from = start + key[0].lastIndexOf(key[1]!);
	return runtimeName(program.symbolsAt(file, [{ start: from, end: from + key[1]!.length }])[0]);
}

function isSerializableBound(program: TypeProgram, { file, start, end }: Declaration): boolean {
	const text = program.textOf(file)?.slice(start, end) ?? '';
	const bound = /\bextends\s+(?:[\w$]+\s*\.\s*)*([\w$]+)/.exec(text);
	if (bound === null) return false;
	const from = start + bound.index + bound[0].length - bound[1]!.length;
	const symbol = program.symbolsAt(file, [{ start: from, end: from + bound[1]!.length }])[0];
	return runtimeName(symbol) === 'Serializable';
}

/** Which registration fits: what is live, or closed to all but itself, is no plain data. */
function registrationHelp(type: Type, { name, declarations }: TypeSymbol): string {
	const where = declarations().some(({ file }) => dependencyOf(file) !== null) ? ', in a module of yours' : '';
	if (holdsLive(type)) return `register the class${where}: resource(${name}, { marshal, unmarshal })`;
	if (isHiding(type))
		return `register the class${where}: serializable(${name}, { serialize, deserialize }), or resource(${name}, { marshal, unmarshal }) for something live`;
	if (isError(type)) return `register the class${where}: serializable(${name})`;
	return unregisteredHelp(name).replace('register the class', `register the class${where}`);
}

function hooksHelp(name: string, registered: boolean): string {
	return registered
		? `give it hooks: serializable(${name}, { serialize, deserialize })`
		: `give '${name}' the static methods [SERIALIZE](instance) and [DESERIALIZE](data), or use plain properties`;
}

/** Does it extend or hold what only its process has? */
function holdsLive(type: Type): boolean {
	if (type.bases().some((base) => isLiveHost(base) || holdsLive(base))) return true;
	return type.properties().some((property) => {
		if (property.kind !== 'property') return false;
		const held = property.type();
		return (held.kind === 'union' ? held.parts() : [held]).some(isLiveHost);
	});
}

function isLiveHost(type: Type): boolean {
	const symbol = type.kind === 'object' ? type.symbol() : undefined;
	const name = hostName(symbol);
	if (symbol === undefined || name === undefined) return false;
	const row = unsavableType(name);
	return row !== undefined ? row.kind === 'value' : wireType(name) === undefined && isLive(type, symbol);
}
