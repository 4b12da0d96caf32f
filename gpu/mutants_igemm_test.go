//go:build cgo && !nogl

package gpu

import (
	"math"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/gpu/internal/recipe"
)

// igemmMutants break igemm.comp.
func igemmMutants() []mutant {
	const (
		load    = "to = pixel(base + c * plane, top + u * dilationH, left + v * dilationW);"
		start   = "sum[s] = bias[blockK * BLOCK_K + s % ROWS * LANES_K + laneK];"
		put     = "sharedPixel[(into * FOURS + i * STEP + line) * BLOCK_Q + column] = x[i];"
		putW    = "sharedWeight[into * (FOURS * BLOCK_K) + i * LANES + lane] = w[i];"
		readA   = "sharedWeight[firstA + four * BLOCK_K + i * LANES_K];"
		readB   = "sharedPixel[firstB + four * BLOCK_Q + j * LANES_Q];"
		addX    = "sum[at * ROWS + i] += a[i % HELD].x * b.x;"
		copied  = "min(first + column / (LANES_Q * WINDOW) * LANES_Q + column % LANES_Q, outputs - 1);"
		top     = "((row - image * dstH) * SPAN + part / SPAN) * strideH - padTop;"
		left    = "((copied - row * dstW) * SPAN + part % SPAN) * strideW - padLeft;"
		stored  = "return rectify == 1 ? relu(sum) : sum;"
		storeAt = "dst[output0 + m * LANES_K * dstH * dstW] ="
		storeK  = "if (firstPlane + m * LANES_K < planes) {"
		output0 = "(n * allPlanes + group * planes + firstPlane) * dstH * dstW + o - n * dstH * dstW;"
		place   = "int o = first + g * LANES_Q + laneQ;"
		firstK  = "(blockK - group * blocks) * (BLOCK_K / PAIR) + laneK;"
		pair    = "energy(sum[(j) * ROWS + 2 * m], sum[(j) * ROWS + 2 * m + 1])"
		pooled  = "window(VALUE(m, 4 * g), VALUE(m, 4 * g + 1), VALUE(m, 4 * g + 2), VALUE(m, 4 * g + 3))"
		turn    = "int into = tile & 1;"
		walkV   = "int carry = v >= kernelW ? 1 : 0;"
		walkU   = "carry = u >= kernelH ? 1 : 0;"
	)
	return []mutant{
		{name: "blocks of x only", old: "int(gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x)", new: "int(gl_WorkGroupID.x)"},
		{name: "blocks counted by y", old: "gl_NumWorkGroups.x + ", new: "gl_NumWorkGroups.y + "},
		{name: "a block for each invocation", old: "gl_WorkGroupID.x) * (BLOCK_Q / WINDOW);", new: "gl_WorkGroupID.x) * LANES;"},
		{name: "a block of outputs for each of positions", trial: "largest", old: "gl_WorkGroupID.x) * (BLOCK_Q / WINDOW);", new: "gl_WorkGroupID.x) * BLOCK_Q;"},
		{name: "the group of all blocks", old: "int group = blockK / blocks;", new: "int group = blockK;"},
		{name: "one group", old: "int group = blockK / blocks;", new: "int group = 0;"},
		{name: "a plane of outputs instead of src", old: "int plane = srcH * srcW;", new: "int plane = dstH * dstW;"},
		{name: "outputs are counted one too far", old: copied, new: "min(first + column / (LANES_Q * WINDOW) * LANES_Q + column % LANES_Q, outputs);", equivalent: unstored},
		{name: "the last output is left out", old: copied, new: "min(first + column / (LANES_Q * WINDOW) * LANES_Q + column % LANES_Q, outputs - 2);"},
		{name: "windows beside each other are one", trial: "mean of pairs", old: copied, new: "min(first + column % LANES_Q, outputs - 1);"},
		{name: "an output for each position", trial: "mean of pairs", old: copied, new: "min(first + column, outputs - 1);"},
		{name: "outputs of columns instead of lanes", trial: "largest", old: copied, new: "min(first + column / WINDOW, outputs - 1);"},
		{name: "parts beside each other", trial: "largest", old: "int part = column / LANES_Q % WINDOW;", new: "int part = column % WINDOW;"},
		{name: "windows of one row", trial: "largest", old: "int part = column / LANES_Q % WINDOW;", new: "int part = column / LANES_Q % SPAN;"},
		{name: "a window's rows not told apart", trial: "largest", old: top, new: "(row - image * dstH) * SPAN * strideH - padTop;"},
		{name: "a window's columns not told apart", trial: "largest", old: left, new: "(copied - row * dstW) * SPAN * strideW - padLeft;"},
		{name: "a window's rows and columns exchanged, rows", trial: "largest", old: top, new: "((row - image * dstH) * SPAN + part % SPAN) * strideH - padTop;"},
		{name: "a window's rows and columns exchanged, columns", trial: "largest", old: left, new: "((copied - row * dstW) * SPAN + part / SPAN) * strideW - padLeft;"},
		{name: "windows overlap, rows", trial: "largest", old: top, new: "((row - image * dstH) + part / SPAN) * strideH - padTop;"},
		{name: "windows overlap, columns", trial: "largest", old: left, new: "((copied - row * dstW) + part % SPAN) * strideW - padLeft;"},
		{name: "a window's rows of pixels, not of sums", trial: "largest", old: top, new: "(row - image * dstH) * SPAN * strideH + part / SPAN - padTop;"},
		{name: "rows of dstH", old: "int row = copied / dstW;", new: "int row = copied / dstH;"},
		{name: "images of dstW rows", old: "int image = row / dstH;", new: "int image = row / dstW;"},
		{name: "images of one group's channels", old: "(image * allChannels", new: "(image * channels"},
		{name: "group offset dropped", old: "+ group * channels) * plane;", new: ") * plane;"},
		{name: "group offset by planes", old: "+ group * channels) * plane;", new: "+ group * planes) * plane;"},
		{name: "strides exchanged, rows", old: "* strideH - padTop", new: "* strideW - padTop"},
		{name: "strides exchanged, columns", old: "* strideW - padLeft", new: "* strideH - padLeft"},
		{name: "the top pad dropped", old: "strideH - padTop;", new: "strideH;"},
		{name: "the left pad's sign", old: "strideW - padLeft;", new: "strideW + padLeft;"},

		{name: "every line copies the first taps", old: "tap = 4 * line;", new: "tap = 0;"},
		{name: "lines of one tap", old: "tap = 4 * line;", new: "tap = line;"},
		{name: "KH and KW exchanged, first tap", old: "int tapRow = tap / kernelW;", new: "int tapRow = tap / kernelH;"},
		{name: "the first tap's column dropped", old: "v = tap - tapRow * kernelW;", new: "v = 0;"},
		{name: "the first tap's channel dropped", old: "c = tapRow / kernelH;", new: "c = 0;"},
		{name: "KH and KW exchanged, first channel", old: "c = tapRow / kernelH;", new: "c = tapRow / kernelW;"},
		{name: "the first tap's row dropped", old: "u = tapRow - c * kernelH;", new: "u = 0;"},
		{name: "columns carried late", old: walkV, new: "int carry = v > kernelW ? 1 : 0;"},
		{name: "columns carried at kernelH", old: walkV, new: "int carry = v >= kernelH ? 1 : 0;"},
		{name: "columns not turned", old: "v -= carry * kernelW;", new: ""},
		{name: "columns turned by kernelH", old: "v -= carry * kernelW;", new: "v -= carry * kernelH;"},
		{name: "no carry to rows", old: "u += du + carry;", new: "u += du;"},
		{name: "rows not skipped", old: "u += du + carry;", new: "u += carry;"},
		{name: "rows carried late", old: walkU, new: "carry = u > kernelH ? 1 : 0;"},
		{name: "rows carried at kernelW", old: walkU, new: "carry = u >= kernelW ? 1 : 0;"},
		{name: "rows not turned", old: "u -= carry * kernelH;", new: ""},
		{name: "no carry to channels", old: "c += dc + carry;", new: "c += dc;"},
		{name: "channels not skipped", old: "c += dc + carry;", new: "c += carry;"},
		{name: "taps do not end", old: "#define EXISTS (tap < taps)", new: "#define EXISTS true"},
		{name: "taps end one late", old: "#define EXISTS (tap < taps)", new: "#define EXISTS (tap <= taps)"},
		{name: "taps end one early", old: "#define EXISTS (tap < taps)", new: "#define EXISTS (tap < taps - 1)"},
		{name: "taps that do not exist are not zero", old: "to = 0.0;", new: "to = 1.0 / 0.0;"},
		{name: "taps are not counted", old: "tap++;", new: ""},
		{name: "columns stand", old: "walk(0, 0, 1);", new: "walk(0, 0, 0);"},
		{name: "no skip", old: "walk(skipC, skipU, skipV); }", new: "}"},
		{name: "one vec4 skipped too many", old: "tap += 4 * (STEP - 1);", new: "tap += 4 * STEP;"},
		{name: "channels are not told apart", old: "pixel(base + c * plane,", new: "pixel(base,"},
		{name: "dilations exchanged, rows", old: "u * dilationH", new: "u * dilationW"},
		{name: "dilations exchanged, columns", old: "v * dilationW", new: "v * dilationH"},
		{name: "dilation and stride exchanged", old: "u * dilationH", new: "u * strideH"},
		{name: "pixels rounded to float16", old: load, new: "to = unpackHalf2x16(packHalf2x16(vec2(pixel(base + c * plane, top + u * dilationH, left + v * dilationW), 0.0))).x;"},
		{name: "pixels rounded to TF32", old: load, new: "to = uintBitsToFloat(floatBitsToUint(pixel(base + c * plane, top + u * dilationH, left + v * dilationW)) & 0xffffe000u);"},
		{name: "two taps exchanged", old: "LOAD_PIXEL(x[i].x) LOAD_PIXEL(x[i].y)", new: "LOAD_PIXEL(x[i].y) LOAD_PIXEL(x[i].x)"},

		{name: "weights of the group's first block", old: "int nextWeight = blockK * tiles", new: "int nextWeight = group * blocks * tiles"},
		{name: "weights of the first tile", old: "nextWeight += FOURS * BLOCK_K;", new: ""},
		{name: "weights of every lane the same", old: "weight[nextWeight + i * LANES];", new: "weight[nextWeight - lane + i * LANES];"},
		{name: "pixels of every tile in one half", old: put, new: "sharedPixel[(i * STEP + line) * BLOCK_Q + column] = x[i];"},
		{name: "lines in one place", old: put, new: "sharedPixel[(into * FOURS + i * STEP) * BLOCK_Q + column] = x[i];"},
		{name: "pixels put one position on", old: put, new: "sharedPixel[(into * FOURS + i * STEP + line) * BLOCK_Q + (column + 1) % BLOCK_Q] = x[i];"},
		{name: "weights of every tile in one half", old: putW, new: "sharedWeight[i * LANES + lane] = w[i];"},
		{name: "one half only", old: turn, new: "int into = 0;"},
		{name: "bias dropped", old: start, new: "sum[s] = 0.0;"},
		{name: "bias of the first block", old: start, new: "sum[s] = bias[s % ROWS * LANES_K + laneK];"},
		{name: "bias of the first row", old: start, new: "sum[s] = bias[blockK * BLOCK_K + laneK];"},
		{name: "bias by column", old: start, new: "sum[s] = bias[blockK * BLOCK_K + s / ROWS * LANES_K + laneK];"},
		{name: "no bias is 1", old: "#define START(s) sum[s] = 0.0;", new: "#define START(s) sum[s] = 1.0;"},
		{name: "the last tile dropped", old: "tile <= tiles; tile++", new: "tile < tiles; tile++"},
		{name: "the first tile dropped", old: "if (tile > 0) {", new: "if (tile > 1) {"},
		{name: "what is not loaded yet is multiplied", old: "if (tile > 0) {", new: "{"},
		{name: "nothing but the first tile is loaded", old: "if (tile < tiles) {", new: "if (tile < 1) {"},
		{name: "loads past the last tile", old: "if (tile < tiles) {", new: "if (true) {", equivalent: "what is copied after the last tile is not multiplied"},
		{name: "weights read from one half", old: "int firstA = (1 - into) *", new: "int firstA = 0 *"},
		{name: "pixels read from one half", old: "int firstB = (1 - into) *", new: "int firstB = 0 *"},
		{name: "weights of the first four taps", old: readA, new: "sharedWeight[firstA + i * LANES_K];"},
		{name: "weights of the first row", old: readA, new: "sharedWeight[firstA + four * BLOCK_K];"},
		{name: "pixels of the first four taps", old: readB, new: "sharedPixel[firstB + j * LANES_Q];"},
		{name: "pixels of the first column", old: readB, new: "sharedPixel[firstB + four * BLOCK_Q];"},
		{name: "a tap left out", old: addX, new: ""},
		{name: "the last product instead of the sum", old: addX, new: "sum[at * ROWS + i] = a[i % HELD].x * b.x;"},
		{name: "split: the first half of the rows twice", trial: "split", old: "MULTIPLY_ROWS(1)", new: "MULTIPLY_ROWS(0)"},
		{name: "split: the second half left out", trial: "split", old: "memoryBarrierShared(); MULTIPLY_ROWS(1)", new: ""},
		{name: "split: weights of the other half", trial: "split", old: "if (i / HELD == turn) { a[i % HELD] =", new: "if (i / HELD != turn || HELD == ROWS) { a[i % HELD] ="},
		{name: "subtracted", old: addX, new: "sum[at * ROWS + i] -= a[i % HELD].x * b.x;"},
		{name: "two taps' weights exchanged", old: addX, new: "sum[at * ROWS + i] += a[i % HELD].y * b.x;"},
		{name: "weights rounded to float16", old: addX, new: "sum[at * ROWS + i] += unpackHalf2x16(packHalf2x16(vec2(a[i % HELD].x, 0.0))).x * b.x;"},

		{name: "a group's first plane of all blocks", old: firstK, new: "blockK * (BLOCK_K / PAIR) + laneK;"},
		{name: "one block of filters", old: firstK, new: "laneK;"},
		{name: "a plane for each filter of a block", trial: "energies", old: firstK, new: "(blockK - group * blocks) * BLOCK_K + laneK;"},
		{name: "a plane of the next group is written", old: storeK, new: "if (firstPlane + m * LANES_K <= planes) {"},
		{name: "the last plane is not written", old: storeK, new: "if (firstPlane + m * LANES_K < planes - 1) {"},
		{name: "planes' guard removed", old: storeK, new: "{"},
		{name: "planes' guard of the first row", old: storeK, new: "if (firstPlane < planes) {"},
		{name: "ReLU dropped", old: stored, new: "return sum;"},
		{name: "ReLU always", old: stored, new: "return relu(sum);"},
		{name: "ReLU by max", old: stored, new: "return rectify == 1 ? max(sum, 0.0) : sum;"},
		{name: "sums rounded to float16", old: stored, new: "return rectify == 1 ? relu(sum) : unpackHalf2x16(packHalf2x16(vec2(sum, 0.0))).x;"},
		{name: "written transposed", old: storeAt, new: "dst[output0 + m * LANES_K * dstH * dstH] ="},
		{name: "written to one plane", old: storeAt, new: "dst[output0] ="},
		{name: "planes beside each other", old: storeAt, new: "dst[output0 + m * dstH * dstW] ="},
		{name: "written to one column", old: place, new: "int o = first + laneQ;"},
		{name: "columns beside each other", old: place, new: "int o = first + g + laneQ;"},
		{name: "columns a window apart", trial: "mean of pairs", old: place, new: "int o = first + WINDOW * g * LANES_Q + laneQ;"},
		{name: "the tail's guard one too far", old: "if (o < outputs) {", new: "if (o <= outputs) {"},
		{name: "the tail's guard removed", old: "if (o < outputs) {", new: "{"},
		{name: "the last output is not written", old: "if (o < outputs) {", new: "if (o < outputs - 1) {"},
		{name: "images of one group's planes", old: output0, new: "(n * planes + group * planes + firstPlane) * dstH * dstW + o - n * dstH * dstW;"},
		{name: "written to the first group", old: output0, new: "(n * allPlanes + firstPlane) * dstH * dstW + o - n * dstH * dstW;"},
		{name: "written to the first block of filters", old: output0, new: "(n * allPlanes + group * planes + laneK) * dstH * dstW + o - n * dstH * dstW;"},

		{name: "energy: the first filter twice", trial: "energies", old: pair, new: "energy(sum[(j) * ROWS + 2 * m], sum[(j) * ROWS + 2 * m])"},
		{name: "energy: the second filter twice", trial: "energies", old: pair, new: "energy(sum[(j) * ROWS + 2 * m + 1], sum[(j) * ROWS + 2 * m + 1])"},
		{name: "energy: the first pair for all", trial: "mean of pairs", old: pair, new: "energy(sum[(j) * ROWS], sum[(j) * ROWS + 1])"},
		{name: "energy: the neighbouring filters", trial: "mean of pairs", old: pair, new: "energy(sum[(j) * ROWS + m], sum[(j) * ROWS + m + 1])"},
		{name: "energy: the neighbouring column", trial: "energies", old: pair, new: "energy(sum[(j) * ROWS + 2 * m], sum[((j) + 1) % COLUMNS * ROWS + 2 * m + 1])"},
		{name: "energy: by squares", trial: "energies", old: pair, new: "sqrt(sum[(j) * ROWS + 2 * m] * sum[(j) * ROWS + 2 * m] + sum[(j) * ROWS + 2 * m + 1] * sum[(j) * ROWS + 2 * m + 1])"},
		{name: "the first column for all", old: "activated(sum[(j) * ROWS + m])", new: "activated(sum[m])"},
		{name: "the first row for all", old: "activated(sum[(j) * ROWS + m])", new: "activated(sum[(j) * ROWS])"},
		{name: "ReLU dropped, with a pool", trial: "largest", old: "activated(sum[(j) * ROWS + m])", new: "sum[(j) * ROWS + m]"},
		{name: "pool: the first window for all", trial: "mean of pairs", old: pooled, new: "window(VALUE(m, 0), VALUE(m, 1), VALUE(m, 2), VALUE(m, 3))"},
		{name: "pool: the upper row twice", trial: "largest", old: pooled, new: "window(VALUE(m, 4 * g), VALUE(m, 4 * g + 1), VALUE(m, 4 * g), VALUE(m, 4 * g + 1))"},
		{name: "pool: the left column twice", trial: "largest", old: pooled, new: "window(VALUE(m, 4 * g), VALUE(m, 4 * g), VALUE(m, 4 * g + 2), VALUE(m, 4 * g + 2))"},
		{name: "pool: none", trial: "largest", old: "#define OUTPUT(m, g) " + pooled, new: "#define OUTPUT(m, g) VALUE(m, 4 * g)"},
	}
}

// igemmTrials run with the tile for software renderers, 16 filters × 16 positions × 8 taps, and with each tile for
// hardware.
func igemmTrials() (all []*trial) {
	parts := []string{"igemm", "igemm.comp"}
	few := conv.Problem{Src: conv.Shape{2, 3, 7, 10}, Weight: conv.Shape{3, 3, 2, 3}}
	few.Padding, few.Dilation, few.Activation = conv.Padding{Top: 1, Bottom: 2, Left: 2, Right: 1}, [2]int{2, 1},
		conv.ReLU
	// Each vec4 of taps continues in the next row of the kernel, and skips continue in the next channel.
	long := conv.Problem{Src: conv.Shape{2, 3, 6, 9}, Weight: conv.Shape{2, 3, 5, 1}, Bias: true}
	long.Padding = conv.Padding{Top: 3, Left: 1}
	// vec4 of two channels
	pairs := conv.Problem{Src: conv.Shape{1, 7, 2, 9}, Weight: conv.Shape{2, 7, 1, 2}, Bias: true}
	// The first group has no taps there.
	nextGroup := func(c compare.Case) { c.Src.Plane(0, 2)[4*c.Src.Shape.W()+4] = float32(math.NaN()) }
	all = append(all,
		&trial{name: "oblong", parts: parts, problem: oblong(), special: []func(compare.Case){nextGroup}},
		&trial{name: "pairs", parts: parts, problem: pairs},
		&trial{name: "two blocks", parts: parts, problem: twoBlocks()},
		&trial{name: "long", parts: parts, problem: long},
		&trial{name: "folded", parts: parts, problem: oblong(),
			limit: func(d *recipe.Profile) { d.WorkGroups = [3]int{5, 3, 70} }},
		&trial{name: "in chunks", parts: parts[:1], problem: oblong(),
			limit: func(d *recipe.Profile) { d.StorageBlock = 2 * 4 * 18 * 9 * 21 }},
		&trial{name: "few filters", parts: parts, problem: few, special: specials()},
		&trial{name: "oblong, as NVIDIA", parts: parts, problem: oblong(), limit: as(recipe.NVIDIA)})
	// filters in both halves
	halves := conv.Problem{Src: conv.Shape{2, 3, 5, 7}, Weight: conv.Shape{40, 3, 2, 2}, Bias: true}
	all = append(all, &trial{name: "split", parts: parts, problem: halves, limit: func(d *recipe.Profile) {
		d.Tiling = recipe.IgemmTile{LanesK: 8, LanesQ: 16, Rows: 8, Columns: 8, Depth: 8}
	}})
	if onHardwareTiles() { // the first tile, which has more invocations than positions, and so skips taps
		wide, channels := oblong(), pairs
		wide.Src[1], wide.Weight[0], wide.Weight[1] = 10, 140, 5 // 30 taps: several tiles and a tail
		channels.Weight = conv.Shape{70, 7, 1, 3}
		busy := func(d *recipe.Profile) { d.Busy = 0 }
		all = append(all,
			&trial{name: "first tile", parts: parts, problem: wide, limit: busy},
			&trial{name: "first tile, channels", parts: parts, problem: channels, limit: busy})
	}
	all = append(all, igemmFinishTrials(parts)...)
	for _, mode := range conv.PaddingModes()[1:] {
		p := conv.Problem{Src: conv.Shape{2, 2, 6, 9}, Weight: conv.Shape{2, 2, 3, 4}}
		p.PaddingMode, p.Padding = mode, conv.Padding{Top: 2, Bottom: 3, Left: 4, Right: 5}
		all = append(all, &trial{name: mode.String(), parts: parts, problem: p})
	}
	for _, filters := range []int{70, 40, 20, 3} { // of a group; one number for each tile, which takes long to compile
		p := oblong()
		p.Src[1], p.Weight[0], p.Weight[1] = 10, 2*filters, 5 // 30 taps: several tiles and a tail
		finished := halved(p, conv.AvgPool)
		finished.Weight[0], finished.Activation = 4*((filters+1)/2), conv.Energy
		for _, class := range []recipe.Class{recipe.NVIDIA, recipe.Other} {
			limit := func(d *recipe.Profile) { as(class)(d); d.Busy = 0 } // the remainder of a tile
			all = append(all,
				&trial{name: "hardware", parts: []string{"igemm tiles"}, problem: p, limit: limit},
				&trial{name: "hardware, finished", parts: []string{"igemm tiles"}, problem: finished, limit: limit})
		}
	}
	for _, tr := range all {
		tr.algorithm = "igemm"
	}
	return all
}

// igemmFinishTrials end with energy and pools, with the tile for software renderers and with one in which an invocation
// has two pairs and two windows.
func igemmFinishTrials(parts []string) []*trial {
	energies, mean := twoBlocks(), conv.Problem{Src: conv.Shape{2, 2, 9, 6}, Weight: conv.Shape{80, 1, 2, 2},
		Bias: true}
	energies.Activation, energies.Bias = conv.Energy, true
	mean.Groups, mean.Padding, mean.Activation = 2, conv.Pad(1, 1), conv.Energy
	largest, mean := halved(oblong(), conv.MaxPool), halved(mean, conv.AvgPool)
	many := largest
	many.Src[0] = 5 // 200 outputs of a plane, 50 work-groups for each block of filters
	deep := func(d *recipe.Profile) {
		d.Tiling = recipe.IgemmTile{LanesK: 8, LanesQ: 2, Rows: 4, Columns: 8, Depth: 4}
	}
	return []*trial{
		{name: "energies", parts: parts, problem: energies, special: append(specials(), unpaired, scaled(0x1p70))},
		{name: "largest", parts: parts, problem: largest, special: specials()},
		{name: "mean of pairs", parts: parts, problem: mean, limit: deep, special: specials()},
		{name: "largest, folded", parts: parts, problem: many, limit: func(d *recipe.Profile) { d.WorkGroups = [3]int{7, 8, 70} }},
		{name: "largest, in chunks", parts: parts[:1], problem: largest, limit: func(d *recipe.Profile) { d.StorageBlock = 2 * 4 * 18 * 9 * 21 }},
	}
}

// halved ends with a pool of 2×2 with a stride of 2.
func halved(p conv.Problem, kind conv.PoolKind) conv.Problem {
	p.Pool = conv.Pool{Kind: kind, Size: [2]int{2, 2}, Stride: [2]int{2, 2}}
	return p
}

// twoBlocks has two blocks of up to 16 filters in each group, 40 filters in all, no padding, two whole tiles of taps,
// no bias and no ReLU.
func twoBlocks() conv.Problem {
	p := conv.Problem{Src: conv.Shape{2, 4, 6, 7}, Weight: conv.Shape{40, 2, 2, 4}}
	p.Groups = 2
	return p
}
