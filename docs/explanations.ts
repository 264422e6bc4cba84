/**
 * What the page of a code says beyond its table row: why there is such a code, the ways out, and the
 * programs that show it and mend it. These are fixtures, so that a test compiles every example.
 */

export interface Explanation {
	/** What would go wrong. */
	readonly why: string;
	/** The ways out, most useful first. */
	readonly ways: readonly string[];
	/** `<area>/<case>` under fixtures/: a program that shows it, and its nearest legal neighbour. */
	readonly example?: { readonly shows: string; readonly mended: string };
}

const check = (shows: string, mended: string) => ({ shows: `check/${shows}`, mended: `check/${mended}` });
const directive = (shows: string) => ({ shows: `directive/${shows}`, mended: `directive/${shows}-legal` });

export const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
	PD0002: {
		why: 'A durable function is compiled from its source, so the source has to be JavaScript or TypeScript that can be read.',
		ways: [
			'Correct the syntax at the place that is shown.',
			'If it is what only modules may have, an `await` at the top, the file is taken for CommonJS: write `"type": "module"` in the nearest package.json (`npm init` writes `"commonjs"`), or name the file `.mts` or `.mjs`.',
			'If the syntax is newer than the parser, move the durable function to a file that does without it.',
		],
	},
	PD0003: {
		why: 'Every pass of the compiler follows the nesting of the source, and so needs stack for it. Thousands of levels are nearly always generated data.',
		ways: ['Take inner expressions out into variables or functions.', 'Keep generated data in a JSON file.'],
	},
	PD0004: {
		why: '`perdure compile` takes the JavaScript that `tsc` wrote and compiles it under the names and ids of its source. If another tool has changed that JavaScript, a stored run would be found by an id that belongs to other code.',
		ways: ['Run `tsc` again, then `perdure compile`, with no other tool between them. Bundle or minify afterwards.'],
	},
	PD0005: {
		why: 'TypeScript rewrites some syntax (namespaces, enums, import assignments) before the compiler sees it. The ids of suspension points are made from the source as you wrote it, and what TypeScript left of it does not tell any more what that was.',
		ways: [
			'Write what the help line says in its place.',
			'Compile by a door that takes the source: `tspc`, the loader, Babel or a bundler.',
		],
	},
	PD0006: {
		why: 'Ids of functions and suspension points are made from the TypeScript source, so that every way of compiling gives the same ids. JavaScript alone does not have it.',
		ways: [
			'Run `perdure compile` where the sources are.',
			'Let `tsc` put them into the source maps: `"inlineSources": true`.',
		],
	},

	PD1001: {
		why: 'The directive is a string. Misspelt, or after another statement, it is an expression without effect: the function would run as a plain one and would be gone with its process, without a word.',
		ways: [
			'Write `"use durable"` as the first statement of the function; comments may stand before it.',
			'With an id of its own: `"use durable as <id>"`, the id without spaces.',
		],
		example: check('directive-not-first', 'directive-first-legal'),
	},
	PD1002: {
		why: 'What is saved is a function that waits. A function that is neither async nor a generator never waits; a constructor or an accessor cannot.',
		ways: ['Make it an async function or method.', 'Move the part that waits into one, and call that.'],
		example: check('directive-on-a-plain-function', 'directive-on-a-method-legal'),
	},
	PD1003: {
		why: 'A stored run names its function by id. With two functions of one id it could be continued in the wrong one.',
		ways: ['Give one of them an id of its own: `"use durable as <id>"`.'],
		example: check('one-id-twice', 'one-id-each-legal'),
	},
	PD1004: {
		why: 'A run is continued in a process that has loaded the module and has called nothing. Variables of a plain function around the durable one do not exist there; and a function that is made again in each call or turn of a loop cannot be found by a name.',
		ways: [
			'Move the function to the top level of the module, and pass what it captured as arguments.',
			'Make the function around it durable: then the inner one is a closure of the run, and its variables are saved.',
		],
		example: check('captures-of-a-plain-function', 'captures-of-a-plain-function-legal'),
	},
	PD1005: {
		why: 'A stored run finds its function by a name that is made of the module and of the names around the function. An element of an array or a computed key gives none.',
		ways: ['Say one in the directive: `"use durable as shop/nightly"`.', 'Give the function a name in the module.'],
		example: check('no-name', 'named-by-the-directive-legal'),
	},

	PD2001: {
		why: 'A direct `eval` may read and write each variable in its scope, by names that only running it shows. Which variables are live, and so have to be saved, could not be known.',
		ways: ['Call it indirectly: `(0, eval)(code)` sees globals only.', 'Call it in a function outside.'],
		example: check('direct-eval', 'indirect-eval-legal'),
	},
	PD2002: {
		why: 'Inside of `with` each name may be a property of an object, which only running it shows. Which variables are live could not be known.',
		ways: ['Read the properties one by one, or take the object apart.'],
		example: directive('with'),
	},
	PD2003: {
		why: 'In sloppy mode `arguments[0]` and the first parameter are one variable with two names. A restored frame could not connect them again.',
		ways: ['Use a rest parameter.', "Write in strict mode: a module, or `'use strict'`."],
		example: directive('arguments-aliased'),
	},
	PD2016: {
		why: 'A namespace or an import assignment belongs to a module. TypeScript refuses it in a function, too.',
		ways: ['Move it to the top level of the module.'],
		example: directive('namespace-inside'),
	},
	PD2017: {
		why: 'The compiler does not know how to stop in the middle of this syntax and go on there. You should hardly ever meet this code.',
		ways: [
			'Write the awaited expression before it, into a variable.',
			'Please report it: what ECMAScript has should be compiled.',
		],
	},

	PD3001: {
		why: 'At every `await` the frame is saved: all variables that are read again after it. A live thing (a socket, a file handle, a response whose body is still on the wire) is a connection to something outside of the process, and no bytes hold it. A variable that is not read again is not saved and may hold anything.',
		ways: [
			'Take what you need of it before the await, and keep that: a status, a name, an id.',
			'Open it, use it and close it in one function that is not durable: awaited, that is one effect.',
			'If it has to live through the wait, wrap it in a class of yours and register that: `resource(LogFile, { marshal, unmarshal })` saves a description and opens it again.',
		],
		example: check('response-of-fetch', 'response-parts-kept-legal'),
	},
	PD3002: {
		why: 'An effect is written down before it is called, so that it can be called again after a crash: its callee, and a copy of its arguments. What cannot be written cannot be handed over.',
		ways: [
			'Hand over what the argument is made from, and make it inside the effect.',
			'Make it in place, as a call in the argument itself (`{ signal: AbortSignal.timeout(1000) }`): it is made again with the effect.',
			'A function that is handed over is written in place (an arrow), or is one of a compiled module.',
		],
		example: check('argument-of-an-effect', 'argument-of-an-effect-legal'),
	},
	PD3003: {
		why: 'Not only variables are kept over an await. In `f(await a(), await b())` the first result waits for the second; in `Promise.all` the first that has finished waits for the others; what was started keeps its outcome until it is asked for. All of these are saved with the run.',
		ways: [
			'Ask for it last, so that it waits for nothing.',
			'Let the effect return what identifies it, or what you need of it.',
			'Use it up inside the effect that opens it.',
		],
		example: check('temporary-kept', 'temporary-last-legal'),
	},
	PD3004: {
		why: '`any` and `unknown` hide what is saved: the compiler could not keep its promise that what compiles can be saved. A type parameter without a constraint, and `object`, say as little. What was caught in a `catch` is not meant: it is taken to be an error, and errors are saved.',
		ways: [
			'Declare the type: `const order: Order = JSON.parse(text)`. The declaration is taken at its word; what lies is found when the function first parks, with the same code and path.',
			'Narrow it before the await, by a guard or a validator: `Order.parse(json)`.',
			'Constrain the type parameter: `<T extends Serializable>`.',
			'For a project that cannot do so yet: the option `"any": "warn"` or `"allow"`.',
		],
		example: check('any-captured', 'any-given-a-type-legal'),
	},
	PD3005: {
		why: 'An instance is its data and its class. In another process the class has to be found by a name, and whether own properties are all that there is to save, only its author knows.',
		ways: [
			'Register it where it is declared: `serializable(Cart)` saves own properties and the prototype.',
			'With private members, or where the data is another: `serializable(Vault, { serialize, deserialize })`.',
			'For something live: `resource(Connection, { marshal, unmarshal })` describes it and opens it again.',
			'Keep a plain object instead. Subclasses register themselves; classes that extend `Error` in compiled modules need nothing.',
		],
		example: check('instance-of-unregistered-class', 'instance-of-registered-class-legal'),
	},
	PD3006: {
		why: 'A loop that waits goes on at the right element after a restore: its iterator is saved, too. Iterators of arrays, strings, maps, sets and typed arrays, and generators with the directive, can be. The place of a plain generator is in a stack that nobody can read, and an iterator of foreign code is made of its functions.',
		ways: [
			'Begin the body of the generator with `"use durable"`.',
			'Collect the items first: `for (const n of [...numbers()])`.',
			'Read a stream or another async iterable inside one effect.',
		],
		example: check('generator-over-an-await', 'generator-collected-legal'),
	},
	PD3007: {
		why: 'A closure that durable code makes is data: which function it is, and the variables that it captures. These are saved with it, so they have to be savable. A function that comes from elsewhere is known by its code alone, which is not part of the bytes.',
		ways: [
			'Capture what identifies the thing, or the part of it that you need.',
			'Make the function where it is used: `(n) => double(n)` reads the import again.',
			'Keep a function of a compiled module: it is saved by its name there.',
		],
		example: check('closure-over-a-socket', 'closure-over-a-part-legal'),
	},
	PD3008: {
		why: "A promise that the run has made is a value of it: who waits for what is saved. A promise of the host's is a promise of this process: in the next one nobody would settle it.",
		ways: [
			'Call it from an arrow of the run: `ids.map(async (id) => fetchUser(id))` in place of `ids.map(fetchUser)`.',
			'Await the call that makes it: then it is an effect.',
			'In place of a timer or an event that resolves it: `sleep`, `suspend`, `receive`.',
		],
		example: check('promises-of-a-foreign-caller', 'promises-of-an-arrow-legal'),
	},
	PD3009: {
		why: 'A run may be started here and continued elsewhere: what it is started with is saved. So is what it returns, until somebody asks for it.',
		ways: [
			'Pass what identifies the thing, and open it inside of an effect.',
			'For a callback: return a value, `emit` an event, or `suspend` with a question.',
			'If the function is called only by other durable functions, the same holds: it is a frame of the run.',
		],
		example: check('parameter-cannot-be-saved', 'parameter-legal'),
	},
	PD3010: {
		why: 'After a crash an effect is called again, maybe by another process. Its function is found by where it stands (`stripe.charges.create`, an import, a global), or as a member of a saved object. A function in a local variable, or the method of an object that cannot be saved, is known to this process only.',
		ways: [
			'Write one function that makes the client, calls it and returns data, and await that.',
			'Call it by its path in the module: `await payments.charges.create(5)`.',
			'In one expression it is one effect: `await get().then((response) => response.json())`.',
			'Register the class of the object: `resource(Client, { marshal, unmarshal })`. And mind that `return f()` awaits `f()`.',
		],
		example: check('method-of-a-response', 'chain-is-one-effect-legal'),
	},

	PD4001: {
		why: 'A timer of the host lives as long as its process. A run that is stored while it waits for one waits for ever, or waits again from the start.',
		ways: ["Write `await sleep('3 days')`: the time is saved with the run, and nothing has to stay in memory."],
		example: check('timers-are-not-durable', 'sleep-legal'),
	},
	PD4002: {
		why: 'An effect that was started and is never awaited is discarded when the run ends, and nobody hears of its failure.',
		ways: [
			'Await it where its result matters, or at the end.',
			'If nobody needs it, `emit` an event or `start` a child run.',
		],
	},
	PD4003: {
		why: "A variable of the module belongs to the process. After a restore it has the value of the new process, and two runs share it. It is not part of the run's state.",
		ways: [
			'Make it a variable of the durable function.',
			'Keep it where it belongs, and read and write it in effects.',
		],
		example: check('module-state-assigned', 'module-state-read-legal'),
	},
	PD4004: {
		why: 'An instance of a class that nobody registered cannot be saved; what comes back of an effect is a copy, too. So after a restore nothing is an instance of it, and the test is false.',
		ways: ['Register the class.', 'Test a property: `found.kind === "coupon"`.'],
		example: check('instanceof-unregistered-class', 'instanceof-legal'),
	},
	PD4005: {
		why: 'What a foreign function calls is part of one effect, the awaits of the closure included: nothing between them is saved, and after a crash all of it runs again.',
		ways: [
			"Use `Promise.all(items.map(async (item) => ...))`: `map` is one of the language's own, and each await is a point of the run.",
			'If one effect is what you want, move the closure into a plain function.',
		],
		example: check('async-closure-for-a-foreign-function', 'async-closure-for-a-map-legal'),
	},
	PD4006: {
		why: 'An awaited call is made after the turn is committed. One that is not awaited runs at once, as in JavaScript: if the process dies before the commit, it has happened and nobody knows, and the turn starts it again.',
		ways: [
			'Await it.',
			'Start a branch of the run: `const asking = (async () => await price())()`.',
			'Declare it: `const price = effect(fetchPrice)` is dispatched after the commit wherever it is called.',
		],
		example: check('foreign-call-started', 'foreign-call-in-a-closure-legal'),
	},
	PD4007: {
		why: 'The callback changes variables of the run while an effect is in flight beside other branches. A turn of these may be committed in between; after a crash the effect runs again, and the change is made twice.',
		ways: ['Let each effect return what it found, and put it together in the run.'],
		example: check('captured-variable-changed-beside-other-fibers', 'result-returned-beside-other-fibers-legal'),
	},
};
