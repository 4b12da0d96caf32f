#version 430 core
// winograd_dst: from products back to sums, Winograd's F(4×4, 3×3), and on to outputs.
//
// For each filter k and each tile p of 4×4 sums, with m the 6×6 products, it computes
//
//	Y = Aᵀ m A;
//	for (i < 4) for (j < 4) dst[n, k, 4*y + i, 4*x + j] = activation(Y[i, j] + bias[k]);
//
// with Aᵀ of Lavin and Gray (see winograd_src.comp). It also does the work of pool.comp, and never stores the sums:
// with ENERGY dst has one plane for two filters; with POOL each output is made of 2×2 such values, and a tile makes 2×2
// outputs.
//
// The transform mixes all pixels of a tile. Terms that do not belong to a sum cancel, unless one is NaN or infinite, or
// overflows: then the sum is not finite. A sum that should not be finite is not finite either, since it contains all
// its own terms. Every sum that is not finite is computed again from pixels and weights, tap by tap, before outputs are
// made of it. Registers cannot be indexed by a variable: to replace one sum, the index of every sum is compared with
// that of the sum to replace.
//
// Index map. Tiles are numbered through the whole chunk, p = (n*tilesH + y)*tilesW + x. An invocation takes one tile of
// one output plane, q = plane*tiles + p, so that neighbours load neighbours.
//
// Bound by: memory. It reads 36 numbers for 16 sums, and writes 16, or a half, a quarter or an eighth of that. An
// invocation has 36 numbers in registers; with ENERGY 52, as it keeps the first filter's 16 sums while it computes
// those of the second.
//
// Constants: LOCAL_SIZE; BIAS; ENERGY; POOL (0: none, 1: the largest, 2: the mean); EACH_FOUR(M), EACH_SIX(M),
// EACH_16(M), EACH_36(M), the unrolled loops; those of pixel.glsl.
layout(local_size_x = LOCAL_SIZE) in;

layout(std430, binding = 0) readonly restrict buffer Products { float products[]; };  // [36, filters, tiles]
layout(std430, binding = 1) readonly restrict buffer Weight { float weight[]; };  // from firstWeight: [filters, channels, 3, 3]
#if BIAS
layout(std430, binding = 2) readonly restrict buffer Bias { float bias[]; };          // [filters]
#endif
layout(std430, binding = 3) writeonly restrict buffer Dst { float dst[]; };           // [n, planes, dstH, dstW]

#define FILTERS (ENERGY == 1 ? 2 : 1)  // of an output
#define SPAN (POOL > 0 ? 2 : 1)        // rows, and columns, of sums of an output

uniform int channels;
uniform int dstH, dstW, filters;
uniform int tilesH, tilesW, tiles;  // tiles: of all images
uniform int padTop, padLeft;
uniform int firstWeight;
uniform int rectify;                // 1: ReLU

bool isFinite(float v) { return (floatBitsToUint(v) & 0x7fffffffu) < 0x7f800000u; }

// anew computes a sum of filter k tap by tap. top and left are the row and column of its first pixel.
float anew(int k, float start, int image, int top, int left) {
	float sum = start;
	for (int tap = 0; tap < 9 * channels; tap++) {
		int channel = tap / 9;
		int inPlane = tap - 9 * channel;
		int u = inPlane / 3;
		sum += weight[firstWeight + 9 * k * channels + tap]
			* pixel((image * channels + channel) * srcH * srcW, top + u, left + inPlane - 3 * u);
	}
	return sum;
}

// sumsOf returns the sums of filter k in tile p. The first one is at this row and column.
float[16] sumsOf(int k, int p, int image, int row, int column) {
#if BIAS
	float start = bias[k];
#else
	float start = 0.0;
#endif
	float m[36];
#define LOAD(e) m[e] = products[(e * filters + k) * tiles + p];
	EACH_36(LOAD)

// TRANSFORM multiplies the six numbers m[a], m[a+s], … by Aᵀ. The four results replace the first four numbers.
#define TRANSFORM(a, s) { \
	float plus = m[a + s] + m[a + 2 * s], minus = m[a + s] - m[a + 2 * s]; \
	float plus2 = m[a + 3 * s] + m[a + 4 * s], minus2 = m[a + 3 * s] - m[a + 4 * s]; \
	m[a] = m[a] + plus + plus2; \
	m[a + s] = minus + 2.0 * minus2; \
	m[a + 2 * s] = plus + 4.0 * plus2; \
	m[a + 3 * s] = minus + 8.0 * minus2 + m[a + 5 * s]; \
}
#define TRANSFORM_COLUMN(i) TRANSFORM(i, 6)
#define TRANSFORM_ROW(i) TRANSFORM(6 * i, 1)
	EACH_SIX(TRANSFORM_COLUMN)
	EACH_FOUR(TRANSFORM_ROW)

	float sums[16];
	int again = 0;  // bit e: sum e is part of an output and not finite
#define SUM(e) sums[e] = m[e / 4 * 6 + e % 4] + start; \
	if (row + e / 4 < dstH * SPAN && column + e % 4 < dstW * SPAN && !isFinite(sums[e])) { again |= 1 << e; }
	EACH_16(SUM)
	for (int e = 0; e < 16 && again != 0; e++) {
		if ((again >> e & 1) == 0) {
			continue;
		}
		float sum = anew(k, start, image, row + e / 4 - padTop, column + e % 4 - padLeft);
#define PUT(i) sums[i] = i == e ? sum : sums[i];
		EACH_16(PUT)
	}
	return sums;
}

void main() {
	int q = int((gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * LOCAL_SIZE + gl_LocalInvocationID.x);
	int planes = filters / FILTERS;
	if (q >= planes * tiles) {
		return;
	}
	int plane = q / tiles;
	int p = q - plane * tiles;
	int line = p / tilesW;
	int image = line / tilesH;
	int row = (line - image * tilesH) * 4;
	int column = (p - line * tilesW) * 4;

	float v[16] = sumsOf(plane * FILTERS, p, image, row, column);
#if ENERGY
	float second[16] = sumsOf(plane * FILTERS + 1, p, image, row, column);
#define ACTIVATE(e) v[e] = energy(v[e], second[e]);
#else
#define ACTIVATE(e) v[e] = rectify == 1 ? relu(v[e]) : v[e];
#endif
	EACH_16(ACTIVATE)

	row /= SPAN;
	column /= SPAN;
	int output0 = ((image * planes + plane) * dstH + row) * dstW + column;
#define STORE(i, j, value) if (row + i < dstH && column + j < dstW) { dst[output0 + i * dstW + j] = value; }
#if POOL
#define STORE_WINDOW(e) STORE(e / 2, e % 2, window(v[e / 2 * 8 + e % 2 * 2], v[e / 2 * 8 + e % 2 * 2 + 1], \
	v[e / 2 * 8 + e % 2 * 2 + 4], v[e / 2 * 8 + e % 2 * 2 + 5]))
	EACH_FOUR(STORE_WINDOW)
#else
#define STORE_VALUE(e) STORE(e / 4, e % 4, v[e])
	EACH_16(STORE_VALUE)
#endif
}
