//go:build cgo && !nogl

package gpu

import "slices"

// smallMutants break direct_small.comp.
func smallMutants() []mutant {
	const (
		start = "weight[WEIGHTS - VECTORS + f / 4][f % 4];"
		add   = "sum[r * FILTERS + f] += weight[firstWeight + t * VECTORS + f / 4][f % 4] * pixel;"
	)
	return []mutant{
		{name: "images of one group's channels", old: "image * allChannels + firstChannel", new: "image + firstChannel"},
		{name: "the first group's channels for all", old: "image * allChannels + firstChannel", new: "image * allChannels"},
		{name: "planes of square images", old: "firstChannel) * srcH * srcW;", new: "firstChannel) * srcH * srcH;"},
		{name: "channels of square images", old: "base += srcH * srcW;", new: "base += srcH * srcH;"},
		{name: "channels are not told apart", old: "base += srcH * srcW;", new: ""},
		{name: "bias dropped", old: "= " + start, new: "= 0.0;"},
		{name: "bias of the first filter", old: start, new: "weight[WEIGHTS - VECTORS][0];"},
		{name: "a weight as bias", old: start, new: "weight[f / 4][f % 4];"},
		{name: "bias of the first vector", old: start, new: "weight[WEIGHTS - VECTORS][f % 4];"},
		{name: "the last part dropped", old: "part < parts;", new: "part < parts - 1;"},
		{name: "a part too many", old: "part < parts;", new: "part <= parts;"},
		{name: "a channel for each part down", old: "if (down == partsH) {  // the next channel", new: "if (across == 0) {"},
		{name: "channels of partsW", old: "if (down == partsH)", new: "if (down == partsW)"},
		{name: "channels of a row more", old: "if (down == partsH)", new: "if (down > partsH)"},
		{name: "parts down are counted through channels", old: "			down = 0;\n", new: ""},
		{name: "parts across by partsH", old: "if (across == partsW)", new: "if (across == partsH)"},
		{name: "a part across too many", old: "if (across == partsW)", new: "if (across > partsW)"},
		{name: "parts across are counted through rows", old: "			across = 0;\n", new: ""},
		{name: "no part is below another", old: "			down++;\n", new: ""},
		{name: "the first part's pixels", old: "meet(base, i, j, down, across);", new: "meet(base, i, j, 0, 0);"},
		{name: "every part has the first one's weights", old: "firstWeight += TAPS_H * TAPS_W * VECTORS;", new: ""},
		{name: "an index of its own that begins with 1", old: "firstWeight = i >> 31;", new: "firstWeight = 1 - (i >> 31);",
			trial: "oblong, as NVIDIA"},
		{name: "parts' weights of one vector", old: "firstWeight += TAPS_H * TAPS_W * VECTORS;", new: "firstWeight += TAPS_H * TAPS_W;"},
		{name: "taps' weights of one vector", old: "firstWeight + t * VECTORS + f / 4", new: "firstWeight + t + f / 4"},
		{name: "weights of the first vector", old: "t * VECTORS + f / 4", new: "t * VECTORS"},
		{name: "weights of the neighbour", old: "f / 4][f % 4] * pixel", new: "f / 4][(f + 1) % 4] * pixel"},
		{name: "the last product instead of the sum", old: add, new: "sum[r * FILTERS + f] = weight[firstWeight + t * VECTORS + f / 4][f % 4] * pixel;"},
		{name: "weights rounded to float16", old: "[f % 4] * pixel;", new: "[f % 4] * pixel + 0.0 * float(r); sum[r * FILTERS + f] += (unpackHalf2x16(packHalf2x16(vec2(weight[firstWeight + t * VECTORS + f / 4][f % 4], 0.0))).x - weight[firstWeight + t * VECTORS + f / 4][f % 4]) * pixel;"},
		{name: "written to the first filters", old: "image * allFilters + firstFilter,", new: "image * allFilters,"},
		{name: "images of one tile's filters", old: "image * allFilters + firstFilter,", new: "image * FILTERS + firstFilter,"},
		{name: "filters' guard removed", old: "firstFilter, filters, i, j);", new: "firstFilter, FILTERS, i, j);"},
	}
}

// depthwiseMutants break depthwise.comp.
func depthwiseMutants() []mutant {
	const filter = "#define FILTER(f) (group * multiplier + min(firstFilter + f, multiplier - 1))"
	return []mutant{
		{name: "planes of square images", old: "meet(plane * srcH * srcW,", new: "meet(plane * srcH * srcH,"},
		{name: "groups are not told apart", old: "int group = plane % groups;", new: "int group = 0;"},
		{name: "groups go on through images", old: "int group = plane % groups;", new: "int group = plane;"},
		{name: "groups of the multiplier", old: "int group = plane % groups;", new: "int group = plane % multiplier;"},
		{name: "the first tile for all", old: "int firstFilter = int(gl_WorkGroupID.z) * FILTERS;", new: "int firstFilter = 0;"},
		{name: "tiles of one filter", old: "int(gl_WorkGroupID.z) * FILTERS;", new: "int(gl_WorkGroupID.z);"},
		{name: "filters of one group", old: filter, new: "#define FILTER(f) min(firstFilter + f, multiplier - 1)"},
		{name: "groups of FILTERS filters", old: filter, new: "#define FILTER(f) (group * FILTERS + min(firstFilter + f, multiplier - 1))"},
		{name: "the last filter clamped to the one before", old: "min(firstFilter + f, multiplier - 1)", new: "min(firstFilter + f, max(multiplier - 2, 0))"},
		{name: "filters are not clamped", old: "min(firstFilter + f, multiplier - 1)", new: "(firstFilter + f)", equivalent: unstored},
		{name: "bias dropped", old: "= bias[FILTER(f)];", new: "= 0.0;"},
		{name: "bias of the tile's first filter", old: "= bias[FILTER(f)];", new: "= bias[FILTER(0)];"},
		{name: "the last part dropped", old: "part < partsH * partsW;", new: "part < partsH * partsW - 1;"},
		{name: "a part too many", old: "part < partsH * partsW;", new: "part <= partsH * partsW;"},
		{name: "parts of one column", old: "part < partsH * partsW;", new: "part < partsH;"},
		{name: "parts down by partsH", old: "down = part / partsW,", new: "down = part / partsH,"},
		{name: "parts across by partsH", old: "across = part % partsW;", new: "across = part % partsH;"},
		{name: "the first part's pixels", old: "i, j, down, across);", new: "i, j, 0, 0);"},
		{name: "every part has the first one's weights", old: "weight[(part * (TAPS_H * TAPS_W) + t)", new: "weight[t"},
		{name: "parts' weights of one row", old: "(part * (TAPS_H * TAPS_W) + t)", new: "(part * TAPS_W + t)"},
		{name: "taps of one group's filters", old: "* (groups * multiplier) + FILTER(f)];", new: "* multiplier + FILTER(f)];"},
		{name: "weights of the tile's first filter", old: "+ FILTER(f)];", new: "+ FILTER(0)];"},
		{name: "the last product instead of the sum", old: "sum[r * FILTERS + f] += w[", new: "sum[r * FILTERS + f] = w["},
		{name: "the tile's first weights", old: "+= w[t * FILTERS + f] * pixel;", new: "+= w[t * FILTERS] * pixel;"},
		{name: "weights rounded to float16", old: "+= w[t * FILTERS + f] * pixel;", new: "+= unpackHalf2x16(packHalf2x16(vec2(w[t * FILTERS + f], 0.0))).x * pixel;"},
		{name: "written to the first tile", old: "store(plane * multiplier + firstFilter,", new: "store(plane * multiplier,"},
		{name: "planes of one filter", old: "store(plane * multiplier + firstFilter,", new: "store(plane + firstFilter,"},
		{name: "a filter of the next group is written", old: "multiplier - firstFilter, i, j)", new: "multiplier - firstFilter + 1, i, j)"},
		{name: "the last filter is not written", old: "multiplier - firstFilter, i, j)", new: "multiplier - firstFilter - 1, i, j)"},
		{name: "filters' guard removed", old: "multiplier - firstFilter, i, j)", new: "FILTERS, i, j)"},
	}
}

// columnMutants break column.glsl.
func columnMutants() []mutant {
	const clamp = "q = min(q, columns - 1);"
	return slices.Concat([]mutant{
		{name: "surplus invocations take the column after the last", old: clamp, new: "q = min(q, columns);"},
		{name: "surplus invocations go on", old: clamp, new: ""},
		{name: "the last column is left out", old: clamp, new: "q = min(q, columns - 2);"},
		{name: "work-groups of x only", old: "gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x", new: "gl_WorkGroupID.x"},
		{name: "blocks of more columns", old: "int block = q / (SPAN * dstW);", new: "int block = q / (SPAN * dstW + 1);"},
		{name: "blocks of outputs' columns", old: "int block = q / (SPAN * dstW);", new: "int block = q / dstW;", trial: "largest"},
		{name: "columns of outputs", old: "q - block * (SPAN * dstW));", new: "q - block * dstW);", trial: "largest"},
		{name: "a column late", old: "q - block * (SPAN * dstW));", new: "q - block * (SPAN * dstW) + 1);"},
		{name: "planes of more blocks", old: "int plane = block / blocksH;", new: "int plane = block / (blocksH + 1);"},
		{name: "blocks of one row", old: "(block - plane * blocksH) * ROWS,", new: "block - plane * blocksH,"},
		{name: "blocks go on through planes", old: "(block - plane * blocksH) * ROWS,", new: "block * ROWS,"},
	}, narrowMutants(), wideMutants())
}

// narrowMutants break the half of column.glsl for parts of a single column of taps.
func narrowMutants() []mutant {
	const load = "pixel = place <= last ? pixel : 0.0;"
	all := []mutant{
		{name: "strides exchanged, rows", old: "int y = i * strideH", new: "int y = i * strideW"},
		{name: "strides exchanged, columns", old: "int x = j * strideW", new: "int x = j * strideH"},
		{name: "the top pad dropped", old: "i * strideH - padTop + down * (TAPS_H * dilationH);\n	int x", new: "i * strideH + down * (TAPS_H * dilationH);\n	int x"},
		{name: "the left pad dropped", old: "- padLeft + across * dilationW;", new: "+ across * dilationW;"},
		{name: "pads exchanged", old: "- padLeft + across * dilationW;", new: "- padTop + across * dilationW;"},
		{name: "parts across undilated", old: "- padLeft + across * dilationW;", new: "- padLeft + across;"},
		{name: "parts across dilated as down", old: "- padLeft + across * dilationW;", new: "- padLeft + across * dilationH;"},
		{name: "every part is the first across", old: "- padLeft + across * dilationW;", new: "- padLeft;"},
		{name: "parts down undilated", old: "down * (TAPS_H * dilationH);\n	int x", new: "down * TAPS_H;\n	int x"},
		{name: "the plane dropped", old: "	origin = base;\n	at[0]", new: "	origin = 0;\n	at[0]"},
		{name: "column 0 is outside", old: "at[0] = x >= 0 &&", new: "at[0] = x > 0 &&"},
		{name: "column -1 is inside", old: "at[0] = x >= 0 &&", new: "at[0] = x >= -1 &&"},
		{name: "column srcW is inside", old: "x < srcW ? y", new: "x <= srcW ? y"},
		{name: "the last column is outside", old: "x < srcW ? y", new: "x < srcW - 1 ? y"},
		{name: "rows of another width", old: "? y * srcW + x", new: "? y * srcH + x"},
		{name: "rows lower by another width", old: "at[0] += lower * srcW;", new: "at[0] += lower * srcH;"},
		{name: "rows are not told apart", old: "at[0] += lower * srcW;", new: ""},
		{name: "rows lower by one", old: "at[0] += lower * srcW;", new: "at[0] += min(lower, 1) * srcW;"},
		{name: "rows counted from the first", old: "at[0] += lower * srcW;", new: "at[0] += r * srcW;"},
		{name: "OUTSIDE is inside", old: "#define OUTSIDE (1 << 30)", new: "#define OUTSIDE 0"},
		{name: "the last pixel is outside", old: "last = uint(srcH * srcW - 1);", new: "last = uint(srcH * srcW - 2);"},
		{name: "a pixel after the plane", old: "last = uint(srcH * srcW - 1);", new: "last = uint(srcH * srcW);"},
		{name: "planes of square images", old: "last = uint(srcH * srcW - 1);", new: "last = uint(srcH * srcH - 1);"},
		{name: "places are not clamped", old: "int(min(place, last))", new: "int(place)",
			equivalent: "a software renderer reads zeros beyond a buffer, and the pixels of other planes are not selected"},
		{name: "multiplied instead of selected", old: load, new: "pixel *= float(place <= last);"},
		{name: "the border is repeated", old: load, new: ""},
		{name: "pixels rounded to TF32", old: load, new: load + " pixel = uintBitsToFloat(floatBitsToUint(pixel) & 0xffffe000u);"},
	}
	for i := range all {
		all[i].name, all[i].trial = "narrow: "+all[i].name, "narrow"
	}
	return all
}

// wideMutants break the other half of column.glsl.
func wideMutants() []mutant {
	const load = "~(outsideH | outsideW[v]));"
	return []mutant{
		{name: "strides exchanged, rows", old: "partTop = i * strideH", new: "partTop = i * strideW"},
		{name: "strides exchanged, columns", old: "left = j * strideW", new: "left = j * strideH"},
		{name: "the top pad dropped", old: "partTop = i * strideH - padTop", new: "partTop = i * strideH"},
		{name: "the top pad's sign", old: "partTop = i * strideH - padTop", new: "partTop = i * strideH + padTop"},
		{name: "the left pad dropped", old: "left = j * strideW - padLeft", new: "left = j * strideW"},
		{name: "pads exchanged", old: "left = j * strideW - padLeft", new: "left = j * strideW - padTop"},
		{name: "parts down of TAPS_W", old: "(TAPS_H * dilationH);\n	int left", new: "(TAPS_W * dilationH);\n	int left"},
		{name: "parts down undilated", old: "(TAPS_H * dilationH);\n	int left", new: "TAPS_H;\n	int left"},
		{name: "parts down dilated as across", old: "(TAPS_H * dilationH);\n	int left", new: "(TAPS_H * dilationW);\n	int left"},
		{name: "parts of one column of taps", old: "(TAPS_W * dilationW);", new: "dilationW;"},
		{name: "parts across of TAPS_H", old: "(TAPS_W * dilationW);", new: "(TAPS_H * dilationW);"},
		{name: "parts across dilated as down", old: "(TAPS_W * dilationW);", new: "(TAPS_W * dilationH);"},
		{name: "parts across undilated", old: "(TAPS_W * dilationW);", new: "TAPS_W;"},
		{name: "columns dilated as rows", old: "left + v * dilationW;", new: "left + v * dilationH;"},
		{name: "columns undilated", old: "left + v * dilationW;", new: "left + v;"},
		{name: "columns of srcH", old: "origin + source(x, srcW);", new: "origin + source(x, srcH);"},
		{name: "the plane dropped", old: "origin + source(x, srcW);", new: "source(x, srcW);"},
		{name: "place 0 is outside", old: "return at >= 0 &&", new: "return at > 0 &&"},
		{name: "place -1 is inside", old: "return at >= 0 &&", new: "return at >= -1 &&"},
		{name: "the place after the last is inside", old: "&& at < size ?", new: "&& at <= size ?"},
		{name: "masks: place 0 is outside", old: "(at | size - 1 - at)", new: "(at - 1 | size - 1 - at)", trial: "as NVIDIA"},
		{name: "masks: place -1 is inside", old: "(at | size - 1 - at)", new: "(at + 1 | size - 1 - at)", trial: "as NVIDIA"},
		{name: "masks: the place after the last is inside", old: "size - 1 - at) >>", new: "size - at) >>", trial: "as NVIDIA"},
		{name: "masks: the last place is outside", old: "size - 1 - at) >>", new: "size - 2 - at) >>", trial: "as NVIDIA"},
		{name: "masks: one bit", old: ">> 31;", new: "& 1;", trial: "as NVIDIA"},
		{name: "rows of another width", old: "source(y, srcH) * srcW;", new: "source(y, srcH) * srcH;"},
		{name: "rows mapped by the width", old: "source(y, srcH) * srcW;", new: "source(y, srcW) * srcW;"},
		{name: "rows are not told apart", old: "int y = partTop + r;", new: "int y = partTop;"},
		{name: "multiplied instead of selected", old: "intBitsToFloat(floatBitsToInt(src[line + at[v]]) & " + load, new: "src[line + at[v]] * float(1 + (outsideH | outsideW[v]));"},
		{name: "the border is repeated across", old: load, new: "~outsideH);"},
		{name: "the border is repeated down", old: load, new: "~outsideW[v]);"},
		{name: "pixels rounded to TF32", old: load, new: load + " pixel = uintBitsToFloat(floatBitsToUint(pixel) & 0xffffe000u);"},
	}
}

// slideMutants break slide.glsl.
func slideMutants() []mutant {
	const (
		pairs  = "energy(sum[r * FILTERS + 2 * p], sum[r * FILTERS + 2 * p + 1]);"
		window = "window(sum[2 * o * FILTERS + p], HANDED(2 * o, p), sum[(2 * o + 1) * FILTERS + p], HANDED(2 * o + " +
			"1, p))"
		hand   = "if (j % 2 == 1) {\n\t\tEACH_VALUE"
		end    = "if (j % 2 == 1) {\n\t\treturn;"
		summed = "#define OUTPUT(o, p) sum[o * FILTERS + p]\n"
	)
	return []mutant{
		{name: "a row of the next plane is written", old: "if (r < rows)", new: "if (r <= rows)"},
		{name: "the last row is not written", old: "if (r < rows)", new: "if (r < rows - 1)"},
		{name: "rows' guard removed", old: "if (r < rows)", new: "if (rows > 0)"},
		{name: "columns' guard one too far", old: "column < dstW ?", new: "column <= dstW ?"},
		{name: "the last column is not written", old: "column < dstW ?", new: "column < dstW - 1 ?"},
		{name: "columns' guard removed", old: "column < dstW ? dstH - row : 0;", new: "dstH - row;"},
		{name: "a plane of the next tile is written", old: "if (p < filters / PAIR)", new: "if (p <= filters / PAIR)"},
		{name: "the last plane is not written", old: "if (p < filters / PAIR)", new: "if (p < filters / PAIR - 1)"},
		{name: "planes' guard removed", old: "if (p < filters / PAIR)", new: "if (true)"},
		{name: "a plane for each filter", old: "if (p < filters / PAIR)", new: "if (p < filters)", trial: "pairs"},
		{name: "the tile's first filter as a plane", old: "(k / PAIR * dstH + row)", new: "(k * dstH + row)", trial: "pairs"},
		{name: "planes of another size", old: "p * (dstH * dstW)", new: "p * (dstW * dstW)"},
		{name: "tiles' planes of another size", old: "(k / PAIR * dstH + row)", new: "(k / PAIR * dstW + row)"},
		{name: "written to one row", old: "output0 + r * dstW;", new: "output0;"},
		{name: "written transposed", old: "+ row) * dstW + column;", new: "+ row) * dstH + column;"},
		{name: "written to the first column", old: "+ row) * dstW + column;", new: "+ row) * dstW;"},
		{name: "ReLU dropped", old: "if (rectify == 1) {", new: "if (false) {"},
		{name: "ReLU always", old: "if (rectify == 1) {", new: "if (true) {"},
		{name: "ReLU by max", old: "= relu(sum[r * FILTERS + p]);", new: "= max(sum[r * FILTERS + p], 0.0);"},
		{name: "ReLU of the first plane", old: "= relu(sum[r * FILTERS + p]);", new: "= relu(sum[r * FILTERS]);"},
		{name: "sums rounded to float16", old: summed, new: "#define OUTPUT(o, p) unpackHalf2x16(packHalf2x16(vec2(sum[o * FILTERS + p], 0.0))).x\n"},
		{name: "the next row's sum", old: summed, new: "#define OUTPUT(o, p) sum[min(o + 1, ROWS - 1) * FILTERS + p]\n"},

		{name: "pairs overlap", old: pairs, new: "energy(sum[r * FILTERS + p], sum[r * FILTERS + p + 1]);", trial: "pairs"},
		{name: "pairs of halves", old: pairs, new: "energy(sum[r * FILTERS + p], sum[r * FILTERS + p + FILTERS / 2]);", trial: "pairs, as NVIDIA"},
		{name: "pairs of the first row", old: pairs, new: "energy(sum[2 * p], sum[2 * p + 1]);", trial: "pairs"},
		{name: "the pair's first twice", old: pairs, new: "energy(sum[r * FILTERS + 2 * p], sum[r * FILTERS + 2 * p]);", trial: "pairs"},
		{name: "the pair's second dropped", old: pairs, new: "abs(sum[r * FILTERS + 2 * p]);", trial: "pairs"},
		{name: "a pair's squares leave the range", old: pairs, new: "sqrt(sum[r * FILTERS + 2 * p] * sum[r * FILTERS + 2 * p] + sum[r * FILTERS + 2 * p + 1] * sum[r * FILTERS + 2 * p + 1]);", trial: "pairs"},
		{name: "values stand where their pair stood", old: "sum[r * FILTERS + p] = energy", new: "sum[r * FILTERS + 2 * p] = energy", trial: "pairs, as NVIDIA"},
		{name: "no filter is one of a pair", old: "#define PAIR (1 + ENERGY)", new: "#define PAIR 1", trial: "pairs"},

		{name: "a row of sums an output", old: "#define SPAN (POOL > 0 ? 2 : 1)", new: "#define SPAN 1", trial: "largest"},
		{name: "rows of sums as outputs", old: "int row = i / SPAN,", new: "int row = i,", trial: "largest"},
		{name: "columns of sums as outputs", old: "column = j / SPAN;", new: "column = j;", trial: "largest"},
		{name: "the window's right column is the pair's before", old: "int(gl_LocalInvocationIndex) / 2;", new: "(int(gl_LocalInvocationIndex) + 1) / 2 % (LOCAL_SIZE / 2);", trial: "largest"},
		{name: "pairs of four", old: "int(gl_LocalInvocationIndex) / 2;", new: "int(gl_LocalInvocationIndex) / 4;", trial: "largest"},
		{name: "handed rows are not told apart", old: "workspace[((r) * PLANES + p)", new: "workspace[p", trial: "largest"},
		{name: "handed planes are not told apart", old: "workspace[((r) * PLANES + p)", new: "workspace[((r) * PLANES)", trial: "largest"},
		{name: "handed values overlap", old: "* (LOCAL_SIZE / 2) + pair]", new: "* (LOCAL_SIZE / 4) + pair]", trial: "largest"},
		{name: "the left columns hand over", old: hand, new: "if (j % 2 == 0) {\n\t\tEACH_VALUE", trial: "largest"},
		{name: "none hands over", old: hand, new: "if (false) {\n\t\tEACH_VALUE", trial: "largest"},
		{name: "the neighbour's values of the next plane", old: "HAND(r, p) HANDED(r, p) = sum[r * FILTERS + p];", new: "HAND(r, p) HANDED(r, p) = sum[r * FILTERS + (p + 1) % PLANES];", trial: "largest"},
		{name: "the right columns store", old: end, new: "if (j % 2 == 0) {\n\t\treturn;", trial: "largest"},
		{name: "both columns store", old: end, new: "if (false) {\n\t\treturn;", trial: "largest"},
		{name: "the window's upper right is its upper left", old: window, new: "window(sum[2 * o * FILTERS + p], sum[2 * o * FILTERS + p], sum[(2 * o + 1) * FILTERS + p], HANDED(2 * o + 1, p))", trial: "largest"},
		{name: "the window's lower right is its upper right", old: window, new: "window(sum[2 * o * FILTERS + p], HANDED(2 * o, p), sum[(2 * o + 1) * FILTERS + p], HANDED(2 * o, p))", trial: "largest"},
		{name: "the window's upper left is its lower left", old: window, new: "window(sum[(2 * o + 1) * FILTERS + p], HANDED(2 * o, p), sum[(2 * o + 1) * FILTERS + p], HANDED(2 * o + 1, p))", trial: "largest"},
		{name: "the window's rows are a row of outputs apart", old: window, new: "window(sum[o * FILTERS + p], HANDED(o, p), sum[(o + ROWS / 2) * FILTERS + p], HANDED(o + ROWS / 2, p))", trial: "rows of windows"},
		{name: "the window column by column", old: window, new: "window(sum[2 * o * FILTERS + p], sum[(2 * o + 1) * FILTERS + p], HANDED(2 * o, p), HANDED(2 * o + 1, p))",
			equivalent: "it is the last bit of a mean, which no bound but TestFinishes sees"},
	}
}

// sourceMutants break source() of prelude.glsl.
func sourceMutants() []mutant {
	return []mutant{
		{name: "source: reflect: the first pixel is repeated", old: "at = at < 0 ? -at :", new: "at = at < 0 ? -at - 1 :"},
		{name: "source: reflect: the last pixel is repeated", old: "2 * (size - 1) - at;", new: "2 * size - 1 - at;"},
		{name: "source: reflect: turned one pixel late", old: "-at : at < size ?", new: "-at : at <= size ?"},
		{name: "source: reflect: the pixel at 0 is mirrored", old: "at = at < 0 ? -at :", new: "at = at <= 0 ? -at :", equivalent: "-0 is 0"},
		{name: "source: circular: one short on the left", old: "at = at < 0 ? at + size :", new: "at = at < 0 ? at + size - 1 :"},
		{name: "source: circular: one short on the right", old: "at < size ? at : at - size;", new: "at < size ? at : at - size + 1;"},
		{name: "source: circular: turned one pixel late", old: "at + size : at < size ?", new: "at + size : at <= size ?"},
		{name: "source: symmetric: the first pixel is not repeated", old: "at < 0 ? -1 - at :", new: "at < 0 ? -at :"},
		{name: "source: symmetric: the last pixel is not repeated", old: "2 * size - 1 - at;", new: "2 * size - 2 - at;"},
		{name: "source: symmetric: turned one pixel late", old: "-1 - at : at < size ?", new: "-1 - at : at <= size ?", equivalent: "the clamp repeats the last pixel too"},
		{name: "source: symmetric: the pixel at 0 is mirrored", old: "at < 0 ? -1 - at :", new: "at <= 0 ? -1 - at :", equivalent: "the clamp makes -1 a 0"},
		{name: "source: the last but one", old: "return clamp(at, 0, size - 1);", new: "return clamp(at, 0, size - 2);"},
		{name: "source: the second", old: "return clamp(at, 0, size - 1);", new: "return clamp(at, 1, size - 1);"},
		{name: "source: one too far", old: "return clamp(at, 0, size - 1);", new: "return clamp(at, 0, size);"},
		{name: "source: clamped where nothing is outside", old: "#if SOURCE_MODE == 5", new: "#if 0", equivalent: "no place is"},
		{name: "source: modes exchanged", old: "#if SOURCE_MODE == 1", new: "#if SOURCE_MODE == 3"},
	}
}
