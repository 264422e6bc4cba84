/** Emits one durable function: its steps and those of its closures, its definition, its wrapper. */
import type * as t from '@babel/types';
import { generatorOf } from '../1-parse/scope.ts';
import type { Closure, DurableFunction, Graph, Site, Unit } from '../2-lower/cfg.ts';
import { captureNames, type FunctionIds } from '../3-analyze/ids.ts';
import { assignSlots, type Slots } from '../3-analyze/slots.ts';
import { broken } from '../invariant.ts';
import {
	array,
	arrow,
	assign,
	at,
	block,
	call,
	declare,
	give,
	id,
	member,
	object,
	str,
	thisValue,
	undefinedValue,
} from './build.ts';
import { emitDefinition } from './definition.ts';
import type { Edit } from './edit.ts';
import type { Helpers } from './helpers.ts';
import { rewriteExpression } from './marks.ts';
import { baseName, type Names } from './names.ts';
import { type EmittedStep, emitStep } from './step.ts';
import type { StepNames } from './step-context.ts';
import { emitWrapper } from './wrapper.ts';

export interface FileParts {
	readonly names: Names;
	readonly helpers: Helpers;
	readonly stepNames: StepNames;
	/** Package-relative path, for messages. */
	readonly file: string;
	/** In a module `this` is undefined outside all functions and classes. */
	readonly isModule: boolean;
	readonly nodesPerStep: number | undefined;
}

/** A compiled body, and what a build says about it. */
export interface EmittedBody {
	readonly ids: FunctionIds;
	readonly graph: Graph | null;
	readonly slots: Slots | null;
	readonly emitted: EmittedStep | null;
	readonly closures: readonly { readonly closure: Closure; readonly body: EmittedBody }[];
}

export interface EmittedFunction {
	readonly edits: readonly Edit[];
	readonly body: EmittedBody;
}

export function emitFunction(fn: DurableFunction, unit: Unit, ids: FunctionIds, file: FileParts): EmittedFunction {
	const inClass = fn.parents.some(({ type }) => type === 'ClassBody');
	const emitter = new FunctionEmitter(baseName(fn.path), unit.strict, file, file.isModule && !inClass);
	const directives =
		fn.node.body.type === 'BlockStatement'
			? fn.node.body.directives.filter((directive) => !directive.value.value.startsWith('use durable'))
			: [];
	emitter.nameClosures(unit.closures, baseName(fn.path));
	const made = emitter.define(ids, unit.graph, unit.closures, {
		kind: 'durable',
		name: fn.name || fn.path,
		loc: fn.node.loc,
		generator: generatorOf(fn.node),
		outer: null,
	});
	const edits = emitWrapper({
		fn,
		statements: emitter.statements(),
		definition: call(file.helpers.use('define'), [made.definition]),
		outerThis: emitter.outerThis,
		home: emitter.home,
		isModule: file.isModule,
		directives,
		names: file.names,
		helpers: file.helpers,
	});
	return { edits, body: made.body };
}

interface Head {
	readonly kind: 'durable' | Closure['kind'];
	readonly name: string;
	readonly loc: t.SourceLocation | null | undefined;
	/** The id of the function around it. */
	readonly outer: string | null;
	readonly make?: t.Expression;
	readonly generator: 'sync' | 'async' | null;
	readonly captures?: readonly string[];
	readonly hidden?: boolean;
	/** Synchronous closures. */
	readonly starts?: readonly Site[];
}

class FunctionEmitter {
	private readonly base: string;
	private readonly file: FileParts;
	private readonly directives: readonly t.Directive[];
	private readonly steps: t.Statement[] = [];
	/** Variables of the definitions of closures, by the mark that refers to them. */
	private readonly locals = new Map<string, string>();
	private readonly thisIsUndefined: boolean;
	/** The variable that holds the `this` around a durable arrow, if that reads it. */
	outerThis: string | null = null;
	/** The variable that holds the home object of a durable method, if that uses `super`. */
	home: string | null = null;

	constructor(base: string, strict: boolean, file: FileParts, thisIsUndefined: boolean) {
		this.base = base;
		this.thisIsUndefined = thisIsUndefined;
		this.file = file;
		this.directives = strict ? [useStrict()] : [];
	}

	statements(): t.Statement[] {
		const variables = [...this.locals.values()].map((name) => [id(name), null] as const);
		return variables.length > 0 ? [declare('var', variables), ...this.steps] : this.steps;
	}

	/** Before anything is emitted: a step mentions the closures that are defined after it. */
	nameClosures(closures: readonly Closure[], base: string): void {
		for (const closure of closures) {
			this.locals.set(closure.ref.slice(1), this.file.names.pick(`${base}$${baseName(closure.path ?? closure.name)}`));
			this.nameClosures(closure.closures, base);
		}
	}

	define(
		ids: FunctionIds,
		graph: Graph | null,
		closures: readonly Closure[],
		head: Head,
		base = this.base,
	): { readonly definition: t.Expression; readonly body: EmittedBody } {
		// The starts first: opaque code names them by number.
		const sites = new Map<Site, number>((graph?.starts ?? []).map((site, index) => [site, index]));
		const slots = graph && assignSlots(graph);
		let emitted: EmittedStep | null = null;
		if (graph && slots) {
			emitted = emitStep({
				name: this.file.names.pick(`${base}$step`),
				graph,
				slots,
				names: this.file.stepNames,
				mark: this.mark,
				directives: this.directives,
				pick: (name) => this.file.names.pick(name),
				nodesPerStep: this.file.nodesPerStep,
				site: (site) => {
					if (!sites.has(site)) sites.set(site, sites.size);
					return sites.get(site)!;
				},
			});
			this.steps.push(...emitted.statements);
		}
		const inner = closures.map((closure) => ({
			closure,
			...this.closure(closure, ids.closures.get(closure)!, ids.id),
		}));
		const definition = emitDefinition({
			...head,
			file: this.file.file,
			ids,
			mark: this.mark,
			...(graph && slots && emitted ? { body: { graph, slots, emitted, sites: [...sites.keys()] } } : {}),
			starts: head.starts ?? [],
			closures: inner.map((made) => made.definition),
		});
		return { definition, body: { ids, graph, slots, emitted, closures: inner } };
	}

	private closure(closure: Closure, ids: FunctionIds, outer: string) {
		const local = this.locals.get(closure.ref.slice(1))!;
		// A method of a class is made with its class.
		const make = closure.make ? this.maker(closure.make) : closure.wrapper && this.asyncMaker(closure, local);
		const made = this.define(
			ids,
			closure.body,
			closure.closures,
			{
				kind: closure.kind,
				name: closure.name,
				loc: closure.place.loc,
				...(make ? { make } : {}),
				captures: captureNames(closure),
				generator: (closure.wrapper ?? closure).generator ?? null,
				hidden: closure.hidden ?? false,
				starts: closure.starts,
				outer,
			},
			local,
		);
		// Assigned while the definition around it is made: that is before any step can run.
		return { definition: assign(id(local), made.definition) as t.Expression, body: made.body };
	}

	/** It is printed outside the function that it was written in, whose strictness goes with it. */
	private maker(make: t.ArrowFunctionExpression): t.Expression {
		const own = rewriteExpression(make, { mark: this.mark, jump: notHere, complete: notHere });
		if (this.directives.length === 0 || own.body.type === 'BlockStatement') return own;
		return arrow(own.params, block([give(own.body)], this.directives));
	}

	/** `(x, y) => wrapper`, of an async function or a generator: the wrapper enters the closure's own step with what it captured. */
	private asyncMaker(closure: Closure, local: string): t.Expression {
		const names = closure.captures.map(({ name }) => name);
		const length = closure.wrapper?.length ?? 0;
		const env = array(names.map(id));
		const owner = this.file.names.pick('owner');
		const given = [...names, owner].map(id);
		const params = Array.from({ length }, (_, index) => id(`_${index}`));
		// The name of a computed key is captured.
		const key = closure.captures.at(-1)?.source === '%name' ? id(names.at(-1)!) : null;
		const named = (property: t.ObjectProperty | t.ObjectMethod) =>
			key ? at(object([property]), key) : member(object([property]), closure.name);
		const head = { key: key ?? str(closure.name), computed: key !== null };
		if (closure.wrapper?.kind === 'arrow') {
			const rest = { type: 'RestElement', argument: id('_rest') } as t.RestElement;
			const forward = [...params, { type: 'SpreadElement', argument: id('_rest') } as t.SpreadElement];
			const enter = this.file.helpers.use('enter');
			const value = arrow(
				[...params, rest],
				call(enter, [id(local), undefinedValue(), array(forward), env, id(owner)]),
			);
			if (key === null && closure.name === '') return arrow(given, value);
			// `{ __proto__: f }` would set the prototype.
			const computed = head.computed || closure.name === '__proto__';
			const property = { type: 'ObjectProperty', ...head, computed, value, shorthand: false } as t.ObjectProperty;
			return arrow(given, named(property));
		}
		const generator = closure.wrapper?.generator ?? null;
		const own = generator === null ? null : this.file.names.pick('made');
		const enter = this.file.helpers.use(own === null ? 'enter' : 'generate');
		const last = own === null ? [id(owner)] : [id(own), id(owner)];
		const body = call(enter, [id(local), thisValue(), id('arguments'), env, ...last]);
		const wrapper = named({
			type: 'ObjectMethod',
			kind: 'method',
			...head,
			params,
			body: block([give(body)]),
		} as unknown as t.ObjectMethod);
		if (own === null) return arrow(given, wrapper);
		// What its call makes has the prototype that this very function has.
		return arrow(given, block([declare('const', [[id(own), wrapper]]), give(id(own))]));
	}

	private readonly mark = (name: string): t.Expression => {
		if (name === 'this') return this.lexicalThis();
		if (name === 'home') return this.homeObject();
		const local = this.locals.get(name);
		return local === undefined ? this.file.helpers.use(name) : id(local);
	};

	private homeObject(): t.Expression {
		this.home ??= this.file.names.pick(`${this.base}$home`);
		return id(this.home);
	}

	private lexicalThis(): t.Expression {
		if (this.thisIsUndefined) return undefinedValue();
		this.outerThis ??= this.file.names.pick(`${this.base}$this`);
		return id(this.outerThis);
	}
}

function notHere(): never {
	broken('a statement where only an expression can stand');
}

function useStrict(): t.Directive {
	return { type: 'Directive', value: { type: 'DirectiveLiteral', value: 'use strict' } } as t.Directive;
}
