/** Loops. Each ends for sure: by its own counter or by one that nothing else touches. */
import { type Context, Scope, type Type } from './context.ts';

/** A loop's body is counted as executed this often. */
const TURNS = 3;

export function loop(context: Context): string {
	const { random } = context;
	if (!context.affords(8) || context.times > 20) return ';';
	const label = random.chance(0.35) ? context.names.label() : null;
	const text = random.make<string>([
		[4, () => forLoop(context, label)],
		[2, () => whileLoop(context, label)],
		[5, () => forOf(context, label)],
		[2, () => forIn(context, label)],
	]);
	return label === null ? text : text.replace('@', `${label}: `);
}

/** `@` marks where a label goes. */
const mark = (label: string | null) => (label === null ? '' : '@');

function inside(context: Context, label: string | null): Context {
	return context.with({
		scope: new Scope(context.scope, false),
		jumps: [...context.jumps, { label, kind: 'loop' }],
		times: context.times * TURNS,
		room: context.room - 1,
	});
}

function body(context: Context, guard = ''): string {
	const count = 1 + context.random.int(3);
	const inner = context.inner();
	return `{\n${guard}${inner.make.statements(inner, count)}\n}`;
}

function forLoop(context: Context, label: string | null): string {
	const { random } = context;
	const head = inside(context, label);
	const kind = random.pick(['let', 'let', 'let', 'var', 'none']);
	const start = head.make.expression(context, 'num', 1);
	const guard = context.counter();
	context.spend(2);
	// The counter is never reset by the loop's own code, but each entry of the loop starts it anew.
	const reset = `${guard} = 0;`;
	if (kind === 'none') {
		const test = random.chance(0.3) ? '' : `${guard} < ${1 + random.int(3)}`;
		const update = random.chance(0.5) ? `${guard}++` : '';
		const leave = `if (${guard}++ > 3) break;\n`;
		return `${reset} ${mark(label)}for (; ${test}; ${update}) ${body(head, leave)}`;
	}
	const name = head.declare('num', { assignable: true, isVar: kind === 'var' });
	// A closure made in the head shares the binding of the first turn.
	const second = kind === 'let' && random.chance(0.25) ? `, ${head.declare('num')} = ${context.random.int(5)}` : '';
	const test = random.make<string>([
		[3, () => `${guard}++ < ${1 + random.int(3)}`],
		[1, () => `log(${context.tag('test')}, ${guard}++ < 2)`],
		[context.suspends ? 2 : 0, () => `${guard}++ < (await eff(${context.tag('test')}, ${1 + random.int(3)}))`],
	]);
	const update = random.make<string>([
		[3, () => `${name}++`],
		[1, () => `${name} += ${head.make.expression(head, 'num', 2)}`],
		[1, () => ''],
	]);
	return `${reset} ${mark(label)}for (${kind} ${name} = ${start}${second}; ${test}; ${update}) ${body(head)}`;
}

function whileLoop(context: Context, label: string | null): string {
	const { random } = context;
	const head = inside(context, label);
	const guard = context.counter();
	const limit = 1 + random.int(3);
	const extra = random.chance(0.4) ? ` && ${context.make.condition(head, 2)}` : '';
	const test = `${guard}++ < ${limit}${extra}`;
	return random.chance(0.5)
		? `${guard} = 0; ${mark(label)}while (${test}) ${body(head)}`
		: `${guard} = 0; ${mark(label)}do ${body(head)} while (${test});`;
}

function forOf(context: Context, label: string | null): string {
	const { random } = context;
	const spies = context.features.spies && random.chance(0.25);
	const guard = context.counter();
	const leave = `if (${guard}++ > 4) break;\n`;
	// A user's iterator cannot be saved: such a loop stays within one turn.
	const head = inside(spies ? context.with({ suspends: false, yields: false }) : context, label);
	// In the head's scope: a name of the head is in its dead zone while the iterable is evaluated.
	const [type, iterable] = spies
		? ([
				'num',
				`spy(${context.tag('i')}, [1, 2, 3]${random.pick(['', '', `, 'next'`, `, 'return'`, `, 'value'`])})`,
			] as const)
		: collection(head.with({ times: context.times }));
	const binding = type === 'entry' ? entryHead(head) : valueHead(head, type);
	return `${guard} = 0; ${mark(label)}for (${binding} of ${iterable}) ${body(head, leave)}`;
}

function collection(context: Context): readonly [Type | 'entry', string] {
	const make = (type: Type) => context.make.expression(context, type, 3);
	return context.random.make<readonly [Type | 'entry', string]>([
		[5, () => ['num', make('arr')]],
		[1, () => ['str', make('str')]],
		[2, () => ['entry', make('map')]],
		[2, () => ['num', make('set')]],
		[1, () => ['num', `new Uint8Array(${make('arr')})`]],
		[1, () => ['obj', `[${make('obj')}, ${make('obj')}]`]],
		[1, () => ['entry', `${make('arr')}.entries()`]],
		[1, () => ['num', `${make('arr')}.${context.random.pick(['keys', 'values'])}()`]],
		[1, () => ['num', `${make('map')}.${context.random.pick(['keys', 'values'])}()`]],
		[1, () => ['entry', `${make('set')}.entries()`]],
		[context.features.kinds ? 1 : 0, () => ['any', `[${make('any')}, ${make('any')}]`]],
	]);
}

function valueHead(head: Context, type: Type): string {
	const { random } = head;
	if (type === 'obj' && head.features.patterns) {
		const fallback = head.make.expression(head, 'num', 1);
		return `let { a: ${head.declare('num')} = ${fallback} }`;
	}
	return random.make<string>([
		[3, () => `const ${head.declare(type, { assignable: false })}`],
		[2, () => `let ${head.declare(type)}`],
		[type === 'num' ? 1 : 0, () => `var ${head.declare('num', { isVar: true })}`],
		[type === 'num' ? 1 : 0, () => head.make.target(head, 'num', 1)],
	]);
}

function entryHead(head: Context): string {
	return `const [${head.declare('num', { assignable: false })}, ${head.declare('num', { assignable: false })}]`;
}

function forIn(context: Context, label: string | null): string {
	const head = inside(context, label);
	const object = context.make.expression(
		head.with({ times: context.times }),
		context.random.pick(['obj', 'obj', 'arr', 'maybe']),
		3,
	);
	const name = head.declare('str', { assignable: false });
	return `${mark(label)}for (const ${name} in ${object}) ${body(head)}`;
}
