import type * as t from '@babel/types';
import type { DurableFunction } from '../2-lower/cfg.ts';
import type { Sink } from '../diagnostics/sink.ts';
import { corrected, directiveOf, misuse } from './directive.ts';
import { childrenOf } from './hoist.ts';
import { namePathOf } from './name-path.ts';
import { type FunctionNode, isFunctionNode, type Scopes } from './scope.ts';

/**
 * The functions of a file that carry the directive, in source order. Reports PD1001 to PD1005; a
 * function with such an error is left out. Inside a durable function the directive is not looked
 * for: its async closures are durable anyway.
 */
export function findDurableFunctions(file: t.File, scopes: Scopes, sink: Sink): DurableFunction[] {
	const found: DurableFunction[] = [];
	const parents: t.Node[] = [];
	/** First directives of function bodies: the place of the directive. */
	const heads = new Set<t.Node>();
	let inside = false;

	const visit = (node: t.Node): void => {
		if (node.type === 'Directive' || node.type === 'ExpressionStatement') reportMisuse(node, heads.has(node), sink);
		if (isFunctionNode(node) && node.body.type === 'BlockStatement' && node.body.directives[0]) {
			heads.add(node.body.directives[0]);
		}
		const outer = inside;
		const directive = isFunctionNode(node) && !inside ? directiveOf(node.body) : null;
		if (directive) {
			const durable = accept(node as FunctionNode, directive.node, directive.as);
			if (durable) found.push(durable);
			inside = true;
		}
		parents.push(node);
		for (const child of childrenOf(node)) visit(child);
		parents.pop();
		inside = outer;
	};

	const accept = (node: FunctionNode, directive: t.Node, as: string | null): DurableFunction | null => {
		const wrong = unfit(node);
		if (wrong) {
			sink.report('PD1002', directive, wrong);
			return null;
		}
		const { path, name } = namePathOf(node, parents);
		const called = name ? `'${name}'` : 'this function';
		const around = madeAgain(parents);
		if (around) {
			const info = scopes.functions.get(node);
			const captured = [...(info?.free ?? [])].find((binding) => binding.kind !== 'this');
			sink.report(
				'PD1004',
				directive,
				{ function: called, variable: captured?.name ?? null, around: around.what },
				captured ? [{ message: `'${captured.name}' is declared here`, node: captured.node }] : [],
			);
			return null;
		}
		if (path === null && as === null) {
			sink.report('PD1005', directive, { function: called });
			return null;
		}
		const id = as ?? path!;
		const equal = found.find((other) => (other.as ?? other.path) === id && (other.as === null) === (as === null));
		if (equal) {
			sink.report('PD1003', directive, { id }, [{ message: 'the other one is here', node: equal.node }]);
			return null;
		}
		return { node, parents: [...parents], path: path ?? id, name, as };
	};

	visit(file.program);
	return found;
}

function reportMisuse(node: t.Directive | t.ExpressionStatement, head: boolean, sink: Sink): void {
	const text =
		node.type === 'Directive'
			? node.value.value
			: node.expression.type === 'StringLiteral'
				? node.expression.value
				: null;
	const wrong = text === null ? null : misuse(text);
	if (text === null || !wrong || (head && wrong === 'misplaced')) return;
	const right = head && wrong === 'misspelt' ? corrected(text) : null;
	// What stands between the quotes, which stay.
	const start = (node.type === 'Directive' ? node.value : node.expression).start! + 1;
	const fix =
		right === null ? null : { title: `Write "${right}"`, edits: [{ start, length: text.length, text: right }] };
	sink.report('PD1001', node, { text, wrong }, [], fix);
}

function unfit(node: FunctionNode): { what: string; way: string } | null {
	if ('kind' in node) {
		if (node.kind === 'constructor') return { what: 'a constructor', way: 'put it on an async method or function' };
		if (node.kind === 'get' || node.kind === 'set') {
			return { what: 'an accessor', way: 'make it an async method' };
		}
	}
	if (!node.async && !node.generator) {
		return { what: 'a function that is neither async nor a generator', way: 'make the function async' };
	}
	return null;
}

/** The nearest thing around a function that may make it more than once per evaluation of the module. */
function madeAgain(parents: readonly t.Node[]): { what: string } | null {
	for (let i = parents.length - 1; i >= 0; i--) {
		const node = parents[i]!;
		switch (node.type) {
			case 'FunctionDeclaration':
			case 'FunctionExpression':
			case 'ArrowFunctionExpression':
			case 'ObjectMethod':
			case 'ClassMethod':
			case 'ClassPrivateMethod':
				return { what: 'a function that is not durable' };
			case 'ClassProperty':
			case 'ClassPrivateProperty':
			case 'ClassAccessorProperty':
				if (!node.static) return { what: 'a field of a class' };
				break;
			case 'ForStatement':
			case 'ForInStatement':
			case 'ForOfStatement':
			case 'WhileStatement':
			case 'DoWhileStatement':
				return { what: 'a loop' };
			case 'TSModuleDeclaration':
				return { what: 'a TypeScript namespace' };
			default:
		}
	}
	return null;
}
