#version 430 core
// direct_small: convolutions of few input channels, one column of sums at a time.
//
// For each filter k of a tile and each position (n, i, j) it computes
//
//	sum = bias[k];
//	for (c < channels) for (u < kernelH) for (v < kernelW)
//		sum += weight[k, c, u, v]
//			* pixel(n, firstChannel + c, i*strideH + u*dilationH - padTop, j*strideW + v*dilationW - padLeft);
//
// slide.glsl makes outputs of these sums and stores them.
//
// Index map: that of column.glsl, whose planes are images here.
//
// A pass computes one tile of FILTERS filters of one group. Its weights are a uniform block, [part][u][v][FILTERS],
// followed by the biases. A part is TAPS_H × TAPS_W taps of one channel. The taps of a part are written out, without a
// loop, so that the index of each weight is a literal. On NVIDIA's hardware the weight is then an operand of the
// multiplication and needs no load. On AMD's it takes a scalar register: parts are cut so that the weights that rows of
// sums use again, at most FILTERS × TAPS_H × TAPS_W, fit into about a hundred of them. If there are several parts, a
// loop adds the part's offset to the index. The offset is the same for all invocations. But on NVIDIA's hardware a load
// needs its index in a register that each invocation has for itself. If NAK, Mesa's compiler, knows that an index is
// the same for all, it copies the index to such a register before each load, one copy for six multiplications.
// OWN_INDEX hides that from it.
//
// Bound by: arithmetic, from kernels of 7×7 and 6 filters on: 8 rows of sums take 14 × 7 loads for 2,352
// multiplications. Small kernels are bound by memory: each pixel is read once from DRAM for all filters of a tile, and
// each output written once.
//
// Constants: those of slide.glsl and column.glsl, VECTORS (of 4 filters), WEIGHTS (vec4 in the block), LOOPED (1 if
// there are several parts), OWN_INDEX (1: see above), EACH_SUM(M): M(row, filter) for every sum, and SCHEDULE, which
// writes out the loops over a part. ROW(r, lower) turns to row r of pixels, counted from the first that the part reads;
// it is `lower` rows below the row before. LOAD(v) loads that row's pixel for column v of the taps. ADD(row, f, t) adds
// the product with tap t = u*TAPS_W + v to a sum.
layout(local_size_x = LOCAL_SIZE) in;

layout(std140, binding = 0) uniform Weight { vec4 weight[WEIGHTS]; };  // as above, FILTERS in VECTORS vec4

uniform int allChannels, firstChannel;
uniform int allFilters, firstFilter, filters;  // filters: how many this tile has
uniform int parts;                             // in all channels of a filter: partsH × partsW for each

void main() {
	ivec3 first = column();
	int image = first.x, i = first.y, j = first.z;
	int base = (image * allChannels + firstChannel) * srcH * srcW;

#define START(r, f) sum[r * FILTERS + f] = weight[WEIGHTS - VECTORS + f / 4][f % 4];
	EACH_SUM(START)

#if LOOPED
	int down = 0, across = 0, firstWeight = 0;
#if OWN_INDEX
	firstWeight = i >> 31;  // 0, which compilers do not know: i is a row
#endif
	for (int part = 0; part < parts; part++) {
#else
	{
		const int down = 0, across = 0, firstWeight = 0;
#endif
		meet(base, i, j, down, across);
#define ROW(r, lower) turnTo(r, lower);
#define ADD(r, f, t) sum[r * FILTERS + f] += weight[firstWeight + t * VECTORS + f / 4][f % 4] * pixel;
		SCHEDULE
#if LOOPED
		firstWeight += TAPS_H * TAPS_W * VECTORS;
		across++;
		if (across == partsW) {
			across = 0;
			down++;
		}
		if (down == partsH) {  // the next channel
			down = 0;
			base += srcH * srcW;
		}
#endif
	}
	store(image * allFilters + firstFilter, filters, i, j);
}
