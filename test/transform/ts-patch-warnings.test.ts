import type { Diagnostic } from '@perdure/abi';
import ts from 'typescript';
import { expect, test, vi } from 'vitest';
import { addDiagnostics } from '../../packages/transform/src/ts-patch/diagnostics.ts';

const warning: Diagnostic = {
	code: 'PD4001',
	severity: 'warning',
	message: "'setTimeout' is not durable time.",
	file: '/shop/src/a.ts',
	start: 0,
	length: 10,
	line: 1,
	column: 1,
	related: [],
	help: 'use sleep',
};

test('a warning is printed once and shown in editors, and fails no build', () => {
	const host = ts.createCompilerHost({});
	const file = ts.createSourceFile(warning.file, 'setTimeout;', ts.ScriptTarget.ESNext);
	const program = ts.createProgram({
		rootNames: [warning.file],
		options: { noLib: true, types: [] },
		host: { ...host, getSourceFile: (name) => (name === warning.file ? file : undefined) },
	});
	const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
	try {
		addDiagnostics(ts, program, () => ({ diagnostics: [warning], functions: [] }));
		const codes = [...program.getSemanticDiagnostics(file), ...program.getSemanticDiagnostics()].map(
			({ code }) => code,
		);
		expect(codes).not.toContain(94001);
		const internal = program as unknown as { getSuggestionDiagnostics(file: ts.SourceFile): ts.Diagnostic[] };
		expect(internal.getSuggestionDiagnostics(file).map(({ code }) => code)).toContain(94001);
		expect(write).toHaveBeenCalledTimes(1);
		expect(write.mock.calls[0]![0]).toMatch(
			/^.*a\.ts\(1,1\): warning TS94001: PD4001: 'setTimeout' is not durable time\.\n {2}help: use sleep\n$/,
		);
	} finally {
		write.mockRestore();
	}
});
