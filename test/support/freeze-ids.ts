/** Writes the ids of those sources of the frozen corpus that have none yet, and nothing else. */
import { freeze, idsCorpus } from './ids-corpus.ts';

for (const entry of idsCorpus()) {
	if (entry.ids !== null) continue;
	freeze(entry);
	console.log(`froze ${entry.name}`);
}
