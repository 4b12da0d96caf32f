//go:build cgo && !nogl

package gpu

import (
	"gpuconv/compare"
	"gpuconv/conv"
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
		guard  = "if (q >= filters * tiles) {"
		load   = "m[e] = products[e * filters * tiles + q];"
		inside = "if (row + e / 4 < sumH && column + e % 4 < sumW) {"
		at     = "dst[output0 + e / 4 * sumW + e % 4] = rectify == 1 ? relu(value) : value;"
		again  = "dst[output0 + e / 4 * sumW + e % 4] = rectify == 1 ? relu(sum) : sum;"
		finite = "if (!isFinite(value)) { anew |= 1 << e; }"
	)
	return []mutant{
		{name: "blocks of x only", old: "gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x", new: "gl_WorkGroupID.x"},
		{name: "the tail's guard one too far", old: guard, new: "if (q > filters * tiles) {"},
		{name: "the last tile left out", old: guard, new: "if (q >= filters * tiles - 1) {"},
		{name: "the tail's guard removed", old: guard, new: "if (false) {"},
		{name: "filters of tilesW tiles", old: "int k = q / tiles;", new: "int k = q / tilesW;"},
		{name: "lines of tilesH", old: "int line = p / tilesW;", new: "int line = p / tilesH;"},
		{name: "images of tilesW lines", old: "int image = line / tilesH;", new: "int image = line / tilesW;"},
		{name: "images of one filter", old: "((image * filters + k)", new: "((image + k)"},
		{name: "images of as many filters as channels", old: "((image * filters + k)", new: "((image * channels + k)"},
		{name: "written to the first row", old: "* sumH + row) * sumW + column;", new: "* sumH) * sumW + column;"},
		{name: "written to the first column", old: "* sumH + row) * sumW + column;", new: "* sumH + row) * sumW;"},
		{name: "square planes", old: "* sumH + row) * sumW + column;", new: "* sumW + row) * sumW + column;"},
		{name: "bias dropped", old: "float start = bias[k];", new: "float start = 0.0;"},
		{name: "bias of the first filter", old: "float start = bias[k];", new: "float start = bias[0];"},
		{name: "no bias is 1", old: "float start = 0.0;", new: "float start = 1.0;"},
		{name: "points of one plane", old: load, new: "m[e] = products[e * tiles + q];"},
		{name: "products rounded to float16", old: load, new: "m[e] = unpackHalf2x16(packHalf2x16(vec2(products[e * filters * tiles + q], 0.0))).x;"},
		{name: "row 0 of At", old: "m[a] = m[a] + plus + plus2;", new: "m[a] = plus + plus2;"},
		{name: "row 1 of At", old: "= minus + 2.0 * minus2;", new: "= minus + minus2;"},
		{name: "row 2 of At", old: "= plus + 4.0 * plus2;", new: "= plus + 2.0 * plus2;"},
		{name: "row 3 of At", old: "= minus + 8.0 * minus2 + m[a + 5 * s];", new: "= minus + 8.0 * minus2;"},
		{name: "columns not transformed", old: "\tEACH_SIX(TRANSFORM_COLUMN)\n", new: ""},
		{name: "rows not transformed", old: "\tEACH_FOUR(TRANSFORM_ROW)\n", new: ""},
		{name: "a row too many", old: inside, new: "if (row + e / 4 <= sumH && column + e % 4 < sumW) {"},
		{name: "a column too many", old: inside, new: "if (row + e / 4 < sumH && column + e % 4 <= sumW) {"},
		{name: "the last row not written", old: inside, new: "if (row + e / 4 < sumH - 1 && column + e % 4 < sumW) {"},
		{name: "the last column not written", old: inside, new: "if (row + e / 4 < sumH && column + e % 4 < sumW - 1) {"},
		{name: "rows of three sums", old: "float value = m[e / 4 * 6 + e % 4] + start;", new: "float value = m[e / 4 * 6 + e % 3] + start;"},
		{name: "written transposed", old: at, new: "dst[output0 + e % 4 * sumW + e / 4] = rectify == 1 ? relu(value) : value;"},
		{name: "ReLU dropped", old: at, new: "dst[output0 + e / 4 * sumW + e % 4] = value;"},
		{name: "ReLU always", old: at, new: "dst[output0 + e / 4 * sumW + e % 4] = relu(value);"},

		{name: "infinity is finite", old: "< 0x7f800000u; }", new: "<= 0x7f800000u; }"},
		{name: "nothing computed anew", old: finite, new: ""},
		{name: "only the first sum computed anew", old: finite, new: "if (!isFinite(value)) { anew |= 1; }"},
		{name: "everything computed anew", old: finite, new: "anew |= 1 << e;", equivalent: "tap by tap is as right"},
		{name: "the last sum not computed anew", old: "for (int e = 0; e < 16; e++)", new: "for (int e = 0; e < 15; e++)"},
		{name: "the first sum not computed anew", old: "for (int e = 0; e < 16; e++)", new: "for (int e = 1; e < 16; e++)"},
		{name: "anew: sums not told apart", old: "if ((anew >> e & 1) == 0) {", new: "if (false) {"},
		{name: "anew: the top pad dropped", old: "row + e / 4 - padTop,", new: "row + e / 4,"},
		{name: "anew: the left pad's sign", old: "column + e % 4 - padLeft;", new: "column + e % 4 + padLeft;"},
		{name: "anew: no bias", old: "float sum = start;", new: "float sum = 0.0;"},
		{name: "anew: the last tap dropped", old: "tap < 9 * channels;", new: "tap < 9 * channels - 1;"},
		{name: "anew: a tap too many", old: "tap < 9 * channels;", new: "tap <= 9 * channels;"},
		{name: "anew: one channel", old: "int channel = tap / 9;", new: "int channel = 0;"},
		{name: "anew: columns of taps for rows", old: "int u = inPlane / 3;", new: "int u = inPlane % 3;"},
		{name: "anew: transformed weights", old: "weight[firstWeight + 9", new: "weight[9"},
		{name: "anew: the first filter's weights", old: "9 * k * channels + tap]", new: "tap]"},
		{name: "anew: the first image", old: "pixel((image * channels + channel)", new: "pixel((channel)"},
		{name: "anew: square planes", old: "+ channel) * srcH * srcW,", new: "+ channel) * srcW * srcW,"},
		{name: "anew: written transposed", old: again, new: "dst[output0 + e % 4 * sumW + e / 4] = rectify == 1 ? relu(sum) : sum;"},
		{name: "anew: ReLU dropped", old: again, new: "dst[output0 + e / 4 * sumW + e % 4] = sum;"},
		{name: "anew: ReLU always", old: again, new: "dst[output0 + e / 4 * sumW + e % 4] = relu(sum);"},
	}
}

// overflowing numbers have sums that float32 holds, and many products of transforms that
// it does not: so much is computed anew that every border is met.
func overflowing(c compare.Case) {
	scaled(1e19)(c)
	for i := range c.Weight.Data {
		c.Weight.Data[i] *= 3e18
	}
}

func winogradTrials() (all []*trial) {
	parts := []string{"winograd", "winograd_src", "winograd_dst", "winograd_src.comp", "winograd_dst.comp"}
	zeros := conv.Problem{Src: conv.Shape{2, 3, 7, 10}, Weight: conv.Shape{5, 3, 3, 3}, Bias: true}
	zeros.Padding, zeros.Activation = conv.Padding{Top: 1, Bottom: 2, Left: 2, Right: 1}, conv.ReLU
	many := zeros
	many.Src[0] = 7
	inside := conv.Problem{Src: conv.Shape{3, 2, 9, 6}, Weight: conv.Shape{3, 2, 3, 3}}
	all = append(all,
		&trial{name: "zeros", parts: parts, problem: zeros, special: append(specials(), overflowing)},
		&trial{name: "inside", parts: parts, problem: inside, special: append(specials(), overflowing)},
		&trial{name: "folded", parts: parts, problem: many, limit: func(l *Limits) { l.WorkGroups = [3]int{1, 20, 70} }},
		&trial{name: "in chunks", parts: parts[:3], problem: many, limit: func(l *Limits) { l.StorageBlock = 19000 }})
	for _, mode := range []conv.PaddingMode{conv.Reflect, conv.Replicate, conv.Circular} {
		p := conv.Problem{Src: conv.Shape{2, 2, 6, 9}, Weight: conv.Shape{2, 2, 3, 3}}
		p.PaddingMode, p.Padding = mode, conv.Padding{Top: 2, Bottom: 3, Left: 4, Right: 5}
		all = append(all, &trial{name: mode.String(), parts: parts, problem: p, special: []func(compare.Case){overflowing}})
	}
	for _, tr := range all {
		tr.algorithm = "winograd"
	}
	return all
}
