import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { UnsupportedError } from '../errors/internal.ts';
import { TABLES } from './schema.ts';
import type { SqlArguments } from './transaction.ts';

/**
 * What a statement of a user's transaction may be, and what is bound to it. SQLite and its binding are silent about
 * much of it: what follows the first statement is left out, and a place that is given nothing it knows is NULL.
 */

/** What of a statement is no SQL: texts and comments. */
const TEXT = /'(?:[^']|'')*'|--[^\n]*|\/\*[\s\S]*?\*\//g;
/** Marks of names. */
const MARKS = /["`[\]]/g;
/** Names in marks too: no place for a value is among them. */
const QUOTED = /"[^"]*"|`[^`]*`|\[[^\]]*\]/g;

/** What begins, ends or leaves the transaction, which is the store's to do. */
const CONTROL = /^\s*(begin|commit|end|rollback|savepoint|release|attach|detach|vacuum|pragma)\b/i;
/** What changes one of the store's tables, or stands in its place. */
const CHANGE = new RegExp(
	String.raw`\b(?:into|update(?:\s+or\s+\w+)?|delete\s+from|(?:table|view)(?:\s+if(?:\s+not)?\s+exists)?)` +
		String.raw`\s+(?:main\s*\.\s*)?(${TABLES.join('|')})\b`,
	'i',
);

/** @throws UnsupportedError for what is not a user's to do within the engine's transaction. */
export function checkStatement(sql: string): void {
	const bare = sql.replace(TEXT, ' ');
	const control = CONTROL.exec(bare)?.[1];
	if (control !== undefined) {
		throw new UnsupportedError({
			what: `${control.toUpperCase()} inside a transaction of the engine`,
			help: 'return to commit, throw to roll back',
		});
	}
	const table = CHANGE.exec(bare.replace(MARKS, ''))?.[1];
	if (table !== undefined) {
		throw new UnsupportedError({
			what: `to change '${table}', a table of the engine's store,`,
			help: `give your table another name than the store's: ${TABLES.join(', ')}`,
		});
	}
}

/** @throws UnsupportedError where the text goes on after the statement that was made of it. */
export function checkWhole(sql: string, { sourceSQL }: StatementSync): void {
	const rest = sql.slice(sql.indexOf(sourceSQL) + sourceSQL.length).replace(TEXT, '');
	if (/^[\s;]*$/.test(rest)) return;
	throw new UnsupportedError({
		what: 'more than one statement at a time',
		help: 'give each of them a call of its own: all calls of the function are one transaction',
	});
}

/**
 * @throws RangeError where there is no value for a place: it would be NULL.
 * @throws TypeError for a value that SQLite does not have.
 */
export function bound(sql: string, given: SqlArguments): SQLInputValue[] {
	const bare = sql.replace(TEXT, ' ').replace(QUOTED, ' ');
	const [first] = given;
	const places = bare.match(/\?(?!\d)/g)?.length ?? 0;
	if (given.length === 1 && isRecord(first)) {
		checkPlaces(places, 0);
		for (const [, mark, name] of bare.matchAll(/([:@$])(\w+)/g)) {
			if (name! in first || mark! + name! in first) continue;
			throw new RangeError(`the statement has a place for '${mark}${name}', and there is no value of that name.`);
		}
		for (const [name, value] of Object.entries(first)) checkValue(`the value '${name}'`, value);
		return [first as never];
	}
	const values = (Array.isArray(first) ? first : given) as SQLInputValue[];
	checkPlaces(places, values.length);
	for (const [i, value] of values.entries()) checkValue(`value ${i + 1}`, value);
	return values;
}

function checkPlaces(places: number, values: number): void {
	if (places <= values) return;
	throw new RangeError(`the statement has ${places} places for values (?) and was given ${values}.`);
}

function checkValue(which: string, value: unknown): void {
	if (value === null || ArrayBuffer.isView(value)) return;
	if (['number', 'bigint', 'string', 'boolean'].includes(typeof value)) return;
	const what = typeof value === 'object' ? (value.constructor?.name ?? 'object') : typeof value;
	throw new TypeError(`${which} of the statement is '${what}': give a text, a number, a bigint, bytes, or null.`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
	if (typeof value !== 'object' || value === null) return false;
	const prototype: unknown = Object.getPrototypeOf(value);
	return prototype === Object.prototype || prototype === null;
}
