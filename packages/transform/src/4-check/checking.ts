/** What the checks of one durable function share, and how each says what it has found. */
import type * as t from '@babel/types';
import { endedHelp, LIVE_HELP } from '@perdure/abi';
import type { Binding, Scopes } from '../1-parse/scope.ts';
import type { DurableFunction, Unit } from '../2-lower/cfg.ts';
import type { Related, Sink } from '../diagnostics/sink.ts';
import type { Flows } from './flows.ts';
import type { Judge, Wrong } from './judge.ts';
import type { OriginFacts } from './origin-facts.ts';
import type { Origins } from './origins.ts';
import type { Proof } from './proof.ts';
import type { TypeQuestions } from './questions.ts';

export interface Checking {
	readonly fn: DurableFunction;
	readonly unit: Unit;
	readonly scopes: Scopes;
	readonly flows: Flows;
	readonly types: TypeQuestions;
	readonly origins: Origins;
	readonly facts: OriginFacts;
	readonly proof: Proof;
	readonly judge: Judge;
	readonly sink: Sink;
	/** Variables (and kept expressions) of which something was told: by the first that is wrong with them. */
	readonly told: Set<Binding | t.Node>;
}

export interface Told {
	/** Where the code's own place is. */
	readonly at: t.Node;
	/** The value, as messages name it. */
	readonly name: string;
	readonly related: readonly Related[];
}

/** A parked frame holds it. */
export function reportCaptured({ sink }: Checking, wrong: Wrong, { at, name, related }: Told): void {
	const { what, fix } = wrong;
	const way = wrong.help === LIVE_HELP ? endedHelp(at.loc?.start.line ?? 1) : wrong.help;
	const path = wrong.whole ?? name + wrong.path;
	const all = [...related, { message: 'the frame is saved here', node: at }, ...wrong.related];
	if (wrong.code === 'PD3004') sink.report('PD3004', at, { path, what, way, is: 'captured across an await' }, all);
	else sink.report(wrong.code, at, { path, what, way }, all, fix);
}

/** The variable that an expression is, is a part of, or is given by; undefined for any other. */
export function rootBinding(node: t.Node, { scopes }: Pick<Checking, 'scopes'>): Binding | undefined {
	let root = node;
	for (;;) {
		if (root.type === 'MemberExpression' || root.type === 'OptionalMemberExpression') root = root.object;
		else if (root.type === 'CallExpression' || root.type === 'OptionalCallExpression') root = root.callee;
		else if ('expression' in root && typeof root.expression === 'object') root = root.expression as t.Node;
		else break;
	}
	return scopes.references.get(root)?.binding ?? undefined;
}
