import type * as t from '@babel/types';

/** What the head of a function says. */
export interface Directive {
	readonly node: t.Node;
	/** The id of `"use durable as <id>"`. */
	readonly as: string | null;
}

const DIRECTIVE = /^use durable(?: as (\S+))?$/;

/** The directive as the first statement of a body, well spelt. */
export function directiveOf(body: t.Node): Directive | null {
	if (body.type !== 'BlockStatement') return null;
	const first = body.directives[0];
	const match = first && DIRECTIVE.exec(first.value.value);
	return match ? { node: first, as: match[1] ?? null } : null;
}

/** Is the text meant as the directive? Says what is wrong with it, or null when it means something else. */
export function misuse(text: string): 'misspelt' | 'misplaced' | null {
	if (DIRECTIVE.test(text)) return 'misplaced';
	const plain = text.trim().toLowerCase().replace(/\s+/g, ' ');
	if (/^use durable( as\b.*)?$/.test(plain)) return 'misspelt';
	const head = plain.split(' as ')[0]!;
	return head.length >= 9 && head.length <= 13 && distance(head, 'use durable') <= 2 ? 'misspelt' : null;
}

/**
 * Whatever is, or looks like, the directive has this in it: a quick first look at a file, which tools can
 * take without calling us.
 */
export const DIRECTIVE_HINT = /['"]\s*use\s*d/i;

/** The directive that a misspelt text surely means; null where its id is not clear. */
export function corrected(text: string): string | null {
	const words = text.trim().replace(/\s+/g, ' ');
	const id = / as (\S+)$/i.exec(words)?.[1];
	const head = id === undefined ? words : words.slice(0, -` as ${id}`.length);
	if (/ as\b/i.test(head)) return null;
	return id === undefined ? 'use durable' : `use durable as ${id}`;
}

/** Texts in quotes that could be meant as the directive. */
const ALIKE = /(['"])(\s*use\s*d[^'"\n]{3,40})\1/gi;

/**
 * Is the directive, or what looks like it, somewhere in a file? The others are not worth parsing. One that
 * is misspelt counts even where it is the only one: otherwise its function would silently not be durable.
 */
export function mentionsDirective(source: string): boolean {
	if (source.includes('use durable')) return true;
	return [...source.matchAll(ALIKE)].some(([, , text]) => misuse(text!) !== null);
}

/** Levenshtein distance; both are short. */
function distance(a: string, b: string): number {
	let row = Array.from({ length: b.length + 1 }, (_, i) => i);
	for (let i = 1; i <= a.length; i++) {
		const next = [i];
		for (let j = 1; j <= b.length; j++) {
			next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
		}
		row = next;
	}
	return row[b.length]!;
}
