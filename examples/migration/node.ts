/** The number of the process that runs this effect. */
export async function whereAmI(): Promise<number> {
	return process.pid;
}
