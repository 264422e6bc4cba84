/**
 * What is said of a value that has to be saved and cannot be. The compiler says it of types, the
 * runtime of values, and both in these words: who has met the one knows the other.
 */

/** What a value is called in these sentences. */
export const REFUSED = {
	/** Of a type that is never saved: `Socket`, `WeakMap<object, string>`. */
	type: (type: string) => `'${type}'`,
	instance: (name: string) => `an instance of '${name}', a class that is not registered`,
	hidden: (name: string) => `an instance of '${name}', a class with private members`,
	class: (name: string) => `the class '${name}', which is not registered`,
	/** Without a name: one that was made in place. */
	function: (name = '') => (name === '' ? 'a foreign function' : `the foreign function '${name}'`),
	promise: 'a native promise',
	namespace: 'a module namespace that durable code has not imported itself',
	iterator: 'an iterator that foreign code made',
	callee: 'a function that only this process knows',
} as const;

/** The way out for a module namespace that came from elsewhere. */
export const NAMESPACE_HELP =
	"import it in the module of the durable function (import * as m from './m.ts'), which is saved by that name, or in the function itself (const m = await import('./m.ts')), by its specifier";

/**
 * The value is held by a parked frame.
 * @param path from the variable to the value: `customer.session.socket`.
 * @param point `file:line:column` of the await, where no span shows it.
 */
export function capturedMessage(path: string, what: string, point?: string): string {
	return `'${path}' is captured across an await${place(point)}, but ${clause(what)} cannot be saved.`;
}

/**
 * The value is handed to an effect.
 * @param path from the arguments to the value: `arguments[0].socket`.
 * @param effect the callee as written: `stripe.charges.create`.
 */
export function argumentMessage(path: string, what: string, effect: string, point?: string): string {
	return `'${path}' is handed to the effect '${effect}'${place(point)}, but ${clause(what)} cannot be saved.`;
}

/** The value is what an effect is called on. */
export function receiverMessage(path: string, what: string, effect: string, point?: string): string {
	return `'${path}' is what the effect '${effect}' is called on${place(point)}, but ${clause(what)} cannot be saved.`;
}

/** The value is the effect's function itself. */
export function calleeMessage(path: string, what: string, point?: string): string {
	return `'${path}' is called as an effect${place(point)}, but ${clause(what)} cannot be found again after a restore.`;
}

/**
 * The value is what a run is started with.
 * @param path the parameter, or `args[0]` where its name is not known.
 */
export function parameterMessage(path: string, what: string, durable: string): string {
	return `'${path}' is what '${durable}' is started with, but ${clause(what)} cannot be saved.`;
}

/** The value is what a run ends with: it is kept until somebody asks for it. `path` begins with `result`. */
export function resultMessage(path: string, what: string, durable: string): string {
	return `'${path}' is what '${durable}' returns, but ${clause(what)} cannot be saved.`;
}

/** The value is in nobody's hands: it was to be written by itself. */
export function aloneMessage(path: string, what: string): string {
	return `'${path}' cannot be saved: it is ${what}.`;
}

const place = (point: string | undefined) => (point === undefined ? '' : ` (${point})`);

/** A relative clause ends with a comma where the sentence goes on; what is quoted is no part of it. */
const clause = (what: string) => (what.replace(/'[^']*'/g, '').includes(', ') ? `${what},` : what);
