/**
 * One hash for each node of a graph, over its content and that of everything that can be reached from it. Nodes
 * in a cycle reach the same, and share one: strongly connected components (R. Tarjan, Depth-first search and
 * linear graph algorithms, 1972), without recursion, since a project may be one long chain.
 */
import { hash } from 'node:crypto';

export interface Content {
	/** Of the node alone. */
	readonly hash: string;
	/** Other nodes. */
	readonly uses: readonly string[];
}

interface Visit {
	readonly name: string;
	readonly order: number;
	low: number;
	next: number;
}

export function digestsOf(graph: ReadonlyMap<string, Content>): Map<string, string> {
	const digests = new Map<string, string>();
	const visits = new Map<string, Visit>();
	/** Visited, and not yet in a component. */
	const open: string[] = [];

	const enter = (name: string): Visit => {
		const visit = { name, order: visits.size, low: visits.size, next: 0 };
		visits.set(name, visit);
		open.push(name);
		return visit;
	};
	/** All that is open above `name` is reached from it and reaches it. */
	const close = (name: string): void => {
		const members = open.splice(open.lastIndexOf(name)).sort();
		const inside = new Set(members);
		const outside = members.flatMap((each) => graph.get(each)!.uses.filter((used) => !inside.has(used)));
		const parts = [
			...members.flatMap((each) => [each, graph.get(each)!.hash]),
			...[...new Set(outside)].sort().flatMap((each) => [each, digests.get(each)!]),
		];
		const digest = digestOf(parts);
		for (const each of members) digests.set(each, digest);
	};

	for (const root of graph.keys()) {
		if (visits.has(root)) continue;
		for (const way = [enter(root)]; way.length > 0; ) {
			const at = way.at(-1)!;
			const used = graph.get(at.name)!.uses[at.next++];
			if (used === undefined) {
				way.pop();
				const above = way.at(-1);
				if (above) above.low = Math.min(above.low, at.low);
				if (at.low === at.order) close(at.name);
			} else if (!visits.has(used)) way.push(enter(used));
			else if (!digests.has(used)) at.low = Math.min(at.low, visits.get(used)!.order);
		}
	}
	return digests;
}

/** The parts cannot run into one another: JSON keeps them apart. */
export function digestOf(parts: readonly (string | null)[]): string {
	return hash('sha256', JSON.stringify(parts), 'base64url');
}
