import type { Clock } from '../ports/clock.ts';
import type { Connection } from './connection.ts';

/** How often other processes' commits are looked for (ms): at first after one was seen, and when long none was. */
const SOON = 10;
const LATE = 80;

/** How often the other workers' locks are tried (ms). */
const LIVES = 100;

export interface WatchTasks {
	/** Another process has committed something. */
	changed(): void;
	/** Time to see who lives. */
	lives(): void;
}

/**
 * Polls `data_version`, which costs 2 us and changes only by other connections' commits, and slows
 * down while nothing happens.
 * @returns ends it.
 */
export function watch(db: Connection, clock: Clock, tasks: WatchTasks): () => void {
	let version: unknown = null;
	let pause = SOON;
	let lives = clock.now() + LIVES;
	let cancel = () => {};
	let ended = false;
	const look = () => {
		const now = clock.now();
		try {
			const current = db.get('PRAGMA data_version')!.data_version;
			pause = current === version ? Math.min(pause * 1.3, LATE) : SOON;
			if (current !== version) tasks.changed();
			version = current;
			if (now >= lives) {
				lives = now + LIVES;
				tasks.lives();
			}
		} catch {
			// Another process recovers the file: the next look tells.
		}
		if (!ended) cancel = clock.timer(now + pause, look);
	};
	cancel = clock.timer(clock.now() + pause, look);
	return () => {
		ended = true;
		cancel();
	};
}
