export type { Diagnostic, DiagnosticRow, Fix, RelatedSpan, Severity, TextEdit } from './diagnostic.ts';
export type { EmittedDef, PointRow, SiteRow } from './emitted.ts';
export { HELPERS, HELPERS_MODULE, type HelperName } from './helpers.ts';
export {
	ABI,
	type Activation,
	type ChainLink,
	type EqualPoint,
	type FunctionDef,
	type Guard,
	type Mode,
	type PointDef,
	type SiteDef,
	type Step,
} from './machine.ts';
export {
	aloneMessage,
	argumentMessage,
	calleeMessage,
	capturedMessage,
	NAMESPACE_HELP,
	parameterMessage,
	REFUSED,
	receiverMessage,
	resultMessage,
} from './refusals.ts';
export {
	AGAIN_HELP,
	ASYNC_ITERATION_HELP,
	endedHelp,
	LIVE_HELP,
	UNSAVABLE_TYPES,
	type UnsavableType,
	unregisteredHelp,
	WIRE_TYPES,
	type WireType,
} from './wire-types.ts';
