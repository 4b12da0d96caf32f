/*
 * gpuconv.h: 2-D convolution on any GPU with OpenGL 4.3, and on the CPU, from C and from every language that calls C.
 *
 * With images x, weights w and biases b, a plan computes
 *
 *     y[n,k,i,j] = b[k] + sum over c,u,v of w[k,c,u,v] * x[n, g*Cg+c, i*Sh+u*Dh-Top, j*Sw+v*Dw-Left]
 *
 * as PyTorch, ONNX and cuDNN do: the kernel is not flipped. Cg is the number of channels per group, g the group of
 * filter k, (Sh, Sw) the stride, (Dh, Dw) the dilation. Then come the activation and the pool.
 *
 * Arrays are float (IEEE binary32) in C order, in the caller's memory. Images and outputs are [N, C, H, W]: images,
 * channels, rows, columns. Weights are [filters, channels per group, kernel rows, kernel columns]. NaN and infinity are
 * computed with as IEEE says.
 *
 *     gpuconv_device device;
 *     gpuconv_plan plan;
 *     if (gpuconv_open(NULL, &device) || gpuconv_make_plan(device, &problem, weight, NULL, &plan) ||
 *         gpuconv_run(plan, output, images, 64))
 *         fprintf(stderr, "%s\n", gpuconv_last_error());
 *     gpuconv_close(device);
 *
 * docs/c.md has a whole program.
 *
 * Errors. A function that can fail returns an enum gpuconv_status: 0 if it is done. gpuconv_last_error then says what
 * was wrong, which value it had and what would be right. Results are written only if a function is done.
 *
 * Handles. Devices, plans and pending batches are numbers that are never used again. A call with a handle that is
 * closed, or of another kind, returns GPUCONV_HANDLE. 0 is not a handle.
 *
 * Threads. Every function may be called from every thread, also for the same handle: the runs of a plan take turns. A
 * pointer that an argument holds must not change during the call.
 *
 * Processes. The library starts threads, which a fork does not copy. In a child made by fork, every function that
 * returns a status returns GPUCONV_FORKED, and does nothing else. Fork before the library is loaded, or call exec.
 *
 * Signals. When it is loaded, the library leaves every signal handler and the signal mask as they were. Its own
 * threads block the signals that a process can be sent, except SIGCHLD and SIGPROF, which the Go runtime unblocks.
 * So one of them may take a SIGCHLD for which the program waits by sigwait or signalfd: wait for children by waitpid
 * or a pidfd. A handler that runs while the library computes needs SA_ONSTACK: the library's code may be on a small
 * stack. Loading sets that flag in the handlers that there are; later ones have to set it themselves. The library
 * cannot be unloaded: dlclose leaves it in memory.
 *
 * The library writes nothing to stdout or stderr, except if the Go runtime has to end the process because no memory is
 * left. Drivers of OpenGL may write what they like.
 */
#ifndef GPUCONV_H
#define GPUCONV_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this interface. It grows when something is added. What exists keeps its meaning. */
#define GPUCONV_ABI 1

/* What functions return. */
enum gpuconv_status {
	GPUCONV_OK = 0,
	GPUCONV_INVALID = 1,     /* an argument breaks a rule */
	GPUCONV_HANDLE = 2,      /* a handle is closed, of another kind, or was never returned */
	GPUCONV_UNSUPPORTED = 3, /* the device cannot compute the problem, or lacks the algorithm; another one may */
	GPUCONV_NO_DEVICE = 4,   /* no device answers the request */
	GPUCONV_LOST = 5,        /* the driver has reset the device: close it, and open it again */
	GPUCONV_NO_MEMORY = 6,   /* there is less memory than is needed */
	GPUCONV_WRONG = 7,       /* gpuconv_verify found wrong outputs */
	GPUCONV_TIMEOUT = 8,     /* gpuconv_wait: the batch is not done yet */
	GPUCONV_CANCELLED = 9,   /* gpuconv_wait: the batch was cancelled */
	GPUCONV_FORKED = 10,     /* this process is a fork of the one that loaded the library */
	GPUCONV_INTERNAL = 11,   /* a bug in the library; the text says where */
	GPUCONV_FAILED = 12      /* anything else, such as an error of a driver */
};

typedef uint64_t gpuconv_device;
typedef uint64_t gpuconv_plan;
typedef uint64_t gpuconv_pending;

/* Returns the GPUCONV_ABI of the library. A program may use what the header of that number or a lower one has. */
uint32_t gpuconv_abi(void);

/*
 * Returns the text of the last error on this thread: one line of UTF-8, "" if there was none. It is at most 4095 bytes
 * long. It stays until the next error on this thread.
 */
const char *gpuconv_last_error(void);

/*
 * What to open. Set size to sizeof(gpuconv_options) and everything else to 0, then what you need. Texts end in a 0
 * byte; NULL and "" choose the default. A program that was compiled with an older header has a smaller struct: what it
 * lacks is taken as 0. A size that no version of the struct has had, such as one within a field, is GPUCONV_INVALID. So
 * is a larger struct if anything that the library does not know differs from 0.
 */
typedef struct gpuconv_options {
	uint64_t size;
	const char *backend;   /* "auto" (a GPU that is hardware, else the CPU), "gpu", "cpu" or "reference" (float64) */
	const char *device;    /* of a GPU: "any", "gpu" (no software renderer), "software", a number such as "0", or
	                        * "task": what CUDA_VISIBLE_DEVICES, ROCR_VISIBLE_DEVICES and SLURM_LOCALID give this
	                        * process */
	const char *algorithm; /* forces an algorithm of the backend; by default the library chooses */
	const char *precision; /* "exact", or "fast", which also allows transforms, see docs/accuracy.md */
	const char *programs;  /* folder that keeps compiled shaders for later processes; by default nothing is kept */
} gpuconv_options;

/*
 * Opens a device. options may be NULL, which is all defaults. With "auto", a plan computes on the CPU what the GPU
 * cannot, unless options names an algorithm, or a device other than "any" and "task". Opening a GPU calls its driver:
 * one that crashes takes the process with it. "gpuconv info" tries each driver in a process of its own.
 */
int gpuconv_open(const gpuconv_options *options, gpuconv_device *device);

/*
 * A convolution without its data. Set size to sizeof(gpuconv_problem) and everything else to 0, then what you need. The
 * rule about other sizes is that of gpuconv_options. Pairs are (H, W). Each extent of src but the first is at least 1.
 */
typedef struct gpuconv_problem {
	uint64_t size;
	int64_t src[4];       /* images, channels, rows, columns; src[0] is the largest number of images of a run */
	int64_t weight[4];    /* filters, channels per group, kernel rows, kernel columns */
	int64_t stride[2];    /* 0 is 1 */
	int64_t dilation[2];  /* 0 is 1 */
	int64_t padding[4];   /* top, bottom, left, right */
	int64_t groups;       /* 0 is 1 */
	int64_t pool_size[2];
	int64_t pool_stride[2]; /* 0 is the pool's size */
	int32_t padding_mode; /* an enum gpuconv_padding_mode */
	int32_t activation;   /* an enum gpuconv_activation */
	int32_t pool;         /* an enum gpuconv_pool */
	int32_t reserved;     /* 0 */
} gpuconv_problem;

/* What fills the padding. A row of the image is 0 1 2 in the examples, with a padding of two at its left. */
enum gpuconv_padding_mode {
	GPUCONV_ZEROS = 0,     /* 0 0 | 0 1 2, the first two being zeros */
	GPUCONV_REFLECT = 1,   /* 2 1 | 0 1 2 */
	GPUCONV_REPLICATE = 2, /* 0 0 | 0 1 2, the border's pixel again */
	GPUCONV_CIRCULAR = 3,  /* 1 2 | 0 1 2 */
	GPUCONV_SYMMETRIC = 4  /* 1 0 | 0 1 2 */
};

enum gpuconv_activation {
	GPUCONV_IDENTITY = 0,
	GPUCONV_RELU = 1,  /* 0 if y < 0, else y; NaN stays NaN */
	/* sqrt(a*a + b*b) of filters 2m and 2m+1 is channel m; each group has an even number of filters */
	GPUCONV_ENERGY = 2
};

enum gpuconv_pool {
	GPUCONV_NO_POOL = 0,
	GPUCONV_MAX_POOL = 1, /* the largest value of each window; NaN if any is NaN */
	GPUCONV_AVG_POOL = 2  /* the mean of each window */
};

/* Writes the shape of the output: images, channels, rows, columns. It opens nothing. */
int gpuconv_output_shape(const gpuconv_problem *problem, int64_t shape[4]);

/*
 * Prepares a convolution: packs weights, compiles shaders, allocates. weight and bias are copied. bias has one value
 * for each filter, or is NULL for none. Plans are made once and run often.
 */
int gpuconv_make_plan(gpuconv_device device, const gpuconv_problem *problem, const float *weight, const float *bias,
	gpuconv_plan *plan);

/*
 * Computes dst from src: images of them, from 0 to the problem's src[0]. Both are in the caller's memory, at multiples
 * of 4, and must not overlap. Nothing is copied on the CPU. src does not change. After an error the content of dst is
 * undefined and the plan stays usable.
 */
int gpuconv_run(gpuconv_plan plan, float *dst, const float *src, int64_t images);

/*
 * Starts to compute like gpuconv_run, and returns. Until gpuconv_wait returns something other than GPUCONV_TIMEOUT, src
 * must not change, and dst must not even be read. Several batches may be pending; they share the device.
 */
int gpuconv_submit(gpuconv_plan plan, float *dst, const float *src, int64_t images, gpuconv_pending *pending);

/*
 * Waits for a pending batch, at most this many milliseconds, or without limit if negative. It returns what gpuconv_run
 * would have returned, and closes the handle. It returns GPUCONV_TIMEOUT if the batch is not done: the handle stays
 * open.
 */
int gpuconv_wait(gpuconv_pending pending, int64_t milliseconds);

/*
 * Asks a pending batch to stop. It stops after the images that are being computed, in 0.05 s if they are small.
 * gpuconv_wait is still needed, and returns GPUCONV_CANCELLED, or GPUCONV_OK if the batch was done first.
 */
int gpuconv_cancel(gpuconv_pending pending);

/*
 * The functions below write a text: a JSON object in UTF-8, with a 0 byte after it. text has room for capacity bytes,
 * and may be NULL if capacity is 0. length gets the length of the whole text, without the 0 byte. If there is not
 * enough room, text gets what fits, and a 0 byte: call again with length + 1 bytes.
 *
 * Fields may be added to the objects, so programs skip those that they do not know.
 */

/*
 * Lists the devices of the machine: {"devices": [...], "reason": "..."}. Each has backend, name, software and others;
 * the CPU comes first. reason says why there is no OpenGL device. It opens and closes each device.
 */
int gpuconv_list_devices(char *text, size_t capacity, size_t *length);

/* Says what an open device is: an object of the list above. note says why "auto" took no GPU. */
int gpuconv_describe_device(gpuconv_device device, char *text, size_t capacity, size_t *length);

/*
 * Says how a plan computes. backend, device and algorithm name what computes. rejected lists the other algorithms, each
 * with its reason. bound and tolerance are the error that is allowed: each output is within bound * gamma_n * A of the
 * exact value (docs/accuracy.md), or if tolerance is not 0, the RMS error of a run is at most that part of the largest
 * output. accuracy says this in words. memory is in bytes.
 */
int gpuconv_describe(gpuconv_plan plan, char *text, size_t capacity, size_t *length);

/*
 * Tests a device on a problem with these numbers, against plain loops in float64. src has all images of the problem, at
 * least one. Writes {"passed": ..., "algorithm": "...", "findings": [...]}. Returns GPUCONV_WRONG if outputs are wrong;
 * then too it writes the text. It takes long: a float64 core computes some 100 million products a second.
 */
int gpuconv_verify(gpuconv_device device, const gpuconv_problem *problem, const float *weight, const float *bias,
	const float *src, char *text, size_t capacity, size_t *length);

/*
 * Closes a device with all its plans, or a plan. It waits for the run in progress. Later calls with the handle return
 * GPUCONV_HANDLE, a second gpuconv_close too. A pending batch is closed by gpuconv_wait.
 */
int gpuconv_close(uint64_t handle);

#ifdef __cplusplus
}
#endif
#endif
