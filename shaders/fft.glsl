// What fft_src.comp and fft_dst.comp share: the discrete Fourier transform of a tile of TILE_H × TILE_W complex numbers
// in shared memory.
//
// A line is a row or a column of R1·R2 numbers. Two passes transform it in place:
//
//  1. For each j < R2, transform the R1 numbers z[j + R2·m], m < R1. Multiply result a by e^(−2πi·j·a/(R1·R2)) and
//     store it at z[j + R2·a].
//  2. For each a < R1, transform the R2 numbers z[R2·a + m], m < R2. Store result b, which has frequency a + R1·b, at
//     z[R2·a + b].
//
// The inverse transform makes the same passes, pass 2 first. It starts from the order of frequencies that pass 2 leaves
// and ends in the order of pixels. Here, too, the factors are applied between the passes. If real and imaginary parts
// are exchanged before and after, the result is the inverse transform times R1·R2.
//
// In a pass, an invocation transforms R1 or R2 numbers at a time, in registers. Neighbouring lanes take the same place
// in neighbouring lines, so that lanes of a warp multiply by the same factors. The function `at` permutes the columns
// of each row, so that a warp reads 32 different banks both along rows and along columns.
//
// Constants: TILE_H = H1·H2 and TILE_W = W1·W2, with factors of 4 or 8; LANES = TILE_H·TILE_W/8; those of pixel.glsl.
layout(local_size_x = LANES) in;

// The factors e^(−2πi·k/64), k < 64, in xy. In fft_dst the spectra of pairs of filters follow,
// [pair][channel][SPECTRUM]: of the first filter in xy, of the second in zw.
layout(std430, binding = 1) readonly restrict buffer Weight { vec4 weight[]; };

uniform int allChannels;
uniform int tilesH, tilesW, tiles;   // tiles: of all images
uniform int stepH, stepW;            // a tile gives stepH × stepW sums, in its first rows and columns
uniform int padTop, padLeft;

#define POINTS (TILE_H * TILE_W)
#define COLUMNS (TILE_W / 2 + 1)     // enough columns to give the whole spectrum, as the tile is real
#define SPECTRUM (COLUMNS * TILE_H)  // [COLUMNS][TILE_H]: frequency across, place of the frequency down
#define EACH_EIGHT(M) M(0) M(1) M(2) M(3) M(4) M(5) M(6) M(7)

shared vec2 z[POINTS];

int at(int y, int x) { return y * TILE_W + (x ^ (y & 31 & (TILE_W - 1))); }

vec2 product(vec2 a, vec2 b) { return vec2(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x); }

// four transforms four numbers; results are in the order of frequencies.
void four(inout vec2 v0, inout vec2 v1, inout vec2 v2, inout vec2 v3) {
	vec2 a = v0 + v2, b = v0 - v2, c = v1 + v3, d = v1 - v3;
	v0 = a + c;
	v1 = vec2(b.x + d.y, b.y - d.x);
	v2 = a - c;
	v3 = vec2(b.x - d.y, b.y + d.x);
}

// dft transforms the first `radix` of eight numbers.
void dft(inout vec2 v[8], const int radix) {
	const float diagonal = 0.70710678118654752;  // √½
	if (radix == 4) {
		four(v[0], v[1], v[2], v[3]);
		return;
	}
	vec2 a = v[0], b = v[2], c = v[4], d = v[6];
	four(a, b, c, d);
	vec2 e = v[1], f = v[3], g = v[5], h = v[7];
	four(e, f, g, h);
	f = diagonal * vec2(f.x + f.y, f.y - f.x);
	g = vec2(g.y, -g.x);
	h = diagonal * vec2(h.y - h.x, -h.x - h.y);
	v[0] = a + e, v[1] = b + f, v[2] = c + g, v[3] = d + h;
	v[4] = a - e, v[5] = b - f, v[6] = c - g, v[7] = d - h;
}

// turn multiplies number m by e^(−2πi·m·j/size).
void turn(inout vec2 v[8], const int radix, int j, const int size) {
#define TURN(m) if (m > 0 && m < radix) { v[m] = product(v[m], weight[m * j * (64 / size)].xy); }
	EACH_EIGHT(TURN)
}

// across makes one pass: over all rows if wide is true, else over all columns. It transforms `radix` numbers at a time,
// which are `stride` apart, and multiplies them by their factors if turned is true.
void across(const bool wide, const int radix, const int stride, const bool turned) {
	for (int i = int(gl_LocalInvocationID.x); i < POINTS / radix; i += LANES) {
		int j = i / (wide ? TILE_H : TILE_W);
		int line = i - j * (wide ? TILE_H : TILE_W);
		int first = stride == 1 ? j * radix : j;
		vec2 v[8];
#define READ(m) if (m < radix) { v[m] = z[wide ? at(line, first + m * stride) : at(first + m * stride, line)]; }
		EACH_EIGHT(READ)
		dft(v, radix);
		if (turned) {
			turn(v, radix, j, wide ? TILE_W : TILE_H);
		}
#define WRITE(m) if (m < radix) { z[wide ? at(line, first + m * stride) : at(first + m * stride, line)] = v[m]; }
		EACH_EIGHT(WRITE)
	}
}

// In a row, place returns the place of a frequency.
int place(int frequency) { return W2 * (frequency % W1) + frequency / W1; }

// In a column, opposite returns the place of frequency −f, where f is the frequency at place y.
int opposite(int y) {
	int frequency = (TILE_H - (y / H2 + H1 * (y % H2))) % TILE_H;
	return H2 * (frequency % H1) + frequency / H1;
}
