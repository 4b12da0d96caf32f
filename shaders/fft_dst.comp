#version 430 core
// fft_dst: from products of spectra back to sums, and on to outputs.
//
// For each tile of each image and each filter k of a group, with X the spectra of the channels (fft_src.comp) and W the
// conjugates of those of the filters, it computes
//
//	Y = Σ_c X[tile, c] · W[k, c];
//	y = the inverse transform of Y, halved;
//	for (i < stepH) for (j < stepW) dst[n, k, tileI + i, tileJ + j] = activation(y[i, j] + bias[k]);
//
// The other rows and columns of y wrap around: they contain pixels from the opposite side of the tile. Two filters are
// the real and imaginary parts of one transform: its values are Y₁(f) + i·Y₂(f), and at −f conj Y₁(f) + i·conj Y₂(f).
//
// It also does the work of pool.comp, and never stores the sums. With ENERGY dst has one plane for two filters, whose
// sums one invocation has anyway. With POOL each output is made of 2×2 such values. Then stepH and stepW are even, or
// there is one tile along that axis, so that no window is in two tiles. The rows of a window are in several
// invocations. So values go back to shared memory, and each invocation takes whole windows from there.
//
// The transform mixes all pixels of a tile, and the two filters. Terms that do not belong to a sum cancel, unless one
// is NaN or infinite, or overflows: then the sum is not finite. A sum that should not be finite is not finite either,
// since it contains all its own terms. Every sum that is not finite is computed again from pixels and weights, tap by
// tap, before outputs are made of it. Registers cannot be indexed by a variable: to replace one sum, the index of every
// sum is compared with that of the sum to replace. The division by the size of the transform comes last, so that
// overflows show; underflows do no harm (see fft.go).
//
// Index map. Tiles are numbered through the whole chunk, p = (n*tilesH + y)*tilesW + x. A work-group takes one tile of
// two filters of one group, q = pair*tiles + p, so that work-groups that run at the same time share the weights of a
// pair in their caches. The last pass over columns stores to dst or, with POOL, to shared memory; neighbouring lanes
// store neighbours.
//
// Bound by: shared memory, with 8 reads or writes of 8 bytes for each of a tile's points, or 10 with POOL. The last of
// these has bank conflicts, two lanes a bank, since windows are two columns apart. Also bound by the caches that hold
// the spectra: 24 bytes for 2 complex multiplications.
//
// Constants: ENERGY; POOL (0: none, 1: the largest, 2: the mean); those of fft.glsl.
layout(std430, binding = 0) readonly restrict buffer Pixels { vec2 pixels[]; };  // [tile, allChannels, SPECTRUM]
// bias[allFilters], then weights [allFilters, channels, kernelH, kernelW].
layout(std430, binding = 2) readonly restrict buffer Filters { float filter_[]; };
layout(std430, binding = 3) writeonly restrict buffer Dst { float dst[]; };      // [n, planes, dstH, dstW]

#define FILTERS (ENERGY == 1 ? 2 : 1)  // of an output
#define SPAN (POOL > 0 ? 2 : 1)        // rows, and columns, of sums of an output

uniform int dstH, dstW;
uniform int channels;             // of a group
uniform int allFilters, filters;  // filters: of a group
uniform int pairs;                // of filters, of a group
uniform int allPairs;             // of all groups
uniform int kernelH, kernelW, dilationH, dilationW;
uniform int rectify;              // 1: ReLU

#define FIRST_SPECTRUM 64         // after the factors

bool isFinite(float v) { return (floatBitsToUint(v) & 0x7fffffffu) < 0x7f800000u; }

// multiply puts in z the sum, over channels, of the products of a tile's spectra and those of two filters. spectrum is
// where the tile's spectra start in pixels, weights where those of the filters start in weight.
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
		z[at(y, place(g))] = vec2(a.y + b.x, a.x - b.y);  // real and imaginary parts exchanged: see fft.glsl
		if (g > 0 && g < TILE_W / 2) {
			z[at(opposite(y), place(TILE_W - g))] = vec2(b.x - a.y, a.x + b.y);
		}
	}
}

// anew computes a sum of filter k tap by tap. base is where the group's first plane starts; i and j are the row and
// column of the first pixel.
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

// activated returns the activations of two filters' sums, or with ENERGY their energy, in x.
vec2 activated(vec2 sums) {
#if ENERGY
	return vec2(energy(sums.x, sums.y), 0.0);
#else
	return rectify == 1 ? vec2(relu(sums.x), relu(sums.y)) : sums;
#endif
}

// store stores an output in its plane and, if there is a second filter, that filter's output in the next plane.
void store(int to, vec2 outputs, bool second) {
	dst[to] = outputs.x;
#if !ENERGY
	if (second) {
		dst[to + dstH * dstW] = outputs.y;
	}
#endif
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
	int plane = (image * allFilters + k) / FILTERS * dstH * dstW;
	vec2 start = vec2(filter_[k], second ? filter_[k + 1] : 0.0);
	for (int i = lane; i < POINTS / H1; i += LANES) {
		int y = i / TILE_W;
		int x = i - y * TILE_W;
		vec2 v[8];
#define LOAD(m) if (m < H1) { v[m] = z[at(y + m * H2, x)]; }
		EACH_EIGHT(LOAD)
		dft(v, H1);
		int again = 0;  // bits 2·m and 2·m + 1: the first and second filter's sum m is part of an output and not finite
#define INSIDE(m) (y + m * H2 < stepH && x < stepW && tileI + y + m * H2 < dstH * SPAN && tileJ + x < dstW * SPAN)
#define SUM(m) if (m < H1) { \
	v[m] = v[m].yx * (0.5 / float(POINTS)) + start; \
	if (INSIDE(m) && !isFinite(v[m].x)) { again |= 1 << (2 * m); } \
	if (INSIDE(m) && second && !isFinite(v[m].y)) { again |= 2 << (2 * m); } \
}
		EACH_EIGHT(SUM)
		for (int e = 0; e < 2 * H1 && again != 0; e++) {
			if ((again >> e & 1) == 0) {
				continue;
			}
			float sum = anew(base, k + e % 2, tileI + y + e / 2 * H2 - padTop, tileJ + x - padLeft);
#define PUT(m) if (m < H1) { v[m] = vec2(e == 2 * m ? sum : v[m].x, e == 2 * m + 1 ? sum : v[m].y); }
			EACH_EIGHT(PUT)
		}
#if POOL
#define KEEP(m) if (m < H1) { z[at(y + m * H2, x)] = activated(v[m]); }
		EACH_EIGHT(KEEP)
	}
	memoryBarrierShared();
	barrier();
	for (int i = lane; i < POINTS / 4; i += LANES) {
		int y = i / (TILE_W / 2);
		int x = i - y * (TILE_W / 2);
		vec2 a = z[at(2 * y, 2 * x)], b = z[at(2 * y, 2 * x + 1)], c = z[at(2 * y + 1, 2 * x)], d = z[at(2 * y + 1, 2 * x + 1)];
		if (2 * y < stepH && 2 * x < stepW && tileI / 2 + y < dstH && tileJ / 2 + x < dstW) {
			store(plane + (tileI / 2 + y) * dstW + tileJ / 2 + x, vec2(window(a.x, b.x, c.x, d.x), window(a.y, b.y, c.y, d.y)), second);
		}
	}
#else
#define STORE(m) if (m < H1 && INSIDE(m)) { store(plane + (tileI + y + m * H2) * dstW + tileJ + x, activated(v[m]), second); }
		EACH_EIGHT(STORE)
	}
#endif
}
