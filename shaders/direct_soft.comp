#version 430 core
// direct_soft: every convolution, on software renderers.
//
// It equals direct.comp: for each filter k of a group, image n, row i and column j
//
//	sum = resume ? dst[n, k, i, j] : bias[k];
//	for (c < channels) for (u < tapsH) for (v < kernelW)
//		sum += weight[k, c, u, v] * pixel(n, firstChannel + c, i*STRIDE_H + u*dilationH + firstRow, j*strideW + v*dilationW - padLeft);
//	dst[n, k, i, j] = RELU || rectify ? relu(sum) : sum;
//
// for the taps of one pass: some channels of whole kernels, or some rows of one channel's. Passes that follow go on
// from what earlier ones left in dst.
//
// Index map. An invocation computes ROWS × 4*SEGMENTS neighbouring positions of a tile of filters, one filter after the
// other. Blocks of positions are numbered q = (n*blocksH + y)*blocksW + x through the whole chunk; those past the end
// compute the last block again, which is cheaper than a branch, and store nothing. Tiles of filters and groups are
// dispatched one by one, with their part of the weights bound.
//
//	x0   x1   x2     the window that the block's taps meet, texel by texel, read once for all filters
//	x3   x4   x5
//	x6   x7   x8
//	  sum  sum       one filter at a time: ROWS × SEGMENTS vec4 of sums stay in registers until they are stored
//	  sum  sum
//
// SCHEDULE, which the host unrolls, is a list of LOAD(name, c, r, l), which reads texel l of row r of the window in channel
// c, and for each filter f BEGIN(sum, f, i, j, bias), ADD(sum, w, x0, x1, x2, x3), which adds w times four elements of the
// window, and END(sum, f, i, j); i and j are the sum's row and segment in the block. It names variables, not elements of
// arrays: with arrays Mesa's compiler takes ten times as long before LLVM begins. Ending a filter before the next begins is what keeps its sums in registers: with all stores at the end LLVM moves the
// additions down to them and spills every product.
//
// With VECTORS texels are vec4: srcW and sumW are multiples of 4 and zeros pad, so that a texel is inside or outside
// as a whole. Otherwise texels are floats, and any width and padding mode will do.
//
// Bound by: arithmetic (llvmpipe has no FMA), then by stores, which it takes lane by lane. Pixels come through a buffer
// texture, which it reads without a branch per lane; weights stand in a uniform block and their indices are literals
// outside every branch: only so are they loaded once and broadcast.
//
// Constants: LANES, ROWS, SEGMENTS, STRIDE_H, BLOCK_TEXELS (of the source, from one block to the next), VECTORS,
// PADDING_MODE (0 zeros, 1 reflect, 2 replicate, 3 circular), WEIGHTS (vec4 in the uniform block), PASSES, RELU, SCHEDULE.
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
#define LOAD(name, c, r, l) vec4 name = texel(base + c * plane, top + r, left + l);
#else
#define LOAD(name, c, r, l) float name = texel(base + c * plane, top + r, left + l).x;
#endif
	int column = block * SEGMENTS * OUTPUTS;
	int output0 = ((image * allFilters + firstFilter) * sumH + row) * sumTexels + column;
	int end = unbounded < blocks ? sumH : 0;

#define PLACE(f, i, j) (output0 + (f * sumH + i) * sumTexels + j * OUTPUTS)
#define INSIDE(f, i, j, t) (f < filters && row + i < end && column + j * OUTPUTS + t < sumTexels)
#define BEFORE(f, i, j, t) texelFetch(before, INSIDE(f, i, j, t) ? PLACE(f, i, j) + t : 0)
#if !PASSES
#define BEGIN(sum, f, i, j, bias) vec4 sum = vec4(bias);
#elif VECTORS
#define BEGIN(sum, f, i, j, bias) vec4 sum = resume == 1 ? BEFORE(f, i, j, 0) : vec4(bias);
#else
#define BEGIN(sum, f, i, j, bias) vec4 sum = resume == 1 ? \
	vec4(BEFORE(f, i, j, 0).x, BEFORE(f, i, j, 1).x, BEFORE(f, i, j, 2).x, BEFORE(f, i, j, 3).x) : vec4(bias);
#endif
#define ADD(sum, w, x0, x1, x2, x3) sum += w * vec4(x0, x1, x2, x3);
#if VECTORS
#define END(sum, f, i, j) if (INSIDE(f, i, j, 0)) { dst[PLACE(f, i, j)] = activate(sum); }
#else
#define STORE(sum, f, i, j, t) if (INSIDE(f, i, j, t)) { dst[PLACE(f, i, j) + t] = sum[t]; }
#define END(sum, f, i, j) sum = activate(sum); \
	STORE(sum, f, i, j, 0) STORE(sum, f, i, j, 1) STORE(sum, f, i, j, 2) STORE(sum, f, i, j, 3)
#endif
	SCHEDULE
}
