/** Two functions of one build with one id, in two files: within a file the compiler says so itself. */
import type { Diagnostic } from '@perdure/abi';
import { TABLE } from './table.ts';

/** A durable function that a file declares. */
export interface DeclaredFunction {
	readonly id: string;
	readonly file: string;
	/** Package-relative, for messages. */
	readonly path: string;
	/** Text of the file. */
	readonly text: string;
	/** Where in it the function starts. */
	readonly start: number;
}

/** A diagnostic at each function that another file has, too. */
export function duplicateIds(functions: readonly DeclaredFunction[]): Diagnostic[] {
	return [...Map.groupBy(functions, ({ id }) => id).values()].flatMap((equal) =>
		equal.flatMap((one) => {
			const other = equal.find(({ file }) => file !== one.file);
			return other ? [duplicate(one, other)] : [];
		}),
	);
}

function duplicate({ id, file, text, start }: DeclaredFunction, other: DeclaredFunction): Diagnostic {
	const { code, severity, message, help } = TABLE.PD1003;
	const before = text.slice(0, start).split('\n');
	return {
		code,
		severity,
		message: message({ id, elsewhere: other.path }),
		file,
		start,
		length: text.slice(start).search(/\s|$/),
		line: before.length,
		column: before.at(-1)!.length + 1,
		related: [{ message: 'the other one', file: other.file, start: other.start, length: 1 }],
		help: help as string,
	};
}
