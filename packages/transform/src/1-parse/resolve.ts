import type * as t from '@babel/types';
import { hasUseStrict } from './bindings.ts';
import { boundIdentifiers, childrenOf, hasParameterExpressions } from './hoist.ts';
import {
	ANONYMOUS_CLASS,
	type FunctionInfo,
	type FunctionNode,
	isFunctionNode,
	isType,
	type Scopes,
	unwrap,
} from './scope.ts';
import { Targets } from './targets.ts';

/**
 * Scope analysis of a whole file, in one walk that visits in order of *evaluation* (a declarator's
 * value before its names, hoisted functions at the head of their scope). So whether a binding is
 * surely initialised where it is used is just whether the walk has passed its initialisation:
 * each scope instance is entered at its head, and within it the walk's order is that of execution.
 */
export function analyzeScopes(file: t.File): Scopes {
	return new Resolver(file.program).resolve(file.program);
}

class Resolver extends Targets {
	resolve(program: t.Program): Scopes {
		this.declareVars(program.body);
		this.enterStatements(program.body);
		return this.scopes;
	}

	protected visit(node: t.Node): void {
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

	protected visitFunction(node: FunctionNode, hoisted: boolean): void {
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
