/** Builds text piece by piece together with its source map: copied source, and printed nodes. */
import remapping, { type SourceMapInput } from '@jridgewell/remapping';

/** As other tools read it: version 3. */
export interface SourceMap {
	readonly version: 3;
	readonly file?: string | null;
	readonly sources: (string | null)[];
	readonly sourcesContent?: (string | null)[];
	readonly names: string[];
	readonly mappings: string;
}

/** Column; then source, line, column, name, where known. Lines are 0-based. */
export type Segment = [number] | [number, number, number, number] | [number, number, number, number, number];

export interface PrintedText {
	readonly code: string;
	/** Absent when no map is wanted. */
	readonly mappings?: readonly (readonly Segment[])[];
	readonly names?: readonly string[];
}

export class MappedText {
	code = '';
	private readonly source: string;
	private readonly mapped: boolean;
	private readonly lines: Segment[][] = [[]];
	private readonly names: string[] = [];
	private readonly nameIndexes = new Map<string, number>();
	private column = 0;
	/** Where copying has come to in the source: it only goes forward. */
	private offset = 0;
	private sourceLine = 0;
	private sourceColumn = 0;

	constructor(source: string, mapped: boolean) {
		this.source = source;
		this.mapped = mapped;
	}

	/** Copies the source up to `end`. */
	copyTo(end: number): void {
		const text = this.source.slice(this.offset, end);
		this.code += text;
		this.offset = end;
		if (!this.mapped) return;
		// One segment a word: debuggers ask for columns.
		for (const [token] of text.matchAll(/\n|[\p{ID_Continue}$]+|[^\S\n]+|[^\p{ID_Continue}$\s]+/gu)) {
			if (token === '\n') {
				this.lines.push([]);
				this.column = 0;
				this.sourceLine++;
				this.sourceColumn = 0;
				continue;
			}
			if (token.trim() !== '') {
				this.lines.at(-1)!.push([this.column, 0, this.sourceLine, this.sourceColumn]);
			}
			this.column += token.length;
			this.sourceColumn += token.length;
		}
	}

	/** Goes past a part of the source that is left out. */
	skipTo(end: number): void {
		const text = this.source.slice(this.offset, end);
		this.offset = end;
		if (!this.mapped) return;
		const last = text.lastIndexOf('\n');
		if (last < 0) this.sourceColumn += text.length;
		else {
			this.sourceLine += text.split('\n').length - 1;
			this.sourceColumn = text.length - last - 1;
		}
	}

	/** Adds text with a map of its own, or none. */
	add(text: PrintedText): void {
		this.code += text.code;
		if (!this.mapped) return;
		const { mappings = [], names = [] } = text;
		text.code.split('\n').forEach((line, index) => {
			if (index > 0) {
				this.lines.push([]);
				this.column = 0;
			}
			const out = this.lines.at(-1)!;
			const segments = mappings[index] ?? [];
			// What has no origin must not seem to belong to what stands before it.
			if ((segments[0]?.[0] ?? 1) > 0 && line !== '') out.push([this.column]);
			for (const segment of segments) out.push(this.moved(segment, names));
			this.column += line.length;
		});
	}

	private moved(segment: Segment, names: readonly string[]): Segment {
		const column = segment[0] + this.column;
		if (segment.length === 1) return [column];
		if (segment.length === 4) return [column, segment[1], segment[2], segment[3]];
		return [column, segment[1], segment[2], segment[3], this.nameIndex(names[segment[4]]!)];
	}

	private nameIndex(name: string): number {
		let index = this.nameIndexes.get(name);
		if (index === undefined) {
			index = this.names.push(name) - 1;
			this.nameIndexes.set(name, index);
		}
		return index;
	}

	/**
	 * The map of what was built. With an `input` map it leads to the sources of that one. What was added
	 * comes from the file itself, or from another, `second`, where its segments say source 1.
	 */
	map(file: string, input: object | null, second?: string): SourceMap {
		const own = {
			version: 3,
			file,
			sources: second === undefined ? [file] : [file, second],
			sourcesContent: [this.source],
			names: this.names,
			mappings: this.lines,
		};
		// Only of what was built: a source of `input` may have the same name, and has no map.
		const map = remapping(own as unknown as SourceMapInput, (source, { depth }) =>
			depth === 1 && source === file ? (input as SourceMapInput) : null,
		);
		return { ...map, file, sources: [...map.sources], version: 3 } as unknown as SourceMap;
	}
}
