export type { Diagnostic, RelatedSpan, Severity } from '@perdure/abi';
export { DIRECTIVE_HINT, mentionsDirective } from './1-parse/directive.ts';
export type { SourceMap } from './5-emit/source-map.ts';
export { type CompileContext, type Compiled, compileProgram } from './compile.ts';
export { renderDiagnostic } from './diagnostics/render.ts';
export { mentionsRegistration, nameRegistrations } from './name-registrations.ts';
export type { TransformOptions } from './options.ts';
export type { ClosureSchema, FunctionSchema, PointSchema } from './schema.ts';
export { type TransformResult, transform } from './transform.ts';
