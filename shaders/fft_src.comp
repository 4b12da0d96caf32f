#version 430 core
// fft_src: from tiles of pixels to their spectra, for convolutions as products of spectra (overlap-save).
//
// For each tile of each image and each channel c it computes
//
//	for (f < TILE_H) for (g ≤ TILE_W/2)
//		dst[tile, c, g, f] = 2 · Σ_y Σ_x pixels[y, x] · e^(−2πi(f·y/TILE_H + g·x/TILE_W));
//
// where pixels is the tile: TILE_H × TILE_W pixels, padding included, whose top-left pixel is the one that the top-left
// tap of the tile's first sum reads. Pixels are real, so that the rest of the spectrum is the mirrored conjugate of
// this part. In dst, frequency f of a column is at the place where fft.glsl leaves it, which is not place f. Two
// channels are the real and imaginary parts of one transform Z: Z(f) + conj Z(−f) is twice the spectrum of the first,
// and Z(f) − conj Z(−f) is 2i times that of the second.
//
// Index map. Tiles are numbered through the whole chunk, p = (n*tilesH + y)*tilesW + x. A work-group takes one tile of
// two channels. The first pass over columns reads src directly; neighbouring lanes load neighbouring pixels.
//
// Bound by: shared memory, which it reads and writes four times. That is little beside the inverse transforms of
// fft_dst, one for each two filters.
//
// Constants: those of fft.glsl.
layout(std430, binding = 3) writeonly restrict buffer Dst { vec2 dst[]; };  // [tile, allChannels, SPECTRUM]

void main() {
	int lane = int(gl_LocalInvocationID.x);
	int pairs = (allChannels + 1) / 2;
	// Surplus work-groups compute the last tile again: none may return before a barrier.
	int q = min(int(gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x), tiles * pairs - 1);
	int p = q / pairs;
	int channel = (q - p * pairs) * 2;
	bool second = channel + 1 < allChannels;
	int line = p / tilesW;
	int image = line / tilesH;
	int top = (line - image * tilesH) * stepH - padTop, left = (p - line * tilesW) * stepW - padLeft;
	int base = (image * allChannels + channel) * srcH * srcW;
	int base2 = second ? base + srcH * srcW : base;

	for (int i = lane; i < POINTS / H1; i += LANES) {
		int y = i / TILE_W;
		int x = i - y * TILE_W;
		vec2 v[8];
#define LOAD(m) if (m < H1) { \
	v[m].x = pixel(base, top + y + m * H2, left + x); \
	v[m].y = second ? pixel(base2, top + y + m * H2, left + x) : 0.0; \
}
		EACH_EIGHT(LOAD)
		dft(v, H1);
		turn(v, H1, y, TILE_H);
#define KEEP(m) if (m < H1) { z[at(y + m * H2, x)] = v[m]; }
		EACH_EIGHT(KEEP)
	}
	memoryBarrierShared();
	barrier();
	across(false, H2, 1, false);
	memoryBarrierShared();
	barrier();
	across(true, W1, W2, true);
	memoryBarrierShared();
	barrier();
	across(true, W2, 1, false);
	memoryBarrierShared();
	barrier();

	int spectrum = (p * allChannels + channel) * SPECTRUM;
	for (int e = lane; e < SPECTRUM; e += LANES) {
		int g = e / TILE_H;
		int y = e - g * TILE_H;
		vec2 here = z[at(y, place(g))], there = z[at(opposite(y), place((TILE_W - g) % TILE_W))];
		dst[spectrum + e] = vec2(here.x + there.x, here.y - there.y);
		if (second) {
			dst[spectrum + SPECTRUM + e] = vec2(here.y + there.y, there.x - here.x);
		}
	}
}
