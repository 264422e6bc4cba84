/**
 * The runtime helpers that emitted code may import from `@perdure/runtime/internal`, and nothing
 * else. The runtime's `internal.ts` exports exactly these (a test compares).
 */
export const HELPERS = [
	'define', // define(emitted): FunctionDef                completes and registers a durable function and its closures
	'moduleValues', // moduleValues(moduleId, { name: () => value }, hiding?)  functions and classes of the module, which are saved by name
	'bind', // bind(wrapper, def): wrapper                   gives a wrapper its brand (AsyncFunction's prototype) and its definition
	'enter', // enter(def, self, args, env?, owner?): Promise    body of a wrapper: starts the function
	'generate', // generate(def, self, args, env?, fn?, owner?): object  body of a generator function's wrapper: makes the generator
	'yielded', // yielded(value): object                     what a step of an async generator gives at a `yield`, which is no `await`
	'delegateAsync', // delegateAsync(iterable): AsyncDelegation   `yield*` in an async generator
	'delegate', // delegate(iterable): Delegation            `yield*` in a generator
	'closure', // closure(made, def, env): Function          makes what `def.make(...env, owner())` gave a closure of the run
	'owner', // owner(): { open }                            whose the closures are that are made now; `open` while they may be entered
	'outside', // outside(owner, def): void                  a closure was entered while its owner was not open: throws
	'makeClass', // makeClass(def, env): class               makes a class of the run
	'privateOf', // privateOf(Class, object): object         private members of an object, for code that stands outside its class
	'privateMethod', // privateMethod(Class, object, name): Function  one of them, bound to the object
	'privateIn', // privateIn(Class, name, object): boolean  `#name in object`
	'bindMethod', // bindMethod(method, def, env): method    an async method of such a class
	'call', // call(frame, site, callee, self, args, key?)   a call in await position; key: see CallOperation.key
	'chain', // chain(frame, site, callee, self, args, rest, key?) a chain in await position; rest: [computedKeys, args][] by link
	'tail', // tail(frame, site, callee, self, args, key?)         `return f()`: the call replaces the frame
	'foreign', // foreign(callee): boolean                   does a call of this callee become an effect?
	'begin', // begin(frame, site, callee, self, args, key?, rest?)  as call, without waiting: gives a promise of the run, or what a call in the turn gives; rest: as in chain
	'interposing', // interposing.on: boolean                does the turn have other functions for calls elsewhere, or a log that answers them?
	'interpose', // interpose(frame, site, callee, self?): Function   what is called in place of the callee, or the callee
	'interposeOn', // interposeOn(frame, site, object, key): value    what has that in place of the member `key`, or the object
	'concernsTurn', // concernsTurn(value): boolean           cheap test of what a call elsewhere has given: a promise or an iterator
	'started', // started(frame, site, value, callee, self, args, key?, inPlace?)  a call elsewhere has given the promise or iterator `value`; no callee: the member `key` of `self`; inPlace: [site, value, operands][] of calls among the arguments
	'PromiseOf', // the global Promise as durable code sees it: PromiseOf.all(...), new PromiseOf(executor)
	'lazy', // lazy(def, operands, callee?): value            a thunk over saved operands: runs it, and can run it again while `callee`, which gets its value, is an effect
	'unwind', // unwind(frame, pc, error): number            pc of the handler, or throws the error on
	'Cell', // new Cell(value): { v }                        a captured variable
	'TDZ', // the value of a binding that is not yet initialised
	'tdz', // tdz(value, name): value                        throws the ReferenceError of a binding in its dead zone
	'constant', // constant(name): never                     throws the TypeError of an assignment to a constant
	'iterate', // iterate(iterable): Iterator                GetIterator; savable for arrays, strings, maps, sets, typed arrays
	'iterateCall', // iterateCall(receiver, key): Iterator   GetIterator(receiver[key]()), savable for entries/keys/values of those
	'iterateAsync', // iterateAsync(iterable): AsyncIterator  GetIterator for `for await`
	'iterateAsyncCall', // iterateAsyncCall(receiver, key)    the same of receiver[key]()
	'enumerate', // enumerate(object): Iterator              for-in
	'resources', // resources(): Resources                    what `using` declarations of a scope are disposed by
	'accessor', // accessor(object, key, 'get' | 'set', f): object   adds one half of an accessor
	'accessorIn', // accessorIn(object): Function            the one getter or setter of an object
	'properties', // properties(object, more): object       adds own properties of `more`, as an object literal does
	'restOf', // restOf(object, excludedKeys): object        object rest in a pattern
	'propertyKey', // propertyKey(value): string | symbol    ToPropertyKey
	'coercible', // coercible(value): value                  RequireObjectCoercible, with destructuring's message
	'superGet', // superGet(home, self, key): value          `super[key]`, outside its method
	'superOf', // superOf(home, self): object                `super` as an object whose members are read and written
	'construct', // construct.apply(C, args): object          `new C(...args)`, as a function on the receiver C
	'invoke', // invoke(callee, self, args, name): value      calls a callee that was read before its arguments suspended
	'kept', // kept(callee): Function | undefined               a callee that is data of the run, so that it can be saved
	'templateObject', // templateObject(cooked, raw)         a frozen template object
] as const;

export type HelperName = (typeof HELPERS)[number];

/** Where emitted code imports the helpers from. */
export const HELPERS_MODULE = '@perdure/runtime/internal';
