#version 430 core
// direct_soft: every convolution, on software renderers.
//
// As direct.comp, for each filter k of a group, image n, row i and column j it computes
//
//	sum = resume ? dst[n, k, i, j] : bias[k];
//	for (c < channels) for (u < tapsH) for (v < kernelW)
//		sum += weight[k, c, u, v]
//			* pixel(n, firstChannel + c, i*STRIDE_H + u*dilationH + firstRow, j*strideW + v*dilationW - padLeft);
//	dst[n, k, i, j] = RELU || rectify ? relu(sum) : sum;
//
// over the taps of one pass: all taps, whole kernels of some channels, or some rows of one channel's kernel. tapsH is
// how many rows of the kernel the pass takes; firstRow is the row of pixels that the first of them reads for i = 0.
// resume is 1 in every pass but the first: a later pass adds to what is in dst. rectify is 1 in the last pass, if there
// are several and the activation is ReLU. If one pass takes all taps, it also does the work of pool.comp and never
// stores the sums: with ENERGY dst has one plane for two filters, with POOL each output is made of 2×2 such values.
//
// Index map. An invocation walks down a strip of 4*SEGMENTS columns, in turns of ROWS rows, and computes a tile of
// filters there. Strips are numbered q = (n*blocksH + y)*blocksW + x through the whole chunk, where y counts the strips
// from top to bottom. Invocations beyond the last strip compute it again, which is cheaper than a branch. Each tile of
// filters of each group is a dispatch of its own, with its part of the weights bound.
//
//	x0   x1   x2     the window: the texels that a turn's taps read, for all filters. PROLOGUE reads rows for the
//	x3   x4   x5     first turn; each turn reads the rows that are new, and hands on those that the next one needs too
//	x6   x7   x8
//	  sum  sum       one filter at a time, one vec4 of sums at a time, each stored before the next begins
//
// The host unrolls PROLOGUE and TURN. They are lists of these macros. For each vec4 of sums there are BEGIN, one ADD
// for each tap, and END:
//
//	LOAD(name, c, r, l)            reads texel l of row r of the window, in channel c, into the variable name
//	BEGIN(sum, f, i, j, bias)      declares the sums of plane f, row i and segment j of the outputs
//	ADD(sum, w, x0, x1, x2, x3)    adds w times four elements of the window to them
//	FIRST(part, w, x0, x1, x2, x3) sets part to w times four elements of the window
//	JOIN(sum, part)                adds part to the sums
//	END(f, i, j, value)            stores value, the outputs that were made of the sums
//
// Where llvmpipe computes fma() as one instruction, each row of taps is summed apart, in the fewest parts of at most
// six taps: FIRST, ADD to part, and JOIN. LLVM orders the multiply-adds so that two sums are computed at a time,
// whatever the order of the macros, and each waits for the one before it. If parts are summed apart, multiply-adds of
// different parts do not wait for each other: with whole rows apart the seed's case takes 0.7 of the time, and with
// parts of six taps 0.93 of that. Without fma() it saves no time.
//
// The lists use variables, not elements of arrays: with arrays Mesa's compiler takes ten times as long before LLVM
// starts.
//
// Three things keep sums in the 16 registers of AVX2. First, weights are read before the loop: each read is a branch,
// and LLVM would move products and additions past it until they are spilled. Second, one vec4 of sums goes through all
// taps before the next begins: two vec4 would need eight sums, eight products and a weight, 17 numbers. Third, each
// vec4 is stored at once: with all stores at the end, LLVM would move the additions there.
//
// With VECTORS, texels are vec4. Then the columns of pixels and of sums are multiples of 4 and the padding is zeros, so
// that a whole texel is inside or outside. Otherwise texels are floats, and any width and padding mode works.
//
// Bound by: arithmetic (llvmpipe before Mesa 26 has no FMA), then by stores, which llvmpipe executes lane by lane. A
// vec4 is stored as two doubles, which takes two moves instead of four. With EXACT, stores need no condition. Pixels
// come through a buffer texture, which llvmpipe reads without a branch for each lane. Weights are in a uniform block,
// and their indices are literals outside every branch and loop: only then does llvmpipe load them once and broadcast
// them.
//
// Constants: LANES (invocations of a work-group), ROWS, SEGMENTS (vec4 of sums in a row of a strip), STRIDE_H,
// BLOCK_TEXELS (of the source, from one strip to the next), VECTORS, SOURCE_MODE (see prelude), WEIGHTS (vec4 in the
// uniform block), PASSES (1 if there are several passes), RELU (1: ReLU, in a single pass), LOOPED (strips have several
// turns), EXACT (tiles and strips cover the outputs and no more), ENERGY, POOL (0: none, 1: the largest, 2: the mean),
// PROLOGUE, TURN.
layout(local_size_x = LANES) in;
layout(binding = 0) uniform samplerBuffer src;                          // [n, allChannels, srcH, srcTexels]
#if PASSES
layout(binding = 1) uniform samplerBuffer before;                       // dst, as the pass before left it
#endif
layout(std140, binding = 0) uniform Weight { vec4 weight[WEIGHTS]; };   // [filter][c][u][v], then biases, as floats
// [n, allPlanes, dstH, dstTexels]. OUTPUTS is how many elements of dst a vec4 of sums makes.
#if VECTORS && POOL
layout(std430, binding = 3) writeonly restrict buffer Dst { double dst[]; };
#define OUTPUTS 1
#elif VECTORS
layout(std430, binding = 3) writeonly restrict buffer Dst { dvec2 dst[]; };
#define OUTPUTS 1
#else
layout(std430, binding = 3) writeonly restrict buffer Dst { float dst[]; };
#define OUTPUTS (POOL > 0 ? 2 : 4)
#endif
#define SPAN (POOL > 0 ? 2 : 1)  // rows of sums of an output

uniform int srcH, srcTexels, allChannels, firstChannel;
uniform int dstH, dstTexels, allPlanes, firstPlane;
uniform int planes;                // of outputs, of this tile
uniform int blocksH, blocksW, blocks;  // strips: of an image, down and across; of all images
uniform int turns;                 // of a strip
uniform int firstRow, firstTexel;  // of the window, relative to the strip's first row and texel
uniform int resume, rectify;       // with PASSES: 1 if dst has sums to add to; 1 for ReLU, in the last pass

// texel returns texel s of row y of the plane that starts at base. Outside the image it selects zeros. Multiplying by 0
// would be wrong: the texel that is read instead may hold infinity or NaN. Strips may reach beyond the last row and
// column of sums, and so beyond the padding: there source clamps.
vec4 texel(int base, int y, int s) {
	vec4 value = texelFetch(src, base + source(y, srcH) * srcTexels + source(s, srcTexels));
#if SOURCE_MODE == 0
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

vec4 energies(vec4 a, vec4 b) { return vec4(energy(a.x, b.x), energy(a.y, b.y), energy(a.z, b.z), energy(a.w, b.w)); }

// pooled makes two outputs of two rows of four sums.
vec2 pooled(vec4 upper, vec4 lower) {
	return vec2(window(upper.x, upper.y, lower.x, lower.y), window(upper.z, upper.w, lower.z, lower.w));
}

double bits(vec2 v) { return packDouble2x32(floatBitsToUint(v)); }
dvec2 bits(vec4 v) { return dvec2(bits(v.xy), bits(v.zw)); }

void main() {
	int unbounded = int((gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * LANES + gl_LocalInvocationID.x);
	int q = min(unbounded, blocks - 1);
	int line = q / blocksW;
	int image = line / blocksH;
	int row = (line - image * blocksH) * turns * (ROWS / SPAN);
	int block = q - line * blocksW;
	int plane = srcH * srcTexels;
	int base = (image * allChannels + firstChannel) * plane;
	int top = row * SPAN * STRIDE_H + firstRow;
	int left = block * BLOCK_TEXELS + firstTexel;

#if VECTORS
#define LOAD(name, c, r, l) name = texel(base + c * plane, top + r, left + l);
#else
#define LOAD(name, c, r, l) name = texel(base + c * plane, top + r, left + l).x;
#endif
	int column = block * SEGMENTS * OUTPUTS;
	int output0 = ((image * allPlanes + firstPlane) * dstH + row) * dstTexels + column;
	int end = unbounded < blocks ? dstH : 0;

#define PLACE(f, i, j) (output0 + (f * dstH + i) * dstTexels + j * OUTPUTS)
#if EXACT
#define INSIDE(f, i, j, t) true
#else
#define INSIDE(f, i, j, t) (f < planes && row + i < end && column + j * OUTPUTS + t < dstTexels)
#endif
#define BEFORE(f, i, j, t) texelFetch(before, INSIDE(f, i, j, t) ? PLACE(f, i, j) + t : 0)
#if !PASSES
#define BEGIN(sum, f, i, j, bias) vec4 sum = vec4(bias);
#elif VECTORS
#define BEGIN(sum, f, i, j, bias) vec4 sum = resume == 1 ? BEFORE(f, i, j, 0) : vec4(bias);
#else
#define BEGIN(sum, f, i, j, bias) vec4 sum = resume == 1 ? \
	vec4(BEFORE(f, i, j, 0).x, BEFORE(f, i, j, 1).x, BEFORE(f, i, j, 2).x, BEFORE(f, i, j, 3).x) : vec4(bias);
#endif
#define FIRST(part, w, x0, x1, x2, x3) part = w * vec4(x0, x1, x2, x3);
#define ADD(sum, w, x0, x1, x2, x3) sum = fma(vec4(w), vec4(x0, x1, x2, x3), sum);
#define JOIN(sum, part) sum += part;
#if VECTORS
#define END(f, i, j, value) if (INSIDE(f, i, j, 0)) { dst[PLACE(f, i, j)] = bits(value); }
#else
#define STORE(f, i, j, t) if (INSIDE(f, i, j, t)) { dst[PLACE(f, i, j) + t] = kept[t]; }
#if POOL
#define END(f, i, j, value) { vec2 kept = value; STORE(f, i, j, 0) STORE(f, i, j, 1) }
#else
#define END(f, i, j, value) { vec4 kept = value; STORE(f, i, j, 0) STORE(f, i, j, 1) STORE(f, i, j, 2) STORE(f, i, j, 3) }
#endif
#endif
	PROLOGUE
#if LOOPED
	for (int turn = 0; turn < turns; turn++) {
		TURN
		row += ROWS / SPAN;
		output0 += ROWS / SPAN * dstTexels;
		top += ROWS * STRIDE_H;
	}
#else
	TURN
#endif
}
