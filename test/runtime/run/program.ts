/** Programs for tests of `run` and `Continuation`: compiled in this process, with what they import given by the test. */
import { compile } from '../../support/compile.ts';

export type Durable = (...args: never[]) => Promise<unknown>;

/** The exports of a compiled module. `world` answers `import ... from 'world'`. */
export function load(source: string, world: object = {}): Record<string, Durable> {
	return compile(source, { world }).exports as Record<string, Durable>;
}

/** The exported function `main`. */
export function loadMain(source: string, world: object = {}): (...args: unknown[]) => Promise<unknown> {
	return load(source, world)['main'] as (...args: unknown[]) => Promise<unknown>;
}
