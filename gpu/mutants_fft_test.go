//go:build cgo && !nogl

package gpu

import (
	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/gpu/internal/recipe"
)

// fftMutants break fft.glsl.
func fftMutants() []mutant {
	const (
		here = "z[wide ? at(line, first + m * stride) : at(first + m * stride, line)]"
		four = "four(a, b, c, d);"
	)
	return []mutant{
		{name: "rows of one column less", old: "return y * TILE_W + (x", new: "return y * (TILE_W - 1) + (x"},
		{name: "columns not told apart", old: "(x ^ (y & 31 & (TILE_W - 1)))", new: "((x ^ (y & 31 & (TILE_W - 1))) & ~1)"},
		{name: "not exchanged", old: "(x ^ (y & 31 & (TILE_W - 1)))", new: "x", equivalent: "it is for speed"},
		{name: "the product's sign", old: "a.x * b.x - a.y * b.y", new: "a.x * b.x + a.y * b.y"},
		{name: "the product's imaginary part", old: "a.x * b.y + a.y * b.x", new: "a.x * b.y - a.y * b.x"},
		{name: "√½ to three digits", old: "0.70710678118654752", new: "0.707"},
		{name: "four: the first sum", old: "v0 = a + c;", new: "v0 = a - c;"},
		{name: "four: turned the other way", old: "v1 = vec2(b.x + d.y, b.y - d.x);", new: "v1 = vec2(b.x - d.y, b.y + d.x);"},
		{name: "four: the third sum", old: "v2 = a - c;", new: "v2 = a + c;"},
		{name: "four: not turned", old: "v3 = vec2(b.x - d.y, b.y + d.x);", new: "v3 = b - d;"},
		{name: "eight for four", old: "if (radix == 4) {", new: "if (false) {"},
		{name: "even numbers exchanged", old: "vec2 a = v[0], b = v[2], c = v[4], d = v[6];", new: "vec2 a = v[0], b = v[4], c = v[2], d = v[6];"},
		{name: "odd numbers exchanged", old: "f = v[3], g = v[5]", new: "f = v[5], g = v[3]"},
		{name: "even numbers not transformed", old: "\t" + four + "\n", new: ""},
		{name: "eight: the second turn", old: "f = diagonal * vec2(f.x + f.y, f.y - f.x);", new: "f = diagonal * vec2(f.x - f.y, f.y + f.x);"},
		{name: "eight: the third turn", old: "g = vec2(g.y, -g.x);", new: "g = vec2(-g.y, g.x);"},
		{name: "eight: the fourth turn", old: "vec2(h.y - h.x, -h.x - h.y)", new: "vec2(h.x - h.y, -h.x - h.y)"},
		{name: "eight: halves exchanged", old: "v[0] = a + e, v[1] = b + f, v[2] = c + g, v[3] = d + h;", new: "v[0] = a - e, v[1] = b + f, v[2] = c + g, v[3] = d + h;"},
		{name: "eight: the last sum", old: "v[7] = d - h;", new: "v[7] = d + h;"},
		{name: "the second number not turned", old: "if (m > 0 && m < radix) { v[m] = product", new: "if (m > 1 && m < radix) { v[m] = product"},
		{name: "roots of another size", old: "weight[m * j * (64 / size)]", new: "weight[m * j]"},
		{name: "turned the other way", old: "weight[m * j * (64 / size)].xy);", new: "weight[m * j * (64 / size)].xy * vec2(1.0, -1.0));"},
		{name: "roots rounded to float16", old: "weight[m * j * (64 / size)].xy);", new: "unpackHalf2x16(packHalf2x16(weight[m * j * (64 / size)].xy)));"},
		{name: "numbers rounded to TF32", old: "{ v[m] = " + here + "; }", new: "{ v[m] = uintBitsToFloat(floatBitsToUint(" + here + ") & 0xffffe000u); }"},
		{name: "the last line left out", old: "i < POINTS / radix;", new: "i < POINTS / radix - 1;"},
		{name: "every other line left out", old: "i < POINTS / radix; i += LANES", new: "i < POINTS / radix; i += 2 * LANES"},
		{name: "lines of the other axis", old: "int j = i / (wide ? TILE_H : TILE_W);\n\t\tint line = i - j * (wide ? TILE_H : TILE_W);", new: "int j = i / (wide ? TILE_W : TILE_H);\n\t\tint line = i - j * (wide ? TILE_W : TILE_H);"},
		{name: "lines beside each other", old: "int first = stride == 1 ? j * radix : j;", new: "int first = j;"},
		{name: "never turned", old: "if (turned) {", new: "if (false) {"},
		{name: "always turned", old: "if (turned) {", new: "if (true) {"},
		{name: "turned as the other axis", old: "turn(v, radix, j, wide ? TILE_W : TILE_H);", new: "turn(v, radix, j, wide ? TILE_H : TILE_W);"},
		{name: "rows for columns", old: "{ " + here + " = v[m]; }", new: "{ z[wide ? at(first + m * stride, line) : at(first + m * stride, line)] = v[m]; }"},
		{name: "places of frequencies", old: "return W2 * (frequency % W1) + frequency / W1;", new: "return W1 * (frequency % W2) + frequency / W2;"},
		{name: "frequencies in order", old: "return W2 * (frequency % W1) + frequency / W1;", new: "return frequency;"},
		{name: "the opposite of itself", old: "(TILE_H - (y / H2 + H1 * (y % H2))) % TILE_H", new: "y / H2 + H1 * (y % H2)"},
		{name: "the opposite's factors exchanged", old: "(y / H2 + H1 * (y % H2))", new: "(y / H1 + H2 * (y % H1))"},
		{name: "the opposite of 0", old: "(y % H2))) % TILE_H;", new: "(y % H2)));"},
		{name: "the opposite's place", old: "return H2 * (frequency % H1) + frequency / H1;", new: "return H1 * (frequency % H2) + frequency / H2;"},
	}
}

// fftSrcMutants break fft_src.comp.
func fftSrcMutants() []mutant {
	const (
		block  = "gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x"
		first  = "dst[spectrum + e] = vec2(here.x + there.x, here.y - there.y);"
		second = "vec2(here.y + there.y, there.x - here.x);"
		image  = "int base = (image * allChannels + channel) * srcH * srcW;"
		one    = "v[m].x = pixel(base, top + y + m * H2, left + x);"
	)
	return []mutant{
		{name: "blocks of x only", trial: "folded", old: block, new: "gl_WorkGroupID.x"},
		{name: "surplus work-groups", trial: "folded", old: "tiles * pairs - 1);", new: "tiles * pairs);"},
		{name: "the last work-group left out", old: "tiles * pairs - 1);", new: "tiles * pairs - 2);"},
		{name: "pairs of three", old: "int pairs = (allChannels + 1) / 2;", new: "int pairs = allChannels / 2;"},
		{name: "channels not told apart", old: "int channel = (q - p * pairs) * 2;", new: "int channel = 0;"},
		{name: "pairs that overlap", old: "int channel = (q - p * pairs) * 2;", new: "int channel = q - p * pairs;"},
		{name: "a second channel that is not there", old: "channel + 1 < allChannels;", new: "channel + 1 <= allChannels;"},
		{name: "no second channel", old: "bool second = channel + 1 < allChannels;", new: "bool second = false;"},
		{name: "lines of tilesH", old: "int line = p / tilesW;", new: "int line = p / tilesH;"},
		{name: "images of tilesW lines", old: "int image = line / tilesH;", new: "int image = line / tilesW;"},
		{name: "steps exchanged, rows", old: "* stepH - padTop", new: "* stepW - padTop"},
		{name: "steps exchanged, columns", old: "* stepW - padLeft;", new: "* stepH - padLeft;"},
		{name: "the top pad dropped", old: "* stepH - padTop", new: "* stepH"},
		{name: "the left pad's sign", old: "* stepW - padLeft;", new: "* stepW + padLeft;"},
		{name: "images of one channel", old: image, new: "int base = (image + channel) * srcH * srcW;"},
		{name: "square planes", old: image, new: "int base = (image * allChannels + channel) * srcW * srcW;"},
		{name: "the second channel a row away", old: "base + srcH * srcW :", new: "base + srcW :"},
		{name: "one row for all", old: one, new: "v[m].x = pixel(base, top + y, left + x);"},
		{name: "rows beside each other", old: one, new: "v[m].x = pixel(base, top + y + m, left + x);"},
		{name: "the second channel is the first", old: "second ? pixel(base2,", new: "second ? pixel(base,"},
		{name: "pixels rounded to TF32", old: one, new: "v[m].x = uintBitsToFloat(floatBitsToUint(pixel(base, top + y + m * H2, left + x)) & 0xffffe000u);"},
		{name: "not turned", old: "\t\tturn(v, H1, y, TILE_H);\n", new: ""},
		{name: "kept beside each other", old: "{ z[at(y + m * H2, x)] = v[m]; }", new: "{ z[at(y * H1 + m, x)] = v[m]; }"},
		{name: "columns' second pass dropped", old: "\tacross(false, H2, 1, false);\n", new: ""},
		{name: "rows' first pass dropped", old: "\tacross(true, W1, W2, true);\n", new: ""},
		{name: "rows' second pass dropped", old: "\tacross(true, W2, 1, false);\n", new: ""},
		{name: "spectra of one channel", old: "(p * allChannels + channel) * SPECTRUM;", new: "(p + channel) * SPECTRUM;"},
		{name: "the last frequency left out", old: "e < SPECTRUM;", new: "e < SPECTRUM - 1;"},
		{name: "the highest frequencies left out", old: "e < SPECTRUM;", new: "e < SPECTRUM - TILE_H;"},
		{name: "a frequency too many", old: "e < SPECTRUM;", new: "e <= SPECTRUM;"},
		{name: "the opposite row's frequency", old: "there = z[at(opposite(y), place", new: "there = z[at(y, place"},
		{name: "the opposite column's frequency", old: "place((TILE_W - g) % TILE_W)", new: "place(g)"},
		{name: "the frequency 0's opposite", old: "(TILE_W - g) % TILE_W", new: "TILE_W - 1 - g"},
		{name: "the first channel's sign", old: first, new: "dst[spectrum + e] = vec2(here.x + there.x, there.y - here.y);"},
		{name: "the first channel has the second's part", old: first, new: "dst[spectrum + e] = here;"},
		{name: "the second channel's sign", old: second, new: "vec2(here.y + there.y, here.x - there.x);"},
		{name: "the second channel a spectrum too early", old: "dst[spectrum + SPECTRUM + e]", new: "dst[spectrum + e]"},
	}
}

// fftDstMutants break fft_dst.comp.
func fftDstMutants() []mutant {
	// Tiles that write into the next tile are found if the next one was written before.
	lastFirst := [2]string{"int pair = q / tiles;", "q = tiles * allPairs - 1 - q;\n\tint pair = q / tiles;"}
	const (
		block  = "gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x"
		inside = "(y + m * H2 < stepH && x < stepW && tileI + y + m * H2 < dstH * SPAN && tileJ + x < dstW * SPAN)"
		plane  = "(image * allFilters + k) / FILTERS * dstH * dstW;"
		to     = "store(plane + (tileI + y + m * H2) * dstW + tileJ + x, activated(v[m]), second);"
		finite = "if (INSIDE(m) && !isFinite(v[m].x)) { again |= 1 << (2 * m); }"
		also   = "if (INSIDE(m) && second && !isFinite(v[m].y)) { again |= 2 << (2 * m); }"
		put    = "v[m] = vec2(e == 2 * m ? sum : v[m].x, e == 2 * m + 1 ? sum : v[m].y);"
		active = "return rectify == 1 ? vec2(relu(sums.x), relu(sums.y)) : sums;"
		pair   = "return vec2(energy(sums.x, sums.y), 0.0);"
		mirror = "z[at(opposite(y), place(TILE_W - g))] = vec2(b.x - a.y, a.x + b.y);"
		tap    = "tap < channels * taps;"
		pixel  = "pixel(base + channel * srcH * srcW, i + u * dilationH, j + v * dilationW);"
		window = "vec2(window(a.x, b.x, c.x, d.x), window(a.y, b.y, c.y, d.y))"
		pooled = "2 * y < stepH && 2 * x < stepW && tileI / 2 + y < dstH && tileJ / 2 + x < dstW"
	)
	return []mutant{
		{name: "blocks of x only", trial: "folded", old: block, new: "gl_WorkGroupID.x"},
		{name: "the last work-group left out", old: "tiles * allPairs - 1);", new: "tiles * allPairs - 2);"},
		{name: "tiles of all pairs", old: "int pair = q / tiles;", new: "int pair = q / allPairs;"},
		{name: "one group", old: "int group = pair / pairs;", new: "int group = 0;"},
		{name: "pairs that overlap", old: "(pair - group * pairs) * 2;", new: "pair - group * pairs;"},
		{name: "groups of whole pairs", old: "int k = group * filters + inGroup;", new: "int k = pair * 2;"},
		{name: "a second filter of the next group", old: "inGroup + 1 < filters;", new: "inGroup + 1 <= filters;"},
		{name: "no second filter", old: "bool second = inGroup + 1 < filters;", new: "bool second = false;"},
		{name: "the first group's pixels", old: "(p * allChannels + group * channels) * SPECTRUM,", new: "p * allChannels * SPECTRUM,"},
		{name: "spectra of one group", old: "(p * allChannels + group * channels) * SPECTRUM,", new: "(p * channels + group * channels) * SPECTRUM,"},
		{name: "roots for weights", old: "FIRST_SPECTRUM + pair", new: "pair"},
		{name: "one pair's weights", old: "FIRST_SPECTRUM + pair * channels * SPECTRUM", new: "FIRST_SPECTRUM"},
		{name: "the last channel dropped", old: "c < channels;", new: "c < channels - 1;"},
		{name: "a channel too many", old: "c < channels;", new: "c <= channels;"},
		{name: "the first channel's pixels for all", old: "pixels[spectrum + c * SPECTRUM + e]", new: "pixels[spectrum + e]"},
		{name: "the first channel's weights for all", old: "weight[weights + c * SPECTRUM + e]", new: "weight[weights + e]"},
		{name: "the second filter's weights for the first", old: "a += product(x, w.xy);", new: "a += product(x, w.zw);"},
		{name: "the last product instead of the sum", old: "b += product(x, w.zw);", new: "b = product(x, w.zw);"},
		{name: "weights rounded to TF32", old: "vec4 w = weight[weights + c * SPECTRUM + e];", new: "vec4 w = uintBitsToFloat(floatBitsToUint(weight[weights + c * SPECTRUM + e]) & 0xffffe000u);"},
		{name: "convolved, not correlated", old: "a += product(x, w.xy);", new: "a += product(x, w.xy * vec2(1.0, -1.0));"},
		{name: "the highest frequencies left out", old: "e < SPECTRUM;", new: "e < SPECTRUM - TILE_H;"},
		{name: "not exchanged", old: "= vec2(a.y + b.x, a.x - b.y);", new: "= vec2(a.x - b.y, a.y + b.x);"},
		{name: "the second filter's sign", old: "= vec2(a.y + b.x, a.x - b.y);", new: "= vec2(a.y - b.x, a.x + b.y);"},
		{name: "frequencies in rows", old: "z[at(y, place(g))]", new: "z[at(y, g)]"},
		{name: "no mirrored frequencies", old: mirror, new: ""},
		{name: "mirrored without conjugation", old: mirror, new: "z[at(opposite(y), place(TILE_W - g))] = vec2(a.y + b.x, a.x - b.y);"},
		{name: "mirrored along columns only", old: mirror, new: "z[at(y, place(TILE_W - g))] = vec2(b.x - a.y, a.x + b.y);"},
		{name: "the second frequency not mirrored", old: "if (g > 0 && g < TILE_W / 2) {", new: "if (g > 1 && g < TILE_W / 2) {"},
		{name: "the last but one not mirrored", old: "if (g > 0 && g < TILE_W / 2) {", new: "if (g > 0 && g < TILE_W / 2 - 1) {"},
		{name: "the highest mirrored onto itself", old: "if (g > 0 && g < TILE_W / 2) {", new: "if (g > 0) {", equivalent: "it is its own conjugate but for rounding"},
		{name: "rows' first pass dropped", old: "\tacross(true, W2, 1, true);\n", new: ""},
		{name: "rows' second pass dropped", old: "\tacross(true, W1, W2, false);\n", new: ""},
		{name: "columns' first pass dropped", old: "\tacross(false, H2, 1, true);\n", new: ""},
		{name: "columns' second pass dropped", old: "\t\tdft(v, H1);\n", new: ""},
		{name: "lines of tilesH", old: "int line = p / tilesW;", new: "int line = p / tilesH;"},
		{name: "images of tilesW lines", old: "int image = line / tilesH;", new: "int image = line / tilesW;"},
		{name: "steps exchanged, rows", old: "int tileI = (line - image * tilesH) * stepH", new: "int tileI = (line - image * tilesH) * stepW"},
		{name: "steps exchanged, columns", old: "tileJ = (p - line * tilesW) * stepW;", new: "tileJ = (p - line * tilesW) * stepH;"},
		{name: "images of as many filters as channels", old: plane, new: "(image * allChannels + k) / FILTERS * dstH * dstW;"},
		{name: "pairs: planes of one filter", old: plane, new: "(image * allFilters + k) * dstH * dstW;"},
		{name: "square planes", old: plane, new: "(image * allFilters + k) / FILTERS * dstW * dstW;"},
		{name: "the first filter's bias", old: "vec2 start = vec2(filter_[k],", new: "vec2 start = vec2(filter_[0],"},
		{name: "one bias for two", old: "second ? filter_[k + 1] : 0.0);", new: "filter_[k]);"},
		{name: "rows beside each other", old: "{ v[m] = z[at(y + m * H2, x)]; }", new: "{ v[m] = z[at(y * H1 + m, x)]; }"},
		{name: "a row too many", old: inside, new: "(y + m * H2 < stepH && x < stepW && tileI + y + m * H2 <= dstH * SPAN && tileJ + x < dstW * SPAN)"},
		{name: "a column too many", old: inside, new: "(y + m * H2 < stepH && x < stepW && tileI + y + m * H2 < dstH * SPAN && tileJ + x <= dstW * SPAN)"},
		{name: "the last row of a tile not written", old: inside, new: "(y + m * H2 < stepH - 1 && x < stepW && tileI + y + m * H2 < dstH * SPAN && tileJ + x < dstW * SPAN)"},
		{name: "the last column not written", old: inside, new: "(y + m * H2 < stepH && x < stepW && tileI + y + m * H2 < dstH * SPAN && tileJ + x < dstW * SPAN - 1)"},
		{name: "sums beyond a tile's rows", trial: "cut", old: inside, new: "(x < stepW && tileI + y + m * H2 < dstH * SPAN && tileJ + x < dstW * SPAN)", also: lastFirst},
		{name: "sums beyond a tile's columns", trial: "cut", old: inside, new: "(y + m * H2 < stepH && tileI + y + m * H2 < dstH * SPAN && tileJ + x < dstW * SPAN)", also: lastFirst},
		{name: "largest: the lower half of the windows not computed anew", old: "y + m * H2 < dstH * SPAN", new: "y + m * H2 < dstH"},
		{name: "largest: the right half of the windows not computed anew", old: "tileJ + x < dstW * SPAN", new: "tileJ + x < dstW"},
		{name: "written transposed", old: to, new: "store(plane + (tileI + y + m * H2) + (tileJ + x) * dstH, activated(v[m]), second);"},
		{name: "sums instead of their activation", old: to, new: "store(plane + (tileI + y + m * H2) * dstW + tileJ + x, v[m], second);"},
		{name: "not halved", old: "* (0.5 / float(POINTS)) + start;", new: "/ float(POINTS) + start;"},
		{name: "no bias", old: "* (0.5 / float(POINTS)) + start;", new: "* (0.5 / float(POINTS));"},
		{name: "filters exchanged", old: "v[m] = v[m].yx *", new: "v[m] = v[m].xy *"},
		{name: "ReLU dropped", old: active, new: "return sums;"},
		{name: "ReLU always", old: active, new: "return vec2(relu(sums.x), relu(sums.y));"},
		{name: "the second filter's ReLU dropped", old: active, new: "return rectify == 1 ? vec2(relu(sums.x), sums.y) : sums;"},
		{name: "pairs: the first filter alone", old: pair, new: "return vec2(abs(sums.x), 0.0);"},
		{name: "pairs: the second filter twice", old: pair, new: "return vec2(energy(sums.y, sums.y), 0.0);"},
		{name: "pairs: by squares", old: pair, new: "return vec2(length(sums), 0.0);"},
		{name: "pairs: a second plane", old: "#if !ENERGY\n", new: "#if 1\n"},
		{name: "the second filter a row away", old: "dst[to + dstH * dstW]", new: "dst[to + dstW * dstW]"},
		{name: "a second filter that is not there", old: "\tif (second) {\n", new: "\tif (true) {\n"},
		{name: "the first filter stored twice", old: "= outputs.y;", new: "= outputs.x;"},

		{name: "largest: kept in one row", old: "{ z[at(y + m * H2, x)] = activated(v[m]); }", new: "{ z[at(y, x)] = activated(v[m]); }"},
		{name: "largest: sums kept", old: "{ z[at(y + m * H2, x)] = activated(v[m]); }", new: "{ z[at(y + m * H2, x)] = v[m]; }"},
		{name: "largest: a quarter of the windows", old: "i < POINTS / 4; i += LANES", new: "i < POINTS / 16; i += LANES"},
		{name: "largest: every other window left out", old: "i < POINTS / 4; i += LANES", new: "i < POINTS / 4; i += 2 * LANES"},
		{name: "largest: rows of TILE_W windows", old: "int y = i / (TILE_W / 2);", new: "int y = i / TILE_W;"},
		{name: "largest: rows of as many windows as columns of them", old: "int y = i / (TILE_W / 2);\n\t\tint x = i - y * (TILE_W / 2);", new: "int y = i / (TILE_H / 2);\n\t\tint x = i - y * (TILE_H / 2);"},
		{name: "largest: windows a row apart", old: "vec2 a = z[at(2 * y, 2 * x)]", new: "vec2 a = z[at(y, 2 * x)]"},
		{name: "largest: windows a column apart", old: "b = z[at(2 * y, 2 * x + 1)]", new: "b = z[at(2 * y, x + 1)]"},
		{name: "largest: a window's lower row is its upper", old: "c = z[at(2 * y + 1, 2 * x)]", new: "c = z[at(2 * y, 2 * x)]"},
		{name: "largest: a window's last value is its third", old: "d = z[at(2 * y + 1, 2 * x + 1)]", new: "d = z[at(2 * y + 1, 2 * x)]"},
		{name: "largest: windows of the first filter twice", old: window, new: "vec2(window(a.x, b.x, c.x, d.x), window(a.x, b.x, c.x, d.x))"},
		{name: "largest: windows of the second filter twice", old: window, new: "vec2(window(a.y, b.y, c.y, d.y), window(a.y, b.y, c.y, d.y))"},
		{name: "largest: a row of windows too many", old: pooled, new: "2 * y < stepH && 2 * x < stepW && tileI / 2 + y <= dstH && tileJ / 2 + x < dstW"},
		{name: "largest: a column of windows too many", old: pooled, new: "2 * y < stepH && 2 * x < stepW && tileI / 2 + y < dstH && tileJ / 2 + x <= dstW"},
		{name: "windows beyond a tile's rows", trial: "largest, cut", old: pooled, new: "2 * x < stepW && tileI / 2 + y < dstH && tileJ / 2 + x < dstW", also: lastFirst},
		{name: "windows beyond a tile's columns", trial: "largest, cut", old: pooled, new: "2 * y < stepH && tileI / 2 + y < dstH && tileJ / 2 + x < dstW", also: lastFirst},
		{name: "largest: the last row of a tile's windows not written", old: pooled, new: "2 * y < stepH - 2 && 2 * x < stepW && tileI / 2 + y < dstH && tileJ / 2 + x < dstW"},
		{name: "largest: windows written to the first tile's rows", old: "store(plane + (tileI / 2 + y) * dstW", new: "store(plane + y * dstW"},
		{name: "largest: windows written where sums would be", old: "store(plane + (tileI / 2 + y) * dstW + tileJ / 2 + x,", new: "store(plane + (tileI / 2 + y) * dstW + tileJ + x,"},
		{name: "largest: windows written transposed", old: "store(plane + (tileI / 2 + y) * dstW + tileJ / 2 + x,", new: "store(plane + (tileJ / 2 + x) * dstH + tileI / 2 + y,"},

		{name: "infinity is finite", old: "< 0x7f800000u; }", new: "<= 0x7f800000u; }"},
		{name: "nothing of the first filter computed anew", old: finite, new: ""},
		{name: "nothing of the second filter computed anew", old: also, new: ""},
		{name: "everything computed anew", old: finite, new: "again |= 1 << (2 * m);", equivalent: "tap by tap is as right, and what lies outside is not stored"},
		{name: "a second filter that is not there computed anew", old: also, new: "if (INSIDE(m) && !isFinite(v[m].y)) { again |= 2 << (2 * m); }", equivalent: "it is not stored"},
		{name: "sums not told apart", old: "if ((again >> e & 1) == 0) {", new: "if (false) {", equivalent: "those that are finite are as right tap by tap"},
		{name: "the last sum not computed anew", old: "e < 2 * H1 && again", new: "e < 2 * H1 - 1 && again"},
		{name: "the first sum not computed anew", old: "int e = 0; e < 2 * H1", new: "int e = 1; e < 2 * H1"},
		{name: "anew: put everywhere", old: put, new: "v[m] = vec2(sum);"},
		{name: "anew: put nowhere", old: put, new: ""},
		{name: "anew: put in the first row", old: put, new: "v[m] = vec2(m == 0 && e % 2 == 0 ? sum : v[m].x, m == 0 && e % 2 == 1 ? sum : v[m].y);"},
		{name: "anew: put with the first filter", old: put, new: "v[m] = vec2(e / 2 == m ? sum : v[m].x, v[m].y);"},
		{name: "anew: the top pad dropped", old: "e / 2 * H2 - padTop,", new: "e / 2 * H2,"},
		{name: "anew: the left pad's sign", old: "tileJ + x - padLeft);", new: "tileJ + x + padLeft);"},
		{name: "anew: no bias", old: "float sum = filter_[k];", new: "float sum = 0.0;"},
		{name: "anew: the first filter", old: "anew(base, k + e % 2,", new: "anew(base, k,"},
		{name: "anew: the last tap dropped", old: tap, new: "tap < channels * taps - 1;"},
		{name: "anew: a tap too many", old: tap, new: "tap <= channels * taps;"},
		{name: "anew: one channel", old: "int channel = tap / taps;", new: "int channel = 0;"},
		{name: "anew: kernelH for kernelW", old: "int u = inPlane / kernelW;", new: "int u = inPlane / kernelH;"},
		{name: "anew: biases for weights", old: "filter_[allFilters + k", new: "filter_[k"},
		{name: "anew: the first filter's weights", old: "k * channels * taps + tap]", new: "tap]"},
		{name: "anew: square planes", old: pixel, new: "pixel(base + channel * srcW * srcW, i + u * dilationH, j + v * dilationW);"},
		{name: "anew: dilations exchanged", old: pixel, new: "pixel(base + channel * srcH * srcW, i + u * dilationW, j + v * dilationH);"},
		{name: "anew: the first group's pixels", old: "int base = (image * allChannels + group * channels)", new: "int base = (image * allChannels)"},
		{name: "anew: rows beside each other", old: "tileI + y + e / 2 * H2 - padTop", new: "tileI + y + e / 2 - padTop"},
	}
}

// alone makes a single sum whose inverse transform is infinite. Everything else is 0.
func alone(c compare.Case) {
	clear(c.Src.Data)
	clear(c.Weight.Data)
	c.Src.Plane(0, 1)[40] = 1e36
	for k := range c.Weight.Shape[0] {
		c.Weight.Plane(k, 1)[3] = 1
	}
}

// points limits the points of a tile.
func points(n int) func(d *recipe.Profile) { return func(d *recipe.Profile) { d.SharedMemory = 8 * n } }

func fftTrials() (all []*trial) {
	parts := []string{"fft", "fft_src", "fft_dst", "fft_src.comp", "fft_dst.comp", "fft.glsl"}
	// Two tiles of 32 rows that have 24 sums each, and three of 16 columns that have 12; three channels and three
	// filters a group.
	tiles := conv.Problem{Src: conv.Shape{2, 6, 39, 30}, Weight: conv.Shape{6, 3, 9, 3}, Bias: true}
	tiles.Groups, tiles.Dilation, tiles.Activation = 2, [2]int{1, 2}, conv.ReLU
	tiles.Padding = conv.Padding{Top: 1, Bottom: 2, Left: 3, Right: 1} // more columns than one tile of 32 has
	// One tile of 16×32, the other way round; a channel without another.
	odd := conv.Problem{Src: conv.Shape{3, 3, 11, 27}, Weight: conv.Shape{4, 3, 4, 2}}
	odd.Padding = conv.Padding{Top: 3, Bottom: 1, Left: 2}
	large := conv.Problem{Src: conv.Shape{2, 1, 58, 12}, Weight: conv.Shape{3, 1, 11, 5}, Bias: true} // 64×16
	large.Padding = conv.Pad(5, 2)
	many := odd
	many.Src[0] = 5
	// Pairs in the same tiles, one or two of them in each group.
	pairs, pairsTiles, largest := tiles, tiles, odd
	pairs.Activation, pairs.Weight[0] = conv.Energy, 8
	pairsTiles.Activation, pairsTiles.Weight[0] = conv.Energy, 4
	pairsTiles.Pool = conv.Pool{Kind: conv.AvgPool, Size: [2]int{2, 2}, Stride: [2]int{2, 2}}
	// One tile of 16×32. Pools leave out the last row of the sums of both its filters.
	largest.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{2, 2}, Stride: [2]int{2, 2}}
	largest.Activation, largest.Weight[0] = conv.ReLU, 5
	largest.Src[2] = 12
	// Five tiles of 16 rows that have 13 sums each, or 12 for windows, and three of 16 columns that have 15 or 14.
	// Several threads share the 45 tiles, and some threads begin in the middle of an image, so that what one tile
	// leaves in the next stays there.
	cut := conv.Problem{Src: conv.Shape{3, 1, 60, 38}, Weight: conv.Shape{2, 1, 4, 2}, Bias: true}
	cut.PaddingMode, cut.Padding = conv.Replicate, conv.Padding{Top: 1, Left: 1}
	cutPool := cut
	cutPool.Pool = largest.Pool
	largeMean := large
	largeMean.Pool = pairsTiles.Pool
	folded := largest
	folded.Src[0] = 5
	chunks := folded
	chunks.Weight[0] = 4
	all = append(all,
		&trial{name: "tiles", parts: parts, problem: tiles, limit: points(512)},
		&trial{name: "odd", parts: parts, problem: odd, limit: points(512),
			special: append(specials(), overflowing, alone)},
		&trial{name: "tiles that are not finite", parts: parts, problem: tiles, limit: points(512),
			special: append(specials(), overflowing)},
		&trial{name: "large", parts: parts, problem: large, special: []func(compare.Case){overflowing}},
		&trial{name: "pairs", parts: parts, problem: pairs, limit: points(512),
			special: append(specials(), unpaired, scaled(0x1p70), faint)},
		&trial{name: "mean of pairs in tiles", parts: parts, problem: pairsTiles, limit: points(512),
			special: append(specials(), unpaired, faint)},
		&trial{name: "largest", parts: parts, problem: largest, limit: points(512),
			special: append(specials(), overflowing)},
		&trial{name: "cut", parts: parts, problem: cut, limit: points(256)},
		&trial{name: "largest, cut", parts: parts, problem: cutPool, limit: points(256),
			special: append(specials(), overflowing)},
		&trial{name: "mean", parts: parts, problem: largeMean, special: []func(compare.Case){faint}},
		&trial{name: "largest, folded", parts: parts, problem: folded,
			limit: func(d *recipe.Profile) { points(512)(d); d.WorkGroups = [3]int{4, 20, 70} }},
		&trial{name: "largest, in chunks", parts: parts[:3], problem: chunks,
			limit: func(d *recipe.Profile) { points(512)(d); d.StorageBlock = 27200 }},
		&trial{name: "folded", parts: parts, problem: many,
			limit: func(d *recipe.Profile) { points(512)(d); d.WorkGroups = [3]int{4, 20, 70} }},
		&trial{name: "odd, as Intel", parts: parts, problem: odd,
			limit: func(d *recipe.Profile) { as(recipe.Intel)(d); points(512)(d) }},
		&trial{name: "in chunks", parts: parts[:3], problem: many,
			limit: func(d *recipe.Profile) { points(512)(d); d.StorageBlock = 27200 }})
	for _, mode := range conv.PaddingModes()[1:] {
		p := conv.Problem{Src: conv.Shape{2, 2, 6, 9}, Weight: conv.Shape{2, 2, 3, 4}}
		p.PaddingMode, p.Padding = mode, conv.Padding{Top: 2, Bottom: 3, Left: 4, Right: 5}
		all = append(all, &trial{name: mode.String(), parts: append(parts[3:6:6], "prelude.glsl"), problem: p,
			special: []func(compare.Case){overflowing}})
	}
	return forced("fft", all)
}
