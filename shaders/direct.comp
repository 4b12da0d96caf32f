#version 430 core
// direct: every convolution, one sum at a time.
//
// It equals, for each filter k of a group g and each position (n, i, j),
//
//	sum = bias[k];
//	for (c < channels) for (u < kernelH) for (v < kernelW)
//		sum += weight[k, c, u, v] * pixel(n, g*channels + c, i*strideH + u*dilationH - padTop, j*strideW + v*dilationW - padLeft);
//	dst[n, k, i, j] = activation(sum);
//
// Index map. Positions are numbered through the whole chunk, q = (n*sumH + i)*sumW + j, so that no image has a tail.
// A work-group takes LOCAL_SIZE*POSITIONS consecutive ones: invocation l has q0 + l, q0 + l + LOCAL_SIZE, …, so that
// neighbours load and store neighbours. gl_WorkGroupID.xy numbers these blocks; z numbers tiles of 4*VECTORS filters,
// groups first:
//
//	            VECTORS vec4 of filters →
//	positions   sum[0]  sum[1]      one invocation, all in registers:
//	    ↓       sum[2]  sum[3]      POSITIONS × VECTORS × 4 sums
//
// Weights are packed [tile][channel][row][column] as VECTORS vec4, filters that do not exist as zeros: one vec4 load
// serves 4*POSITIONS multiplications, one pixel load 4*VECTORS.
//
// Bound by: loads. A pixel load has an address per invocation, which software renderers take lane by lane.
//
// Constants: LOCAL_SIZE, POSITIONS, VECTORS, and
// EACH_POSITION(M), EACH_VECTOR(M), EACH_SUM(M): M(0) M(1) …, the unrolled loops over POSITIONS, VECTORS and their product; those
// of pixel.glsl.
layout(local_size_x = LOCAL_SIZE) in;

layout(std430, binding = 1) readonly restrict buffer Weight { vec4 weight[]; };  // packed as above
layout(std430, binding = 2) readonly restrict buffer Bias { vec4 bias[]; };      // [tile][VECTORS]
layout(std430, binding = 3) restrict buffer Dst { float dst[]; };                // [n, allFilters, sumH, sumW]

uniform int allChannels, channels;                   // channels: of one group
uniform int sumH, sumW, allFilters, filters;         // filters: of one group
uniform int kernelH, kernelW;
uniform int strideH, strideW, dilationH, dilationW;
uniform int padTop, padLeft;
uniform int positions;                               // images*sumH*sumW
uniform int tiles;                                   // of filters, in one group
uniform int firstTap, lastTap;                       // the rows c*kernelH + u of taps that this pass adds
uniform int rectify;                                 // 1: ReLU; the last pass only

void main() {
	int tile = int(gl_WorkGroupID.z);
	int group = tile / tiles;
	int block = int(gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x);
	int first = block * (LOCAL_SIZE * POSITIONS) + int(gl_LocalInvocationID.x);
	int plane = srcH * srcW;

	int base[POSITIONS];  // of the image's first channel of this group
	int top[POSITIONS], left[POSITIONS];
#define LOCATE(p) { \
	int q = min(first + p * LOCAL_SIZE, positions - 1); \
	int row = q / sumW; \
	int image = row / sumH; \
	base[p] = (image * allChannels + group * channels) * plane; \
	top[p] = (row - image * sumH) * strideH - padTop; \
	left[p] = (q - row * sumW) * strideW - padLeft; \
}
	EACH_POSITION(LOCATE)

	int firstFilter = (tile - group * tiles) * (4 * VECTORS);
	vec4 sum[POSITIONS * VECTORS];
#define START(s) sum[s] = bias[tile * VECTORS + s % VECTORS];
	EACH_SUM(START)
	if (firstTap > 0) {
#define RESUME_FILTER(s, f) if (firstFilter + 4 * (s % VECTORS) + f < filters) \
	sum[s][f] = dst[output0 + (4 * (s % VECTORS) + f) * sumH * sumW];
#define RESUME(s) { \
	int q = min(first + s / VECTORS * LOCAL_SIZE, positions - 1); \
	int image = q / (sumH * sumW); \
	int output0 = (image * allFilters + group * filters + firstFilter) * sumH * sumW + q - image * sumH * sumW; \
	RESUME_FILTER(s, 0) RESUME_FILTER(s, 1) RESUME_FILTER(s, 2) RESUME_FILTER(s, 3) \
}
		EACH_SUM(RESUME)
	}

	for (int tap = firstTap; tap < lastTap; tap++) {
		int channel = tap / kernelH;
		int dy = (tap - channel * kernelH) * dilationH;
		int weightRow = (tile * channels * kernelH + tap) * kernelW;
		for (int v = 0; v < kernelW; v++) {
			vec4 w[VECTORS];
			float x[POSITIONS];
#define WEIGHT(k) w[k] = weight[(weightRow + v) * VECTORS + k];
			EACH_VECTOR(WEIGHT)
#define LOAD(p) x[p] = pixel(base[p] + channel * plane, top[p] + dy, left[p] + v * dilationW);
			EACH_POSITION(LOAD)
#define ADD(s) sum[s] += x[s / VECTORS] * w[s % VECTORS];
			EACH_SUM(ADD)
		}
	}

#define STORE_FILTER(s, f) if (firstFilter + 4 * (s % VECTORS) + f < filters) { \
	float value = sum[s][f]; \
	dst[output0 + (4 * (s % VECTORS) + f) * sumH * sumW] = rectify == 1 ? relu(value) : value; \
}
#define STORE(s) { \
	int q = first + s / VECTORS * LOCAL_SIZE; \
	if (q < positions) { \
		int image = q / (sumH * sumW); \
		int output0 = (image * allFilters + group * filters + firstFilter) * sumH * sumW + q - image * sumH * sumW; \
		STORE_FILTER(s, 0) STORE_FILTER(s, 1) STORE_FILTER(s, 2) STORE_FILTER(s, 3) \
	} \
}
	EACH_SUM(STORE)
}
