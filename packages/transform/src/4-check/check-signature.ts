/** What a durable function is started with, and what it gives: both are stored. */
import type * as t from '@babel/types';
import { generatorOf } from '../1-parse/scope.ts';
import { type Checking, rootBinding } from './checking.ts';
import { headOf } from './declared-names.ts';
import type { TypeQuestions } from './questions.ts';
import { returnsIn } from './returns.ts';
import type { Type } from './type-model.ts';
import { ANY, UNKNOWN } from './verdict.ts';

/** What will be looked at by the two checks. */
export function wantSignature(node: t.Function, types: TypeQuestions): void {
	for (const each of node.params) types.want(nameIn(each));
	types.want(functionAt(node));
}

export function checkParameters(checking: Checking): void {
	for (const [index, parameter] of checking.fn.node.params.entries()) checkParameter(checking, parameter, index);
}

function checkParameter(checking: Checking, parameter: t.Node, index: number): void {
	const target = nameIn(parameter);
	const type = checking.types.at(target);
	if (type === undefined) return;
	const named = target.type === 'Identifier';
	const binding = named ? checking.scopes.declared.get(target) : undefined;
	const subject = binding ? { binding } : { node: target };
	const of = nameOfFunction(checking);
	for (const { code, path, what, help: way, related } of checking.judge.wrong([type], subject)) {
		const whole = named ? target.name + path : path.startsWith('.') ? path.slice(1) : `args[${index}]${path}`;
		const at = nameOnly(target);
		const is = `what '${of}' is started with`;
		if (code === 'PD3004') checking.sink.report('PD3004', at, { path: whole, what, is, way: typed(way) }, related);
		else checking.sink.report('PD3009', at, { path: whole, what, as: 'parameter', of, way }, related);
		if (binding) checking.told.add(binding);
	}
}

/** The pattern or name that gets the argument. */
function nameIn(parameter: t.Node): t.Node {
	switch (parameter.type) {
		case 'AssignmentPattern':
			return parameter.left;
		case 'RestElement':
			return parameter.argument;
		case 'TSParameterProperty':
			return nameIn(parameter.parameter);
		default:
			return parameter;
	}
}

/** Without its type. */
function nameOnly(node: t.Node): t.Node {
	if (node.type === 'Identifier') return { ...node, end: node.start! + node.name.length };
	const annotation = 'typeAnnotation' in node ? node.typeAnnotation : null;
	return annotation ? { ...node, end: (annotation as t.Node).start! } : node;
}

/** Asked when the body has been looked at: a variable that something was told of is not told as the result again. */
export function checkResult(checking: Checking): void {
	const { node } = checking.fn;
	if (generatorOf(node) !== null || givesOnlyTold(checking, node.body)) return;
	const given = checking.types.at(functionAt(node))?.callSignatures()[0]?.result();
	const result = given && fulfilled(given);
	if (!result || isOfCaller(result, node)) return;
	const annotation = node.returnType?.type === 'TSTypeAnnotation' ? node.returnType.typeAnnotation : null;
	const at = annotation ?? headOf(node);
	const of = nameOfFunction(checking);
	const is = `what '${of}' returns`;
	for (const { code, path, what, help: way, related } of checking.judge.wrong([result], null)) {
		const whole = `result${path}`;
		if (code === 'PD3004') checking.sink.report('PD3004', at, { path: whole, what, is, way: typed(way) }, related);
		else checking.sink.report('PD3009', at, { path: whole, what, as: 'result', of, way }, related);
	}
}

/** No check of the body comes before its arguments are stored, or changes the type of what it gives. */
const typed = (way: string) => (way === UNKNOWN ? ANY : way);

/**
 * `retry<T>(fn: () => Promise<T>): Promise<T>`: what it gives is what it was handed, and is looked at where it is
 * called, where it has a type. What it is held in over an await is told all the same.
 */
function isOfCaller(type: Type, { start, end }: t.Function): boolean {
	const declared = type.kind === 'parameter' ? (type.symbol()?.declarations() ?? []) : [];
	return declared.some((each) => each.start > start! && each.end < end!);
}

function givesOnlyTold(checking: Checking, body: t.Node): boolean {
	const given = returnsIn(body).flatMap(({ argument }) => (argument ? [rootBinding(argument, checking)] : []));
	return given.length > 0 && given.every((binding) => binding !== undefined && checking.told.has(binding));
}

/** Where a function's own type is asked for: at its name, or at the expression. */
function functionAt(node: t.Function): t.Node {
	const head = headOf(node);
	return head.type === 'Identifier' ? nameOnly(head) : head;
}

/** What the promise of an async function is fulfilled with. */
function fulfilled(type: Type): Type | undefined {
	return type.symbol()?.name === 'Promise' ? type.typeArguments()[0] : undefined;
}

function nameOfFunction({ fn }: Checking): string {
	return fn.name ?? fn.path;
}
