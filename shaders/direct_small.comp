#version 430 core
// direct_small: convolutions of few input channels, one column of sums at a time.
//
// It equals, for each filter k of a tile and each position (n, i, j),
//
//	sum = bias[k];
//	for (c < channels) for (u < kernelH) for (v < kernelW)
//		sum += weight[k, c, u, v] * pixel(n, firstChannel + c, i*strideH + u*dilationH - padTop, j*strideW + v*dilationW - padLeft);
//	dst[n, k, i, j] = activation(sum);
//
// Index map. Images are cut into blocks of ROWS rows; a column of a block is one invocation's. Columns are numbered
// through the whole chunk, q = (n*blocksH + i/ROWS)*sumW + j, one after the other along the work-groups of xy: lanes lie
// along x, so that loads and stores coalesce, and no image has a tail.
//
//	              j                          sums in registers: ROWS × FILTERS
//	       ┌──┬──┬──┬──┬──┐
//	       │  │  │▓▓│  │  │ i                each row of pixels that the block's taps meet is read once, TAPS_W pixels
//	       │  │  │▓▓│  │  │ …                of it, and added to every row of sums that it belongs to: rows slide
//	       │  │  │▓▓│  │  │ i + ROWS - 1     through one register
//	       └──┴──┴──┴──┴──┘
//
// A pass computes one tile of FILTERS filters of one group. Its weights are a uniform block, [part][u][v][FILTERS], and
// biases behind them. A part is TAPS_H × TAPS_W taps of one channel, written out, so that the place of each weight is a
// literal: an operand of the multiplication, which costs no load. Where a kernel is more than one part, a loop adds
// the parts' places, the same for all invocations.
//
// Bound by: arithmetic from K = 7 and 6 filters on: 8 rows of sums take 14 × 7 loads for 2,352 multiplications. Small
// kernels are bound by memory, of which each pixel is read once from DRAM, by all filters of a tile, and each sum
// written once.
//
// Constants: LOCAL_SIZE, ROWS, FILTERS, VECTORS (of 4 filters), TAPS_H, TAPS_W, WEIGHTS (vec4 in the block), LOOPED (there are several
// parts), SOURCE_MODE (see prelude), EACH_COLUMN(M): M(0) … M(TAPS_W-1); EACH_SUM(M): M(row, filter); and SCHEDULE:
// ROW(r), for a row of pixels below the block's first, LOAD(v), of it, and ADD(row, f, t), of tap t = u*TAPS_W + v.
layout(local_size_x = LOCAL_SIZE) in;

layout(std430, binding = 0) readonly restrict buffer Src { float src[]; };   // [n, allChannels, srcH, srcW]
layout(std140, binding = 0) uniform Weight { vec4 weight[WEIGHTS]; };        // as above, FILTERS in VECTORS vec4
layout(std430, binding = 3) writeonly restrict buffer Dst { float dst[]; };  // [n, allFilters, sumH, sumW]

uniform int srcH, srcW, allChannels, firstChannel;
uniform int sumH, sumW, allFilters, firstFilter, filters;  // filters: that there are of the tile's
uniform int strideH, strideW, dilationH, dilationW;
uniform int padTop, padLeft;
uniform int blocksH;                                       // of an image
uniform int columns;                                       // images*blocksH*sumW
uniform int parts, partsH, partsW;                         // of the kernels; partsH × partsW of a channel
uniform int rectify;                                       // 1: ReLU

void main() {
	int q = int((gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * LOCAL_SIZE + gl_LocalInvocationID.x);
	if (q >= columns) {
		return;
	}
	int block = q / sumW;
	int j = q - block * sumW;
	int image = block / blocksH;
	int i = (block - image * blocksH) * ROWS;
	int base = (image * allChannels + firstChannel) * srcH * srcW;
	int top = i * strideH - padTop, left = j * strideW - padLeft;

	float sum[ROWS * FILTERS];
#define START(r, f) sum[r * FILTERS + f] = weight[WEIGHTS - VECTORS + f / 4][f % 4];
	EACH_SUM(START)

#if LOOPED
	for (int part = 0; part < parts; part++) {
		int channel = part / (partsH * partsW);
		int partH = part / partsW - channel * partsH;
		int partV = part % partsW * TAPS_W;
		int partTop = top + partH * (TAPS_H * dilationH);
		int firstWeight = part * (TAPS_H * TAPS_W * VECTORS);
#else
	{
		const int channel = 0, partV = 0, firstWeight = 0;
		int partTop = top;
#endif
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
	line = base + (channel * srcH + source(y, srcH)) * srcW; \
	withinH = y >= 0 && y < srcH; \
}
#if SOURCE_MODE == 0
// Zeros are selected, not multiplied: the pixel at the border may be infinite or NaN.
#define LOAD(v) pixel = src[line + at[v]]; pixel = withinH && within[v] ? pixel : 0.0;
#else
#define LOAD(v) pixel = src[line + at[v]];
#endif
#define ADD(r, f, t) sum[r * FILTERS + f] += weight[firstWeight + t * VECTORS + f / 4][f % 4] * pixel;
		SCHEDULE
	}

	int output0 = ((image * allFilters + firstFilter) * sumH + i) * sumW + j;
#define STORE(r, f) if (i + r < sumH && f < filters) { \
	float value = sum[r * FILTERS + f]; \
	dst[output0 + (f * sumH + r) * sumW] = rectify == 1 ? relu(value) : value; \
}
	EACH_SUM(STORE)
}
