#version 430 core
// winograd_src: from pixels to the domain in which 3×3 convolutions are products, Winograd's F(4×4, 3×3).
//
// For each channel c and each tile p of 4×4 sums, with d the 6×6 pixels that these sums need, it computes
//
//	V = Bᵀ d B;
//	for (e < 36) dst[e, c, p] = V[e];
//
// with Bᵀ of Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (arXiv 1509.09308), section 4.3.
// Pixels of a tile that no sum of the image needs count as 0.
//
// Index map. Tiles are numbered through the whole chunk, p = (n*tilesH + y)*tilesW + x. An invocation takes one tile of
// one channel, q = c*tiles + p, so that neighbouring invocations write to neighbouring addresses.
//
//	  6×6 pixels; the next tile takes     ┌──────┬──┐
//	  the last two columns again          │ 4×4  │  │
//	                                      ├──────┘  │
//	                                      └─────────┘
//
// Bound by: memory. It writes 36 numbers for 16 pixels; caches serve the pixels that tiles share.
//
// Constants: LOCAL_SIZE; EACH_SIX(M), EACH_36(M), the unrolled loops; those of pixel.glsl.
layout(local_size_x = LOCAL_SIZE) in;

layout(std430, binding = 3) writeonly restrict buffer Dst { float dst[]; };  // [36, channels, tiles]

uniform int channels;
uniform int tilesH, tilesW, tiles;  // tiles: of all images
uniform int padTop, padLeft;
uniform int endH, endW;             // no sum of the image needs pixels from this row or column on

void main() {
	int q = int((gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * LOCAL_SIZE + gl_LocalInvocationID.x);
	if (q >= channels * tiles) {
		return;
	}
	int channel = q / tiles;
	int p = q - channel * tiles;
	int line = p / tilesW;
	int image = line / tilesH;
	int base = (image * channels + channel) * srcH * srcW;
	int top = (line - image * tilesH) * 4 - padTop;
	int left = (p - line * tilesW) * 4 - padLeft;

	float d[36];
#define LOAD(e) { \
	int y = top + e / 6, x = left + e % 6; \
	d[e] = 0.0; \
	if (y < endH && x < endW) { d[e] = pixel(base, y, x); } \
}
	EACH_36(LOAD)

// TRANSFORM multiplies the six numbers d[a], d[a+s], … by Bᵀ, in place.
#define TRANSFORM(a, s) { \
	float d0 = d[a], d1 = d[a + s], d2 = d[a + 2 * s], d3 = d[a + 3 * s], d4 = d[a + 4 * s], d5 = d[a + 5 * s]; \
	d[a] = 4.0 * d0 - 5.0 * d2 + d4; \
	d[a + s] = d4 + d3 - 4.0 * (d2 + d1); \
	d[a + 2 * s] = d4 - d3 - 4.0 * (d2 - d1); \
	d[a + 3 * s] = d4 - d2 + 2.0 * (d3 - d1); \
	d[a + 4 * s] = d4 - d2 - 2.0 * (d3 - d1); \
	d[a + 5 * s] = 4.0 * d1 - 5.0 * d3 + d5; \
}
#define TRANSFORM_COLUMN(i) TRANSFORM(i, 6)
#define TRANSFORM_ROW(i) TRANSFORM(6 * i, 1)
	EACH_SIX(TRANSFORM_COLUMN)
	EACH_SIX(TRANSFORM_ROW)

#define STORE(e) dst[e * channels * tiles + q] = d[e];
	EACH_36(STORE)
}
