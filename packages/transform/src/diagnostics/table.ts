import {
	argumentMessage,
	calleeMessage,
	capturedMessage,
	type DiagnosticRow,
	parameterMessage,
	receiverMessage,
	resultMessage,
} from '@perdure/abi';

/** A row whose parameters are told by its message. */
function error<P>(
	code: string,
	title: string,
	message: (p: P) => string,
	help: string | ((p: P) => string),
): DiagnosticRow<P> {
	return { code, severity: 'error', title, message, help };
}

function warning<P>(...row: Parameters<typeof error<P>>): DiagnosticRow<P> {
	return { ...error(...row), severity: 'warning' };
}

type Syntax = { readonly what: string; readonly way: string };
/** A family of syntax with one sentence: what is written, and what to write instead. */
const syntax = (code: string, title: string): DiagnosticRow<Syntax> =>
	error(
		code,
		title,
		(p) => `${p.what} cannot be made durable.`,
		(p) => p.way,
	);

type Held = { readonly path: string; readonly what: string; readonly way: string };
/** A parked frame holds what cannot be saved: said as the runtime says it. */
const captured = (code: string, title: string): DiagnosticRow<Held> =>
	error(
		code,
		title,
		(p) => capturedMessage(p.path, p.what),
		(p) => p.way,
	);

/** Every diagnostic of the compiler. A code never moves and never returns. */
export const TABLE = {
	PD0002: error(
		'PD0002',
		'a file that cannot be parsed',
		(p: { problem: string; module?: boolean }) => `This file cannot be parsed: ${p.problem}`,
		(p) =>
			p.module === false && p.problem.includes('modules')
				? 'it is taken for CommonJS: write "type": "module" in the nearest package.json, or give the file the extension .mts or .mjs'
				: 'correct the syntax; if it is right, it is newer than the parser: move the durable function to a file without it',
	),

	PD0003: error(
		'PD0003',
		'a file that is nested too deeply',
		(_: Record<string, never>) =>
			'Expressions or blocks of this file are nested so deeply that the compiler runs out of stack.',
		'take the inner ones out, into variables or functions of their own; generated data fits better in a JSON file',
	),
	PD0004: error(
		'PD0004',
		'JavaScript that is not what its source says',
		(p: { function: string | null; output: string }) =>
			p.function === null
				? `${p.output} has other durable functions than this file, which it was emitted from.`
				: `'${p.function}' is not the same function in ${p.output}, which was emitted from this file.`,
		'run tsc again, then perdure compile, with no other tool between them',
	),
	PD0005: error(
		'PD0005',
		'syntax that TypeScript has rewritten before it could be compiled',
		(p: { what: string; way: string }) =>
			`TypeScript has replaced ${p.what}: what it left cannot be made durable with the ids of the source.`,
		(p) => p.way,
	),
	PD0006: error(
		'PD0006',
		'JavaScript whose source is not there',
		(p: { source: string }) => `The source of this file, ${p.source}, is not there: ids are made from it.`,
		'compile where the sources are, or let tsc put them into the source maps: "inlineSources": true',
	),

	PD1001: error(
		'PD1001',
		'the directive is not the first statement, or is misspelt',
		(p: { text: string; wrong: 'misspelt' | 'misplaced' }) =>
			p.wrong === 'misspelt'
				? `'${p.text}' is not the directive "use durable", though it looks like it.`
				: `"${p.text}" is not the first statement of a function, so it does nothing here.`,
		(p) =>
			p.wrong === 'misspelt'
				? 'write "use durable", or "use durable as <id>" with an id without spaces'
				: 'make it the first statement of the async function that is to be durable',
	),
	PD1002: error(
		'PD1002',
		'the directive is on a function that cannot be durable',
		(p: { what: string; way: string }) => `"use durable" is on ${p.what}, which cannot be durable.`,
		(p) => p.way,
	),
	PD1003: error(
		'PD1003',
		'two functions with one id',
		(p: { id: string; elsewhere?: string }) =>
			p.elsewhere === undefined
				? `Two durable functions of this file have the id '${p.id}'.`
				: `A durable function of ${p.elsewhere} has the same id '${p.id}'.`,
		'give one of them an id of its own: "use durable as <id>"',
	),
	PD1004: error(
		'PD1004',
		'a durable function captures a variable of an enclosing function that is not durable, or is made more than once',
		(p: { function: string; variable: string | null; around: string }) =>
			p.variable === null
				? `${upper(p.function)} is durable but stands in ${p.around}, so it is made again and again.`
				: `${upper(p.function)} is durable but captures '${p.variable}' from ${p.around}.`,
		(p) =>
			p.variable === null
				? 'move it to the top level of the module'
				: `move it to the top level of the module and pass '${p.variable}' as an argument`,
	),
	PD1005: error(
		'PD1005',
		'a durable function without a name to find it by',
		(p: { function: string }) => `${upper(p.function)} has no name that a stored run could find it by.`,
		'say one: "use durable as <id>"',
	),

	PD2001: syntax('PD2001', 'direct eval'),
	PD2002: syntax('PD2002', 'with'),
	PD2003: syntax('PD2003', 'arguments that alias parameters'),
	PD2016: syntax('PD2016', 'a namespace or import assignment inside a function'),
	PD2017: syntax('PD2017', 'other syntax'),

	PD3001: captured('PD3001', 'a captured value cannot be saved'),
	PD3002: error(
		'PD3002',
		"an effect's argument cannot be saved",
		(p: Held & { readonly effect: string }) => argumentMessage(p.path, p.what, p.effect),
		(p) => p.way,
	),
	PD3003: captured('PD3003', 'a value that is kept without being in a variable cannot be saved'),
	PD3004: error(
		'PD3004',
		'any, unknown or an unconstrained type parameter is captured',
		(p: Held & { readonly is: string }) =>
			`'${p.path}' is ${p.is}, but its type is ${p.what}: nothing says whether it can be saved.`,
		(p) => p.way,
	),
	PD3005: captured('PD3005', 'an instance of a class that is not registered is captured'),
	PD3006: captured('PD3006', 'an iterator or generator that cannot be saved is live across an await of its loop'),
	PD3007: captured('PD3007', 'a foreign function, or a closure over something that cannot be saved, is captured'),
	PD3008: captured('PD3008', 'a native promise is captured'),
	PD3009: error(
		'PD3009',
		'a parameter or the result of a durable function cannot be saved',
		(p: Held & { readonly as: 'parameter' | 'result'; readonly of: string }) =>
			(p.as === 'result' ? resultMessage : parameterMessage)(p.path, p.what, p.of),
		(p) => p.way,
	),
	PD3010: error(
		'PD3010',
		"an effect's callee or receiver could not be found again after a restore",
		(p: Held & { readonly effect?: string }) =>
			p.effect === undefined ? calleeMessage(p.path, p.what) : receiverMessage(p.path, p.what, p.effect),
		(p) => p.way,
	),

	PD4001: warning(
		'PD4001',
		'setTimeout and friends are not durable time',
		(p: { name: string; waits: boolean }) =>
			p.waits
				? `'${p.name}' is not durable time: after a crash the whole wait begins again.`
				: `'${p.name}' is not durable time: a timer of the host is gone with its process.`,
		(p) =>
			p.waits
				? 'write await sleep(time), imported from @perdure/runtime: it takes milliseconds, or a text such as "3 days"'
				: 'write await sleep(time), imported from @perdure/runtime, and do behind it what is to be done then',
	),
	PD4002: warning(
		'PD4002',
		'a started effect is never awaited',
		(p: { name: string; foreign: boolean }) =>
			p.foreign
				? `'${p.name}()' is started and never awaited: nobody hears of its failure, and it starts before its turn is committed.`
				: `'${p.name}()' is started and never awaited: what is left of it when the run completes is cancelled.`,
		'await it, now or later; void in front of the call says that it is meant so',
	),
	PD4003: warning(
		'PD4003',
		'a module-level variable is assigned in durable code and is not part of the frame',
		(p: { name: string }) =>
			`'${p.name}' is a variable of the module, no part of the run: after a restore it is what the new process makes it.`,
		(p) => `keep it in a variable of the durable function; if runs share '${p.name}', in a store, by an effect`,
	),
	PD4004: warning(
		'PD4004',
		'instanceof on a class that is not registered will not hold after a restore',
		(p: { name: string }) =>
			`What was kept over an await is no instance of '${p.name}' after a restore: the class is not registered.`,
		(p) => `register the class: serializable(${p.name}); or test right where the value comes from, and keep the answer`,
	),
	PD4005: warning(
		'PD4005',
		'an async closure with suspension points of its own is handed to a foreign function',
		(p: { to: string }) =>
			`This closure is handed to '${p.to}', which is not durable: all that it awaits is part of one effect, and runs again with it.`,
		'loop in the durable function itself (for-of, Promise.all over list.map), where each await is kept by itself; leave it so where one effect is what you mean',
	),
	PD4006: warning(
		'PD4006',
		'a foreign call is started without being awaited',
		(p: { name: string }) => `'${p.name}()' is not awaited here, so it starts before its turn is committed.`,
		(p) =>
			`after a crash it may start again with other values. Await it; or let an async function make the call, async () => ${p.name}(...); or declare it with effect(${p.name})`,
	),
	PD4007: warning(
		'PD4007',
		'a callback handed to an effect that runs beside other fibers changes captured variables',
		(p: { to: string; variable: string }) =>
			`'${p.to}' runs beside other fibers, and this closure changes '${p.variable}': after a crash the change may be applied twice.`,
		(p) => `let '${p.to}' return what it finds, and change '${p.variable}' behind its await`,
	),
} satisfies Record<string, DiagnosticRow<never>>;

function upper(text: string): string {
	return text.charAt(0).toUpperCase() + text.slice(1);
}
