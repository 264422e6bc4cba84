import type { Diagnostic } from '@perdure/abi';
import { renderDiagnostic } from './diagnostics/render.ts';

/** A module that does not compile was loaded. Its message shows every error, with its place and the way out. */
export class CompileError extends SyntaxError {
	override readonly name = 'CompileError';
	/** The code of the first diagnostic. */
	readonly code: string;
	readonly diagnostics: readonly Diagnostic[];

	constructor(diagnostics: readonly Diagnostic[], source: string) {
		super(diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, () => source)).join('\n\n'));
		this.code = diagnostics[0]!.code;
		this.diagnostics = diagnostics;
		// Not enumerable: the host prints enumerable properties below a message that says it all.
		for (const key of ['name', 'code', 'diagnostics']) Object.defineProperty(this, key, { enumerable: false });
		// Where the loader was when it threw says nothing to the user.
		this.stack = `${this.name}: ${this.message}`;
	}
}
