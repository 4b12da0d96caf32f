#version 430 core
// fft_dst: products of spectra back to sums.
//
// It equals, for each tile of each image and each filter k of a group, with X the channels' spectra (fft_src.comp) and W the
// conjugates of the filters',
//
//	Y = Σ_c X[tile, c] · W[k, c];
//	y = the inverse transform of Y, halved;
//	for (i < stepH) for (j < stepW) dst[n, k, tileI + i, tileJ + j] = activation(y[i, j] + bias[k]);
//
// of the other rows and columns of y, pixels of the tile's far ends are part. Two filters are the real and imaginary parts
// of one transform: its values are Y₁(f) + i·Y₂(f), and at −f conj Y₁(f) + i·conj Y₂(f).
//
// The transform mixes all pixels of a tile, and the two filters, which cancels unless one is NaN or infinite, or overflows.
// Each sum has all that it ought to have in it, so that one that ought not to be finite is not, and neither is one that
// has met infinity on its way: a sum that is not finite is computed anew from pixels and weights, one tap after the other.
// The division by the transform's size comes last, as what overflows is seen, and what underflows is not.
//
// Index map. Tiles are numbered through the whole chunk, p = (n*tilesH + y)*tilesW + x; a work-group takes one tile of two
// filters of one group, q = pair*tiles + p, so that work-groups that run at the same time share a pair's weights in their
// caches. Of a column's two passes the second leaves its numbers in dst: lanes along x, neighbours store neighbours.
//
// Bound by: shared memory, 8 reads or writes of 8 bytes for each of a tile's points, and by the caches that spectra come from,
// 24 bytes for 4 complex multiplications.
//
// Constants: those of fft.glsl.
layout(std430, binding = 0) readonly restrict buffer Pixels { vec2 pixels[]; };  // [tile, allChannels, SPECTRUM]
layout(std430, binding = 2) readonly restrict buffer Filters { float filter_[]; }; // bias[allFilters], weights [allFilters, channels, kernelH, kernelW]
layout(std430, binding = 3) writeonly restrict buffer Dst { float dst[]; };      // [n, allFilters, sumH, sumW]

uniform int sumH, sumW;
uniform int channels;             // of a group
uniform int allFilters, filters;  // filters: of a group
uniform int pairs;                // of filters, of a group
uniform int allPairs;             // of all groups
uniform int kernelH, kernelW, dilationH, dilationW;
uniform int rectify;              // 1: ReLU

#define FIRST_SPECTRUM 64         // behind the factors

bool isFinite(float v) { return (floatBitsToUint(v) & 0x7fffffffu) < 0x7f800000u; }

// multiply leaves in z the products of a tile's spectra with two filters', which start at these places.
void multiply(int spectrum, int weights) {
	for (int e = int(gl_LocalInvocationID.x); e < SPECTRUM; e += LANES) {
		vec2 a = vec2(0.0), b = vec2(0.0);
		for (int c = 0; c < channels; c++) {
			vec2 x = pixels[spectrum + c * SPECTRUM + e];
			vec4 w = weight[weights + c * SPECTRUM + e];
			a += product(x, w.xy);
			b += product(x, w.zw);
		}
		int g = e / TILE_H;
		int y = e - g * TILE_H;
		z[at(y, place(g))] = vec2(a.y + b.x, a.x - b.y);  // exchanged: see fft.glsl
		if (g > 0 && g < TILE_W / 2) {
			z[at(opposite(y), place(TILE_W - g))] = vec2(b.x - a.y, a.x + b.y);
		}
	}
}

// anew returns a sum of filter k from pixels and weights. base is the group's first plane, and i and j are the first pixel.
float anew(int base, int k, int i, int j) {
	float sum = filter_[k];
	int taps = kernelH * kernelW;
	for (int tap = 0; tap < channels * taps; tap++) {
		int channel = tap / taps;
		int inPlane = tap - channel * taps;
		int u = inPlane / kernelW;
		int v = inPlane - u * kernelW;
		sum += filter_[allFilters + k * channels * taps + tap] * pixel(base + channel * srcH * srcW, i + u * dilationH, j + v * dilationW);
	}
	return sum;
}

void main() {
	int lane = int(gl_LocalInvocationID.x);
	// Surplus work-groups compute the last tile again: none may return before a barrier.
	int q = min(int(gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x), tiles * allPairs - 1);
	int pair = q / tiles;
	int p = q - pair * tiles;
	int group = pair / pairs;
	int inGroup = (pair - group * pairs) * 2;
	int k = group * filters + inGroup;
	bool second = inGroup + 1 < filters;

	multiply((p * allChannels + group * channels) * SPECTRUM, FIRST_SPECTRUM + pair * channels * SPECTRUM);
	memoryBarrierShared();
	barrier();
	across(true, W2, 1, true);
	memoryBarrierShared();
	barrier();
	across(true, W1, W2, false);
	memoryBarrierShared();
	barrier();
	across(false, H2, 1, true);
	memoryBarrierShared();
	barrier();

	int line = p / tilesW;
	int image = line / tilesH;
	int tileI = (line - image * tilesH) * stepH, tileJ = (p - line * tilesW) * stepW;
	int base = (image * allChannels + group * channels) * srcH * srcW;
	int plane = (image * allFilters + k) * sumH * sumW;
	float start = filter_[k], start2 = second ? filter_[k + 1] : 0.0;
	for (int i = lane; i < POINTS / H1; i += LANES) {
		int y = i / TILE_W;
		int x = i - y * TILE_W;
		vec2 v[8];
#define LOAD(m) if (m < H1) { v[m] = z[at(y + m * H2, x)]; }
		EACH_EIGHT(LOAD)
		dft(v, H1);
		int again = 0;  // bits 2·m and 2·m + 1: the first and second filter's sum m is not finite
#define STORE(m) if (m < H1 && y + m * H2 < stepH && x < stepW && tileI + y + m * H2 < sumH && tileJ + x < sumW) { \
	int to = plane + (tileI + y + m * H2) * sumW + tileJ + x; \
	float value = v[m].y * (0.5 / float(POINTS)) + start; \
	if (!isFinite(value)) { again |= 1 << (2 * m); } \
	dst[to] = rectify == 1 ? relu(value) : value; \
	if (second) { \
		value = v[m].x * (0.5 / float(POINTS)) + start2; \
		if (!isFinite(value)) { again |= 2 << (2 * m); } \
		dst[to + sumH * sumW] = rectify == 1 ? relu(value) : value; \
	} \
}
		EACH_EIGHT(STORE)
		for (int e = 0; e < 2 * H1 && again != 0; e++) {
			if ((again >> e & 1) == 0) {
				continue;
			}
			int row = tileI + y + e / 2 * H2, column = tileJ + x;
			float sum = anew(base, k + e % 2, row - padTop, column - padLeft);
			dst[plane + (e % 2 * sumH + row) * sumW + column] = rectify == 1 ? relu(sum) : sum;
		}
	}
}
