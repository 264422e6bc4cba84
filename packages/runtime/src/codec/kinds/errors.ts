/** Errors: class, message, stack, cause, errors, and own properties, hidden ones as hidden. */
import { type BuiltIn, expect } from '../kind.ts';
import { refuseAttribute } from '../refusal.ts';

const { getOwnPropertyDescriptor, getPrototypeOf } = Object;

type ErrorName = Extract<keyof typeof globalThis, `${string}Error`>;

const NAMES = (
	'Error EvalError RangeError ReferenceError SyntaxError TypeError URIError AggregateError SuppressedError'.split(
		' ',
	) as ErrorName[]
).filter((name) => typeof globalThis[name] === 'function');
const PROTOTYPES = new Map<string, object>(NAMES.map((name) => [name, globalThis[name].prototype]));
const NAME_OF = new Map<object, string>([...PROTOTYPES].map(([name, prototype]) => [prototype, name]));

/** Hidden own properties (`message`, `cause`, `errors`) are not in the way of a plain object's rule; `stack` is an accessor in some engines. */
export const error: BuiltIn = {
	type: NAMES,
	tag: 'E',
	prototypes: [...PROTOTYPES.values()],
	open: true,
	owns: (value: object, key: string | symbol) => key === 'stack' || !getOwnPropertyDescriptor(value, key)!.enumerable,
	take(value: Error) {
		if (!isError(value)) throw new TypeError('it is no real error object');
		const parts: unknown[] = [baseOf(value), Object.hasOwn(value, 'stack') ? stackOf(value) : undefined];
		for (const key of hiddenKeys(value)) {
			const d = getOwnPropertyDescriptor(value, key)!;
			if (d.get !== undefined || d.set !== undefined) throw refuseAttribute(key, d);
			parts.push(key, d.value);
		}
		return parts;
	},
	label(value: Error, index: number) {
		const key = hiddenKeys(value)[(index - 2) >> 1];
		return key === undefined ? '.stack' : `.${key}`;
	},
	make([base, stack]: readonly unknown[]) {
		const prototype = typeof base === 'string' ? PROTOTYPES.get(base) : undefined;
		expect(prototype !== undefined, 'an error of an unknown class');
		expect(stack === undefined || typeof stack === 'string', 'a stack is no text');
		const made = new Error();
		if (prototype !== Error.prototype) Object.setPrototypeOf(made, prototype);
		if (stack === undefined) Reflect.deleteProperty(made, 'stack');
		else hide(made, 'stack', stack);
		return made;
	},
	fill(value: Error, parts: readonly unknown[]) {
		expect(parts.length % 2 === 0, 'an error has a property without a value');
		for (let i = 2; i < parts.length; i += 2) {
			expect(typeof parts[i] === 'string', 'a hidden property has no name');
			hide(value, parts[i] as string, parts[i + 1]);
		}
	},
};

/** Not what only inherits from an error: engines that cannot tell by the object's insides tell by its stack. */
const isError =
	(Error as { isError?: (value: unknown) => boolean }).isError ??
	((value: object) => Object.prototype.toString.call(value) === '[object Error]' || Object.hasOwn(value, 'stack'));

function baseOf(value: object): string {
	for (let p = getPrototypeOf(value); p !== null; p = getPrototypeOf(p)) {
		const name = NAME_OF.get(p);
		if (name !== undefined) return name;
		const foreign: unknown = getOwnPropertyDescriptor(p, 'constructor')?.value;
		// Of another realm: the same name is the same class.
		if (typeof foreign === 'function' && PROTOTYPES.has(foreign.name) && foreign.prototype === p) return foreign.name;
	}
	return 'Error';
}

/** Text is made of the stack when it is first read, by code of the host's or the program's that may fail. */
function stackOf(value: Error): string {
	try {
		const { stack } = value;
		return typeof stack === 'string' ? stack : '';
	} catch {
		return '';
	}
}

/** Symbols and functions among them are the host's bookkeeping, not the error's content. */
function hiddenKeys(value: object): string[] {
	return Object.getOwnPropertyNames(value).filter((key) => {
		if (key === 'stack') return false;
		const d = getOwnPropertyDescriptor(value, key)!;
		return !d.enumerable && typeof d.value !== 'function';
	});
}

function hide(holder: object, key: string, value: unknown): void {
	Object.defineProperty(holder, key, { value, writable: true, enumerable: false, configurable: true });
}

/** What aborted signals throw, among others. */
export const domException: BuiltIn | undefined =
	typeof DOMException === 'undefined'
		? undefined
		: {
				type: 'DOMException',
				tag: 'X',
				prototypes: [DOMException.prototype],
				open: true,
				owns: (_: unknown, key: string | symbol) => key === 'stack' || key === 'cause',
				take: (value: DOMException) => [
					value.name,
					value.message,
					value.stack,
					...(Object.hasOwn(value, 'cause') ? [value.cause] : []),
				],
				label: (_: unknown, index: number) => ['.name', '.message', '.stack', '.cause'][index]!,
				make([name, message, stack]: readonly unknown[]) {
					expect(typeof name === 'string' && typeof message === 'string', 'a DOMException has no name');
					const made = new DOMException(message, name);
					if (typeof stack === 'string') hide(made, 'stack', stack);
					return made;
				},
				fill(value: object, parts: readonly unknown[]) {
					if (parts.length > 3) hide(value, 'cause', parts[3]);
				},
			};
