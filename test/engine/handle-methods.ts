/** Methods of a handle that ask the store for its run, whatever they are called with. */
export const HANDLE_METHODS = [
	'describe',
	'status',
	'next',
	'settled',
	'result',
	'cancel',
	'retry',
	'fork',
	'log',
	'inspect',
	'resume',
	'throw',
] as const;
