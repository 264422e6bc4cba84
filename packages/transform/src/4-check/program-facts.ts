/** What is found out about a program once, whichever of its files is checked. */
import { createClasses } from './classes.ts';
import { createDurableFiles } from './durable-files.ts';
import { createRegistrations } from './registrations.ts';
import type { TypeProgram } from './type-model.ts';
import { createVerdicts, type Verdicts } from './verdict.ts';

export interface ProgramFacts {
	readonly program: TypeProgram;
	readonly verdicts: Verdicts;
}

export function createProgramFacts(program: TypeProgram): ProgramFacts {
	const classes = createClasses(program, createRegistrations(program), createDurableFiles(program));
	return { program, verdicts: createVerdicts(classes) };
}
