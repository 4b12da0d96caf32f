//go:build cgo

/*
 * What the library needs of the process on Windows: see process.h. There are no signals and no forks. What Go does to
 * the process when it is loaded stays: it adds handlers of exceptions, which pass on those that are not Go's.
 */
#include <stdlib.h>
#include <windows.h>

#include "process.h"

/* The last error of each thread. Unlike TlsAlloc's, memory of FlsAlloc is freed when a thread ends. */
static DWORD last_key = FLS_OUT_OF_INDEXES;
static char none[MOST]; /* for threads for which there is no memory or key; its text may be another thread's */

static void WINAPI forget(void *text) { free(text); }

__attribute__((constructor)) static void loaded(void) { last_key = FlsAlloc(forget); }

char *process_last(void)
{
	if (last_key == FLS_OUT_OF_INDEXES)
		return none;
	char *text = FlsGetValue(last_key);
	if (text != NULL)
		return text;
	text = calloc(1, MOST);
	if (text != NULL && !FlsSetValue(last_key, text)) {
		free(text);
		text = NULL;
	}
	return text != NULL ? text : none;
}

int process_forked(void) { return 0; }
