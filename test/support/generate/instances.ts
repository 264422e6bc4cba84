/** Classes made in durable code whose instances live over awaits, and objects with accessors. */
import { functionContext } from './calls.ts';
import type { Context } from './context.ts';

export function instanceStatement(context: Context): string {
	const { random } = context;
	const held = context.read('instance');
	if (held !== null && random.chance(0.5)) return useInstance(context, held);
	const sync = context.with({ suspends: false, yields: false });
	const base = context.names.tag('B');
	const name = context.names.tag('D');
	const inherits = random.chance(0.5);
	const number = (inside: Context, deep = 2) => inside.make.expression(inside, 'num', deep);
	const field = sync.with({ hasThis: false, hasArguments: false });
	const method = (suspends: boolean) =>
		functionContext(context, suspends && context.suspends).with({ hasThis: true, hasArguments: false });
	const inMethod = method(false);
	const parameter = inMethod.declare('num');
	const asyncMethod = method(true);
	const asyncParameter = asyncMethod.declare('num');
	const hidden = random.chance(0.5) ? '#hidden' : 'hidden';
	const generator = method(false).with({ yields: true });
	const own = [
		`k = ${number(field)};`,
		`${hidden} = ${number(field, 1)};`,
		...(random.chance(0.3) ? [`static made = log(${context.tag('static')}, ${number(field, 1)});`] : []),
		...(random.chance(0.5)
			? [
					`constructor(x = 1) {\n${inherits ? 'super(x);\n' : ''}this.k += x;\nlog(${context.tag('new')}, [x, new.target === ${name}]);\n}`,
				]
			: []),
		`get v() { return log(${context.tag('get')}, this.${hidden}); }`,
		`set v(x) { log(${context.tag('set')}, x); this.${hidden} = x; }`,
		...(random.chance(0.3) ? [`static { log(${context.tag('block')}, this.name); }`] : []),
		...(random.chance(0.3)
			? [`static async sm(x) { return ${context.suspends ? `await eff(${context.tag('e')}, x)` : 'x'}; }`]
			: []),
		`*[Symbol.iterator]() {\n${generator.make.statements(generator, 1)}\nyield this.k;\n}`,
		`m(${parameter}) {\n${inMethod.make.statements(inMethod, 1)}\nreturn ${number(inMethod)}${inherits ? ` + super.m(${parameter})` : ''};\n}`,
		...(context.suspends
			? [
					`async am(${asyncParameter}) {\n${asyncMethod.make.statements(asyncMethod, 2)}\nreturn ${inherits && random.chance(0.5) ? `${context.features.fibers ? 'await ' : ''}super.am(${asyncParameter})` : `${number(asyncMethod)} | 0`};\n}`,
				]
			: [`am(x) { return x; }`]),
	];
	const parent = inherits
		? `class ${base} {\nbase = 3;\nconstructor(x) { log(${context.tag('base')}, x); }\nm(x) { return log(${context.tag('super')}, this.k) + this.base; }\n${context.suspends ? 'async ' : ''}am(x) { return ${context.suspends ? `await eff(${context.tag('super')}, this.k)` : '1'}; }\n}\n`
		: '';
	const made = context.declare('instance', { assignable: false });
	return `${parent}class ${name}${inherits ? ` extends ${base}` : ''} {\n${own.join('\n')}\n}\nconst ${made} = new ${name}(${number(sync, 1)});`;
}

function useInstance(context: Context, held: string): string {
	const { random } = context;
	const value = () => context.make.expression(context, 'num', 2);
	const t = context.tag('o');
	return random.make<string>([
		[2, () => `log(${t}, ${held}.m(${value()}));`],
		[1, () => `log(${t}, ${held});`],
		[1, () => `${held}.v = ${value()};`],
		[1, () => `log(${t}, [${held}.v, ${held}.k++, ${held}.constructor.name]);`],
		[1, () => `log(${t}, [...${held}]);`],
		[
			1,
			() =>
				`{ let at = 0; for (const x of ${held}) { ${context.suspends ? `await eff(${t}, x);` : `log(${t}, x);`} if (at++ > 1) break; } }`,
		],
		[context.suspends ? 4 : 0, () => `log(${t}, await ${held}.am(${value()}));`],
	]);
}

/** An object literal whose accessors and methods see what they capture. */
export function accessorStatement(context: Context): string {
	const method = functionContext(context, false).with({ hasThis: true, hasArguments: false });
	const number = (inside: Context) => inside.make.expression(inside, 'num', 2);
	const name = context.names.tag('acc');
	const members = [
		`k: ${number(context)}`,
		`get twice() { return log(${context.tag('get')}, this.k * 2); }`,
		`set twice(x) { log(${context.tag('set')}, x); this.k = ${number(method)}; }`,
		`m(x = this.twice) { return x + ${number(method)}; }`,
	];
	const use = context.random.pick([
		`${name}.twice += ${number(context)};`,
		`log(${context.tag()}, ${name}.m());`,
		`{ const { twice, ...rest } = ${name}; log(${context.tag()}, [twice, Object.keys(rest)]); }`,
	]);
	const between = context.suspends && context.random.chance(0.5) ? `await eff(${context.tag('e')}, 0);\n` : '';
	return `{\nconst ${name} = { ${members.join(', ')} };\n${between}${use}\n}`;
}
