//go:build cgo && !windows

/* What the library needs of the process on Linux and macOS: see process.h. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "process.h"

/*
 * The last error of each thread, which Go functions write. It is not _Thread_local: Go makes the loader put the whole
 * library's thread-local memory into a block of fixed size, which other libraries of the process also need.
 */
static pthread_key_t last_key;
static int keyed; /* last_key exists: a process may have 1024 of them */
static char none[MOST]; /* for threads for which there is no memory or key; its text may be another thread's */

char *process_last(void)
{
	if (!keyed)
		return none;
	char *text = pthread_getspecific(last_key);
	if (text != NULL)
		return text;
	text = calloc(1, MOST);
	if (text != NULL && pthread_setspecific(last_key, text) != 0) {
		free(text);
		text = NULL;
	}
	return text != NULL ? text : none;
}

/*
 * After a fork the child has one thread. Go's scheduler and collector are gone, and a call would wait for them for
 * ever. An atomic is not needed: the child has one thread when this is set.
 */
static int forked;
static int parent;

static void in_child(void) { forked = 1; }

/*
 * What Go does to signals when it is loaded, and how it is undone. Go's constructor, which has no priority, installs
 * handlers of its own for a few signals and starts a thread, from which all its threads take their signal mask. The
 * first constructor here comes before it, keeps the handlers, and blocks what can be blocked. The second one comes
 * after it, puts the handlers and the mask back, and keeps Go's threads as they are: with signals blocked, so that no
 * handler of the program runs on their small stacks. The exceptions are what Go unblocks in every thread that it
 * starts, whatever the mask: SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV and SIGSTKFLT, which a thread sends itself, and
 * SIGPROF and SIGCHLD, which a process is sent.
 *
 * Go needs none of its handlers here. Those for SIGSEGV, SIGBUS and SIGFPE turn the use of a nil pointer in Go into an
 * error: without them it ends the process, as it does in C. The one for SIGPIPE ends programs that write to a closed
 * stdout. The one for SIGURG interrupts long loops for the collector, which else waits for their next call.
 */
static const int taken[] = {SIGSEGV, SIGBUS, SIGFPE, SIGPIPE, SIGURG};
enum { TAKEN = sizeof taken / sizeof *taken };
static struct sigaction before[TAKEN];
static sigset_t mask;

__attribute__((constructor(101))) static void before_go(void)
{
	sigset_t all;
	for (int i = 0; i < TAKEN; i++)
		sigaction(taken[i], NULL, &before[i]);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &mask);
}

__attribute__((constructor)) static void after_go(void)
{
	for (int i = 0; i < TAKEN; i++)
		sigaction(taken[i], &before[i], NULL);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	keyed = pthread_key_create(&last_key, free) == 0;
	parent = getpid();
	pthread_atfork(NULL, NULL, in_child);
}

int process_forked(void)
{
	if (!forked)
		return 0;
	snprintf(process_last(), MOST,
		"gpuconv: process %d: this is a fork of process %d, which loaded the library; "
		"want a process that loads it itself: fork before that, or start a new program",
		(int)getpid(), parent);
	return 1;
}
