/**
 * Questions and messages that modules define: what runs and those who answer them agree on.
 *
 * Owns: the definitions of this process, by kind and name. It hangs on `globalThis`, so that two copies
 * of the package know each other's. Called by: user modules, the primitives, whoever answers or sends.
 * Q1: what was defined with a schema enters a run only as what that schema gave for it.
 */
import { InvalidAnswerError } from '../errors/run.ts';
import { DecodeError } from '../errors/saving.ts';
import { serializable } from './classes.ts';
import { issueText, type StandardSchema } from './standard-schema.ts';

/** `instanceof` is not relied on: the definition may be another copy's. */
const TOPIC: unique symbol = Symbol.for('perdure.topic') as never;

type Kind = 'question' | 'message';

/** Only for types: what goes in and what comes out. */
declare const TYPES: unique symbol;

/**
 * A kind of `suspend`, made by `defineQuestion`: hands out a `V`, takes an `A`. `I`: what an answer is before
 * its schema has looked at it.
 */
export class Question<V = unknown, A = unknown, I = A> {
	declare readonly [TYPES]?: (value: V, answer: I) => A;
	readonly [TOPIC] = 'question';
	readonly name: string;
	readonly schema: StandardSchema<unknown, A> | undefined;

	/** Not for users: `defineQuestion`. */
	constructor(name: string, schema?: StandardSchema<unknown, A>) {
		this.name = name;
		this.schema = schema;
	}
}

/** A kind of message, made by `defineMessage`. `I`: what a payload is before its schema has looked at it. */
export class Message<T = unknown, I = T> {
	declare readonly [TYPES]?: (payload: I) => T;
	readonly [TOPIC] = 'message';
	readonly name: string;
	readonly schema: StandardSchema<unknown, T> | undefined;

	/** Not for users: `defineMessage`. */
	constructor(name: string, schema?: StandardSchema<unknown, T>) {
		this.name = name;
		this.schema = schema;
	}
}

const KEY = Symbol.for('perdure.topics.1');
const holder = globalThis as { [KEY]?: Map<string, (Question | Message)[]> };
holder[KEY] ??= new Map();
const topics = holder[KEY];

/**
 * Defines a question, at module level. Answers are checked by the schema of any library that follows Standard
 * Schema, wherever they come from; what the schema gives is what `suspend` returns.
 * @throws TypeError
 */
export function defineQuestion<V = unknown, A = unknown, I = A>(
	name: string,
	o: { readonly answer?: StandardSchema<I, A> | StandardSchema<unknown, A> } = {},
): Question<V, A, I> {
	return define('question', new Question<V, A, I>(name, schemaOf<A>('question', name, o, 'answer')));
}

/** Defines a message, at module level. As with questions, its schema decides what reaches the run. @throws TypeError */
export function defineMessage<T = unknown, I = T>(
	name: string,
	o: { readonly payload?: StandardSchema<I, T> | StandardSchema<unknown, T> } = {},
): Message<T, I> {
	return define('message', new Message<T, I>(name, schemaOf<T>('message', name, o, 'payload')));
}

function define<T extends { readonly name: string }>(kind: Kind, topic: T): T {
	if (typeof topic.name !== 'string' || topic.name === '') throw new TypeError(`the name of a ${kind} is a string`);
	const known = defined(kind, topic.name);
	topics.set(`${kind} ${topic.name}`, [topic as unknown as Question, ...known]);
	return topic;
}

/** A schema in the wrong place would be one that is silently not asked. @throws TypeError */
function schemaOf<T>(kind: Kind, name: string, o: object, option: string): StandardSchema<unknown, T> | undefined {
	const wrong = (what: string) => new TypeError(`the ${kind} '${name}': ${what}`);
	const other = '~standard' in o ? '~standard' : Object.keys(o).find((key) => key !== option);
	if (other !== undefined) throw wrong(`there is no option '${other}'; its schema is the option '${option}'`);
	const schema = (o as Record<string, StandardSchema<unknown, T> | undefined>)[option];
	if (schema === undefined || typeof schema?.['~standard']?.validate === 'function') return schema;
	throw wrong(`'${option}' is no schema of Standard Schema (Zod, Valibot, ArkType and others give such)`);
}

/** The latest first: modules that know nothing of each other may use one name, and a module may be loaded again. */
function defined(kind: Kind, name: string): readonly (Question | Message)[] {
	return topics.get(`${kind} ${name}`) ?? [];
}

export function isQuestion(value: unknown): value is Question {
	return (Object(value) as Partial<Question>)[TOPIC] === 'question';
}

export function isMessage(value: unknown): value is Message {
	return ((Object(value) as Partial<Message>)[TOPIC] as unknown) === 'message';
}

/** Is anything known of it here? Then what is sent under that name alone is looked at too. */
export function isDefined(kind: Kind): boolean {
	return [...topics.keys()].some((key) => key.startsWith(kind));
}

/**
 * What the schema gives for an answer or a payload.
 * @throws InvalidAnswerError naming each issue.
 */
export async function validated({ name, schema }: Question | Message, value: unknown): Promise<unknown> {
	if (schema === undefined) return value;
	const result = await schema['~standard'].validate(value);
	if (result.issues === undefined) return result.value;
	throw new InvalidAnswerError({ to: name, issues: result.issues.map(issueText) });
}

/**
 * The same of what is sent under a name alone: refused when every definition that this process has of the
 * name refuses it.
 */
export async function validatedByName(kind: Kind, name: string, value: unknown): Promise<unknown> {
	let refused: unknown = null;
	for (const topic of defined(kind, name)) {
		try {
			return await validated(topic, value);
		} catch (error) {
			refused ??= error;
		}
	}
	if (refused !== null) throw refused;
	return value;
}

/**
 * A message as whoever is sent it gets it: its name, and what its schema gives.
 * @throws InvalidAnswerError, TypeError for what names no message.
 */
export async function sent(
	message: unknown,
	given: unknown,
): Promise<{ readonly name: string; readonly payload: unknown }> {
	if (isMessage(message)) return { name: message.name, payload: await validated(message, given) };
	if (typeof message !== 'string') throw new TypeError('send(name, payload): the name of a message is a string');
	return { name: message, payload: await validatedByName('message', message, given) };
}

/** Saved by name: code is never part of the bytes. */
function byName(kind: Kind) {
	return {
		serialize: ({ name }: { readonly name: string }) => name,
		deserialize(name: string): never {
			const [topic] = defined(kind, name);
			if (topic !== undefined) return topic as never;
			const help = `import the module that defines the ${kind} before decoding`;
			throw new DecodeError({
				problem: `they name the ${kind} '${name}', which is not defined here`,
				unknown: name,
				help,
			});
		},
	};
}

serializable(Question, byName('question'), { id: 'perdure.Question' });
serializable(Message, byName('message'), { id: 'perdure.Message' });
