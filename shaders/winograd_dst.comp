#version 430 core
// winograd_dst: products back to sums, Winograd's F(4×4, 3×3).
//
// It equals, for each filter k and each tile p of 4×4 sums, with m the 6×6 products,
//
//	Y = Aᵀ m A;
//	for (i < 4) for (j < 4) dst[n, k, 4*y + i, 4*x + j] = activation(Y[i, j] + bias[k]);
//
// with Aᵀ of Lavin and Gray (see winograd_src.comp). The transform mixes pixels that a sum has not got into it, which
// cancel unless one is NaN or infinite, or overflows. All that a sum has got is in it, so that a sum that ought not to be
// finite is not: one that is not finite is computed anew from pixels and weights, one tap after the other.
//
// Index map. Tiles are numbered through the whole chunk, p = (n*tilesH + y)*tilesW + x; an invocation takes one tile of
// one filter, q = k*tiles + p, so that neighbours load neighbours.
//
// Bound by: memory. It reads 36 numbers for 16 sums.
//
// Constants: LOCAL_SIZE; BIAS; EACH_FOUR(M), EACH_SIX(M), EACH_16(M), EACH_36(M), the unrolled loops; those of pixel.glsl.
layout(local_size_x = LOCAL_SIZE) in;

layout(std430, binding = 0) readonly restrict buffer Products { float products[]; };  // [36, filters, tiles]
layout(std430, binding = 1) readonly restrict buffer Weight { float weight[]; };      // from firstWeight on [filters, channels, 3, 3]
#if BIAS
layout(std430, binding = 2) readonly restrict buffer Bias { float bias[]; };          // [filters]
#endif
layout(std430, binding = 3) writeonly restrict buffer Dst { float dst[]; };           // [n, filters, sumH, sumW]

uniform int channels;
uniform int sumH, sumW, filters;
uniform int tilesH, tilesW, tiles;  // tiles: of all images
uniform int padTop, padLeft;
uniform int firstWeight;
uniform int rectify;                // 1: ReLU

bool isFinite(float v) { return (floatBitsToUint(v) & 0x7fffffffu) < 0x7f800000u; }

void main() {
	int q = int((gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * LOCAL_SIZE + gl_LocalInvocationID.x);
	if (q >= filters * tiles) {
		return;
	}
	int k = q / tiles;
	int p = q - k * tiles;
	int line = p / tilesW;
	int image = line / tilesH;
	int row = (line - image * tilesH) * 4;
	int column = (p - line * tilesW) * 4;
	int output0 = ((image * filters + k) * sumH + row) * sumW + column;
#if BIAS
	float start = bias[k];
#else
	float start = 0.0;
#endif

	float m[36];
#define LOAD(e) m[e] = products[e * filters * tiles + q];
	EACH_36(LOAD)

// Aᵀ times the six numbers a, a+s, …, in the place of the first four.
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

	int anew = 0;  // bit e: sum e is not finite
#define STORE(e) if (row + e / 4 < sumH && column + e % 4 < sumW) { \
	float value = m[e / 4 * 6 + e % 4] + start; \
	if (!isFinite(value)) { anew |= 1 << e; } \
	dst[output0 + e / 4 * sumW + e % 4] = rectify == 1 ? relu(value) : value; \
}
	EACH_16(STORE)
	if (anew == 0) {
		return;
	}
	for (int e = 0; e < 16; e++) {
		if ((anew >> e & 1) == 0) {
			continue;
		}
		int top = row + e / 4 - padTop, left = column + e % 4 - padLeft;
		float sum = start;
		for (int tap = 0; tap < 9 * channels; tap++) {
			int channel = tap / 9;
			int inPlane = tap - 9 * channel;
			int u = inPlane / 3;
			sum += weight[firstWeight + 9 * k * channels + tap]
				* pixel((image * channels + channel) * srcH * srcW, top + u, left + inPlane - 3 * u);
		}
		dst[output0 + e / 4 * sumW + e % 4] = rectify == 1 ? relu(sum) : sum;
	}
}
