/*
 * Misuses every function of gpuconv.h: each call below must return the status that is expected, and none may crash. The
 * test builds it with AddressSanitizer and UndefinedBehaviorSanitizer. It prints what differs, and exits with 1 if
 * anything does.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifndef _WIN32
#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>
#endif

#include "gpuconv.h"

static int failures;

static void expect(int line, const char *what, int64_t got, int64_t want)
{
	if (got == want)
		return;
	printf("line %d: %s: %lld, want %lld; last error: %s\n", line, what, (long long)got, (long long)want,
		gpuconv_last_error());
	failures++;
}

#define EXPECT(call, want) expect(__LINE__, #call, call, want)
#define SAYS(words) \
	expect(__LINE__, words, strstr(gpuconv_last_error(), words) != NULL, 1)

#ifndef _WIN32 /* which has neither signals nor forks */

/* The handlers and the mask before the library is loaded. SA_ONSTACK may be added to a handler, and nothing else. */
static const int flags = SA_SIGINFO | SA_RESTART | SA_NODEFER | SA_RESETHAND | SA_NOCLDSTOP | SA_NOCLDWAIT;
static struct sigaction before[65];
static sigset_t mask;

static void handled(int number) { (void)number; }

static void before_loading(void)
{
	signal(SIGPIPE, handled);
	signal(SIGTERM, handled);
	for (int i = 1; i < 65; i++)
		sigaction(i, NULL, &before[i]);
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
}

/* What is listed here is called before the constructors of libraries. */
__attribute__((section(".preinit_array"), used)) static void (*const first)(void) = before_loading;

static void signals(void)
{
	sigset_t now;
	pthread_sigmask(SIG_SETMASK, NULL, &now);
	for (int i = 1; i < 65; i++) {
		struct sigaction after;
		if (sigaction(i, NULL, &after) == 0) {
			expect(__LINE__, strsignal(i), before[i].sa_handler == after.sa_handler, 1);
			expect(__LINE__, strsignal(i), before[i].sa_flags & flags, after.sa_flags & flags);
		}
		expect(__LINE__, strsignal(i), sigismember(&mask, i), sigismember(&now, i));
	}
}

/*
 * The library's threads block all signals except what cannot be blocked, what C libraries keep for themselves (32 to
 * 34), and what the Go runtime unblocks in each of its threads: signals of faults and profilers, and SIGCHLD.
 */
static uint64_t unblocked(void)
{
	static const int numbers[] = {SIGKILL, SIGSTOP, 32, 33, 34, SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSTKFLT,
		SIGPROF, SIGCHLD};
	uint64_t all = 0;
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		all |= 1ULL << (numbers[i] - 1);
	return all;
}

static void threads(void)
{
	char name[300], line[200];
	int seen = 0;
	DIR *tasks = opendir("/proc/self/task");
	for (struct dirent *d; (d = readdir(tasks)) != NULL;) {
		FILE *status;
		snprintf(name, sizeof name, "/proc/self/task/%s/status", d->d_name);
		if (atoi(d->d_name) == getpid() || atoi(d->d_name) == 0 || (status = fopen(name, "r")) == NULL)
			continue;
		while (fgets(line, sizeof line, status))
			if (strncmp(line, "SigBlk:", 7) == 0) {
				EXPECT(strtoull(line + 7, NULL, 16) | unblocked(), UINT64_MAX);
				seen++;
			}
		fclose(status);
	}
	closedir(tasks);
	EXPECT(seen > 1, 1);
}

#endif

static gpuconv_problem small(void)
{
	gpuconv_problem p = {.size = sizeof p, .src = {2, 1, 4, 5}, .weight = {2, 1, 3, 3}};
	return p;
}

static float weight[2 * 9], bias[2], images[2 * 20], outputs[2 * 2 * 6];

static void misuse_open(void)
{
	gpuconv_device device = 99;
	gpuconv_options o = {.size = sizeof o, .backend = "none"};
	EXPECT(gpuconv_open(&o, &device), GPUCONV_INVALID);
	SAYS("backend none: want auto, gpu, cpu or reference");
	o.backend = "cpu";
	EXPECT(gpuconv_open(&o, NULL), GPUCONV_INVALID);
	o.device = "0";
	EXPECT(gpuconv_open(&o, &device), GPUCONV_INVALID);
	o.device = NULL;
	o.algorithm = "fastest";
	EXPECT(gpuconv_open(&o, &device), GPUCONV_INVALID);
	o.algorithm = NULL;
	o.precision = "some";
	EXPECT(gpuconv_open(&o, &device), GPUCONV_INVALID);
	o.precision = NULL;
	/* Sizes that end within the struct, and beyond all versions of it. */
	static const uint64_t cuts[] = {0, 1, 7, 8, 9, 12, 16, 20, 40, 47, 1 << 20, UINT64_MAX};
	for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
		o.size = cuts[i];
		EXPECT(gpuconv_open(&o, &device), GPUCONV_INVALID);
		SAYS("options.size");
	}
	EXPECT(device, 99);
}

/* A struct of a newer program: what this library does not know must be 0. */
static void misuse_size(void)
{
	struct {
		gpuconv_problem p;
		int64_t newer;
	} larger = {.p = small()};
	int64_t shape[4];
	larger.p.size = sizeof larger;
	EXPECT(gpuconv_output_shape(&larger.p, shape), GPUCONV_OK);
	EXPECT(shape[3], 3);
	for (uint64_t size = 0; size < sizeof larger.p; size++) {
		larger.p.size = size;
		EXPECT(gpuconv_output_shape(&larger.p, shape), GPUCONV_INVALID);
	}
	larger.p.size = sizeof larger;
	larger.newer = 1;
	EXPECT(gpuconv_output_shape(&larger.p, shape), GPUCONV_INVALID);
	SAYS("want a newer library");
	EXPECT(gpuconv_output_shape(NULL, shape), GPUCONV_INVALID);
	EXPECT(gpuconv_output_shape(&larger.p, NULL), GPUCONV_INVALID);
}

static void misuse_plan(gpuconv_device device)
{
	gpuconv_plan plan = 0;
	gpuconv_problem p = small();
	EXPECT(gpuconv_make_plan(device + 1000, &p, weight, bias, &plan), GPUCONV_HANDLE);
	EXPECT(gpuconv_make_plan(0, &p, weight, bias, &plan), GPUCONV_HANDLE);
	EXPECT(gpuconv_make_plan(device, &p, NULL, bias, &plan), GPUCONV_INVALID);
	SAYS("weight NULL: want the address of 18 values");
	EXPECT(gpuconv_make_plan(device, &p, (float *)((char *)weight + 1), bias, &plan), GPUCONV_INVALID);
	EXPECT(gpuconv_make_plan(device, NULL, weight, bias, &plan), GPUCONV_INVALID);
	EXPECT(gpuconv_make_plan(device, &p, weight, bias, NULL), GPUCONV_INVALID);
	p.weight[1] = 7;
	EXPECT(gpuconv_make_plan(device, &p, weight, bias, &plan), GPUCONV_INVALID);
	p = small();
	p.src[2] = INT64_MAX;
	EXPECT(gpuconv_make_plan(device, &p, weight, bias, &plan), GPUCONV_INVALID);
	p = small();
	p.padding[0] = -1;
	EXPECT(gpuconv_make_plan(device, &p, weight, bias, &plan), GPUCONV_INVALID);
	p = small();
	p.padding_mode = 9;
	EXPECT(gpuconv_make_plan(device, &p, weight, bias, &plan), GPUCONV_INVALID);
	p = small();
	p.reserved = 1;
	EXPECT(gpuconv_make_plan(device, &p, weight, bias, &plan), GPUCONV_INVALID);
	p = small();
	p.weight[0] = 1LL << 40;
	EXPECT(gpuconv_make_plan(device, &p, weight, NULL, &plan), GPUCONV_NO_MEMORY);
	EXPECT(plan, 0);
}

static void misuse_run(gpuconv_device device, gpuconv_plan plan)
{
	gpuconv_pending pending;
	EXPECT(gpuconv_run(plan, outputs, images, 2), GPUCONV_OK);
	EXPECT(gpuconv_run(plan, NULL, NULL, 0), GPUCONV_OK);
	EXPECT(gpuconv_run(plan, outputs, images, 3), GPUCONV_INVALID);
	EXPECT(gpuconv_run(plan, outputs, images, -1), GPUCONV_INVALID);
	EXPECT(gpuconv_run(plan, outputs, images, INT64_MIN), GPUCONV_INVALID);
	EXPECT(gpuconv_run(plan, NULL, images, 1), GPUCONV_INVALID);
	EXPECT(gpuconv_run(plan, outputs, (float *)((char *)images + 2), 1), GPUCONV_INVALID);
	EXPECT(gpuconv_run(plan, outputs, outputs + 3, 1), GPUCONV_INVALID);
	SAYS("want memory that does not overlap src");
	EXPECT(gpuconv_run(device, outputs, images, 1), GPUCONV_HANDLE);
	SAYS("this handle is that of a device");
	EXPECT(gpuconv_run(UINT64_MAX, outputs, images, 1), GPUCONV_HANDLE);
	EXPECT(gpuconv_submit(plan, outputs, images, 2, NULL), GPUCONV_INVALID);
	EXPECT(gpuconv_submit(plan, outputs, images, 9, &pending), GPUCONV_INVALID);
	EXPECT(gpuconv_submit(plan, outputs, images, 2, &pending), GPUCONV_OK);
	EXPECT(gpuconv_close(pending), GPUCONV_HANDLE);
	SAYS("want gpuconv_wait");
	EXPECT(gpuconv_wait(plan, -1), GPUCONV_HANDLE);
	EXPECT(gpuconv_wait(pending, INT64_MAX), GPUCONV_OK);
	EXPECT(gpuconv_wait(pending, -1), GPUCONV_HANDLE);
	EXPECT(gpuconv_cancel(pending), GPUCONV_HANDLE);
}

static void misuse_text(gpuconv_device device, gpuconv_plan plan)
{
	char text[8];
	size_t length = 0;
	gpuconv_problem p = small();
	EXPECT(gpuconv_describe(plan, NULL, 0, &length), GPUCONV_OK);
	EXPECT(length > 100, 1);
	EXPECT(gpuconv_describe(plan, text, sizeof text, &length), GPUCONV_OK);
	EXPECT(strlen(text), sizeof text - 1);
	EXPECT(gpuconv_describe(plan, NULL, 8, &length), GPUCONV_INVALID);
	EXPECT(gpuconv_describe(plan, text, sizeof text, NULL), GPUCONV_INVALID);
	EXPECT(gpuconv_describe(device, text, sizeof text, &length), GPUCONV_HANDLE);
	EXPECT(gpuconv_describe_device(plan, text, sizeof text, &length), GPUCONV_HANDLE);
	EXPECT(gpuconv_describe_device(device, text, sizeof text, &length), GPUCONV_OK);
	EXPECT(gpuconv_verify(device, &p, weight, bias, images, text, sizeof text, &length), GPUCONV_OK);
	EXPECT(gpuconv_list_devices(NULL, 8, &length), GPUCONV_INVALID);
	EXPECT(gpuconv_list_devices(text, sizeof text, NULL), GPUCONV_INVALID);
	EXPECT(gpuconv_verify(device, &p, weight, bias, NULL, text, sizeof text, &length), GPUCONV_INVALID);
	p.src[0] = 0;
	EXPECT(gpuconv_verify(device, &p, weight, bias, images, text, sizeof text, &length), GPUCONV_INVALID);
}

/* A thread that runs a plan until it is closed. */
static void *until_closed(void *plan)
{
	float y[2 * 2 * 6];
	int status = 0;
	EXPECT(gpuconv_last_error()[0], 0); /* another thread's errors are not this one's */
	while (status == GPUCONV_OK)
		status = gpuconv_run(*(gpuconv_plan *)plan, y, images, 2);
	expect(__LINE__, "a run of a closed plan", status, GPUCONV_HANDLE);
	return NULL;
}

static void misuse_close(gpuconv_device device, gpuconv_plan plan)
{
	pthread_t threads[3];
	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, until_closed, &plan);
	usleep(2000);
	EXPECT(gpuconv_close(device), GPUCONV_OK);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	EXPECT(gpuconv_close(device), GPUCONV_HANDLE);
	SAYS("already closed");
	EXPECT(gpuconv_close(plan), GPUCONV_HANDLE);
	EXPECT(gpuconv_close(0), GPUCONV_HANDLE);
	EXPECT(gpuconv_close(1ULL << 50), GPUCONV_HANDLE);
	SAYS("no function returned this handle");
}

#ifndef _WIN32

/* A forked child must be refused, and must not wait for ever. */
static void misuse_fork(gpuconv_plan plan)
{
	int status = 0;
	size_t length;
	pid_t child = fork();
	if (child == 0) {
		alarm(30);
		EXPECT(gpuconv_run(plan, outputs, images, 2), GPUCONV_FORKED);
		SAYS("which loaded the library");
		EXPECT(gpuconv_close(plan), GPUCONV_FORKED);
		EXPECT(gpuconv_list_devices(NULL, 0, &length), GPUCONV_FORKED);
		fflush(stdout);
		_exit(failures != 0);
	}
	waitpid(child, &status, 0);
	EXPECT(status, 0);
}

#endif

int main(void)
{
	gpuconv_device device = 0;
	gpuconv_plan plan = 0;
	gpuconv_options cpu = {.size = sizeof cpu, .backend = "cpu"};
	gpuconv_problem p = small();
#ifndef _WIN32
	signals();
#endif
	EXPECT(gpuconv_abi(), GPUCONV_ABI);
	EXPECT(gpuconv_last_error()[0], 0);
	misuse_open();
	misuse_size();
	EXPECT(gpuconv_open(&cpu, &device), GPUCONV_OK);
	misuse_plan(device);
	EXPECT(gpuconv_make_plan(device, &p, weight, bias, &plan), GPUCONV_OK);
	misuse_run(device, plan);
	misuse_text(device, plan);
#ifndef _WIN32
	threads();
	misuse_fork(plan);
#endif
	misuse_close(device, plan);
	return failures != 0;
}
