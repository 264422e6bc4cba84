export class Trail {
	readonly steps: string[] = [];
}
