/** A source map that travels in the last comment of the code it belongs to. */
const COMMENT = '//# sourceMappingURL=data:application/json;base64,';

export function appendMap(code: string, map: object): string {
	return `${code}\n${COMMENT}${Buffer.from(JSON.stringify(map)).toString('base64')}\n`;
}

/** The code without the comment, and the map; `null` when it does not end in one. */
export function splitMap(text: string): { readonly code: string; readonly map: object } | null {
	const at = text.lastIndexOf(COMMENT);
	if (at < 0) return null;
	const map = JSON.parse(Buffer.from(text.slice(at + COMMENT.length), 'base64').toString());
	return { code: text.slice(0, at).trimEnd(), map };
}
