/** What a walk over a file declares and looks up: scopes, bindings, and whether these are initialised yet. */
import type * as t from '@babel/types';
import { boundIdentifiers, collectHoisted } from './hoist.ts';
import {
	type Binding,
	type BindingKind,
	type FunctionInfo,
	type FunctionNode,
	isFunctionNode,
	type Reference,
	type Scope,
	type ScopeKind,
	type Scopes,
} from './scope.ts';

/** A binding while its scope is being walked. */
interface State {
	initialised: boolean;
	/** Of a binding of a switch: the clause that initialises it; only there is order proof. */
	clause: t.SwitchCase | null;
	/** `const f = () => f()`: the function that is the whole value, which cannot run before. */
	value: t.Node | null;
	/** A plain `var x = …` directly in the function body: its one initialisation. */
	initialiser: t.Node | null;
}

export abstract class Bindings {
	readonly scopes: Scopes & {
		byNode: Map<t.Node, Scope>;
		bodies: Map<t.Node, Scope>;
		arms: Map<t.Node, Scope>;
		references: Map<t.Node, Reference>;
		declared: Map<t.Node, Binding>;
		functions: Map<t.Node, FunctionInfo>;
		annexB: Map<t.Node, Binding>;
		classes: Map<t.Node, Binding>;
	};
	protected readonly states = new Map<Binding, State>();
	protected readonly clauses = new Map<Scope, t.SwitchCase | null>();
	protected scope: Scope;
	protected fn: FunctionInfo | null = null;
	protected strict: boolean;

	constructor(program: t.Program) {
		const module: Scope = { kind: 'module', node: program, parent: null, fn: null, bindings: new Map(), hoisted: [] };
		this.scope = module;
		this.strict = program.sourceType === 'module' || hasUseStrict(program.directives);
		this.scopes = {
			module,
			byNode: new Map([[program as t.Node, module]]),
			bodies: new Map(),
			arms: new Map(),
			references: new Map(),
			declared: new Map(),
			functions: new Map(),
			annexB: new Map(),
			classes: new Map(),
		};
	}

	protected abstract visit(node: t.Node): void;
	/** `hoisted`: it is made at the head of its scope. */
	protected abstract visitFunction(node: FunctionNode, hoisted: boolean): void;

	// Declarations

	protected open(kind: ScopeKind, node: t.Node, walk: () => void): void {
		const scope: Scope = { kind, node, parent: this.scope, fn: this.fn, bindings: new Map(), hoisted: [] };
		if (kind === 'body') this.scopes.bodies.set(node, scope);
		else if (kind === 'block' && node.type === 'FunctionDeclaration') this.scopes.arms.set(node, scope);
		else if (kind !== 'name') this.scopes.byNode.set(node, scope);
		this.scope = scope;
		walk();
		this.scope = scope.parent as Scope;
	}

	protected bind(kind: BindingKind, id: t.Identifier, declaration: t.Node, initialised: boolean): Binding {
		const existing = this.scope.bindings.get(id.name);
		if (existing) {
			this.scopes.declared.set(id, existing);
			// `var x` beside `function x` or a parameter is the same variable, written by its initialiser.
			if (kind === 'function' && existing.kind !== 'function') existing.reassigned = true;
			return existing;
		}
		const binding: Binding = {
			name: id.name,
			kind,
			scope: this.scope,
			node: id,
			declaration,
			used: false,
			captured: false,
			capturedEarly: false,
			reassigned: false,
			tdz: false,
		};
		this.scope.bindings.set(id.name, binding);
		this.scopes.declared.set(id, binding);
		this.states.set(binding, { initialised, clause: null, value: null, initialiser: null });
		return binding;
	}

	protected declareVars(body: readonly t.Node[]): void {
		const hoisted = collectHoisted(body);
		const direct = new Set<t.Node>();
		for (const node of body) {
			const declaration = node.type === 'ExportNamedDeclaration' ? node.declaration : node;
			if (declaration?.type === 'VariableDeclaration') for (const d of declaration.declarations) direct.add(d);
		}
		for (const { id, declaration } of hoisted.vars) {
			const known = this.scope.bindings.has(id.name);
			const binding = this.bind('var', id, declaration, true);
			if (known || binding.kind !== 'var') continue;
			const state = this.states.get(binding)!;
			if (direct.has(declaration) && (declaration as t.VariableDeclarator).init) {
				state.initialiser = declaration;
				state.initialised = false;
			}
		}
		if (this.strict) return;
		const lexical = new Set<string>();
		for (const node of body) for (const id of lexicalIdentifiers(node)) lexical.add(id.name);
		for (const { node, blocks } of hoisted.inBlocks) {
			const name = node.id?.name;
			if (name === undefined || node.async || node.generator || lexical.has(name)) continue;
			// `let f` of a block between the two would be an early error with a var: no var then.
			const clash = blocks.slice(0, -1).some((block) => blockDeclares(block, name));
			const existing = this.scope.bindings.get(name);
			if (clash || existing?.kind === 'param') continue;
			const binding = this.bind('var', { ...node.id! }, node, true);
			binding.reassigned = true;
			this.scopes.annexB.set(node, binding);
		}
	}

	/** Declares the lexical names of a statement list, makes its hoisted functions, then walks it. */
	protected enterStatements(body: readonly t.Node[], walk?: () => void): void {
		for (const statement of body) this.declareLexical(statement);
		this.makeHoisted();
		if (walk) walk();
		else for (const statement of body) this.visit(statement);
	}

	protected declareLexical(statement: t.Node): void {
		const node =
			(statement.type === 'ExportNamedDeclaration' || statement.type === 'ExportDefaultDeclaration') &&
			statement.declaration
				? statement.declaration
				: statement;
		switch (node.type) {
			case 'VariableDeclaration':
				if (node.kind === 'var' || node.declare) return;
				for (const d of node.declarations) {
					const kind = node.kind === 'await using' ? 'using' : (node.kind as BindingKind);
					for (const id of boundIdentifiers(d.id)) this.bind(kind, id, d, false);
				}
				return;
			case 'FunctionDeclaration': {
				if (!node.id) {
					this.scope.hoisted.push(node);
					return;
				}
				const earlier = this.scope.hoisted.findIndex((other) => other.id?.name === node.id?.name);
				if (earlier >= 0) this.scope.hoisted.splice(earlier, 1);
				this.scope.hoisted.push(node);
				this.bind('function', node.id, node, false);
				return;
			}
			case 'LabeledStatement':
				if (node.body.type === 'FunctionDeclaration') this.declareLexical(node.body);
				return;
			case 'ClassDeclaration':
				if (node.id && !node.declare) this.bind('class', node.id, node, false);
				return;
			case 'ImportDeclaration':
				for (const specifier of node.specifiers) this.bind('import', specifier.local, specifier, true);
				return;
			case 'TSImportEqualsDeclaration':
				this.bind('import', node.id, node, true);
				return;
			case 'TSEnumDeclaration':
				if (!node.declare) this.bind('enum', node.id, node, false);
				return;
			case 'TSModuleDeclaration':
				if (node.id.type === 'Identifier' && !node.declare) this.bind('enum', node.id, node, true);
				return;
			default:
		}
	}

	protected makeHoisted(): void {
		for (const node of this.scope.hoisted) {
			this.visitFunction(node, true);
			const binding = node.id && this.scope.bindings.get(node.id.name);
			if (binding) this.initialise(binding);
		}
	}

	protected initialise(binding: Binding): void {
		const state = this.states.get(binding);
		if (!state) return;
		state.initialised = true;
		if (binding.scope.kind === 'switch' && binding.kind !== 'function') {
			state.clause = this.clauses.get(binding.scope) ?? null;
		}
	}

	// References

	protected lookUp(name: string): Binding | null {
		for (let scope: Scope | null = this.scope; scope; scope = scope.parent) {
			const binding = scope.bindings.get(name);
			if (binding) return binding;
			if (
				name === 'arguments' &&
				scope.kind === 'function' &&
				scope.fn &&
				!scope.fn.arrow &&
				isFunctionNode(scope.fn.node)
			) {
				return this.special(scope.fn, 'arguments');
			}
		}
		return null;
	}

	protected special(fn: FunctionInfo, kind: keyof typeof SPECIAL): Binding {
		const field = SPECIAL[kind];
		const existing = fn[field];
		if (existing) return existing;
		const scope = this.scopes.byNode.get(fn.node) ?? this.scopes.module;
		const binding: Binding = {
			name: kind,
			kind,
			scope: scope.fn === fn ? scope : { ...scope, fn },
			node: fn.node,
			declaration: fn.node,
			used: false,
			captured: false,
			capturedEarly: false,
			reassigned: false,
			tdz: false,
		};
		this.states.set(binding, { initialised: true, clause: null, value: null, initialiser: null });
		fn[field] = binding;
		return binding;
	}

	protected refer(node: t.Node, binding: Binding | null, write: boolean): void {
		let early = false;
		if (binding) {
			binding.used = true;
			const owner = binding.scope.fn;
			const state = this.states.get(binding);
			const inClause = state?.clause == null || this.clauses.get(binding.scope) === state.clause;
			const unsure = state !== undefined && (!state.initialised || !inClause);
			let within = false;
			for (let fn = this.fn; fn && fn !== owner; fn = fn.parent) {
				if (owner !== null) fn.free.add(binding);
				if (fn.node === state?.value) within = true;
			}
			const captured = this.fn !== owner;
			if (captured && owner !== null) {
				binding.captured = true;
				if (unsure) binding.capturedEarly = true;
			}
			// Function declarations are made before anything runs; a `var` is undefined until then.
			const dead = binding.kind !== 'function' && binding.kind !== 'var';
			early = unsure && dead && !within;
			if (early) binding.tdz = true;
			if (write) {
				binding.reassigned = true;
			}
		}
		this.scopes.references.set(node, { binding, fn: this.fn, early, write });
	}

	/** The scope of the class that declares a private name. */
	protected privateScope(name: string): Scope | null {
		for (let scope: Scope | null = this.scope; scope; scope = scope.parent) {
			if (scope.kind === 'class' && declaresPrivate(scope.node as t.Class, name)) return scope;
		}
		return null;
	}

	protected referName(node: t.Node, name: string, write = false): void {
		this.refer(node, this.lookUp(name), write);
	}

	/** The function whose `this` is meant here; null at module level. */
	protected owner(): FunctionInfo | null {
		let fn = this.fn;
		while (fn?.arrow) fn = fn.parent;
		return fn;
	}
}

function declaresPrivate(node: t.Class, name: string): boolean {
	return node.body.body.some(
		(member) => 'key' in member && member.key.type === 'PrivateName' && member.key.id.name === name,
	);
}

/** What a function has without declaring it, and where its FunctionInfo keeps that. */
const SPECIAL = { this: 'self', home: 'home', arguments: 'arguments', 'new.target': 'newTarget' } as const;

export function hasUseStrict(directives: readonly t.Directive[] | null | undefined): boolean {
	return directives?.some((directive) => directive.value.value === 'use strict') ?? false;
}

function lexicalIdentifiers(node: t.Node): t.Identifier[] {
	if (node.type === 'VariableDeclaration' && node.kind !== 'var')
		return node.declarations.flatMap((d) => boundIdentifiers(d.id));
	if (node.type === 'ClassDeclaration' && node.id) return [node.id];
	return [];
}

function blockDeclares(block: t.Node, name: string): boolean {
	const names = (nodes: readonly t.Node[]) =>
		nodes.some((node) => lexicalIdentifiers(node).some((id) => id.name === name));
	switch (block.type) {
		case 'BlockStatement':
			return names(block.body);
		case 'SwitchStatement':
			return names(block.cases.flatMap((clause) => clause.consequent));
		case 'ForStatement':
			return block.init ? names([block.init]) : false;
		case 'ForInStatement':
		case 'ForOfStatement':
			return names([block.left]);
		case 'CatchClause':
			return block.param?.type !== 'Identifier' && boundIdentifiers(block.param ?? null).some((id) => id.name === name);
		default:
			return false;
	}
}
