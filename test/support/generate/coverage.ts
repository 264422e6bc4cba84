/** In how many of the generated programs each part of the language occurs. */
import { parse } from '@babel/parser';
import * as t from '@babel/types';
import { generateProgram } from './program.ts';

type Test = (node: t.Node, inside: Inside) => boolean;

interface Inside {
	readonly loops: number;
	readonly tries: number;
	readonly closures: number;
}

const isCall = (node: t.Node, name: string) =>
	node.type === 'CallExpression' &&
	(node.callee.type === 'Identifier'
		? node.callee.name === name
		: node.callee.type === 'MemberExpression' &&
			node.callee.property.type === 'Identifier' &&
			node.callee.property.name === name);
const isOfPromise = (node: t.Node) =>
	node.type === 'CallExpression' &&
	node.callee.type === 'MemberExpression' &&
	t.isIdentifier(node.callee.object, { name: 'Promise' });
const ofType =
	(...types: string[]) =>
	(node: t.Node) =>
		types.includes(node.type);
const operator = (pattern: RegExp) => (node: t.Node) =>
	'operator' in node && typeof node.operator === 'string' && pattern.test(node.operator);

const PARTS: Readonly<Record<string, Test>> = {
	'await in a loop': (node, inside) => node.type === 'AwaitExpression' && inside.loops > 0,
	'await in a try': (node, inside) => node.type === 'AwaitExpression' && inside.tries > 0,
	'await in a closure': (node, inside) => node.type === 'AwaitExpression' && inside.closures > 0,
	for: ofType('ForStatement'),
	'for of': (node) => node.type === 'ForOfStatement' && !node.await,
	'for await': (node) => node.type === 'ForOfStatement' && node.await,
	'for in': ofType('ForInStatement'),
	'while, do': ofType('WhileStatement', 'DoWhileStatement'),
	label: ofType('LabeledStatement'),
	switch: ofType('SwitchStatement'),
	catch: ofType('CatchClause'),
	finally: (node) => node.type === 'TryStatement' && node.finalizer != null,
	throw: ofType('ThrowStatement'),
	using: (node) => node.type === 'VariableDeclaration' && node.kind === 'using',
	'await using': (node) => node.type === 'VariableDeclaration' && node.kind === 'await using',
	closure: (node, inside) => t.isFunction(node) && inside.closures > 0,
	'async closure': (node, inside) => t.isFunction(node) && node.async && inside.closures > 0,
	generator: (node) => t.isFunction(node) && !!node.generator && !node.async,
	'async generator': (node) => t.isFunction(node) && !!node.generator && !!node.async,
	'generator in a function': (node, inside) => t.isFunction(node) && !!node.generator && inside.closures > 0,
	yield: (node) => node.type === 'YieldExpression' && !node.delegate,
	'yield*': (node) => node.type === 'YieldExpression' && node.delegate,
	next: (node) => isCall(node, 'next'),
	class: (node, inside) => node.type === 'ClassDeclaration' && inside.closures >= 0,
	extends: (node) => t.isClass(node) && node.superClass != null,
	super: ofType('Super'),
	'#private': ofType('ClassPrivateProperty', 'ClassPrivateMethod'),
	static: (node) => (t.isClassProperty(node) || t.isClassMethod(node)) && node.static === true,
	'static block': ofType('StaticBlock'),
	'async method': (node) => (t.isClassMethod(node) || t.isObjectMethod(node)) && node.async,
	accessor: (node) => (t.isClassMethod(node) || t.isObjectMethod(node)) && /get|set/.test(node.kind),
	this: ofType('ThisExpression'),
	'new.target': ofType('MetaProperty'),
	arguments: (node) => t.isIdentifier(node, { name: 'arguments' }),
	'new Promise': (node) => node.type === 'NewExpression' && t.isIdentifier(node.callee, { name: 'Promise' }),
	'Promise.*': isOfPromise,
	then: (node) => isCall(node, 'then'),
	thenable: (node) => node.type === 'ObjectMethod' && t.isIdentifier(node.key, { name: 'then' }),
	'Symbol.iterator': (node) => t.isMemberExpression(node) && t.isIdentifier(node.property, { name: 'iterator' }),
	'Symbol.asyncIterator': (node) =>
		t.isMemberExpression(node) && t.isIdentifier(node.property, { name: 'asyncIterator' }),
	'iterator helper': (node) => isCall(node, 'take') || isCall(node, 'drop') || isCall(node, 'toArray'),
	'iterator held': (node) => ['values', 'keys', 'entries', 'matchAll'].some((name) => isCall(node, name)),
	'Map, Set': (node) =>
		node.type === 'NewExpression' && t.isIdentifier(node.callee) && /^(Map|Set)$/.test(node.callee.name),
	'typed array': (node) =>
		node.type === 'NewExpression' && t.isIdentifier(node.callee) && /Array$/.test(node.callee.name),
	'tagged template': ofType('TaggedTemplateExpression'),
	template: ofType('TemplateLiteral'),
	spread: ofType('SpreadElement'),
	rest: ofType('RestElement'),
	'array pattern': ofType('ArrayPattern'),
	'object pattern': ofType('ObjectPattern'),
	default: ofType('AssignmentPattern'),
	'optional chain': ofType('OptionalMemberExpression', 'OptionalCallExpression'),
	'logical assignment': (node) => t.isAssignmentExpression(node) && operator(/^(&&|\|\||\?\?)=$/)(node),
	exponent: operator(/^\*\*=?$/),
	delete: operator(/^delete$/),
	typeof: operator(/^typeof$/),
	in: operator(/^in$/),
	instanceof: operator(/^instanceof$/),
	'++': ofType('UpdateExpression'),
	conditional: ofType('ConditionalExpression'),
	sequence: ofType('SequenceExpression'),
	bigint: ofType('BigIntLiteral'),
	symbol: (node) => t.isMemberExpression(node) && t.isIdentifier(node.object, { name: 'Symbol' }),
	regexp: ofType('RegExpLiteral'),
	cause: (node) => t.isObjectProperty(node) && t.isIdentifier(node.key, { name: 'cause' }),
	AggregateError: (node) => t.isIdentifier(node, { name: 'AggregateError' }),
	hole: (node) => node.type === 'ArrayExpression' && node.elements.includes(null),
	var: (node) => node.type === 'VariableDeclaration' && node.kind === 'var',
};

/** The share of programs in which each part occurs, in per cent. */
export function coverage(seeds: readonly number[]): ReadonlyMap<string, number> {
	const counts = new Map(Object.keys(PARTS).map((part) => [part, 0]));
	for (const seed of seeds) {
		for (const part of partsOf(generateProgram(seed))) counts.set(part, counts.get(part)! + 1);
	}
	return new Map([...counts].map(([part, count]) => [part, (100 * count) / seeds.length]));
}

function partsOf(source: string): Set<string> {
	const file = parse(source, { sourceType: 'module' });
	const found = new Set<string>();
	const tests = Object.entries(PARTS);
	const visit = (node: t.Node, inside: Inside): void => {
		for (const [part, test] of tests) if (!found.has(part) && test(node, inside)) found.add(part);
		const within = {
			loops: inside.loops + (t.isLoop(node) ? 1 : 0),
			tries: inside.tries + (node.type === 'TryStatement' ? 1 : 0),
			closures: inside.closures + (t.isFunction(node) || t.isClass(node) ? 1 : 0),
		};
		for (const key of t.VISITOR_KEYS[node.type] ?? []) {
			const value = (node as unknown as Record<string, t.Node | (t.Node | null)[] | null>)[key];
			for (const child of Array.isArray(value) ? value : [value]) if (child) visit(child, within);
		}
	};
	// The prologue is in every program.
	const body = file.program.body.filter(
		(node) => !('id' in node && /^(Box|tag|each|plus|tick|refuse|calm)$/.test((node.id as t.Identifier)?.name)),
	);
	for (const node of body) visit(node, { loops: 0, tries: 0, closures: -1 });
	return found;
}
