/** Locals by slot name, or those and the id of the point to go on at. */
type Locals = Record<string, unknown>;
type Migration = (locals: Locals) => Locals & { point?: unknown; locals?: unknown };

const migrations = new Map<string, Migration>();

/**
 * Says how frames saved at a point of former code fit today's: from the saved locals (by slot name)
 * to those that the point reads now, or to another point and its locals. Called at module level.
 */
export function migrate(
	functionId: string,
	pointId: string,
	migration: (locals: Locals) => Locals | { point: string; locals: Locals },
): void {
	migrations.set(`${functionId}\0${pointId}`, migration as Migration);
}

export function migrationOf(functionId: string, pointId: string): Migration | undefined {
	return migrations.get(`${functionId}\0${pointId}`);
}
