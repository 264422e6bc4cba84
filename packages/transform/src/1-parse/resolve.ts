import type * as t from '@babel/types';
import { boundIdentifiers, childrenOf, collectHoisted, hasParameterExpressions } from './hoist.ts';
import {
	ANONYMOUS_CLASS,
	type Binding,
	type BindingKind,
	type FunctionInfo,
	type FunctionNode,
	isFunctionNode,
	isType,
	type Reference,
	type Scope,
	type ScopeKind,
	type Scopes,
	unwrap,
} from './scope.ts';

/**
 * Scope analysis of a whole file, in one walk that visits in order of *evaluation* (a declarator's
 * value before its names, hoisted functions at the head of their scope). So whether a binding is
 * surely initialised where it is used is just whether the walk has passed its initialisation:
 * each scope instance is entered at its head, and within it the walk's order is that of execution.
 */
export function analyzeScopes(file: t.File): Scopes {
	return new Resolver(file.program).scopes;
}

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

class Resolver {
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
	private readonly states = new Map<Binding, State>();
	private readonly clauses = new Map<Scope, t.SwitchCase | null>();
	private scope: Scope;
	private fn: FunctionInfo | null = null;
	private strict: boolean;

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
		this.declareVars(program.body);
		this.enterStatements(program.body);
	}

	// Scopes and declarations

	private open(kind: ScopeKind, node: t.Node, walk: () => void): void {
		const scope: Scope = { kind, node, parent: this.scope, fn: this.fn, bindings: new Map(), hoisted: [] };
		if (kind === 'body') this.scopes.bodies.set(node, scope);
		else if (kind === 'block' && node.type === 'FunctionDeclaration') this.scopes.arms.set(node, scope);
		else if (kind !== 'name') this.scopes.byNode.set(node, scope);
		this.scope = scope;
		walk();
		this.scope = scope.parent as Scope;
	}

	private bind(kind: BindingKind, id: t.Identifier, declaration: t.Node, initialised: boolean): Binding {
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

	private declareVars(body: readonly t.Node[]): void {
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
	private enterStatements(body: readonly t.Node[], walk?: () => void): void {
		for (const statement of body) this.declareLexical(statement);
		this.makeHoisted();
		if (walk) walk();
		else for (const statement of body) this.visit(statement);
	}

	private declareLexical(statement: t.Node): void {
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

	private makeHoisted(): void {
		for (const node of this.scope.hoisted) {
			this.visitFunction(node, true);
			const binding = node.id && this.scope.bindings.get(node.id.name);
			if (binding) this.initialise(binding);
		}
	}

	private initialise(binding: Binding): void {
		const state = this.states.get(binding);
		if (!state) return;
		state.initialised = true;
		if (binding.scope.kind === 'switch' && binding.kind !== 'function') {
			state.clause = this.clauses.get(binding.scope) ?? null;
		}
	}

	// References

	private lookUp(name: string): Binding | null {
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

	private special(fn: FunctionInfo, kind: keyof typeof SPECIAL): Binding {
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

	private refer(node: t.Node, binding: Binding | null, write: boolean): void {
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
	private privateScope(name: string): Scope | null {
		for (let scope: Scope | null = this.scope; scope; scope = scope.parent) {
			if (scope.kind === 'class' && declaresPrivate(scope.node as t.Class, name)) return scope;
		}
		return null;
	}

	private referName(node: t.Node, name: string, write = false): void {
		this.refer(node, this.lookUp(name), write);
	}

	/** The function whose `this` is meant here; null at module level. */
	private owner(): FunctionInfo | null {
		let fn = this.fn;
		while (fn?.arrow) fn = fn.parent;
		return fn;
	}

	// The walk

	private visit(node: t.Node): void {
		switch (node.type) {
			case 'Identifier':
				this.referName(node, node.name);
				return;
			case 'ThisExpression': {
				const owner = this.owner();
				this.refer(node, owner && this.special(owner, 'this'), false);
				return;
			}
			case 'Super': {
				const owner = this.owner();
				if (owner) for (let fn = this.fn; fn; fn = fn === owner ? null : fn.parent) fn.usesSuper = true;
				// `super.x` reads `this` as well.
				if (owner) this.refer(node, this.special(owner, 'this'), false);
				if (owner) this.refer(node, this.special(owner, 'home'), false);
				return;
			}
			case 'MetaProperty':
				if (node.meta.name === 'new') {
					const owner = this.owner();
					this.refer(node, owner && this.special(owner, 'new.target'), false);
				}
				return;
			case 'JSXIdentifier':
				if (node.name === 'this') {
					const owner = this.owner();
					this.refer(node, owner && this.special(owner, 'this'), false);
				} else this.referName(node, node.name);
				return;
			case 'JSXOpeningElement':
				if (node.name.type === 'JSXIdentifier') {
					if (!/^[a-z]|-/.test(node.name.name) || node.name.name === 'this') this.visit(node.name);
				} else this.visit(node.name);
				for (const attribute of node.attributes) this.visit(attribute);
				return;
			case 'JSXClosingElement': {
				if (node.name.type === 'JSXIdentifier' && /^[a-z]|-/.test(node.name.name) && node.name.name !== 'this') return;
				this.visit(node.name);
				return;
			}
			case 'JSXMemberExpression':
				this.visit(node.object);
				return;
			case 'JSXNamespacedName':
				return;
			case 'JSXAttribute':
				if (node.value) this.visit(node.value);
				return;
			case 'MemberExpression':
			case 'OptionalMemberExpression':
				this.visit(node.object);
				if (node.computed) this.visit(node.property);
				else if (node.property.type === 'PrivateName') this.visit(node.property);
				return;
			case 'PrivateName': {
				const of = this.privateScope(node.id.name);
				const Class = of && this.scopes.classes.get(of.node);
				if (Class) this.refer(node, Class, false);
				for (let fn = this.fn; fn && fn !== of?.fn; fn = fn.parent) {
					fn.usesPrivate ??= node;
					if (of) fn.privateOf.add(of);
				}
				return;
			}
			case 'ObjectProperty':
				if (node.computed) this.visit(node.key);
				this.visit(node.value);
				return;
			case 'CallExpression':
				if (node.callee.type === 'Identifier' && node.callee.name === 'eval') {
					for (let fn = this.fn; fn; fn = fn.parent) fn.usesEval ??= node;
				}
				this.visitChildren(node);
				return;
			case 'WithStatement':
				for (let fn = this.fn; fn; fn = fn.parent) fn.usesWith ??= node;
				this.visitChildren(node);
				return;
			case 'AssignmentExpression':
				this.visitAssignment(node);
				return;
			case 'UpdateExpression': {
				const argument = unwrap(node.argument as t.Node);
				if (argument.type === 'Identifier') this.referName(argument, argument.name, true);
				else this.visit(argument);
				return;
			}
			case 'VariableDeclaration':
				if (!node.declare) for (const declarator of node.declarations) this.visitDeclarator(node, declarator);
				return;
			case 'FunctionDeclaration':
				// Made at the head of its scope; here the B.3.3 `var` is written.
				return;
			case 'FunctionExpression':
			case 'ArrowFunctionExpression':
			case 'ObjectMethod':
				if (node.type === 'ObjectMethod' && node.computed) this.visit(node.key);
				this.visitFunction(node, false);
				return;
			case 'ClassDeclaration':
			case 'ClassExpression':
				this.visitClass(node);
				return;
			case 'BlockStatement':
				this.open('block', node, () => this.enterStatements(node.body));
				return;
			case 'IfStatement':
				this.visit(node.test);
				this.visitArm(node.consequent);
				if (node.alternate) this.visitArm(node.alternate);
				return;
			case 'LabeledStatement':
				this.visit(node.body);
				return;
			case 'BreakStatement':
			case 'ContinueStatement':
				return;
			case 'ForStatement':
				this.open('for', node, () => {
					if (node.init?.type === 'VariableDeclaration') this.declareLexical(node.init);
					if (node.init) this.visit(node.init);
					if (node.test) this.visit(node.test);
					this.visit(node.body);
					if (node.update) this.visit(node.update);
				});
				return;
			case 'ForInStatement':
			case 'ForOfStatement':
				this.visitForEach(node);
				return;
			case 'SwitchStatement':
				this.visit(node.discriminant);
				this.open('switch', node, () => {
					const body = node.cases.flatMap((clause) => clause.consequent);
					this.enterStatements(body, () => {
						for (const clause of node.cases) {
							this.clauses.set(this.scope, null);
							if (clause.test) this.visit(clause.test);
							this.clauses.set(this.scope, clause);
							for (const statement of clause.consequent) this.visit(statement);
						}
						this.clauses.set(this.scope, null);
					});
				});
				return;
			case 'CatchClause':
				this.open('catch', node, () => {
					for (const id of boundIdentifiers(node.param ?? null)) this.bind('catch', id, node, false);
					if (node.param) this.visitPattern(node.param, true);
					// The block's own scope is inside: `catch (e) { let x }`; Annex B allows `var e` there.
					this.visit(node.body);
				});
				return;
			case 'ImportDeclaration':
			case 'ExportAllDeclaration':
				return;
			case 'ExportNamedDeclaration':
				if (node.declaration) this.visit(node.declaration);
				else if (!node.source) {
					for (const specifier of node.specifiers) {
						if (specifier.type === 'ExportSpecifier' && specifier.local.type === 'Identifier')
							this.visit(specifier.local);
					}
				}
				return;
			case 'ExportDefaultDeclaration':
				this.visit(node.declaration);
				return;
			case 'TSEnumDeclaration':
				if (!node.declare) this.visitEnum(node);
				return;
			case 'TSModuleDeclaration':
				if (!node.declare && node.body) {
					const body = node.body as t.Node;
					if (body.type === 'TSModuleBlock') {
						this.open('namespace', body, () => {
							this.declareVars(body.body);
							this.enterStatements(body.body);
						});
					}
				}
				return;
			case 'TSImportEqualsDeclaration':
				return;
			case 'TSExportAssignment':
				this.visit(node.expression);
				return;
			default:
				if (!isType(node)) this.visitChildren(node);
		}
	}

	/** Initialisers see the enum and the members before by their names. */
	private visitEnum(node: t.TSEnumDeclaration): void {
		this.open('block', node.body, () => {
			this.bind('let', { ...node.id }, node, true);
			for (const member of node.body.members) {
				if (member.initializer) this.visit(member.initializer);
				if (member.id.type === 'Identifier') this.bind('const', { ...member.id }, member, true);
			}
		});
		const binding = this.scope.bindings.get(node.id.name);
		if (binding) this.initialise(binding);
	}

	private visitChildren(node: t.Node): void {
		for (const child of childrenOf(node)) this.visit(child);
	}

	/** `if (a) function f() {}` is a block of its own in sloppy code. */
	private visitArm(node: t.Node): void {
		if (node.type === 'FunctionDeclaration') this.open('block', node, () => this.enterStatements([node]));
		else this.visit(node);
	}

	private visitDeclarator(declaration: t.VariableDeclaration, node: t.VariableDeclarator): void {
		const lexical = declaration.kind !== 'var';
		if (node.id.type === 'Identifier' && node.init && lexical) {
			const value = unwrap(node.init);
			const binding = this.scope.bindings.get(node.id.name);
			if (isFunctionNode(value) && binding) this.states.get(binding)!.value = value;
		}
		if (node.init) this.visit(node.init);
		if (lexical) this.visitPattern(node.id, true);
		else if (node.init) this.visitVar(node);
	}

	/** `var x = …`: the names are assigned; a plain one directly in the body initialises. */
	private visitVar(node: t.VariableDeclarator): void {
		this.visitPattern(node.id, false, (id) => {
			const binding = this.lookUp(id.name);
			const state = binding && this.states.get(binding);
			if (binding && state?.initialiser === node) {
				this.scopes.references.set(id, { binding, fn: this.fn, early: false, write: true });
				state.initialised = true;
			} else this.refer(id, binding, true);
		});
	}

	private visitForEach(node: t.ForInStatement | t.ForOfStatement): void {
		this.open('for', node, () => {
			const left = node.left;
			if (left.type === 'VariableDeclaration') {
				this.declareLexical(left);
				// `var x = 1` in a for-in head (sloppy).
				const init = left.declarations[0]?.init;
				if (init) this.visit(init);
			}
			this.visit(node.right);
			if (left.type === 'VariableDeclaration') {
				const declarator = left.declarations[0]!;
				if (left.kind === 'var') this.visitPattern(declarator.id, false, (id) => this.referName(id, id.name, true));
				else this.visitPattern(declarator.id, true);
			} else this.visitTarget(left);
			this.visit(node.body);
		});
	}

	private visitAssignment(node: t.AssignmentExpression): void {
		const left = unwrap(node.left as t.Node);
		if (left.type === 'Identifier') {
			this.visit(node.right);
			this.referName(left, left.name, true);
		} else if (left.type === 'ObjectPattern' || left.type === 'ArrayPattern') {
			this.visit(node.right);
			this.visitTarget(left);
		} else {
			this.visit(left);
			this.visit(node.right);
		}
	}

	/** The target of an assignment or of a for head that declares nothing. */
	private visitTarget(node: t.Node): void {
		this.visitPattern(node, false, (id) => this.referName(id, id.name, true));
	}

	/** Walks a pattern in order of evaluation; `bind` initialises the lexical names that it declares. */
	private visitPattern(node: t.Node, bind: boolean, assign?: (id: t.Identifier) => void): void {
		node = unwrap(node);
		switch (node.type) {
			case 'Identifier':
				if (bind) {
					const binding = this.scope.bindings.get(node.name);
					if (binding) this.initialise(binding);
				} else assign?.(node);
				return;
			case 'ObjectPattern':
				for (const property of node.properties) {
					if (property.type === 'RestElement') this.visitPattern(property.argument, bind, assign);
					else {
						if (property.computed) this.visit(property.key);
						this.visitPattern(property.value, bind, assign);
					}
				}
				return;
			case 'ArrayPattern':
				for (const element of node.elements) if (element) this.visitPattern(element, bind, assign);
				return;
			case 'AssignmentPattern':
				this.visit(node.right);
				this.visitPattern(node.left, bind, assign);
				return;
			case 'RestElement':
				this.visitPattern(node.argument, bind, assign);
				return;
			case 'TSParameterProperty':
				this.visitPattern(node.parameter, bind, assign);
				return;
			default:
				this.visit(node);
		}
	}

	// Functions and classes

	private enterFunction(
		node: FunctionInfo['node'],
		arrow: boolean,
		hoisted: boolean,
		walk: (info: FunctionInfo) => void,
	): void {
		const outer = { fn: this.fn, strict: this.strict };
		const info: FunctionInfo = {
			node,
			parent: this.fn,
			strict:
				this.strict ||
				(isFunctionNode(node) && node.body.type === 'BlockStatement' && hasUseStrict(node.body.directives)),
			arrow,
			hoisted,
			free: new Set(),
			usesSuper: false,
			usesEval: null,
			usesWith: null,
			usesPrivate: null,
			privateOf: new Set(),
			ownName: null,
			self: null,
			arguments: null,
			newTarget: null,
			home: null,
		};
		this.scopes.functions.set(node, info);
		this.fn = info;
		this.strict = info.strict;
		walk(info);
		this.fn = outer.fn;
		this.strict = outer.strict;
	}

	private visitFunction(node: FunctionNode, hoisted: boolean): void {
		if ('decorators' in node) for (const decorator of node.decorators ?? []) this.visit(decorator);
		this.enterFunction(node, node.type === 'ArrowFunctionExpression', hoisted, (info) => {
			if (node.type === 'FunctionExpression' && node.id) {
				const id = node.id;
				this.open('name', node, () => {
					info.ownName = this.bind('function-name', id, node, true);
					this.visitParameters(node);
				});
			} else this.visitParameters(node);
		});
	}

	private visitParameters(node: FunctionNode): void {
		this.open('function', node, () => {
			const simple = node.params.every((param) => param.type === 'Identifier');
			for (const param of node.params) {
				for (const id of boundIdentifiers(param)) if (id.name !== 'this') this.bind('param', id, param, simple);
			}
			for (const param of node.params) this.visitPattern(param, true);
			const body = node.body;
			const enter = () => {
				if (body.type !== 'BlockStatement') this.visit(body);
				else {
					this.declareVars(body.body);
					this.enterStatements(body.body);
				}
			};
			if (hasParameterExpressions(node.params)) this.open('body', node, enter);
			else enter();
		});
	}

	private visitClass(node: t.ClassDeclaration | t.ClassExpression): void {
		if ('declare' in node && node.declare) return;
		for (const decorator of node.decorators ?? []) this.visit(decorator);
		const outer = this.strict;
		this.strict = true;
		this.open('class', node, () => {
			const own = node.id ?? ({ type: 'Identifier', name: ANONYMOUS_CLASS } as t.Identifier);
			const inner = node.id || hasPrivate(node) ? this.bind('class-name', own, node, false) : null;
			if (inner) this.scopes.classes.set(node, inner);
			if (node.superClass) this.visit(node.superClass);
			for (const member of node.body.body)
				if ('computed' in member && member.computed) this.visit(member.key as t.Node);
			if (inner) this.initialise(inner);
			for (const member of node.body.body) this.visitMember(member);
		});
		this.strict = outer;
		if (node.type === 'ClassDeclaration' && node.id) {
			const binding = this.scope.bindings.get(node.id.name);
			if (binding) {
				this.scopes.declared.set(node.id, binding);
				this.initialise(binding);
			}
		}
	}

	private visitMember(member: t.ClassBody['body'][number]): void {
		switch (member.type) {
			case 'ClassMethod':
			case 'ClassPrivateMethod':
				this.visitFunction(member, false);
				return;
			case 'ClassProperty':
			case 'ClassPrivateProperty':
			case 'ClassAccessorProperty':
				for (const decorator of member.decorators ?? []) this.visit(decorator);
				if (member.value && !('declare' in member && member.declare)) {
					const value = member.value;
					this.enterFunction(member, false, false, () => this.visit(value));
				}
				return;
			case 'StaticBlock':
				this.enterFunction(member, false, false, () => {
					this.open('function', member, () => {
						this.declareVars(member.body);
						this.enterStatements(member.body);
					});
				});
				return;
			default:
		}
	}
}

function hasPrivate(node: t.Class): boolean {
	return node.body.body.some((member) => 'key' in member && member.key.type === 'PrivateName');
}

function declaresPrivate(node: t.Class, name: string): boolean {
	return node.body.body.some(
		(member) => 'key' in member && member.key.type === 'PrivateName' && member.key.id.name === name,
	);
}

/** What a function has without declaring it, and where its FunctionInfo keeps that. */
const SPECIAL = { this: 'self', home: 'home', arguments: 'arguments', 'new.target': 'newTarget' } as const;

function hasUseStrict(directives: readonly t.Directive[] | null | undefined): boolean {
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
