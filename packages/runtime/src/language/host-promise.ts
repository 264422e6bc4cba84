/** Promises of the host's, for what runs outside any run. */

/** A promise of the host's with what settles it. */
export interface NativeCapability {
	readonly promise: Promise<unknown>;
	readonly resolve: (value: unknown) => void;
	readonly reject: (reason: unknown) => void;
}

export function nativeCapability(): NativeCapability {
	let resolve!: NativeCapability['resolve'];
	let reject!: NativeCapability['reject'];
	const promise = new Promise<unknown>((fulfil, fail) => {
		resolve = fulfil;
		reject = fail;
	});
	return { promise, resolve, reject };
}

const { then } = Promise.prototype;

/** PerformPromiseThen of PromiseResolve(value) (27.2.4.7.1, 27.2.5.4.1). */
export function thenNative(value: unknown, settled: (ok: boolean, value: unknown) => void): void {
	let promise: Promise<unknown>;
	try {
		promise = Promise.resolve(value);
	} catch (error) {
		settled(false, error);
		return;
	}
	Reflect.apply(then, promise, [(result: unknown) => settled(true, result), (error: unknown) => settled(false, error)]);
}
