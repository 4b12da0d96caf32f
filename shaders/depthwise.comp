#version 430 core
// depthwise: convolutions of one input channel per group, one column of sums at a time.
//
// It equals, for each filter k = g*multiplier + m of group g and each position (n, i, j),
//
//	sum = bias[k];
//	for (u < kernelH) for (v < kernelW)
//		sum += weight[k, u, v] * pixel(n, g, i*strideH + u*dilationH - padTop, j*strideW + v*dilationW - padLeft);
//	dst[n, k, i, j] = activation(sum);
//
// Index map. Planes of src are cut into blocks of ROWS rows; a column of a block is one invocation's, for FILTERS filters of the
// plane's group. Columns are numbered through the planes of the whole chunk, q = ((n*groups + g)*blocksH + i/ROWS)*sumW + j,
// one after the other along the work-groups of xy: lanes lie along x, so that loads and stores coalesce, and neither
// images nor planes, which may be as small as 7×7, have a tail. z numbers tiles of FILTERS filters of a group. Rows of pixels slide through one register past the
// sums, as in direct_small.
//
// Lanes of one warp may belong to several groups: weights lie in a storage buffer [tap][filter], so that what these lanes
// read stands side by side, and in registers from then on, one part of TAPS_H × TAPS_W taps at a time.
//
// Bound by: memory. A 3×3 kernel does 18 FLOP for the 8 bytes of a pixel and a sum; of 8 rows of sums a lane reads 10 × 3
// pixels, a third of them from DRAM and the others from the cache, and 9 weights.
//
// Constants: LOCAL_SIZE, ROWS, FILTERS, TAPS_H, TAPS_W, LOOPED (there are several parts), SOURCE_MODE (see prelude), EACH_COLUMN(M): M(0) …
// M(TAPS_W-1); EACH_SUM(M): M(row, filter); EACH_WEIGHT(M): M(tap, filter); and SCHEDULE: ROW(r), for a row of pixels
// below the block's first, LOAD(v), of it, and ADD(row, f, t), of tap t = u*TAPS_W + v.
layout(local_size_x = LOCAL_SIZE) in;

layout(std430, binding = 0) readonly restrict buffer Src { float src[]; };       // [n, groups, srcH, srcW]
layout(std430, binding = 1) readonly restrict buffer Weight { float weight[]; };  // [part][u][v][groups*multiplier]
layout(std430, binding = 2) readonly restrict buffer Bias { float bias[]; };      // [groups*multiplier]
layout(std430, binding = 3) writeonly restrict buffer Dst { float dst[]; };      // [n, groups*multiplier, sumH, sumW]

uniform int srcH, srcW, groups, multiplier;
uniform int sumH, sumW;
uniform int strideH, strideW, dilationH, dilationW;
uniform int padTop, padLeft;
uniform int blocksH;         // of a plane
uniform int columns;         // planes*blocksH*sumW
uniform int partsH, partsW;  // of a kernel
uniform int rectify;         // 1: ReLU

void main() {
	int q = int((gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * LOCAL_SIZE + gl_LocalInvocationID.x);
	if (q >= columns) {
		return;
	}
	int block = q / sumW;
	int j = q - block * sumW;
	int plane = block / blocksH;
	int i = (block - plane * blocksH) * ROWS;
	int group = plane % groups;
	int base = plane * srcH * srcW;
	int top = i * strideH - padTop, left = j * strideW - padLeft;
	int firstFilter = int(gl_WorkGroupID.z) * FILTERS;  // of the group's

	// The last tile may have more filters than there are: it computes the last one several times.
#define FILTER(f) (group * multiplier + min(firstFilter + f, multiplier - 1))
	float sum[ROWS * FILTERS];
#define START(r, f) sum[r * FILTERS + f] = bias[FILTER(f)];
	EACH_SUM(START)

#if LOOPED
	for (int part = 0; part < partsH * partsW; part++) {
		int partTop = top + part / partsW * (TAPS_H * dilationH);
		int partV = part % partsW * TAPS_W;
#else
	{
		const int part = 0, partV = 0;
		int partTop = top;
#endif
		float w[TAPS_H * TAPS_W * FILTERS];
#define WEIGHT(t, f) w[t * FILTERS + f] = weight[(part * (TAPS_H * TAPS_W) + t) * (groups * multiplier) + FILTER(f)];
		EACH_WEIGHT(WEIGHT)

		int at[TAPS_W];
		bool within[TAPS_W];
#define COLUMN(v) { \
	int x = left + (partV + v) * dilationW; \
	at[v] = source(x, srcW); \
	within[v] = x >= 0 && x < srcW; \
}
		EACH_COLUMN(COLUMN)

		int line;
		bool withinH;
		float pixel;
#define ROW(r) { \
	int y = partTop + r; \
	line = base + source(y, srcH) * srcW; \
	withinH = y >= 0 && y < srcH; \
}
#if SOURCE_MODE == 0
// Zeros are selected, not multiplied: the pixel at the border may be infinite or NaN.
#define LOAD(v) pixel = src[line + at[v]]; pixel = withinH && within[v] ? pixel : 0.0;
#else
#define LOAD(v) pixel = src[line + at[v]];
#endif
#define ADD(r, f, t) sum[r * FILTERS + f] += w[t * FILTERS + f] * pixel;
		SCHEDULE
	}

	int output0 = ((plane * multiplier + firstFilter) * sumH + i) * sumW + j;
#define STORE(r, f) if (i + r < sumH && firstFilter + f < multiplier) { \
	float value = sum[r * FILTERS + f]; \
	dst[output0 + (f * sumH + r) * sumW] = rectify == 1 ? relu(value) : value; \
}
	EACH_SUM(STORE)
}
