/** What of a program is the runtime's own: told by the package that declares it. */
import { packageScope } from '../package-scope.ts';
import { dependencyOf } from './host-types.ts';
import type { TypeSymbol } from './type-model.ts';

export const RUNTIME = '@perdure/runtime';

/** The name by which the runtime exports it; undefined for anything else. */
export function runtimeName(symbol: TypeSymbol | undefined): string | undefined {
	return symbol?.declarations().some(({ file }) => isOfRuntime(file)) ? symbol.name : undefined;
}

function isOfRuntime(file: string): boolean {
	return (dependencyOf(file) ?? packageScope(file).name) === RUNTIME;
}
