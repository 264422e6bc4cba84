/** The form of every diagnostic of the compiler and of every coded error of the runtime. */

export type Severity = 'error' | 'warning';

export interface RelatedSpan {
	readonly message: string;
	readonly file: string;
	/** Offset in UTF-16 units from the start of the file. */
	readonly start: number;
	readonly length: number;
}

/** A change of one file that mends what a diagnostic is about. */
export interface Fix {
	/** What it does, for a menu: `Write (id) => fetchUser(id)`. */
	readonly title: string;
	/** None overlaps another. */
	readonly edits: readonly TextEdit[];
}

/** `text` in the place of `length` UTF-16 units from `start`. */
export interface TextEdit {
	readonly file: string;
	readonly start: number;
	readonly length: number;
	readonly text: string;
}

export interface Diagnostic {
	/** `PD` and four digits; a code never moves and never returns. */
	readonly code: string;
	readonly severity: Severity;
	/** One sentence that names the user's own thing. */
	readonly message: string;
	readonly file: string;
	readonly start: number;
	readonly length: number;
	/** 1-based. */
	readonly line: number;
	/** 1-based. */
	readonly column: number;
	readonly related: readonly RelatedSpan[];
	/** The way out. */
	readonly help: string;
	/** Only where one change is certain to be right. */
	readonly fix?: Fix;
}

/** A row of a table of codes: facts only, so that documentation can be made from it. */
export interface DiagnosticRow<P> {
	readonly code: string;
	readonly severity: Severity;
	/** What the code is about, for the reference page. */
	readonly title: string;
	readonly message: (parameters: P) => string;
	readonly help: string | ((parameters: P) => string);
}
