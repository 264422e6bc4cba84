/**
 * Shapes: the key lists of plain objects, written once and named by the objects that have them.
 *
 * Owns: one tree of key lists for the process, so that finding an object's shape is a walk along its
 * keys and no text is built. It is thrown away when it grows large (keys that are data); shapes that
 * somebody still holds stay valid, they are only not found again.
 */
import type { Level } from './format.ts';

/** Prototype of the objects of a shape: 0 `Object.prototype`, null none, else that of a registered class. */
export type ShapeClass = 0 | null | object;

export class Shape {
	readonly of: ShapeClass;
	readonly level: Level;
	readonly keys: readonly (string | symbol)[];
	/** The walk that numbered it last, and its number there: spares a look-up for each object. */
	owner: object | null = null;
	id = -1;

	constructor(of: ShapeClass, level: Level, keys: readonly (string | symbol)[]) {
		this.of = of;
		this.level = level;
		this.keys = keys;
	}
}

class Node {
	/** Most nodes have one child: no map for it. */
	key: string | symbol | undefined = undefined;
	child: Node | undefined = undefined;
	children: Map<string | symbol, Node> | undefined = undefined;
	shape: Shape | undefined = undefined;
}

const MOST_NODES = 20_000;
let nodes = 0;
let plain = new Node();
let special = new WeakMap<object, Node[]>();
const NULL_PROTOTYPE = {};

/** The shape of objects with these keys in this order. */
export function shapeOf(of: ShapeClass, level: Level, keys: readonly (string | symbol)[]): Shape {
	let node = of === 0 && level === 0 ? plain : root(of, level);
	for (let i = 0; i < keys.length; i++) {
		const key = keys[i]!;
		node = node.key === key ? node.child! : next(node, key);
	}
	node.shape ??= new Shape(of, level, keys.slice());
	return node.shape;
}

function root(of: ShapeClass, level: Level): Node {
	const key = of === 0 || of === null ? (of === 0 ? plain : NULL_PROTOTYPE) : of;
	const roots = special.get(key) ?? [];
	if (roots.length === 0) special.set(key, roots);
	roots[level] ??= new Node();
	return roots[level];
}

function next(node: Node, key: string | symbol): Node {
	const known = node.children?.get(key);
	if (known !== undefined) return known;
	if (++nodes > MOST_NODES) {
		nodes = 0;
		plain = new Node();
		special = new WeakMap();
	}
	const made = new Node();
	if (node.key === undefined) {
		node.key = key;
		node.child = made;
	} else {
		node.children ??= new Map();
		node.children.set(key, made);
	}
	return made;
}
