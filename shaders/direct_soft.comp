#version 430 core
// direct_soft: stride 1 and few taps, on software renderers.
//
// It equals, for each filter k of the tile, image n, row i and column j, the sum of direct.comp with groups, strides
// and dilations of 1 and zero padding.
//
// Index map. An invocation computes ROWS × 4*SEGMENTS neighbouring positions of FILTERS filters. Blocks are numbered
// q = (n*blocksH + y)*blocksW + x through the whole chunk; those past the end repeat the last block, which is cheaper
// than a branch. Tiles of filters are dispatched one by one, with their part of the weights bound.
//
//	 x[0]   x[1]   x[2]   x[3]      one input row in registers, LOADS vec4, whole segments of the image: the first
//	  |←SHIFT→|  SEGMENTS  |        starts SHIFT columns before the first column that is needed
//	            sum[0]  sum[1]      FILTERS × ROWS × SEGMENTS vec4 of sums
//
// Each input row is loaded once and added to every sum that it belongs to: SCHEDULE, which the host unrolls, is a list
// of ROW(c, r), which loads row r of the block's window in channel c, and ADD(s, t, e), which adds weight t times the
// row's elements e … e+3 to sum s.
//
// Bound by: arithmetic, at half the multiply-add rate, as llvmpipe has no FMA. Weights stand in a uniform block and
// their indices are literals outside every branch: only so are they loaded once and broadcast. Segments are whole
// vec4, inside the image or outside, since srcW and sumW are multiples of 4.
//
// Constants: LANES, FILTERS, ROWS, SEGMENTS, LOADS, WEIGHTS (vec4 in the uniform block), FIRST_BIAS (its index
// among the block's floats), RELU, EACH_LOAD(M), EACH_SUM(M), SCHEDULE.
layout(local_size_x = LANES) in;

layout(std430, binding = 0) readonly restrict buffer Src { vec4 src[]; };   // [n, channels, srcH, srcSegments]
layout(std140, binding = 0) uniform Weight { vec4 weight[WEIGHTS]; };       // [filter][c][u][v], then biases, as floats
layout(std430, binding = 3) writeonly restrict buffer Dst { vec4 dst[]; };  // [n, allFilters, sumH, sumSegments]

uniform int srcH, srcSegments, channels;
uniform int sumH, sumSegments, allFilters, firstFilter;
uniform int blocksH, blocksW, blocks;
uniform int padTop, firstSegment;  // firstSegment: of the window, relative to the block's

#define W(t) weight[(t) / 4][(t) % 4]
#define X(e) x[(e) / 4][(e) % 4]

vec4 segment(int base, int y, int s) {
	bool inside = y >= 0 && y < srcH && s >= 0 && s < srcSegments;
	vec4 value = src[base + clamp(y, 0, srcH - 1) * srcSegments + clamp(s, 0, srcSegments - 1)];
	return inside ? value : vec4(0.0);
}

vec4 activate(vec4 v) {
#if RELU
	return vec4(relu(v.x), relu(v.y), relu(v.z), relu(v.w));
#else
	return v;
#endif
}

void main() {
	int q = min(int((gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * LANES + gl_LocalInvocationID.x), blocks - 1);
	int line = q / blocksW;
	int image = line / blocksH;
	int row = (line - image * blocksH) * ROWS;
	int column = (q - line * blocksW) * SEGMENTS;
	int plane = srcH * srcSegments;
	int base = image * channels * plane;

	vec4 sum[FILTERS * ROWS * SEGMENTS];
#define START(s) sum[s] = vec4(W(FIRST_BIAS + s / (ROWS * SEGMENTS)));
	EACH_SUM(START)

	vec4 x[LOADS];
#define LOAD(l) x[l] = segment(rowBase, y, column + firstSegment + l);
#define ROW(c, r) { int rowBase = base + c * plane, y = row + r - padTop; EACH_LOAD(LOAD) }
#define ADD(s, t, e) sum[s] += W(t) * vec4(X(e), X(e + 1), X(e + 2), X(e + 3));
	SCHEDULE

	int output0 = ((image * allFilters + firstFilter) * sumH + row) * sumSegments + column;
#define STORE(s) dst[output0 + (s / (ROWS * SEGMENTS) * sumH + s / SEGMENTS % ROWS) * sumSegments + s % SEGMENTS] = activate(sum[s]);
	EACH_SUM(STORE)
}
