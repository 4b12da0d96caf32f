#version 430 core
// direct_shared: convolutions with large kernels or strides, with a tile of the image in shared memory.
//
// For each filter k of a group g and each position (n, i, j) it computes
//
//	sum = bias[k];
//	for (c < channels) for (u < kernelH) for (v < kernelW)
//		sum += weight[k, c, u, v]
//			* pixel(n, g*channels + c, i*strideH + u*dilationH - padTop, j*STRIDE_W + v*DILATION_W - padLeft);
//
// slide.glsl makes outputs of these sums and stores them.
//
// Index map. A work-group has LANES_W × LANES_H invocations and computes LANES_W × LANES_H*ROWS sums of one image, for
// FILTERS filters. gl_WorkGroupID.xy numbers these tiles through the images of the chunk, columns fastest; z numbers
// tiles of filters, group by group. An invocation has a column of ROWS sums for each filter, in registers:
//
//	            LANES_W →
//	          ┌──┬──┬──┬──
//	  LANES_H │  │  │▓▓│      ROWS × FILTERS sums
//	     ↓    ├──┼──┼──┼──
//
// For each channel the work-group copies the pixels that the tile's taps need to shared memory, padding included, so
// that no tap needs a test for the image's border. Then each invocation adds all taps, TAPS_H × TAPS_W at a time, and
// at the end of a row of parts the TAPS_H × REST_W that are left. It reads row after row of pixels through one
// register, as in direct_small.
//
// Rows in shared memory are ordered by the remainder of the column by the stride: column x of the tile is at
//
//	x % STRIDE_W * PHASE + x / STRIDE_W
//
// where PHASE is how many columns have the same remainder. Neighbouring lanes, which are STRIDE_W columns apart, then
// read neighbouring words, in different banks.
//
// Bound by: arithmetic, if kernels are large. For 8 rows × 8 filters, a tap takes at most 8 loads from shared memory,
// and 2 loads of a vec4 that is the same for the whole warp, for 64 multiplications. With 31×31 taps a tile of 32×32
// sums copies 62×62 pixels.
//
// LANES_W is even and tiles begin at even columns, so that the columns of a window are neighbours, as slide.glsl
// requires. They exchange their values in the shared memory that held the pixels.
//
// Constants: LANES_W, LANES_H, VECTORS (of 4 filters), TAPS_H, TAPS_W (taps of a part of the kernel), STRIDE_W,
// DILATION_W, TILE_H (rows in shared memory), PHASE, those of pixel.glsl and slide.glsl, EACH_COLUMN(M): M(0) …
// M(TAPS_W-1), EACH_SUM(M): M(row, filter) for every sum, EACH_WEIGHT(M): M(0) … M(TAPS_H*TAPS_W*VECTORS-1), and
// SCHEDULE: ROW(r, lower), LOAD(v), ADD(row, f, t), as in direct_small.comp. The same for the rest: REST_W (0: there is
// none), EACH_REST_COLUMN(M), EACH_REST_WEIGHT(M) and REST_SCHEDULE.
layout(local_size_x = LANES_W, local_size_y = LANES_H) in;

layout(std430, binding = 1) readonly restrict buffer Weight { vec4 weight[]; };  // [tile][channel][part][u][v][VECTORS]
layout(std430, binding = 2) readonly restrict buffer Bias { vec4 bias[]; };      // [tile][VECTORS]

uniform int allChannels, channels;  // channels: of one group
uniform int allFilters, filters;    // filters: of one group
uniform int strideH, dilationH;
uniform int padTop, padLeft;
uniform int tilesH, tilesW;         // of an image's sums
uniform int imageTiles;             // images*tilesH*tilesW
uniform int tiles;                  // of filters, in one group
uniform int partsH, partsW;         // of a kernel, without the rest

#define PITCH (PHASE * STRIDE_W)
#define tile workspace  // [TILE_H][PITCH], until the last tap is added

// stage copies the pixels of one plane that the tile's taps need, from row top, column left on, to shared memory.
void stage(int base, int top, int left) {
	for (int e = int(gl_LocalInvocationIndex); e < TILE_H * PITCH; e += LANES_W * LANES_H) {
		int row = e / PITCH;
		int folded = e - row * PITCH;
		int phase = folded / PHASE;
		int y = top + row;
		int x = left + (folded - phase * PHASE) * STRIDE_W + phase;
		tile[e] = pixel(base, y, x);
	}
}

void main() {
	int filterTile = int(gl_WorkGroupID.z);
	int group = filterTile / tiles;
	int firstFilter = (filterTile - group * tiles) * FILTERS;
	// Surplus work-groups compute the last tile again: none may return before a barrier.
	int imageTile = min(int(gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x), imageTiles - 1);
	int line = imageTile / tilesW;
	int image = line / tilesH;
	int tileI = (line - image * tilesH) * (LANES_H * ROWS), tileJ = (imageTile - line * tilesW) * LANES_W;
	int lane = int(gl_LocalInvocationID.x), laneRow = int(gl_LocalInvocationID.y) * ROWS;

#define START(r, f) sum[r * FILTERS + f] = bias[filterTile * VECTORS + f / 4][f % 4];
	EACH_SUM(START)

	int firstWeight = filterTile * channels * partsH * (TAPS_H * VECTORS) * (partsW * TAPS_W + REST_W);
	for (int channel = 0; channel < channels; channel++) {
		int base = (image * allChannels + group * channels + channel) * srcH * srcW;
		stage(base, tileI * strideH - padTop, tileJ * STRIDE_W - padLeft);
		memoryBarrierShared();
		barrier();
		for (int partH = 0; partH < partsH; partH++) {
			int first = (laneRow * strideH + partH * (TAPS_H * dilationH)) * PITCH + lane;
			int partW = 0, row;
			float pixel;
#define WEIGHT(t) w[t] = weight[firstWeight + t];
#define COLUMN(v) { \
	int x = (partW * TAPS_W + v) * DILATION_W; \
	at[v] = first + x % STRIDE_W * PHASE + x / STRIDE_W; \
}
#define ROW(r, lower) row = r * PITCH;
#define LOAD(v) pixel = tile[at[v] + row];
#define ADD(r, f, t) sum[r * FILTERS + f] += w[t * VECTORS + f / 4][f % 4] * pixel;
			for (; partW < partsW; partW++) {
				vec4 w[TAPS_H * TAPS_W * VECTORS];
				int at[TAPS_W];
				EACH_WEIGHT(WEIGHT)
				EACH_COLUMN(COLUMN)
				SCHEDULE
				firstWeight += TAPS_H * TAPS_W * VECTORS;
			}
#if REST_W
			{
				vec4 w[TAPS_H * REST_W * VECTORS];
				int at[REST_W];
				EACH_REST_WEIGHT(WEIGHT)
				EACH_REST_COLUMN(COLUMN)
				REST_SCHEDULE
				firstWeight += TAPS_H * REST_W * VECTORS;
			}
#endif
		}
		barrier();
	}

	store(image * allFilters + group * filters + firstFilter, filters - firstFilter, tileI + laneRow, tileJ + lane);
}
