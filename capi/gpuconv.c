//go:build cgo

/* The functions of gpuconv.h. Each one refuses to run after a fork, and then calls its Go function of exports.go. */
#include "_cgo_export.h"
#include "gpuconv.h"
#include "process.h"

#ifdef _WIN32
#define SHOWN __declspec(dllexport)
#else
#define SHOWN /* scripts/library says it to the linker */
#endif

/* Returns what a Go function returns, unless this is a fork. */
#define CALL(function, ...) \
	return process_forked() ? GPUCONV_FORKED : function(__VA_ARGS__, process_last())

SHOWN uint32_t gpuconv_abi(void) { return GPUCONV_ABI; }

SHOWN const char *gpuconv_last_error(void) { return process_last(); }

SHOWN int gpuconv_open(const gpuconv_options *options, gpuconv_device *device)
{
	CALL(goOpen, (gpuconv_options *)options, device);
}

SHOWN int gpuconv_output_shape(const gpuconv_problem *problem, int64_t shape[4])
{
	CALL(goOutputShape, (gpuconv_problem *)problem, shape);
}

SHOWN int gpuconv_make_plan(gpuconv_device device, const gpuconv_problem *problem, const float *weight,
	const float *bias, gpuconv_plan *plan)
{
	CALL(goMakePlan, device, (gpuconv_problem *)problem, (float *)weight, (float *)bias, plan);
}

SHOWN int gpuconv_run(gpuconv_plan plan, float *dst, const float *src, int64_t images)
{
	CALL(goRun, plan, dst, (float *)src, images);
}

SHOWN int gpuconv_submit(gpuconv_plan plan, float *dst, const float *src, int64_t images, gpuconv_pending *pending)
{
	CALL(goSubmit, plan, dst, (float *)src, images, pending);
}

SHOWN int gpuconv_wait(gpuconv_pending pending, int64_t milliseconds) { CALL(goWait, pending, milliseconds); }

SHOWN int gpuconv_cancel(gpuconv_pending pending) { CALL(goCancel, pending); }

SHOWN int gpuconv_list_devices(char *text, size_t capacity, size_t *length)
{
	CALL(goListDevices, text, capacity, length);
}

SHOWN int gpuconv_describe_device(gpuconv_device device, char *text, size_t capacity, size_t *length)
{
	CALL(goDescribeDevice, device, text, capacity, length);
}

SHOWN int gpuconv_describe(gpuconv_plan plan, char *text, size_t capacity, size_t *length)
{
	CALL(goDescribe, plan, text, capacity, length);
}

SHOWN int gpuconv_verify(gpuconv_device device, const gpuconv_problem *problem, const float *weight, const float *bias,
	const float *src, char *text, size_t capacity, size_t *length)
{
	CALL(goVerify, device, (gpuconv_problem *)problem, (float *)weight, (float *)bias, (float *)src, text, capacity,
		length);
}

SHOWN int gpuconv_close(uint64_t handle) { CALL(goClose, handle); }
