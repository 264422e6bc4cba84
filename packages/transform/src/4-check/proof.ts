/**
 * Can functions, promises and iterators be saved? That is no question of their types but of where they
 * come from: proven to be of the run (or to be found by a name), or refused.
 */
import type * as t from '@babel/types';
import { ASYNC_ITERATION_HELP, REFUSED, UNSAVABLE_TYPES, unregisteredHelp } from '@perdure/abi';
import { type Binding, generatorOf, isFunctionNode, unwrap } from '../1-parse/scope.ts';
import { propertyName } from '../2-lower/nodes.ts';
import { calleeText } from '../2-lower/static-path.ts';
import type { LocalFix, Related } from '../diagnostics/sink.ts';
import { type CallFacts, calleeOf, ownerOf } from './callee.ts';
import { outOfTypes, type Path } from './flows.ts';
import { isHostFunction, isIntrinsic } from './globals.ts';
import { keyOf, methodOf } from './member-names.ts';
import type { Imported, Maker, Origin } from './origin.ts';
import type { Origins } from './origins.ts';
import { isUnregistered } from './unregistered.ts';

/** What is asked about: what a binding holds or an expression gives, or the part of it at `path`. */
export type Subject = ({ readonly binding: Binding } | { readonly node: t.Node }) & { readonly path?: Path };

/** Why a value is not proven to be one that can be saved. */
export interface Unproven {
	readonly code: 'PD3004' | 'PD3005' | 'PD3006' | 'PD3007' | 'PD3008';
	/** As in messages: `the foreign function 'fetch'`. */
	readonly what: string;
	/** Of what a closure captures: the path to it, which begins with its own name. */
	readonly path?: string;
	readonly help: string;
	readonly related: readonly Related[];
	/** No value that comes from there can be saved, whatever its type. */
	readonly sure: boolean;
	/** Told, and nothing more. */
	readonly warning?: boolean;
	readonly fix?: LocalFix | null;
}

/** What only types tell about a place of the file. */
export interface Facts extends CallFacts {
	/** Is what was imported a function or class that is saved by its name in the module that declares it? */
	saved(imported: Imported): boolean;
	/** Does a call of what was imported run as a part of the run: is it durable? */
	entered(imported: Imported): boolean;
	/** May what a captured variable holds be saved, as far as its type tells? */
	captured(binding: Binding): (Pick<Unproven, 'what' | 'help' | 'path' | 'warning'> & { readonly code: string }) | null;
}

/** `async`: it surely gives a promise. */
type UnprovenCallee = Omit<Unproven, 'code'> & { readonly async: boolean };

type Captured = Pick<Unproven, 'what' | 'help' | 'path'> & Partial<Omit<Unproven, 'code'>> & { readonly code?: string };

const helpOf = (type: string) => UNSAVABLE_TYPES.find((row) => row.type === type)!.help;

export class Proof {
	readonly #origins: Origins;
	readonly #facts: Facts | null;
	/** What is being looked at, by the question: what leads back to itself is what the rest of it is. */
	readonly #open = { function: new Set<t.Node>(), promise: new Set<t.Node>(), iterator: new Set<t.Node>() };

	readonly #openCallees = new Set<t.Node>();

	constructor(origins: Origins, facts: Facts | null) {
		this.#origins = origins;
		this.#facts = facts;
	}

	/** Null where every function that it may be can be saved. */
	functions(of: Subject): Unproven | null {
		return worst(this.#from(of).map((origin) => this.#function(origin)));
	}

	promises(of: Subject): Unproven | null {
		return worst(this.#from(of).map((origin) => this.#promise(origin)));
	}

	iterators(of: Subject): Unproven | null {
		return worst(this.#from(of).map((origin) => this.#iterator(origin)));
	}

	/** Was all of it thrown, whatever its type says? Its declaration may give it nothing, or plain data, first. */
	thrown(of: Subject): boolean {
		const origins = this.#from(of);
		return origins.some(({ kind }) => kind === 'caught') && origins.every(({ kind }) => /^(caught|data)$/.test(kind));
	}

	/** Is the accessor at `path` one of a literal of durable code? Its functions are closures of the run, and saved. */
	accessors(of: Subject & { readonly path: Path }): boolean {
		const key = of.path.at(-1);
		const holders = this.#from({ ...of, path: of.path.slice(0, -1) });
		return (
			holders.length > 0 &&
			holders.every(
				(holder) =>
					holder.kind === 'object' &&
					this.#isOfRun(holder.node) &&
					holder.node.properties.every(
						(each) =>
							each.type === 'ObjectProperty' ||
							(each.type === 'ObjectMethod' && (propertyName(each) !== key || this.#closure(each, key!) === null)),
					),
			)
		);
	}

	/** Is whatever it may be surely nothing that can be saved? What shows without types. */
	surely(of: Subject): Unproven | null {
		return every(this.#from(of), (origin) =>
			[this.#instance(origin), this.#function(origin), this.#promise(origin), this.#iterator(origin)].find(
				(found) => found?.sure,
			),
		);
	}

	/** Is it surely a promise that cannot be saved? */
	surelyPromised(of: Subject): Unproven | null {
		return every(this.#from(of), (origin) => {
			const found = this.#promise(origin);
			return found?.sure ? found : null;
		});
	}

	/** Is it surely iterated by an iterator that cannot be saved? */
	surelyIterated(node: t.Node): Unproven | null {
		return every(this.#origins.of(node), (origin) => {
			const found = this.#iterator(origin);
			return found?.sure ? found : null;
		});
	}

	/**
	 * Is what a call enters found again after a restore? Asked of callees that are read from no module binding:
	 * what runs as a part of the run is kept in it, and an effect would have to find its function by itself.
	 */
	callees(node: t.Expression): UnprovenCallee | null {
		return this.#callees(node, () => false);
	}

	/** As `callees`, of those that are called as effects: what is declared to be one is found by its name in its module. */
	lostCallees(node: t.Expression): UnprovenCallee | null {
		return this.#callees(node, (each) => this.#isNamedEffect(each));
	}

	#callees(node: t.Expression, found: (origin: Origin) => boolean): UnprovenCallee | null {
		const declared = this.#facts?.calleeOf(node)?.kind;
		if (declared === 'run' || declared === 'runtime') return null;
		const origins = this.#origins.of(node);
		const foreign = origins.filter((each) => !this.#entered(each) && !found(each));
		if (foreign.length === 0) return null;
		const known = foreign.map((each) => this.#foreignCallee(each));
		const [first] = known;
		return { ...first!, sure: known.every((each) => each.sure) && foreign.length === origins.length };
	}

	/** `const charge = effect(...)` at the top level of a compiled module. */
	#isNamedEffect(origin: Origin): boolean {
		if (origin.kind === 'import') {
			return this.#facts?.calleeOf(origin.node.local)?.kind === 'effect' && this.#facts.saved(origin);
		}
		if (origin.kind !== 'call' || origin.path.length > 0 || origin.awaited) return false;
		return this.#origins.isNamed(origin.node);
	}

	/** Does a call of it run as a part of the run? */
	#entered(origin: Origin): boolean {
		switch (origin.kind) {
			case 'function':
				return origin.maker === 'durable' || origin.maker === 'run';
			case 'global':
				return isIntrinsic(origin.name);
			case 'resolver':
				return true;
			case 'call':
				return this.#givesEntered(origin);
			case 'import':
				return this.#facts?.entered(origin) === true;
			default:
				return false;
		}
	}

	/** `outer()()`: what a closure of the run gave is what it returned. */
	#givesEntered({ node, path, awaited }: Extract<Origin, { kind: 'call' }>): boolean {
		if (path.length > 0 || awaited || this.#openCallees.has(node)) return false;
		this.#openCallees.add(node);
		const callees = this.#origins.ofCallee(node);
		const entered =
			callees.length > 0 &&
			callees.every((each) => {
				if (each.kind !== 'function' || each.maker !== 'run' || !isFunctionNode(each.node)) return false;
				return !each.node.async && this.#origins.ofResult(each.node).every((given) => this.#entered(given));
			});
		this.#openCallees.delete(node);
		return entered;
	}

	#foreignCallee(origin: Origin): Omit<Unproven, 'code'> & { readonly async: boolean } {
		const help =
			'call it by its name in the module, or by a method of a value that can be saved; a closure of its own does as well: (...args) => f(...args)';
		const known = (name: string, async: boolean, related: readonly Related[]) => ({
			what: REFUSED.function(name),
			help: name === '' ? help : help.replace('f(...args)', `${name}(...args)`),
			related,
			sure: true,
			async,
		});
		switch (origin.kind) {
			case 'function': {
				const async = isFunctionNode(origin.node) && origin.node.async === true;
				return known(nameOf(origin.node), async, [{ message: 'it is declared here', node: headOf(origin.node) }]);
			}
			case 'global':
				return known(origin.name, origin.name === 'fetch', []);
			case 'import': {
				const name = [origin.name, ...origin.path].join('.');
				return { ...known(name, false, []), sure: origin.from.startsWith('node:') };
			}
			case 'call': {
				const { what, related, sure } = this.#functionOfCall(origin)!;
				return { what, help, related, sure, async: false };
			}
			default:
				return { what: REFUSED.callee, help, related: [], sure: false, async: false };
		}
	}

	#from(of: Subject): readonly Origin[] {
		return 'binding' in of ? this.#origins.ofBinding(of.binding, of.path) : this.#origins.of(of.node, of.path);
	}

	/** The answer about a place of the program; null while that very question is open. */
	#once(question: 'function' | 'promise' | 'iterator', node: t.Node, answer: () => Unproven | null): Unproven | null {
		const open = this.#open[question];
		if (open.has(node)) return null;
		open.add(node);
		const found = answer();
		open.delete(node);
		return found;
	}

	/** An instance of a class of this file that nothing can have registered. */
	#instance(origin: Origin): Unproven | null {
		if (origin.kind !== 'new' || origin.path.length > 0) return null;
		const { scopes, flows } = this.#origins.source;
		const [callee, ...others] = this.#origins.ofCallee(origin.node);
		if (callee?.kind !== 'function' || callee.maker === 'run' || others.length > 0) return null;
		const { node } = callee;
		if (node.type !== 'ClassDeclaration' || !node.id || !isUnregistered(node, scopes, flows)) return null;
		const { name } = node.id;
		return {
			code: 'PD3005',
			what: REFUSED.instance(name),
			help: unregisteredHelp(name),
			related: [{ message: `'${name}' is declared here`, node: node.id }],
			sure: true,
		};
	}

	// Functions

	#function(origin: Origin): Unproven | null {
		switch (origin.kind) {
			case 'function':
				return this.#made(origin);
			case 'global':
				return isIntrinsic(origin.name) ? null : refuseFunction(origin.name, isHostFunction(origin.name));
			case 'import': {
				const name = [origin.name, ...origin.path].join('.');
				return this.#facts?.saved(origin) === true ? null : refuseFunction(name, false);
			}
			case 'call':
				if (this.#isNamedEffect(origin)) return null;
				return this.#once('function', origin.node, () => this.#functionOfCall(origin));
			case 'parameter':
				return {
					code: 'PD3007',
					what: 'a function that the caller passes in',
					help: 'pass data that says what to do and choose the function here, or call the function before the await',
					related: [{ message: 'it comes in here', node: origin.node }],
					sure: false,
				};
			case 'callback':
			case 'new':
			case 'unknown':
				return { ...refuseFunction('', false), related: placed(origin.node) };
			default:
				return null;
		}
	}

	#made({ node, maker }: Extract<Origin, { kind: 'function' }>): Unproven | null {
		if (maker === 'durable' || maker === 'module') return null;
		const name = nameOf(node);
		if (maker === 'run') {
			// A class captures what its methods and fields do.
			const parts = isFunctionNode(node) ? [node] : node.body.body;
			return this.#once('function', node, () => worst(parts.map((part) => this.#closure(part, name))));
		}
		if (!isFunctionNode(node)) {
			const what = name === '' ? 'a class that is not registered' : REFUSED.class(name);
			return { code: 'PD3007', what, help: unregisteredHelp(name || 'Class'), related: [], sure: true };
		}
		return {
			...refuseFunction(name, true),
			related: [{ message: 'it is made here, outside durable code', node: headOf(node) }],
		};
	}

	/** A closure of the run is saved with what it captures. */
	#closure(node: t.Node, name: string): Unproven | null {
		const { scopes } = this.#origins.source;
		const durable = this.#origins.durableAround(node);
		let found: Unproven | null = null;
		// Of two declarations of one name the first is never made, and not looked at.
		for (const binding of scopes.functions.get(node)?.free ?? []) {
			if (durable === null || this.#origins.durableAround(binding.scope.node) !== durable) continue;
			const bad: Captured | null = this.#facts?.captured(binding) ?? this.surely({ binding });
			// An error before what is only told.
			if (!bad || (found && (!found.warning || bad.warning))) continue;
			const { what, help, path = binding.name, warning = false } = bad;
			const closure = name === '' ? 'the closure that captures it' : `'${name}', which captures it`;
			found = {
				// What nothing is known of is that, whoever holds it.
				code: bad.code === 'PD3004' ? 'PD3004' : 'PD3007',
				warning,
				what,
				path,
				help,
				related: [{ message: closure, node: headOf(node) }, ...(bad.related ?? [])],
				sure: bad.sure ?? true,
			};
		}
		return found;
	}

	#functionOfCall(origin: Extract<Origin, { kind: 'call' }>): Unproven | null {
		const { node, path, awaited } = origin;
		const method = methodOf(node);
		if (method?.name === 'bind' && !awaited && path.length === 0) {
			const bound = this.#origins.of(method.object);
			return {
				code: 'PD3007',
				what: 'a bound function',
				help: 'write a closure in its place: (...args) => receiver.method(...args)',
				related: placed(node),
				sure: bound.length > 0 && bound.every(({ kind }) => kind === 'function'),
			};
		}
		if (path.length === 0 && !awaited) {
			const callees = this.#origins.ofCallee(node);
			if (callees.length > 0 && callees.every((each) => each.kind === 'function' && isFunctionNode(each.node))) {
				const given = callees.flatMap((each) => {
					const fn = (each as { node: t.Node }).node;
					if (!isFunctionNode(fn) || fn.async || fn.generator) return [];
					return this.#origins.ofResult(fn);
				});
				return worst(given.map((each) => this.#function(each)));
			}
		}
		return {
			code: 'PD3007',
			what: `a function that '${calleeText(calleeNode(node))}()' gave`,
			help: helpOf('Function'),
			related: placed(node),
			sure: false,
		};
	}

	// Promises

	#promise(origin: Origin): Unproven | null {
		switch (origin.kind) {
			case 'callback':
				return this.#promiseOfCallback(origin);
			case 'call':
				return this.#once('promise', origin.node, () => this.#promiseOfCall(origin));
			case 'parameter':
				return refusePromise('a promise that the caller passes in', [
					{ message: 'it comes in here', node: origin.node },
				]);
			case 'import':
				return refusePromise(REFUSED.promise, [{ message: 'it is imported here', node: origin.node }]);
			case 'global':
				return isIntrinsic(origin.name) ? null : refusePromise(REFUSED.promise, []);
			case 'new':
				return this.#promiseOfNew(origin);
			case 'unknown':
				return refusePromise(REFUSED.promise, placed(origin.node));
			default:
				return null;
		}
	}

	/** `ids.map(fetchUser)`: the function is called by the language, whose calls nobody looks at. */
	#promiseOfCallback(origin: Extract<Origin, { kind: 'callback' }>): Unproven | null {
		const { node, call, given } = origin;
		const owner = given.kind === 'import' ? this.#facts?.calleeOf(given.node.local) : ownerOf(given, this.#origins);
		// These give promises of the run, whoever calls them.
		if (owner?.kind === 'effect' || owner?.kind === 'run' || owner?.kind === 'runtime') return null;
		if (given.kind === 'import' && this.#facts?.entered(given)) return null;
		// With types it is only asked where the type is a promise's.
		const isAsync = given.kind === 'function' && isFunctionNode(given.node) && given.node.async === true;
		const sure = isAsync || (this.#facts !== null && (given.kind === 'import' || given.kind === 'global'));
		const { text, fix } = wrapped(origin);
		const caller = calleeText(calleeNode(call));
		return {
			code: 'PD3008',
			what: REFUSED.promise,
			help: `write ${text}: then durable code makes the call, and its promise is a durable one`,
			related: [{ message: `'${calleeText(node)}' is called by '${caller}', not by durable code`, node }],
			sure,
			fix,
		};
	}

	#promiseOfNew({ node, path }: Extract<Origin, { kind: 'new' }>): Unproven | null {
		if (path.length > 0 || !this.#isOfRun(node)) return refusePromise(REFUSED.promise, placed(node));
		const [executor] = node.arguments;
		const made = executor && unwrap(executor);
		return made && isFunctionNode(made) ? this.#resolved(made.params) : null;
	}

	/** A resolver in foreign hands makes its promise one of the host's. */
	#resolved(resolvers: readonly t.Node[]): Unproven | null {
		const { scopes, flows } = this.#origins.source;
		for (const id of resolvers) {
			const binding = scopes.declared.get(id);
			const out = binding && flows.uses(binding).find((use) => this.#isHandedOut(use));
			if (!out) continue;
			return {
				...refusePromise(REFUSED.promise, [{ message: `'${binding.name}' is handed to foreign code here`, node: out }]),
				help: 'await it where it is made: await new Promise(...) is one effect; or let what happens outside send a message to the run, and receive it here',
			};
		}
		return null;
	}

	/** `setTimeout(resolve, 1)`, or in a closure that foreign code is handed. */
	#isHandedOut(use: t.Node): boolean {
		const { parentOf } = this.#origins.source.flows;
		for (let node: t.Node | null = use; node !== null && this.#isOfRun(node); node = parentOf(node)) {
			if (node !== use && !isFunctionNode(node)) continue;
			const call = outOfTypes(node, parentOf);
			if (call?.type !== 'CallExpression' && call?.type !== 'OptionalCallExpression') continue;
			const argument = call.arguments.some((each) => unwrap(each) === node);
			if (argument && calleeOf(call, this.#origins, this.#facts).callee?.kind === 'foreign') return true;
		}
		return false;
	}

	#promiseOfCall({ node, path, awaited }: Extract<Origin, { kind: 'call' }>): Unproven | null {
		const made = `'${calleeText(calleeNode(node))}()'`;
		const related: Related[] = [{ message: `${made} gave it`, node }];
		if (this.#origins.globalName(calleeNode(node)) === 'Promise.withResolvers' && this.#isOfRun(node)) {
			return path.length === 1 && path[0] === 'promise' ? this.#resolved(this.#resolversOf(node)) : null;
		}
		// Inside what a foreign call gave: only the call's own promise is replaced by a durable one.
		if (path.length > 0 || awaited) return refusePromise(REFUSED.promise, related);
		if (!this.#isOfRun(node)) {
			const callees = this.#origins.ofCallee(node);
			const sure =
				callees.length > 0 &&
				callees.every((each) => each.kind === 'function' && isFunctionNode(each.node) && each.node.async === true);
			return { ...refusePromise(REFUSED.promise, related), sure };
		}
		const method = methodOf(node);
		if (method !== null && /^(then|catch|finally)$/.test(method.name)) return this.promises({ node: method.object });
		const callees = this.#origins.ofCallee(node);
		const ofRun = callees.filter((each) => each.kind === 'function' && each.maker === 'run');
		// A closure of the run that is not async gives what it has.
		return worst(
			ofRun.flatMap((each) => {
				const fn = (each as { node: t.Node }).node;
				if (!isFunctionNode(fn) || fn.async || fn.generator) return [];
				return this.#origins.ofResult(fn).map((given) => this.#promise(given));
			}),
		);
	}

	/** `const { resolve, reject } = Promise.withResolvers()` */
	#resolversOf(node: t.Node): t.Node[] {
		const declarator = outOfTypes(node, this.#origins.source.flows.parentOf);
		if (declarator?.type !== 'VariableDeclarator' || declarator.id.type !== 'ObjectPattern') return [];
		return declarator.id.properties.flatMap((each) => {
			if (each.type !== 'ObjectProperty' || each.key.type !== 'Identifier') return [];
			return /^(resolve|reject)$/.test(each.key.name) ? [each.value] : [];
		});
	}

	#isOfRun(node: t.Node): boolean {
		return this.#origins.durableAround(node) !== null;
	}

	// Iterators

	#iterator(origin: Origin): Unproven | null {
		switch (origin.kind) {
			case 'call':
				return this.#once('iterator', origin.node, () => this.#iteratorOfCall(origin));
			case 'parameter':
				return {
					...refuseIterator([{ message: 'it comes in here', node: origin.node }]),
					what: 'an iterator that the caller passes in',
				};
			case 'import':
			case 'callback':
			case 'unknown':
				return refuseIterator(placed(origin.node));
			case 'global':
				return isIntrinsic(origin.name) ? null : refuseIterator([]);
			case 'new':
				return refuseIterator(placed(origin.node));
			default:
				return null;
		}
	}

	/** `list.entries()`, `text.matchAll(x)`, `list[Symbol.iterator]()`: what durable code has of it can be saved. */
	#isIteratorOfLanguage(call: t.Node): boolean {
		if (call.type !== 'CallExpression' && call.type !== 'OptionalCallExpression') return false;
		const callee = unwrap(call.callee);
		if (callee.type !== 'MemberExpression' && callee.type !== 'OptionalMemberExpression') return false;
		if (callee.object.type === 'Super') return false;
		const key = callee.computed ? this.#origins.globalName(callee.property) : keyOf(callee);
		if (key === 'from' && this.#origins.globalName(callee.object) === 'Iterator') {
			const [source] = call.arguments;
			if (!source || source.type === 'SpreadElement') return false;
			return this.#origins.isIterable(source as t.Expression) || this.iterators({ node: source }) === null;
		}
		if (key === null || !/^(entries|keys|values|matchAll|Symbol\.iterator)$/.test(key)) return false;
		return this.#origins.isIterable(callee.object);
	}

	/** Can a loop over it be saved, that is over no collection of the language's? */
	iterated(node: t.Node): Unproven | null {
		const origins = this.#origins.of(node);
		const found =
			origins.length === 0 ? refuseIterator(placed(node)) : worst(origins.map((each) => this.#iterated(each)));
		const loop = outOfTypes(node, this.#origins.source.flows.parentOf);
		const isAsync = loop?.type === 'ForOfStatement' && loop.await;
		return found && isAsync && found.help === helpOf('Iterator') ? { ...found, help: ASYNC_ITERATION_HELP } : found;
	}

	/** What is iterable by a method of its own keeps whatever that gives. */
	#iterated(origin: Origin): Unproven | null {
		if (origin.kind === 'object') {
			return this.#isOfRun(origin.node) ? null : refuseIterator(placed(origin.node));
		}
		if (origin.kind === 'new') {
			const callees = this.#origins.ofCallee(origin.node);
			const ofRun = callees.length > 0 && callees.every((each) => each.kind === 'function' && each.maker === 'run');
			return ofRun ? null : refuseIterator(placed(origin.node));
		}
		return origin.kind === 'data' ? refuseIterator([]) : this.#iterator(origin);
	}

	#iteratorOfCall({ node, path, awaited }: Extract<Origin, { kind: 'call' }>): Unproven | null {
		const gave: Related[] = [{ message: 'it is made here', node }];
		if (path.length > 0 || awaited) return refuseIterator(gave);
		const callees = this.#origins.ofCallee(node);
		const generators = callees.filter((each) => each.kind === 'function' && generatorOf(each.node) !== null);
		if (generators.length > 0 && generators.length === callees.length) {
			const outside = generators.find((each) => each.kind === 'function' && isForeign(each.maker));
			if (outside?.kind !== 'function') return null;
			const name = nameOf(outside.node);
			const type = generatorOf(outside.node) === 'async' ? 'AsyncGenerator' : 'Generator';
			const collect = type === 'Generator' ? `[...${name}()]` : `await Array.fromAsync(${name}())`;
			return {
				code: 'PD3006',
				what: REFUSED.type(type),
				help:
					name === ''
						? helpOf(type)
						: `begin the body of '${name}' with "use durable", or collect what it yields first: ${collect}`,
				related: [
					...gave,
					{ message: `${name === '' ? 'its function' : `'${name}'`} is declared here`, node: headOf(outside.node) },
				],
				sure: generators.every((each) => each.kind === 'function' && isForeign(each.maker)),
			};
		}
		if (this.#facts?.calleeOf(calleeNode(node))?.kind === 'run') return null;
		if (this.#isOfRun(node) && this.#isIteratorOfLanguage(node)) return null;
		const method = methodOf(node);
		// Helpers of an iterator: what they are over is what is saved.
		if (method !== null && /^(map|filter|take|drop|flatMap)$/.test(method.name))
			return this.iterators({ node: method.object });
		return this.#isOfRun(node) &&
			callees.every((each) => each.kind === 'function' && each.maker === 'run') &&
			callees.length > 0
			? worst(
					callees.flatMap((each) =>
						each.kind === 'function' && isFunctionNode(each.node)
							? this.#origins.ofResult(each.node).map((given) => this.#iterator(given))
							: [],
					),
				)
			: refuseIterator(gave);
	}
}

const isForeign = (maker: Maker) => maker === 'module' || maker === 'outside';

/** Where else a value comes from, nothing is sure of it. */
const TELLING = new Set<Origin['kind']>(['function', 'global', 'call', 'new', 'callback']);

/** What is found of the first, if something is of each. */
function every(origins: readonly Origin[], find: (origin: Origin) => Unproven | null | undefined): Unproven | null {
	let first: Unproven | null = null;
	for (const origin of origins) {
		const found = TELLING.has(origin.kind) ? find(origin) : null;
		if (!found) return null;
		first ??= found;
	}
	return first;
}

/** The surest of several. */
function worst(found: readonly (Unproven | null)[]): Unproven | null {
	return found.find((each) => each?.sure) ?? found.find((each) => each !== null) ?? null;
}

function refuseFunction(name: string, sure: boolean): Unproven {
	return { code: 'PD3007', what: REFUSED.function(name), help: helpOf('Function'), related: [], sure };
}

function refusePromise(what: string, related: readonly Related[]): Unproven {
	return { code: 'PD3008', what, help: helpOf('Promise'), related, sure: false };
}

function refuseIterator(related: readonly Related[]): Unproven {
	return { code: 'PD3006', what: REFUSED.iterator, help: helpOf('Iterator'), related, sure: false };
}

const placed = (node: t.Node): Related[] => (node.loc ? [{ message: 'it comes from here', node }] : []);

function calleeNode(call: t.CallExpression | t.OptionalCallExpression | t.TaggedTemplateExpression): t.Node {
	return call.type === 'TaggedTemplateExpression' ? call.tag : call.callee;
}

/** What is shown of a function or class: its name, if it has one. */
export function headOf(node: t.Node): t.Node {
	if ('id' in node && node.id) return node.id as t.Node;
	return 'key' in node ? (node.key as t.Node) : node;
}

/** As the user named it; the empty string for one that has no name. */
export function nameOf(node: t.Node): string {
	if ('id' in node && node.id && (node.id as t.Node).type === 'Identifier') return (node.id as t.Identifier).name;
	if ('key' in node && !('computed' in node && node.computed) && (node.key as t.Node).type === 'Identifier')
		return (node.key as t.Identifier).name;
	return '';
}

/** `ids.map(fetchUser)` as it should be written: `ids.map((id) => fetchUser(id))`. */
function wrapped({ node, call }: Extract<Origin, { kind: 'callback' }>): { text: string; fix: LocalFix | null } {
	const plain = unwrap(node);
	const method = methodOf(call);
	const simple = plain.type === 'Identifier' || plain.type === 'MemberExpression';
	if (!simple || method === null) return { text: 'an arrow that calls it in durable code', fix: null };
	const name = singular(method.object);
	const callee = calleeText(plain);
	// Async: then the call is awaited, and issued only when the turn is durable.
	const text = `async (${name}) => ${callee}(${name})`;
	const certain = method.name === 'map' && !callee.includes('…') && name !== callee;
	const { start, end } = plain;
	return {
		text,
		fix: certain ? { title: `Write ${text}`, edits: [{ start: start!, length: end! - start!, text }] } : null,
	};
}

/** `users` -> `user`: what one of a list is called. */
function singular(list: t.Expression): string {
	const node = unwrap(list);
	const name =
		node.type === 'Identifier'
			? node.name
			: node.type === 'MemberExpression' && node.property.type === 'Identifier' && !node.computed
				? node.property.name
				: '';
	const one = /[a-z]s$/.test(name) && !/ss$/.test(name) ? name.slice(0, -1) : '';
	return /^(?:if|do|in|as|is|thi|clas|new|var|let|)$/.test(one) ? 'item' : one;
}
