#version 430 core
// igemm: every convolution, as a product of matrices that are never built.
//
// For each filter k of a group g and each position (n, i, j), with taps numbered t = (c*kernelH + u)*kernelW + v, it
// computes
//
//	sum = bias[k];
//	for (t < taps)
//		sum += weight[k, t]
//			* pixel(n, g*channels + c, i*strideH + u*dilationH - padTop, j*strideW + v*dilationW - padLeft);
//	dst[n, k, i, j] = activation(sum);
//
// that is bias[k] + Σ A[k, t] * B[t, q], where q numbers the positions, A are the weights and B[t, q] is the pixel that
// tap t reads at position q. It also does the work of pool.comp, without storing sums: with ENERGY an output is made of
// two filters, with POOL of 2×2 positions.
//
// Index map. Outputs are numbered through the whole chunk, o = (n*dstH + i)*dstW + j, so that no invocation is idle at
// the end of an image. An output is made of WINDOW positions: 1, or 4 with POOL. gl_WorkGroupID.xy numbers blocks of
// BLOCK_Q / WINDOW outputs, z blocks of BLOCK_K filters, group by group. Invocation l is at (l / LANES_Q, l % LANES_Q).
// It computes every LANES_K-th filter and every LANES_Q-th position of the block, so that neighbours store neighbours:
//
//	              ← BLOCK_Q positions: COLUMNS times LANES_Q →
//	BLOCK_K       l=0 l=1 l=2 …     | l=0 l=1 l=2 …     | …
//	filters:      l=LANES_Q …       | l=LANES_Q …       |        invocation 0: sum[0] sum[ROWS]   …
//	ROWS times    ——————————————————+———————————————————+——                    sum[1] sum[ROWS+1] …
//	LANES_K       l=0 l=1 l=2 …     | l=0 l=1 l=2 …     |
//
// An invocation computes all sums of its outputs itself. Its columns WINDOW*g + part, part < WINDOW, are the sums of
// output first + g*LANES_Q + l % LANES_Q. With POOL, part is the sum at row part / 2 and column part % 2 of the window,
// which begins at (2*i, 2*j). With ENERGY its rows 2*m and 2*m + 1 are filters 2*k and 2*k + 1 of the block, k =
// m*LANES_K + l / LANES_Q; weights and biases are packed in this order.
//
// Taps are taken DEPTH at a time. The work-group copies a tile of DEPTH × BLOCK_K weights and one of DEPTH × BLOCK_Q
// pixels to shared memory, as vec4 of four taps, and each invocation multiplies its ROWS weights by its COLUMNS pixels.
// There is room for two tiles of each: while one is multiplied, the loads of the next are on their way to registers,
// and one barrier for each tile is enough. Invocation l copies pixels of one position of the block only, number l %
// BLOCK_Q, which it locates once. It copies every STEP-th vec4 of taps there: the tap (c, u, v) advances by additions
// and carries, without a division.
//
// Rows in shared memory need no padding against bank conflicts: neighbours write and read neighbouring vec4, or all
// read the same one.
//
// Bound by: arithmetic. For four taps an invocation reads ROWS + COLUMNS vec4 from shared memory, for 4*ROWS*COLUMNS
// multiplications; with HELD < ROWS it takes one half of its rows after the other, and reads the pixels for each. For
// one tap a block reads BLOCK_K + BLOCK_Q numbers from memory, for BLOCK_K * BLOCK_Q multiplications: a block of
// 128×128 does 32 FLOP a byte; an H100 is bound by memory below 20.
//
// Constants: LANES_K, LANES_Q, LANES (their product), ROWS, COLUMNS, HELD (rows at a time: ROWS or half of them),
// DEPTH, PIXELS and WEIGHTS (vec4 of each that an invocation copies for a tile), TAIL (1 if taps is not a multiple of
// DEPTH), BIAS (1 if there is one), ENERGY, POOL (0: none, 1: the largest, 2: the mean); those of pixel.glsl; and the
// unrolled loops: EACH_PIXELS(M) over PIXELS, EACH_WEIGHTS(M) over WEIGHTS, EACH_ROW(M) over ROWS, EACH_COLUMN(M) over
// COLUMNS, EACH_SUM(M) over ROWS*COLUMNS, EACH_FOUR(M) over DEPTH/4, EACH_PLANE(M) over the planes that its rows make,
// and EACH_OUTPUT(M) over the outputs of a plane that its columns make.
#define BLOCK_K (ROWS * LANES_K)
#define BLOCK_Q (COLUMNS * LANES_Q)
#define PAIR (ENERGY + 1)        // filters of an output
#define SPAN (POOL > 0 ? 2 : 1)  // rows, and columns, of sums of an output
#define WINDOW (SPAN * SPAN)
#define STEP (LANES / BLOCK_Q)
#define FOURS (DEPTH / 4)
layout(local_size_x = LANES) in;

// [block of filters][taps / 4, whole tiles][BLOCK_K]
layout(std430, binding = 1) readonly restrict buffer Weight { vec4 weight[]; };
#if BIAS
layout(std430, binding = 2) readonly restrict buffer Bias { float bias[]; };     // [block of filters][BLOCK_K]
#endif
layout(std430, binding = 3) writeonly restrict buffer Dst { float dst[]; };      // [n, allPlanes, dstH, dstW]

uniform int allChannels, channels;                   // channels: of one group
uniform int dstH, dstW, allPlanes, planes;           // planes: of one group
uniform int kernelH, kernelW;
uniform int strideH, strideW, dilationH, dilationW;
uniform int padTop, padLeft;
uniform int outputs;                                 // of one plane, in all images: images*dstH*dstW
uniform int blocks;                                  // of filters, in one group
uniform int taps, tiles;                             // tiles: of DEPTH taps
uniform int skipC, skipU, skipV;                     // 4*(STEP - 1) taps, as channels, rows and columns of the kernel
uniform int rectify;                                 // 1: ReLU

shared vec4 sharedWeight[2 * FOURS * BLOCK_K];       // [tile % 2][four taps][filter]
shared vec4 sharedPixel[2 * FOURS * BLOCK_Q];        // [tile % 2][four taps][position]

// The next tap to copy: channel c of the group, row u and column v of the kernel.
int tap, c, u, v;

// walk advances by dc channels, du rows and dv columns of the kernel. du is less than kernelH, dv less than kernelW.
void walk(int dc, int du, int dv) {
	v += dv;
	int carry = v >= kernelW ? 1 : 0;
	v -= carry * kernelW;
	u += du + carry;
	carry = u >= kernelH ? 1 : 0;
	u -= carry * kernelH;
	c += dc + carry;
}

float activated(float sum) { return rectify == 1 ? relu(sum) : sum; }

void main() {
	int lane = int(gl_LocalInvocationID.x);
	int blockK = int(gl_WorkGroupID.z);
	int group = blockK / blocks;
	int first = int(gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * (BLOCK_Q / WINDOW);
	int plane = srcH * srcW;

	// The position whose pixels this invocation copies is number `part` of output `copied`. Beyond the last output,
	// `copied` is the last one.
	int column = lane % BLOCK_Q;
	int line = lane / BLOCK_Q;
	int part = column / LANES_Q % WINDOW;
	int copied = min(first + column / (LANES_Q * WINDOW) * LANES_Q + column % LANES_Q, outputs - 1);
	int row = copied / dstW;
	int image = row / dstH;
	int base = (image * allChannels + group * channels) * plane;
	int top = ((row - image * dstH) * SPAN + part / SPAN) * strideH - padTop;
	int left = ((copied - row * dstW) * SPAN + part % SPAN) * strideW - padLeft;
	tap = 4 * line;
	int tapRow = tap / kernelW;
	v = tap - tapRow * kernelW;
	c = tapRow / kernelH;
	u = tapRow - c * kernelH;
	int nextWeight = blockK * tiles * (FOURS * BLOCK_K) + lane;
	vec4 x[PIXELS];
	vec4 w[WEIGHTS];

#if TAIL
#define EXISTS (tap < taps)
#else
#define EXISTS true
#endif
#define LOAD_PIXEL(to) { \
	to = 0.0; \
	if (EXISTS) { to = pixel(base + c * plane, top + u * dilationH, left + v * dilationW); } \
	tap++; \
	walk(0, 0, 1); \
}
#if LANES > BLOCK_Q
#define SKIP { tap += 4 * (STEP - 1); walk(skipC, skipU, skipV); }
#else
#define SKIP
#endif
#define LOAD_PIXELS(i) LOAD_PIXEL(x[i].x) LOAD_PIXEL(x[i].y) LOAD_PIXEL(x[i].z) LOAD_PIXEL(x[i].w) SKIP
#define LOAD_WEIGHTS(i) w[i] = weight[nextWeight + i * LANES];
#define LOAD EACH_PIXELS(LOAD_PIXELS) EACH_WEIGHTS(LOAD_WEIGHTS) nextWeight += FOURS * BLOCK_K;
#define PUT_PIXELS(i) sharedPixel[(into * FOURS + i * STEP + line) * BLOCK_Q + column] = x[i];
#define PUT_WEIGHTS(i) sharedWeight[into * (FOURS * BLOCK_K) + i * LANES + lane] = w[i];
#define PUT EACH_PIXELS(PUT_PIXELS) EACH_WEIGHTS(PUT_WEIGHTS)

	int laneQ = lane % LANES_Q;
	int laneK = lane / LANES_Q;
	float sum[ROWS * COLUMNS];
#if BIAS
#define START(s) sum[s] = bias[blockK * BLOCK_K + s % ROWS * LANES_K + laneK];
#else
#define START(s) sum[s] = 0.0;
#endif
	EACH_SUM(START)

	// Each iteration loads a tile to registers, multiplies the tile before it, and puts the loaded tile in the other
	// half of shared memory.
	for (int tile = 0; tile <= tiles; tile++) {
		int into = tile & 1;
		if (tile < tiles) {
			LOAD
		}
		int firstA = (1 - into) * (FOURS * BLOCK_K) + laneK;
		int firstB = (1 - into) * (FOURS * BLOCK_Q) + laneQ;
#define READ_A(i) if (i / HELD == turn) { a[i % HELD] = sharedWeight[firstA + four * BLOCK_K + i * LANES_K]; }
#define ADD(i) if (i / HELD == turn) { \
	sum[at * ROWS + i] += a[i % HELD].x * b.x; \
	sum[at * ROWS + i] += a[i % HELD].y * b.y; \
	sum[at * ROWS + i] += a[i % HELD].z * b.z; \
	sum[at * ROWS + i] += a[i % HELD].w * b.w; \
}
#define MULTIPLY_COLUMN(j) { \
	const int at = j; \
	vec4 b = sharedPixel[firstB + four * BLOCK_Q + j * LANES_Q]; \
	EACH_ROW(ADD) \
}
#define MULTIPLY_ROWS(t) { \
	const int turn = t; \
	vec4 a[HELD]; \
	EACH_ROW(READ_A) \
	EACH_COLUMN(MULTIPLY_COLUMN) \
}
#if HELD < ROWS
// Without the barrier, compilers keep the pixels in registers until the second half of the rows needs them.
#define MULTIPLY(t) { const int four = t; MULTIPLY_ROWS(0) memoryBarrierShared(); MULTIPLY_ROWS(1) }
#else
#define MULTIPLY(t) { const int four = t; MULTIPLY_ROWS(0) }
#endif
		if (tile > 0) {
			EACH_FOUR(MULTIPLY)
		}
		PUT
		barrier();
	}

	// Sums become outputs. m counts an invocation's planes, g its outputs in a plane.
#if ENERGY
#define VALUE(m, j) energy(sum[(j) * ROWS + 2 * m], sum[(j) * ROWS + 2 * m + 1])
#else
#define VALUE(m, j) activated(sum[(j) * ROWS + m])
#endif
#if POOL
#define OUTPUT(m, g) window(VALUE(m, 4 * g), VALUE(m, 4 * g + 1), VALUE(m, 4 * g + 2), VALUE(m, 4 * g + 3))
#else
#define OUTPUT(m, g) VALUE(m, g)
#endif
	int firstPlane = (blockK - group * blocks) * (BLOCK_K / PAIR) + laneK;
#define STORE_PLANE(m) if (firstPlane + m * LANES_K < planes) { dst[output0 + m * LANES_K * dstH * dstW] = OUTPUT(m, at); }
#define STORE(g) { \
	const int at = g; \
	int o = first + g * LANES_Q + laneQ; \
	if (o < outputs) { \
		int n = o / (dstH * dstW); \
		int output0 = (n * allPlanes + group * planes + firstPlane) * dstH * dstW + o - n * dstH * dstW; \
		EACH_PLANE(STORE_PLANE) \
	} \
}
	EACH_OUTPUT(STORE)
}
