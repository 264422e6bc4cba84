/** What is found out about a program once, whichever of its files is checked. */
import { type Classes, createClasses } from './classes.ts';
import { createDurableFiles, type DurableFiles } from './durable-files.ts';
import { createRegistrations } from './registrations.ts';
import type { TypeProgram } from './type-model.ts';
import { createVerdicts, type Verdicts } from './verdict.ts';

export interface ProgramFacts {
	readonly program: TypeProgram;
	readonly files: DurableFiles;
	readonly classes: Classes;
	readonly verdicts: Verdicts;
}

export function createProgramFacts(program: TypeProgram): ProgramFacts {
	const files = createDurableFiles(program);
	const classes = createClasses(program, createRegistrations(program), files);
	return { program, files, classes, verdicts: createVerdicts(classes) };
}
