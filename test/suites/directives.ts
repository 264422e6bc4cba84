/**
 * Puts the directive into every async function and generator of a CommonJS module that may have it: the
 * outermost ones. Those inside a durable one are closures of it and need none. Where the compiler refuses a function,
 * it is left as it is and the ones inside it are tried in its place.
 */
import { parseSync, type types as t, traverse } from '@babel/core';
import { transform } from '@perdure/transform';

export interface Compiled {
	readonly code: string;
	/** Functions that have the directive. */
	readonly durable: number;
	/** Async functions inside these. */
	readonly closures: number;
	/** Async functions that stay plain, by the code of the error that the directive gets there. */
	readonly refused: Readonly<Record<string, number>>;
}

type Candidate =
	| t.FunctionDeclaration
	| t.FunctionExpression
	| t.ArrowFunctionExpression
	| t.ObjectMethod
	| t.ClassMethod
	| t.ClassPrivateMethod;

interface AsyncFunction {
	readonly node: Candidate;
	readonly inner: AsyncFunction[];
}

/**
 * The whole text of a CommonJS module as the body of one durable function: everything in it becomes a
 * closure of a durable function, classes are made in one, and so on. Null where the compiler refuses that.
 */
export function compileAsOneFunction(source: string, filename: string): Compiled | { readonly refusedBy: string } {
	const head = /^(?:#!.*\n)?(?:\s*['"]use strict['"];?)?/.exec(source)![0];
	const text = `${head};(async function () {"use durable as suites/${filename}";${source.slice(head.length)}\n}).call(this);\n`;
	const { code, diagnostics } = transform(text, { filename, sourceType: 'commonjs' });
	const error = diagnostics.find(({ severity }) => severity === 'error');
	if (error !== undefined) return { refusedBy: error.code };
	return { code, durable: 1, closures: count(asyncFunctionsOf(source)), refused: {} };
}

/** @throws Error when what the compiler says does not lie in a function with the directive. */
export function compileWithDirectives(source: string, filename: string): Compiled {
	const chosen = new Set(asyncFunctionsOf(source));
	const refused: Record<string, number> = {};
	for (;;) {
		const { text, spans } = withDirectives(source, [...chosen], filename);
		const { code, diagnostics } = transform(text, { filename, sourceType: 'commonjs' });
		const errors = diagnostics.filter(({ severity }) => severity === 'error');
		if (errors.length === 0) {
			const closures = [...chosen].reduce((sum, { inner }) => sum + count(inner), 0);
			return { code, durable: chosen.size, closures, refused };
		}
		const wrong = new Map<AsyncFunction, string>();
		for (const error of errors) {
			const at = offsetOf(text, error.line, error.column);
			const span = spans.find(({ start, end }) => start <= at && at < end);
			if (span === undefined)
				throw new Error(`${filename}:${error.line}:${error.column} ${error.code}: ${error.message}`);
			if (!wrong.has(span.fn)) wrong.set(span.fn, error.code);
		}
		for (const [fn, code] of wrong) {
			chosen.delete(fn);
			for (const inner of fn.inner) chosen.add(inner);
			refused[code] = (refused[code] ?? 0) + 1;
		}
	}
}

function count(functions: readonly AsyncFunction[]): number {
	return functions.reduce((sum, { inner }) => sum + 1 + count(inner), 0);
}

/** The outermost ones, each with those inside it. */
function asyncFunctionsOf(source: string): AsyncFunction[] {
	const tree = parseSync(source, { sourceType: 'commonjs', configFile: false, babelrc: false });
	const outermost: AsyncFunction[] = [];
	const stack: AsyncFunction[] = [];
	traverse(tree!, {
		Function: {
			enter({ node }) {
				if (!node.async && !node.generator) return;
				const found = { node: node as Candidate, inner: [] };
				(stack.at(-1)?.inner ?? outermost).push(found);
				stack.push(found);
			},
			exit({ node }) {
				if (stack.at(-1)?.node === node) stack.pop();
			},
		},
	});
	return outermost;
}

interface Span {
	readonly fn: AsyncFunction;
	readonly start: number;
	readonly end: number;
}

/** The text with the directives, and where each function then stands. */
function withDirectives(
	source: string,
	functions: readonly AsyncFunction[],
	filename: string,
): { text: string; spans: Span[] } {
	let text = '';
	let from = 0;
	const spans: Span[] = [];
	const ordered = [...functions].sort((a, b) => a.node.start! - b.node.start!);
	for (const [i, fn] of ordered.entries()) {
		const { node } = fn;
		const directive = `"use durable as suites/${filename}/${i}";`;
		const grown = text.length - from;
		const start = node.start! + grown;
		if (node.body.type === 'BlockStatement') {
			const open = node.body.start! + 1;
			text += `${source.slice(from, open)}${directive}${source.slice(open, node.end!)}`;
		} else {
			const body = bodyRange(source, node.body);
			text += `${source.slice(from, body.start)}{${directive}return ${source.slice(body.start, body.end)}}`;
		}
		from = node.end!;
		spans.push({ fn, start, end: text.length });
	}
	return { text: text + source.slice(from), spans };
}

/** Of an arrow function's expression, with the parentheses around it. */
function bodyRange(source: string, body: t.Expression): { start: number; end: number } {
	if (!body.extra?.['parenthesized']) return { start: body.start!, end: body.end! };
	return { start: body.extra['parenStart'] as number, end: source.indexOf(')', body.end!) + 1 };
}

function offsetOf(text: string, line: number, column: number): number {
	let offset = 0;
	for (let i = 1; i < line; i++) offset = text.indexOf('\n', offset) + 1;
	return offset + column - 1;
}
