/**
 * %AsyncIteratorPrototype%[Symbol.asyncDispose] (27.1.4.3) for compiled async generators. The engine's own
 * gives a promise of the host's; inside a turn it is one of the run.
 */
import { generatorMethods, generatorPrototypes } from '../registry/generator-functions.ts';
import { type Callable, shared } from '../registry/shared.ts';
import { DurablePromise, promiseResolve, reject } from './durable-promise.ts';

const native = (generatorPrototypes.async as { [Symbol.asyncDispose]?: Callable })[Symbol.asyncDispose];

/** Whatever `return` gave, nothing comes of it. */
function forget(): void {}

generatorMethods.set(forget, 'async forget');

function asyncDispose(this: { return?: unknown }): unknown {
	if (shared.current === null) return Reflect.apply(native!, this, []);
	try {
		const method = this.return;
		if (method === undefined || method === null) return promiseResolve(undefined);
		return promiseResolve(Reflect.apply(method as Callable, this, [undefined])).then(forget);
	} catch (error) {
		const promise = new DurablePromise();
		reject(promise, error);
		return promise;
	}
}

/** The method under its name, where the engine has it. */
export const disposal: Readonly<Record<symbol, Callable>> =
	native === undefined
		? {}
		: {
				[Symbol.asyncDispose]: Object.defineProperty(asyncDispose, 'name', { value: '[Symbol.asyncDispose]' }),
			};
