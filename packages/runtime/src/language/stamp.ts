/**
 * A class that extends it puts its fields on an object that is there already, whose prototype is
 * another than the class's: each generator function has a prototype of its own for what it makes.
 */
export class Stamp {
	constructor(object: object) {
		// biome-ignore lint/correctness/noConstructorReturn: the object gets the fields
		return object;
	}
}
