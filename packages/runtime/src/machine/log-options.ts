import type { LogKind } from './log.ts';

/**
 * How much of the effect log is kept. `'iteration'` (the default) drops entries of finished loop
 * iterations and of finished fibers, so that a loop that never ends has a log that stays small.
 */
export type LogKeep = 'all' | 'iteration' | 'none';

/** What an entry is matched by. */
export interface LogSubject {
	readonly kind: LogKind;
	/** The callee as written. */
	readonly name: string;
	/** `file:line:column`. */
	readonly at: string;
}

/** A text is the name of the callee as written, or a kind; a pattern is tried on the name. */
export type LogMatch = string | RegExp | ((entry: LogSubject) => boolean);

/** What of the effect log is kept, and how. */
export type LogOptions =
	| LogKeep
	| {
			/** Default `'iteration'`. */
			readonly keep?: LogKeep | undefined;
			/** Only entries that match one of these. Default: all. */
			readonly include?: LogMatch | readonly LogMatch[] | undefined;
			/** No entries that match one of these. */
			readonly exclude?: LogMatch | readonly LogMatch[] | undefined;
			/** Entries that match one of these are kept without their arguments and outcomes. */
			readonly redact?: LogMatch | readonly LogMatch[] | undefined;
	  };

export type LogVerdict = 'keep' | 'redact' | 'exclude';

/** Log options as a machine goes by them. */
export interface LogRules {
	readonly keep: LogKeep;
	verdict(subject: LogSubject): LogVerdict;
}

const KEPT = () => 'keep' as const;

const MATCHES = ['include', 'exclude', 'redact'] as const;

export const DEFAULT_RULES: LogRules = { keep: 'iteration', verdict: KEPT };

/** @throws TypeError for what is no log option. */
export function logRules(options: LogOptions | undefined): LogRules {
	const o = typeof options === 'string' ? { keep: options } : (options ?? {});
	if (typeof o !== 'object') throw new TypeError(`log: ${typeof o} is no log option`);
	// Of a misspelt one nobody would be told that it hides nothing.
	const unknown = Object.keys(o).find((key) => key !== 'keep' && !(MATCHES as readonly string[]).includes(key));
	if (unknown !== undefined)
		throw new TypeError(`log: there is no option '${unknown}'; there are keep, ${MATCHES.join(', ')}`);
	const keep = o.keep ?? 'iteration';
	if (!['all', 'iteration', 'none'].includes(keep)) {
		throw new TypeError(`log: '${String(keep)}' is none of 'all', 'iteration' and 'none'`);
	}
	const [include, exclude, redact] = [listOf(o, 'include'), listOf(o, 'exclude') ?? [], listOf(o, 'redact') ?? []];
	if (include === null && exclude.length === 0 && redact.length === 0) return { keep, verdict: KEPT };
	return {
		keep,
		verdict(subject) {
			// A boundary says nothing of what was done.
			if (subject.kind === 'mark') return 'keep';
			try {
				if (include !== null && !matches(include, subject)) return 'exclude';
				if (matches(exclude, subject)) return 'exclude';
				return matches(redact, subject) ? 'redact' : 'keep';
			} catch {
				// A rule that fails must neither end the run nor show what it may have been to hide.
				return 'redact';
			}
		},
	};
}

type Matches = { readonly [option in (typeof MATCHES)[number]]?: LogMatch | readonly LogMatch[] | undefined };

function listOf(o: Matches, option: keyof Matches): readonly LogMatch[] | null {
	if (o[option] === undefined) return null;
	const list = [o[option]].flat() as LogMatch[];
	const isMatch = (match: unknown) =>
		typeof match === 'string' || typeof match === 'function' || match instanceof RegExp;
	if (list.every(isMatch)) return list;
	throw new TypeError(`log: '${option}' takes names, kinds, patterns, and functions of these`);
}

function matches(list: readonly LogMatch[], subject: LogSubject): boolean {
	return list.some((match) => {
		if (typeof match === 'function') return match(subject);
		if (typeof match === 'string') return match === subject.name || match === subject.kind;
		return subject.name.search(match) >= 0;
	});
}
