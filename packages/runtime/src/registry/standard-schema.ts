/**
 * What any library of validators gives that follows Standard Schema, version 1 (standardschema.dev: Zod, Valibot,
 * ArkType and others): the few lines of its interface that are read here, so that none of them is depended on.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
	readonly '~standard': {
		readonly version: 1;
		readonly vendor: string;
		validate(value: unknown): SchemaResult<Output> | PromiseLike<SchemaResult<Output>>;
		readonly types?: { readonly input: Input; readonly output: Output } | undefined;
	};
}

export type SchemaResult<Output> =
	| { readonly value: Output; readonly issues?: undefined }
	| { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
	readonly message: string;
	readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** An issue as a line: `items.0.price: Expected a number`. */
export function issueText({ message, path = [] }: SchemaIssue): string {
	const keys = path.map((part) => String(typeof part === 'object' ? part.key : part));
	return keys.length === 0 ? message : `${keys.join('.')}: ${message}`;
}
