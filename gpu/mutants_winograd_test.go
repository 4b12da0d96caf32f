//go:build cgo && !nogl

package gpu

import (
	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/gpu/internal/recipe"
)

const uncancelled = "pixels that no sum meets cancel, or are computed anew"

// winogradSrcMutants break winograd_src.comp.
func winogradSrcMutants() []mutant {
	const (
		ends   = "if (y < endH && x < endW) {"
		guard  = "if (q >= channels * tiles) {"
		stored = "dst[e * channels * tiles + q] = d[e];"
	)
	return []mutant{
		{name: "blocks of x only", old: "gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x", new: "gl_WorkGroupID.x"},
		{name: "the tail's guard one too far", old: guard, new: "if (q > channels * tiles) {"},
		{name: "the last tile left out", old: guard, new: "if (q >= channels * tiles - 1) {"},
		{name: "the tail's guard removed", old: guard, new: "if (false) {"},
		{name: "channels of tilesW tiles", old: "int channel = q / tiles;", new: "int channel = q / tilesW;"},
		{name: "one channel", old: "int channel = q / tiles;", new: "int channel = 0;"},
		{name: "lines of tilesH", old: "int line = p / tilesW;", new: "int line = p / tilesH;"},
		{name: "images of tilesW lines", old: "int image = line / tilesH;", new: "int image = line / tilesW;"},
		{name: "images of one channel", old: "(image * channels + channel)", new: "(image + channel)"},
		{name: "square planes", old: "+ channel) * srcH * srcW;", new: "+ channel) * srcW * srcW;"},
		{name: "tiles of three rows", old: "(line - image * tilesH) * 4", new: "(line - image * tilesH) * 3"},
		{name: "tiles of three columns", old: "(p - line * tilesW) * 4", new: "(p - line * tilesW) * 3"},
		{name: "the top pad dropped", old: "* 4 - padTop;", new: "* 4;"},
		{name: "the left pad's sign", old: "* 4 - padLeft;", new: "* 4 + padLeft;"},
		{name: "the pads exchanged", old: "* 4 - padTop;", new: "* 4 - padLeft;"},
		{name: "the window transposed", old: "top + e / 6, x = left + e % 6;", new: "top + e % 6, x = left + e / 6;"},
		{name: "the last row of sums lacks pixels", old: ends, new: "if (y < endH - 1 && x < endW) {"},
		{name: "the last column of sums lacks pixels", old: ends, new: "if (y < endH && x < endW - 1) {"},
		{name: "pixels that no sum meets", old: ends, new: "if (true) {", equivalent: uncancelled},
		{name: "pixels rounded to TF32", old: "d[e] = pixel(base, y, x);", new: "d[e] = uintBitsToFloat(floatBitsToUint(pixel(base, y, x)) & 0xffffe000u);"},
		{name: "row 0 of Bt", old: "d[a] = 4.0 * d0 - 5.0 * d2 + d4;", new: "d[a] = 4.0 * d0 - 4.0 * d2 + d4;"},
		{name: "row 1 of Bt", old: "d4 + d3 - 4.0 * (d2 + d1);", new: "d4 + d3 - 4.0 * (d2 - d1);"},
		{name: "row 2 of Bt", old: "d4 - d3 - 4.0 * (d2 - d1);", new: "d4 - d3 + 4.0 * (d2 - d1);"},
		{name: "row 3 of Bt", old: "d4 - d2 + 2.0 * (d3 - d1);", new: "d4 - d2 - 2.0 * (d3 - d1);"},
		{name: "row 4 of Bt", old: "d4 - d2 - 2.0 * (d3 - d1);", new: "d4 - d1 - 2.0 * (d3 - d1);"},
		{name: "row 5 of Bt", old: "4.0 * d1 - 5.0 * d3 + d5;", new: "4.0 * d1 - 5.0 * d3 - d5;"},
		{name: "columns not transformed", old: "\tEACH_SIX(TRANSFORM_COLUMN)\n", new: ""},
		{name: "rows not transformed", old: "\tEACH_SIX(TRANSFORM_ROW)\n", new: ""},
		{name: "points transposed", old: stored, new: "dst[(e % 6 * 6 + e / 6) * channels * tiles + q] = d[e];"},
		{name: "points of one plane", old: stored, new: "dst[e * tiles + q] = d[e];"},
	}
}

// winogradDstMutants break winograd_dst.comp.
func winogradDstMutants() []mutant {
	const (
		guard  = "if (q >= planes * tiles) {"
		load   = "m[e] = products[(e * filters + k) * tiles + p];"
		at     = "((image * planes + plane) * dstH + row) * dstW + column;"
		inside = "if (row + i < dstH && column + j < dstW) {"
		stored = "dst[output0 + i * dstW + j] = value;"
		active = "v[e] = rectify == 1 ? relu(v[e]) : v[e];"
		pair   = "v[e] = energy(v[e], second[e]);"
		window = "window(v[e / 2 * 8 + e % 2 * 2], v[e / 2 * 8 + e % 2 * 2 + 1], \\\n\tv[e / 2 * 8 + e % 2 * 2 + 4], " +
			"v[e / 2 * 8 + e % 2 * 2 + 5])"
		finite = "if (row + e / 4 < dstH * SPAN && column + e % 4 < dstW * SPAN && !isFinite(sums[e])) { again |= 1 " +
			"<< e; }"
		put = "sums[i] = i == e ? sum : sums[i];"
	)
	return []mutant{
		{name: "blocks of x only", old: "gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x", new: "gl_WorkGroupID.x"},
		{name: "the tail's guard one too far", old: guard, new: "if (q > planes * tiles) {"},
		{name: "the last tile left out", old: guard, new: "if (q >= planes * tiles - 1) {"},
		{name: "the tail's guard removed", old: guard, new: "if (false) {"},
		{name: "pairs: a plane a filter", old: "int planes = filters / FILTERS;", new: "int planes = filters;"},
		{name: "planes of tilesW tiles", old: "int plane = q / tiles;", new: "int plane = q / tilesW;"},
		{name: "lines of tilesH", old: "int line = p / tilesW;", new: "int line = p / tilesH;"},
		{name: "images of tilesW lines", old: "int image = line / tilesH;", new: "int image = line / tilesW;"},
		{name: "images of one plane", old: at, new: "((image + plane) * dstH + row) * dstW + column;"},
		{name: "images of as many planes as channels", old: at, new: "((image * channels + plane) * dstH + row) * dstW + column;"},
		{name: "pairs: images of as many planes as filters", old: at, new: "((image * filters + plane) * dstH + row) * dstW + column;"},
		{name: "written to the first row", old: at, new: "((image * planes + plane) * dstH) * dstW + column;"},
		{name: "written to the first column", old: at, new: "((image * planes + plane) * dstH + row) * dstW;"},
		{name: "square planes", old: at, new: "((image * planes + plane) * dstW + row) * dstW + column;"},
		{name: "largest: rows of sums", old: "\trow /= SPAN;\n", new: ""},
		{name: "largest: columns of sums", old: "\tcolumn /= SPAN;\n", new: ""},
		{name: "pairs: filters that overlap", old: "sumsOf(plane * FILTERS, p", new: "sumsOf(plane, p"},
		{name: "pairs: the first filter twice", old: "sumsOf(plane * FILTERS + 1, p", new: "sumsOf(plane * FILTERS, p"},
		{name: "bias dropped", old: "float start = bias[k];", new: "float start = 0.0;"},
		{name: "bias of the first filter", old: "float start = bias[k];", new: "float start = bias[0];"},
		{name: "no bias is 1", old: "float start = 0.0;", new: "float start = 1.0;"},
		{name: "points of one plane", old: load, new: "m[e] = products[(e + k) * tiles + p];"},
		{name: "products of the first filter", old: load, new: "m[e] = products[e * filters * tiles + p];"},
		{name: "products rounded to float16", old: load, new: "m[e] = unpackHalf2x16(packHalf2x16(vec2(products[(e * filters + k) * tiles + p], 0.0))).x;"},
		{name: "row 0 of At", old: "m[a] = m[a] + plus + plus2;", new: "m[a] = plus + plus2;"},
		{name: "row 1 of At", old: "= minus + 2.0 * minus2;", new: "= minus + minus2;"},
		{name: "row 2 of At", old: "= plus + 4.0 * plus2;", new: "= plus + 2.0 * plus2;"},
		{name: "row 3 of At", old: "= minus + 8.0 * minus2 + m[a + 5 * s];", new: "= minus + 8.0 * minus2;"},
		{name: "columns not transformed", old: "\tEACH_SIX(TRANSFORM_COLUMN)\n", new: ""},
		{name: "rows not transformed", old: "\tEACH_FOUR(TRANSFORM_ROW)\n", new: ""},
		{name: "rows of three sums", old: "sums[e] = m[e / 4 * 6 + e % 4] + start;", new: "sums[e] = m[e / 4 * 6 + e % 3] + start;"},
		{name: "ReLU dropped", old: active, new: "v[e] = v[e];"},
		{name: "ReLU always", old: active, new: "v[e] = relu(v[e]);"},
		{name: "pairs: the first filter alone", old: pair, new: "v[e] = abs(v[e]);"},
		{name: "pairs: the second filter twice", old: pair, new: "v[e] = energy(second[e], second[e]);"},
		{name: "pairs: the neighbour's second", old: pair, new: "v[e] = energy(v[e], second[e ^ 1]);"},
		{name: "pairs: by squares", old: pair, new: "v[e] = sqrt(v[e] * v[e] + second[e] * second[e]);"},
		{name: "a row too many", old: inside, new: "if (row + i <= dstH && column + j < dstW) {"},
		{name: "a column too many", old: inside, new: "if (row + i < dstH && column + j <= dstW) {"},
		{name: "the last row not written", old: inside, new: "if (row + i < dstH - 1 && column + j < dstW) {"},
		{name: "the last column not written", old: inside, new: "if (row + i < dstH && column + j < dstW - 1) {"},
		{name: "written transposed", old: stored, new: "dst[output0 + j * dstW + i] = value;"},
		{name: "values transposed", old: "STORE(e / 4, e % 4, v[e])", new: "STORE(e % 4, e / 4, v[e])"},
		{name: "largest: windows transposed", old: "STORE(e / 2, e % 2, window", new: "STORE(e % 2, e / 2, window"},
		{name: "largest: windows a column apart", old: window, new: "window(v[e / 2 * 8 + e % 2], v[e / 2 * 8 + e % 2 + 1], v[e / 2 * 8 + e % 2 + 4], v[e / 2 * 8 + e % 2 + 5])"},
		{name: "largest: windows a row apart", old: window, new: "window(v[e / 2 * 4 + e % 2 * 2], v[e / 2 * 4 + e % 2 * 2 + 1], v[e / 2 * 4 + e % 2 * 2 + 4], v[e / 2 * 4 + e % 2 * 2 + 5])"},
		{name: "largest: a window's upper row twice", old: "v[e / 2 * 8 + e % 2 * 2 + 4], v[e / 2 * 8 + e % 2 * 2 + 5])", new: "v[e / 2 * 8 + e % 2 * 2], v[e / 2 * 8 + e % 2 * 2 + 1])"},
		{name: "largest: a window's left column twice", old: "v[e / 2 * 8 + e % 2 * 2 + 1], \\", new: "v[e / 2 * 8 + e % 2 * 2], \\"},
		{name: "largest: a window's last value is its third", old: "v[e / 2 * 8 + e % 2 * 2 + 5])", new: "v[e / 2 * 8 + e % 2 * 2 + 4])"},

		{name: "infinity is finite", old: "< 0x7f800000u; }", new: "<= 0x7f800000u; }"},
		{name: "nothing computed anew", old: finite, new: ""},
		{name: "only the first sum computed anew", old: finite, new: "if (!isFinite(sums[e])) { again |= 1; }"},
		{name: "everything computed anew", old: finite, new: "again |= 1 << e;", equivalent: "tap by tap is as right, and what lies outside is not stored"},
		{name: "largest: the lower half of the windows not computed anew", old: "row + e / 4 < dstH * SPAN", new: "row + e / 4 < dstH"},
		{name: "largest: the right half of the windows not computed anew", old: "column + e % 4 < dstW * SPAN", new: "column + e % 4 < dstW"},
		{name: "the last sum not computed anew", old: "e < 16 && again != 0", new: "e < 15 && again != 0"},
		{name: "the first sum not computed anew", old: "for (int e = 0; e < 16", new: "for (int e = 1; e < 16"},
		{name: "anew: sums not told apart", old: "if ((again >> e & 1) == 0) {", new: "if (false) {", equivalent: "those that are finite are as right tap by tap"},
		{name: "anew: put everywhere", old: put, new: "sums[i] = sum;"},
		{name: "anew: put in the first place", old: put, new: "sums[i] = i == 0 ? sum : sums[i];"},
		{name: "anew: put nowhere", old: put, new: ""},
		{name: "anew: the top pad dropped", old: "row + e / 4 - padTop,", new: "row + e / 4,"},
		{name: "anew: the left pad's sign", old: "column + e % 4 - padLeft);", new: "column + e % 4 + padLeft);"},
		{name: "anew: no bias", old: "float sum = start;", new: "float sum = 0.0;"},
		{name: "anew: the last tap dropped", old: "tap < 9 * channels;", new: "tap < 9 * channels - 1;"},
		{name: "anew: a tap too many", old: "tap < 9 * channels;", new: "tap <= 9 * channels;"},
		{name: "anew: one channel", old: "int channel = tap / 9;", new: "int channel = 0;"},
		{name: "anew: columns of taps for rows", old: "int u = inPlane / 3;", new: "int u = inPlane % 3;"},
		{name: "anew: transformed weights", old: "weight[firstWeight + 9", new: "weight[9"},
		{name: "anew: the first filter's weights", old: "9 * k * channels + tap]", new: "tap]"},
		{name: "anew: the first image", old: "pixel((image * channels + channel)", new: "pixel((channel)"},
		{name: "anew: square planes", old: "+ channel) * srcH * srcW,", new: "+ channel) * srcW * srcW,"},
	}
}

// overflowing numbers have sums that fit into float32, and many products of transforms that do not. So many are
// computed again that every border is reached.
func overflowing(c compare.Case) {
	scaled(1e19)(c)
	for i := range c.Weight.Data {
		c.Weight.Data[i] *= 3e18
	}
}

// faint numbers are overflowing ones times 0.2, so that even four sums together fit into float32.
func faint(c compare.Case) {
	overflowing(c)
	scaled(0.2)(c)
}

func winogradTrials() (all []*trial) {
	parts := []string{"winograd", "winograd_src", "winograd_dst", "winograd_src.comp", "winograd_dst.comp"}
	zeros := conv.Problem{Src: conv.Shape{2, 3, 7, 10}, Weight: conv.Shape{5, 3, 3, 3}, Bias: true}
	zeros.Padding, zeros.Activation = conv.Padding{Top: 1, Bottom: 2, Left: 2, Right: 1}, conv.ReLU
	many := zeros
	many.Src[0] = 7
	// Sums of 9×11; pools leave out the last row and column.
	pairs, largest, mean := many, zeros, zeros
	pairs.Activation, pairs.Src, pairs.Weight[0] = conv.Energy, conv.Shape{3, 3, 8, 10}, 6
	largest.Src, largest.Pool = pairs.Src, conv.Pool{Kind: conv.MaxPool, Size: [2]int{2, 2}, Stride: [2]int{2, 2}}
	mean.Pool = conv.Pool{Kind: conv.AvgPool, Size: [2]int{2, 2}, Stride: [2]int{2, 2}}
	mean.Src, mean.Weight[0] = pairs.Src, 10
	meanPairs := mean
	meanPairs.Activation = conv.Energy
	chunks, chunksOfPairs := many, meanPairs // enough images that tiles of hardware need two chunks too
	chunks.Src[0], chunksOfPairs.Src[0] = 20, 8
	inside := conv.Problem{Src: conv.Shape{3, 2, 9, 6}, Weight: conv.Shape{3, 2, 3, 3}}
	all = append(all,
		&trial{name: "zeros", parts: parts, problem: zeros, special: append(specials(), overflowing)},
		&trial{name: "inside", parts: parts, problem: inside, special: append(specials(), overflowing)},
		&trial{name: "pairs", parts: parts, problem: pairs,
			special: append(specials(), unpaired, scaled(0x1p70), overflowing)},
		&trial{name: "largest", parts: parts, problem: largest, special: append(specials(), overflowing)},
		&trial{name: "mean", parts: parts, problem: mean, special: append(specials(), faint)},
		&trial{name: "mean of pairs", parts: parts, problem: meanPairs, special: append(specials(), unpaired, faint)},
		&trial{name: "mean of pairs, folded", parts: parts, problem: meanPairs,
			limit: func(d *recipe.Profile) { d.WorkGroups = [3]int{1, 20, 70} }},
		&trial{name: "mean of pairs, in chunks", parts: parts[:3], problem: chunksOfPairs, limit: inChunks(20000)},
		&trial{name: "folded", parts: parts, problem: many,
			limit: func(d *recipe.Profile) { d.WorkGroups = [3]int{1, 20, 70} }},
		&trial{name: "zeros, as AMD", parts: parts, problem: zeros, special: []func(compare.Case){overflowing},
			limit: as(recipe.AMD)},
		&trial{name: "in chunks", parts: parts[:3], problem: chunks, limit: inChunks(19000)})
	for _, mode := range conv.PaddingModes()[1:] {
		p := conv.Problem{Src: conv.Shape{2, 2, 6, 9}, Weight: conv.Shape{2, 2, 3, 3}}
		p.PaddingMode, p.Padding = mode, conv.Padding{Top: 2, Bottom: 3, Left: 4, Right: 5}
		all = append(all, &trial{name: mode.String(), parts: parts, problem: p,
			special: []func(compare.Case){overflowing}})
	}
	for _, tr := range all {
		tr.algorithm = "winograd"
	}
	return all
}

// inChunks bounds buffers by this many bytes, or by twice as many with the tiles of hardware, which pad the products to
// twice as many filters.
func inChunks(bytes int) func(d *recipe.Profile) {
	return func(d *recipe.Profile) {
		d.StorageBlock = bytes
		if d.Class != recipe.Software {
			d.StorageBlock = 2 * bytes
		}
	}
}
