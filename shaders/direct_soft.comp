#version 430 core
// direct_soft: every convolution, on software renderers.
//
// It equals direct.comp: for each filter k of a group, image n, row i and column j
//
//	sum = resume ? dst[n, k, i, j] : bias[k];
//	for (c < CHANNELS) for (u < tapsH) for (v < kernelW)
//		sum += weight[k, c, u, v] * pixel(n, firstChannel + c, i*STRIDE_H + u*dilationH + firstRow, j*strideW + v*dilationW - padLeft);
//	dst[n, k, i, j] = RELU || rectify ? relu(sum) : sum;
//
// for the taps of one pass: CHANNELS channels of whole kernels, or some rows of one channel's. Passes that follow go on
// from what earlier ones left in dst.
//
// Index map. An invocation computes ROWS × 4*SEGMENTS neighbouring positions of FILTERS filters, one filter after the
// other. Blocks of positions are numbered q = (n*blocksH + y)*blocksW + x through the whole chunk; those past the end
// compute the last block again, which is cheaper than a branch, and store nothing. Tiles of filters and groups are
// dispatched one by one, with their part of the weights bound.
//
//	x(r, e): the window that the block's taps meet, WINDOW rows of LOADS texels, read once for all filters
//
//	  |←SHIFT→| sum[0] sum[1]      one filter at a time: ROWS × SEGMENTS vec4 of sums stay in registers
//	            sum[2] sum[3]      until they are stored
//
// SCHEDULE, which the host unrolls, is a list of LOAD(c, r, l), which reads a texel of the window, and for each filter
// BEGIN(f, s), ADD(t, s, c, r, e, d), which adds weight t times the elements e, e+d, e+2d, e+3d to sum s, and END(f, s).
// Ending a filter before the next begins is what keeps its sums in registers: with all stores at the end LLVM moves the
// additions down to them and spills every product.
//
// With VECTORS texels are vec4: srcW and sumW are multiples of 4 and zeros pad, so that a texel is inside or outside
// as a whole. Otherwise texels are floats, and any width and padding mode will do.
//
// Bound by: arithmetic (llvmpipe has no FMA), then by stores, which it takes lane by lane. Pixels come through a buffer
// texture, which it reads without a branch per lane; weights stand in a uniform block and their indices are literals
// outside every branch: only so are they loaded once and broadcast.
//
// Constants: LANES, FILTERS, CHANNELS, ROWS, SEGMENTS, STRIDE_H, BLOCK_TEXELS (of the source, from one block to the
// next), WINDOW, LOADS, VECTORS, PADDING_MODE (0 zeros, 1 reflect, 2 replicate, 3 circular), WEIGHTS (vec4 in the uniform
// block), FIRST_BIAS (its index among the block's floats), PASSES, RELU, SCHEDULE.
layout(local_size_x = LANES) in;
layout(binding = 0) uniform samplerBuffer src;                          // [n, allChannels, srcH, srcTexels]
#if PASSES
layout(binding = 1) uniform samplerBuffer before;                       // dst, as the pass before left it
#endif
layout(std140, binding = 0) uniform Weight { vec4 weight[WEIGHTS]; };   // [filter][c][u][v], then biases, as floats
#if VECTORS
layout(std430, binding = 3) writeonly restrict buffer Dst { vec4 dst[]; };  // [n, allFilters, sumH, sumTexels]
#define OUTPUTS 1  // texels that a vec4 of sums takes
#else
layout(std430, binding = 3) writeonly restrict buffer Dst { float dst[]; };
#define OUTPUTS 4
#endif

uniform int srcH, srcTexels, allChannels, firstChannel;
uniform int sumH, sumTexels, allFilters, firstFilter;
uniform int filters;               // of the tile that there are
uniform int blocksH, blocksW, blocks;
uniform int firstRow, firstTexel;  // of the window, relative to the block's first row and texel
uniform int resume, rectify;       // with PASSES: 1 if dst has sums to go on from, 1 for ReLU in the last pass

#define W(t) weight[(t) / 4][(t) % 4]
#if VECTORS
#define X(c, r, e) x[((c) * WINDOW + (r)) * LOADS + (e) / 4][(e) % 4]
#else
#define X(c, r, e) x[((c) * WINDOW + (r)) * LOADS + (e)]
#endif

#if PADDING_MODE == 0 || PADDING_MODE == 2
int source(int at, int size) { return clamp(at, 0, size - 1); }
#elif PADDING_MODE == 1
int source(int at, int size) { return clamp(at < 0 ? -at : at < size ? at : 2 * (size - 1) - at, 0, size - 1); }
#elif PADDING_MODE == 3
int source(int at, int size) { return clamp(at < 0 ? at + size : at < size ? at : at - size, 0, size - 1); }
#endif

// texel returns texel s of row y of the plane that starts at base. Outside, zeros are selected, not multiplied: the
// address that is read instead may hold infinity or NaN. Blocks reach beyond the sums' last row and column, and so beyond
// what the padding modes map: source() clamps once more.
vec4 texel(int base, int y, int s) {
	vec4 value = texelFetch(src, base + source(y, srcH) * srcTexels + source(s, srcTexels));
#if PADDING_MODE == 0
	return y >= 0 && y < srcH && s >= 0 && s < srcTexels ? value : vec4(0.0);
#else
	return value;
#endif
}

vec4 activate(vec4 v) {
	vec4 rectified = vec4(relu(v.x), relu(v.y), relu(v.z), relu(v.w));
#if PASSES
	return rectify == 1 ? rectified : v;
#else
	return RELU == 1 ? rectified : v;
#endif
}

void main() {
	int unbounded = int((gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * LANES + gl_LocalInvocationID.x);
	int q = min(unbounded, blocks - 1);
	int line = q / blocksW;
	int image = line / blocksH;
	int row = (line - image * blocksH) * ROWS;
	int block = q - line * blocksW;
	int plane = srcH * srcTexels;
	int base = (image * allChannels + firstChannel) * plane;
	int top = row * STRIDE_H + firstRow;
	int left = block * BLOCK_TEXELS + firstTexel;

#if VECTORS
	vec4 x[CHANNELS * WINDOW * LOADS];
#define LOAD(c, r, l) x[((c) * WINDOW + (r)) * LOADS + l] = texel(base + c * plane, top + r, left + l);
#else
	float x[CHANNELS * WINDOW * LOADS];
#define LOAD(c, r, l) x[((c) * WINDOW + (r)) * LOADS + l] = texel(base + c * plane, top + r, left + l).x;
#endif
	int column = block * SEGMENTS * OUTPUTS;
	int output0 = ((image * allFilters + firstFilter) * sumH + row) * sumTexels + column;
	int end = unbounded < blocks ? sumH : 0;
	vec4 sum[ROWS * SEGMENTS];

#define PLACE(f, s) (output0 + (f * sumH + s / SEGMENTS) * sumTexels + s % SEGMENTS * OUTPUTS)
#define BEFORE(f, s, t) texelFetch(before, INSIDE(f, s, t) ? PLACE(f, s) + t : 0)
#define INSIDE(f, s, t) (f < filters && row + s / SEGMENTS < end && column + s % SEGMENTS * OUTPUTS + t < sumTexels)
#if !PASSES
#define BEGIN(f, s) sum[s] = vec4(W(FIRST_BIAS + f));
#elif VECTORS
#define BEGIN(f, s) { vec4 left = BEFORE(f, s, 0); sum[s] = resume == 1 ? left : vec4(W(FIRST_BIAS + f)); }
#else
#define BEGIN(f, s) { \
	vec4 left = vec4(BEFORE(f, s, 0).x, BEFORE(f, s, 1).x, BEFORE(f, s, 2).x, BEFORE(f, s, 3).x); \
	sum[s] = resume == 1 ? left : vec4(W(FIRST_BIAS + f)); \
}
#endif
#define ADD(t, s, c, r, e, d) sum[s] += W(t) * vec4(X(c, r, e), X(c, r, e + d), X(c, r, e + 2 * d), X(c, r, e + 3 * d));
#if VECTORS
#define END(f, s) if (INSIDE(f, s, 0)) { dst[PLACE(f, s)] = activate(sum[s]); }
#else
#define STORE(f, s, t) if (INSIDE(f, s, t)) { dst[PLACE(f, s) + t] = value[t]; }
#define END(f, s) { vec4 value = activate(sum[s]); STORE(f, s, 0) STORE(f, s, 1) STORE(f, s, 2) STORE(f, s, 3) }
#endif
	SCHEDULE
}
