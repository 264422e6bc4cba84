/** URL, URLSearchParams, Headers, Temporal: where the host has them. */
import { type BuiltIn, expect, PENDING } from '../kind.ts';

const has = (name: string) => typeof (globalThis as Record<string, unknown>)[name] === 'function';

export const url: BuiltIn | undefined = has('URL')
	? {
			type: 'URL',
			tag: 'U',
			prototypes: [URL.prototype],
			open: true,
			// Its `searchParams` is an object of its own that changes it: both must come back as one pair.
			take: (value: URL) => [value.href, value.searchParams],
			label: () => '.searchParams',
			make([href]: readonly unknown[]) {
				expect(typeof href === 'string', 'a URL is no text');
				return new URL(href);
			},
			brings: (value: URL) => ({ part: 1, tag: 'Q', value: value.searchParams }),
		}
	: undefined;

export const searchParams: BuiltIn | undefined = has('URLSearchParams')
	? {
			type: 'URLSearchParams',
			tag: 'Q',
			prototypes: [URLSearchParams.prototype],
			open: true,
			moment: 'made', // after all URLs, which bring theirs
			take: (value: URLSearchParams) => [URLSearchParams.prototype.toString.call(value)],
			make([text]: readonly unknown[]) {
				expect(typeof text === 'string', 'search parameters are no text');
				return new URLSearchParams(text);
			},
		}
	: undefined;

export const headers: BuiltIn | undefined = has('Headers')
	? {
			type: 'Headers',
			tag: 'H',
			prototypes: [Headers.prototype],
			open: true,
			// Enumerable own symbols are the host's bookkeeping in some versions.
			owns: (_: unknown, key: string | symbol) => typeof key === 'symbol',
			take: (value: Headers) => [...Headers.prototype.entries.call(value)].flat(),
			make: () => new Headers(),
			fill(value: Headers, parts: readonly unknown[]) {
				expect(parts.length % 2 === 0, 'a header has no value');
				for (let i = 0; i < parts.length; i += 2) {
					expect(typeof parts[i] === 'string' && typeof parts[i + 1] === 'string', 'a header is no text');
					value.append(parts[i] as string, parts[i + 1] as string);
				}
			},
		}
	: undefined;

type TemporalClass = { prototype: { toString(): string }; from(text: string): object };
const Temporal = (globalThis as { Temporal?: Record<string, TemporalClass> }).Temporal;
const TEMPORAL = Temporal
	? 'Instant ZonedDateTime PlainDateTime PlainDate PlainTime PlainYearMonth PlainMonthDay Duration'
			.split(' ')
			.map((name) => ({ name, Class: Temporal[name]! }))
	: [];

export const temporal: BuiltIn | undefined =
	TEMPORAL.length === 0
		? undefined
		: {
				type: TEMPORAL.map(({ name }) => `Temporal.${name}`),
				tag: 'P',
				prototypes: TEMPORAL.map(({ Class }) => Class.prototype),
				open: true,
				take(value: object) {
					const { name, Class } = TEMPORAL.find((t) => Object.prototype.isPrototypeOf.call(t.Class.prototype, value))!;
					return [name, Class.prototype.toString.call(value)];
				},
				make([name, text]: readonly unknown[]) {
					const found = TEMPORAL.find((t) => t.name === name);
					expect(
						found !== undefined && typeof text === 'string' && text !== (PENDING as unknown),
						'a Temporal value is unknown',
					);
					return found.Class.from(text);
				},
			};
