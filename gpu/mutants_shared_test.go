//go:build cgo && !nogl

package gpu

import (
	"slices"

	"gpuconv/conv"
	"gpuconv/gpu/internal/recipe"
)

// sharedMutants break direct_shared.comp.
func sharedMutants() []mutant {
	const (
		start  = "bias[filterTile * VECTORS + f / 4][f % 4];"
		add    = "sum[r * FILTERS + f] += w[t * VECTORS + f / 4][f % 4] * pixel;"
		fold   = "at[v] = first + x % STRIDE_W * PHASE + x / STRIDE_W; \\"
		column = "int x = left + (folded - phase * PHASE) * STRIDE_W + phase;"
	)
	return []mutant{
		{name: "the tile's last pixels are not copied", old: "e < TILE_H * PITCH; e", new: "e < TILE_H * PITCH - 1; e"},
		{name: "the tile's last row is not copied", old: "e < TILE_H * PITCH; e", new: "e < TILE_H * PITCH - PITCH; e"},
		{name: "the first pixels only", old: "e += LANES_W * LANES_H)", new: "e += TILE_H * PITCH)"},
		{name: "every second pixel", old: "e += LANES_W * LANES_H)", new: "e += 2 * LANES_W * LANES_H)"},
		{name: "rows of PHASE", old: "int row = e / PITCH;", new: "int row = e / PHASE;"},
		{name: "phases by the pitch", old: "int phase = folded / PHASE;", new: "int phase = folded / PITCH;"},
		{name: "rows are not told apart", old: "int y = top + row;", new: "int y = top;"},
		{name: "columns of a phase side by side", old: column, new: "int x = left + folded - phase * PHASE + phase;"},
		{name: "phases are not told apart", old: column, new: "int x = left + (folded - phase * PHASE) * STRIDE_W;"},
		{name: "the left border dropped", old: column, new: "int x = (folded - phase * PHASE) * STRIDE_W + phase;"},
		{name: "pixels rounded to TF32", old: "tile[e] = pixel(base, y, x);", new: "tile[e] = uintBitsToFloat(floatBitsToUint(pixel(base, y, x)) & 0xffffe000u);"},

		{name: "groups are not told apart", old: "int group = filterTile / tiles;", new: "int group = 0;"},
		{name: "a group for each tile of filters", old: "int group = filterTile / tiles;", new: "int group = filterTile;"},
		{name: "tiles of one filter", old: "(filterTile - group * tiles) * FILTERS;", new: "(filterTile - group * tiles);"},
		{name: "tiles are counted through groups", old: "(filterTile - group * tiles) * FILTERS;", new: "filterTile * FILTERS;"},
		{name: "work-groups of x only", old: "gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x", new: "gl_WorkGroupID.x"},
		{name: "the last tile is left out", old: "imageTiles - 1);", new: "imageTiles - 2);"},
		{name: "surplus work-groups go on", old: "imageTiles - 1);", new: "imageTiles);"},
		{name: "lines of tilesH", old: "int line = imageTile / tilesW;", new: "int line = imageTile / tilesH;"},
		{name: "images of tilesW", old: "int image = line / tilesH;", new: "int image = line / tilesW;"},
		{name: "tiles of LANES_H rows", old: "* (LANES_H * ROWS), tileJ", new: "* LANES_H, tileJ"},
		{name: "tiles of ROWS rows", old: "* (LANES_H * ROWS), tileJ", new: "* ROWS, tileJ"},
		{name: "tiles of LANES_H columns", old: "(imageTile - line * tilesW) * LANES_W;", new: "(imageTile - line * tilesW) * LANES_H;"},
		{name: "rows of lanes side by side", old: "int(gl_LocalInvocationID.y) * ROWS;", new: "int(gl_LocalInvocationID.y);"},
		{name: "lanes are not told apart", old: "int lane = int(gl_LocalInvocationID.x),", new: "int lane = 0,"},
		{name: "bias dropped", old: "= " + start, new: "= 0.0;"},
		{name: "bias of the tile's first filter", old: start, new: "bias[filterTile * VECTORS][0];"},
		{name: "bias of the first tile", old: start, new: "bias[f / 4][f % 4];"},
		{name: "bias of one vector a tile", old: start, new: "bias[filterTile + f / 4][f % 4];"},
		{name: "weights of the first tile", old: "int firstWeight = filterTile * channels", new: "int firstWeight = 0 * channels"},
		{name: "weights of one channel a tile", old: "filterTile * channels * partsH", new: "filterTile * partsH"},
		{name: "weights of a square kernel", old: "(partsW * TAPS_W + REST_W)", new: "(partsH * TAPS_W + REST_W)"},
		{name: "weights of tiles without the rest", trial: "rest", old: "(partsW * TAPS_W + REST_W)", new: "(partsW * TAPS_W)"},
		{name: "the last channel dropped", old: "channel < channels;", new: "channel < channels - 1;"},
		{name: "a channel too many", old: "channel < channels;", new: "channel <= channels;"},
		{name: "images of one group's channels", old: "image * allChannels + group", new: "image * channels + group"},
		{name: "channels of the first group", old: "+ group * channels + channel)", new: "+ channel)"},
		{name: "groups of one channel", old: "+ group * channels + channel)", new: "+ group + channel)"},
		{name: "channels are not told apart", old: "+ group * channels + channel)", new: "+ group * channels)"},
		{name: "planes of square images", old: "+ channel) * srcH * srcW;", new: "+ channel) * srcH * srcH;"},
		{name: "the top pad dropped", old: "tileI * strideH - padTop,", new: "tileI * strideH,"},
		{name: "the top pad's sign", old: "tileI * strideH - padTop,", new: "tileI * strideH + padTop,"},
		{name: "pads exchanged", old: "tileJ * STRIDE_W - padLeft)", new: "tileJ * STRIDE_W - padTop)"},
		{name: "strides exchanged, tiles' rows", old: "tileI * strideH - padTop,", new: "tileI * STRIDE_W - padTop,"},
		{name: "strides exchanged, tiles' columns", old: "tileJ * STRIDE_W - padLeft)", new: "tileJ * strideH - padLeft)"},
		{name: "the last parts down dropped", old: "partH < partsH;", new: "partH < partsH - 1;"},
		{name: "a part down too many", old: "partH < partsH;", new: "partH <= partsH;"},
		{name: "the last parts across dropped", old: "partW < partsW;", new: "partW < partsW - 1;"},
		{name: "a part across too many", old: "partW < partsW;", new: "partW <= partsW;"},
		{name: "strides exchanged, lanes' rows", old: "(laneRow * strideH +", new: "(laneRow * STRIDE_W +"},
		{name: "parts down undilated", old: "partH * (TAPS_H * dilationH)", new: "partH * TAPS_H"},
		{name: "parts down dilated as across", old: "partH * (TAPS_H * dilationH)", new: "partH * (TAPS_H * DILATION_W)"},
		{name: "parts down of TAPS_W", old: "partH * (TAPS_H * dilationH)", new: "partH * (TAPS_W * dilationH)"},
		{name: "rows of a phase", old: "* PITCH + lane;", new: "* PHASE + lane;"},
		{name: "every lane's first column", old: "* PITCH + lane;", new: "* PITCH;"},
		{name: "every part has the first one's weights", old: "firstWeight += TAPS_H * TAPS_W * VECTORS;", new: ""},
		{name: "parts' weights of one vector", old: "firstWeight += TAPS_H * TAPS_W * VECTORS;", new: "firstWeight += TAPS_H * TAPS_W;"},
		{name: "the next weights", old: "weight[firstWeight + t];", new: "weight[firstWeight + t + 1];"},
		{name: "the rest is left out", trial: "rest", old: "#if REST_W", new: "#if 0"},
		{name: "the rest has the last part's weights", trial: "rest", old: "				firstWeight += TAPS_H * TAPS_W * VECTORS;\n			}\n#if", new: "				if (partW < partsW - 1) { firstWeight += TAPS_H * TAPS_W * VECTORS; }\n			}\n#if"},
		{name: "the rest's weights are met again", trial: "rest", old: "firstWeight += TAPS_H * REST_W * VECTORS;", new: ""},
		{name: "the rest is the first part's", trial: "rest", old: "#if REST_W\n			{\n", new: "#if REST_W\n			{\n				partW = 0;\n"},
		{name: "parts of one column", old: "(partW * TAPS_W + v) * DILATION_W;", new: "(partW + v) * DILATION_W;"},
		{name: "columns undilated", old: "(partW * TAPS_W + v) * DILATION_W;", new: "(partW * TAPS_W + v);"},
		{name: "dilations exchanged, columns", old: "(partW * TAPS_W + v) * DILATION_W;", new: "(partW * TAPS_W + v) * dilationH;"},
		{name: "columns are not folded", old: fold, new: "at[v] = first + x; \\"},
		{name: "the phase dropped", old: fold, new: "at[v] = first + x / STRIDE_W; \\"},
		{name: "the column dropped", old: fold, new: "at[v] = first + x % STRIDE_W * PHASE; \\"},
		{name: "rows of pixels of a phase", old: "row = r * PITCH;", new: "row = r * PHASE;"},
		{name: "rows of pixels are not told apart", old: "tile[at[v] + row];", new: "tile[at[v]];"},
		{name: "the last product instead of the sum", old: add, new: "sum[r * FILTERS + f] = w[t * VECTORS + f / 4][f % 4] * pixel;"},
		{name: "weights of the first vector", old: "w[t * VECTORS + f / 4][f % 4] * pixel;", new: "w[t * VECTORS][f % 4] * pixel;"},
		{name: "weights of the neighbour", old: "[f % 4] * pixel;", new: "[(f + 1) % 4] * pixel;"},
		{name: "weights rounded to float16", old: "+= w[t * VECTORS + f / 4][f % 4] * pixel;", new: "+= unpackHalf2x16(packHalf2x16(vec2(w[t * VECTORS + f / 4][f % 4], 0.0))).x * pixel;"},
		{name: "images of one group's filters", old: "store(image * allFilters + group", new: "store(image * filters + group"},
		{name: "written to the first group", old: "+ group * filters + firstFilter,", new: "+ firstFilter,"},
		{name: "written to the first tile of filters", old: "+ group * filters + firstFilter,", new: "+ group * filters,"},
		{name: "a filter of the next group is written", old: "filters - firstFilter, tileI", new: "filters - firstFilter + PAIR, tileI"},
		{name: "the last filter is not written", old: "filters - firstFilter, tileI", new: "filters - firstFilter - 1, tileI"},
		{name: "filters' guard removed", old: "filters - firstFilter, tileI", new: "FILTERS, tileI"},
		{name: "lanes' rows are written to the first's", old: "tileI + laneRow, tileJ + lane);", new: "tileI, tileJ + lane);"},
		{name: "tiles are written to the first rows", old: "tileI + laneRow, tileJ + lane);", new: "laneRow, tileJ + lane);"},
		{name: "tiles are written to the first columns", old: "tileI + laneRow, tileJ + lane);", new: "tileI + laneRow, lane);"},
	}
}

// sharedTrials are problems that together take every branch of direct_shared.comp.
func sharedTrials() (all []*trial) {
	parts := []string{"direct_shared", "direct_shared.comp", "slide.glsl"}
	few := conv.Problem{Src: conv.Shape{2, 2, 7, 10}, Weight: conv.Shape{2, 2, 2, 3}}
	few.Padding, few.Dilation, few.Activation = conv.Padding{Top: 1, Bottom: 2, Left: 2, Right: 1}, [2]int{2, 1},
		conv.ReLU
	strided := oblong() // the strides and dilations of oblong, exchanged
	strided.Src, strided.Stride, strided.Dilation = conv.Shape{3, 4, 17, 35}, [2]int{1, 3}, [2]int{2, 4}
	many := oblong()
	many.Src[0] = 5 // 45 work-groups for each tile of filters, with a surplus when folded
	all = append(all,
		&trial{name: "oblong", parts: parts, problem: oblong()},
		&trial{name: "oblong, folded", parts: parts, problem: many, limit: func(d *recipe.Profile) {
			d.WorkGroups = [3]int{7, 7, 70}
			if d.Class != recipe.Software { // 15 to 30 tiles instead of 45
				d.WorkGroups = [3]int{8, 4, 70}
			}
		}},
		&trial{name: "oblong, in chunks", parts: parts[:1], problem: oblong(),
			limit: func(d *recipe.Profile) { d.StorageBlock = 2 * 4 * 18 * 9 * 21 }},
		&trial{name: "strided", parts: parts, problem: strided},
		&trial{name: "few", parts: parts, problem: few, special: specials()},
		&trial{name: "parts", parts: parts, problem: large(conv.Shape{3, 2, 6, 10}, 1), special: specials(),
			limit: func(d *recipe.Profile) { d.Unrolled = 24 }},
		&trial{name: "parts, folded", parts: parts, problem: large(conv.Shape{4, 1, 6, 10}, 2),
			limit: func(d *recipe.Profile) { d.Unrolled, d.WorkGroups = 20, [3]int{5, 6, 70} }},
		&trial{name: "rest", parts: parts, problem: large(conv.Shape{4, 2, 2, 7}, 1),
			limit: func(d *recipe.Profile) { d.Tiling = recipe.SlideCut{Rows: 2, Filters: 2} }},
		&trial{name: "oblong, as NVIDIA", parts: parts, problem: oblong(), limit: as(recipe.NVIDIA)})
	if onHardwareTiles() {
		full := conv.Problem{Src: conv.Shape{1, 1, 41, 41}, Weight: conv.Shape{2, 1, 3, 3}} // one tile, and more
		wide := full
		wide.Src[3], wide.Stride = 83, [2]int{1, 2} // two tiles side by side
		all = append(all, &trial{name: "full", parts: parts, problem: full},
			&trial{name: "wide", parts: parts, problem: wide},
			&trial{name: "long rest", parts: parts, problem: large(conv.Shape{4, 2, 2, 19}, 1),
				limit: func(d *recipe.Profile) { d.Tiling = recipe.SlideCut{Rows: 2, Filters: 2} }})
	}
	grouped := conv.Problem{Src: conv.Shape{2, 2, 13, 19}, Weight: conv.Shape{12, 1, 2, 3}, Bias: true}
	grouped.Groups, grouped.Padding = 2, conv.Padding{Top: 2, Bottom: 1, Left: 1, Right: 1}
	finished := finishTrials(parts, grouped, [3]int{5, 5, 70})
	return forced("direct_shared", slices.Concat(all, finished, modeTrials(parts[:2])))
}
