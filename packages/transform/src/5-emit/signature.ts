/** The parameters of a wrapper: names and types as written, `length` as it was, nothing evaluated. */
import type * as t from '@babel/types';
import { id, spread, undefinedValue } from './build.ts';
import type { Names } from './names.ts';

type Parameter = t.FunctionParameter | t.TSParameterProperty;

export interface Signature {
	readonly params: t.FunctionParameter[];
	/** The arguments again, for an arrow, which has no `arguments`. */
	readonly forward: (t.Expression | t.SpreadElement)[];
}

export function signatureOf(params: readonly Parameter[], names: Names): Signature {
	const out: t.FunctionParameter[] = [];
	const forward: (t.Expression | t.SpreadElement)[] = [];
	for (const param of params) {
		const plain = parameter(param, names);
		out.push(plain);
		if (plain.type === 'Identifier' && plain.name === 'this') continue;
		const name = nameOf(plain);
		forward.push(plain.type === 'RestElement' ? spread(id(name)) : id(name));
	}
	return { params: out, forward };
}

function parameter(param: Parameter, names: Names): t.FunctionParameter {
	switch (param.type) {
		case 'Identifier':
			return target(param, names);
		case 'AssignmentPattern':
			// A default ends what `length` counts; it is evaluated by the body.
			return { ...param, left: target(param.left, names), right: undefinedValue() } as t.AssignmentPattern;
		case 'RestElement':
			return { ...param, argument: target(param.argument, names) } as t.RestElement;
		case 'TSParameterProperty':
			return parameter(param.parameter, names);
		default:
			return target(param, names);
	}
}

/** A pattern has a name of its own in the wrapper, with the pattern's type. */
function target(param: t.Node, names: Names): t.Identifier {
	// The wrapper reads its own `arguments`, which a parameter of that name (in sloppy code) would hide.
	if (param.type === 'Identifier' && param.name !== 'arguments') return { ...param };
	const { typeAnnotation, decorators } = param as t.ObjectPattern;
	const plain = id(names.pick('arg'));
	if (typeAnnotation) plain.typeAnnotation = typeAnnotation;
	if (decorators) plain.decorators = decorators;
	return plain;
}

function nameOf(param: t.FunctionParameter): string {
	if (param.type === 'Identifier') return param.name;
	if (param.type === 'AssignmentPattern') return (param.left as t.Identifier).name;
	return ((param as t.RestElement).argument as t.Identifier).name;
}
