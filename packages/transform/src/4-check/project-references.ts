/** A project and all that it refers to, so that a solution's tsconfig.json stands for its projects. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type * as t from '@babel/types';
import { parse } from '../1-parse/parse.ts';

/** Configuration files, each once, those that others need first. A reference to nothing is left out. */
export function withReferences(config: string): string[] {
	const found: string[] = [];
	const met = new Set<string>();
	const visit = (file: string): void => {
		if (met.has(file)) return;
		met.add(file);
		for (const reference of referencesOf(file)) visit(reference);
		found.push(file);
	};
	visit(config);
	return found;
}

/** They are not inherited by "extends". */
function referencesOf(config: string): string[] {
	return pathsIn(readFileSync(config, 'utf8')).flatMap((path) => {
		const full = resolve(dirname(config), path);
		const file = statSync(full, { throwIfNoEntry: false })?.isDirectory() ? join(full, 'tsconfig.json') : full;
		return existsSync(file) ? [file.replaceAll('\\', '/')] : [];
	});
}

/** A tsconfig.json is JSON with comments and trailing commas: an expression of JavaScript. */
function pathsIn(text: string): string[] {
	let file: t.File;
	try {
		file = parse(`(${text.replace(/^\uFEFF/, '')}\n)`, { filename: 'tsconfig.js' });
	} catch {
		return []; // TypeScript says what is wrong with it
	}
	const [statement] = file.program.body;
	const references = statement?.type === 'ExpressionStatement' ? memberOf(statement.expression, 'references') : null;
	if (references?.type !== 'ArrayExpression') return [];
	return references.elements.flatMap((element) => {
		const path = element && memberOf(element, 'path');
		return path?.type === 'StringLiteral' ? [path.value] : [];
	});
}

function memberOf(node: t.Node, name: string): t.Node | null {
	if (node.type !== 'ObjectExpression') return null;
	const property = node.properties.find(
		(each) => each.type === 'ObjectProperty' && each.key.type === 'StringLiteral' && each.key.value === name,
	);
	return property?.type === 'ObjectProperty' ? property.value : null;
}
