//go:build cgo && !nogl

package gpu

// smallMutants break direct_small.comp.
func smallMutants() []mutant {
	const (
		start  = "weight[WEIGHTS - VECTORS + f / 4][f % 4];"
		load   = "#define LOAD(v) pixel = src[line + at[v]]; pixel = withinH && within[v] ? pixel : 0.0;"
		add    = "sum[r * FILTERS + f] += weight[firstWeight + t * VECTORS + f / 4][f % 4] * pixel;"
		stored = "= rectify == 1 ? relu(value) : value;"
	)
	return append(slideMutants("base + (channel * srcH + source(y, srcH)) * srcW;", "base + (channel * srcW + source(y, srcH)) * srcW;", load, stored),
		mutant{name: "images of sums' blocks", old: "int image = block / blocksH;", new: "int image = block / (blocksH + 1);"},
		mutant{name: "blocks of one row", old: "int i = (block - image * blocksH) * ROWS;", new: "int i = block - image * blocksH;"},
		mutant{name: "images of one group's channels", old: "image * allChannels + firstChannel", new: "image + firstChannel"},
		mutant{name: "the first group's channels for all", old: "image * allChannels + firstChannel", new: "image * allChannels"},
		mutant{name: "bias dropped", old: "= " + start, new: "= 0.0;"},
		mutant{name: "bias of the first filter", old: start, new: "weight[WEIGHTS - VECTORS][0];"},
		mutant{name: "a weight as bias", old: start, new: "weight[f / 4][f % 4];"},
		mutant{name: "bias of the first vector", old: start, new: "weight[WEIGHTS - VECTORS][f % 4];"},
		mutant{name: "the last part dropped", old: "part < parts;", new: "part < parts - 1;"},
		mutant{name: "a part too many", old: "part < parts;", new: "part <= parts;"},
		mutant{name: "channels are not told apart", old: "int channel = part / (partsH * partsW);", new: "int channel = 0;"},
		mutant{name: "channels of partsH", old: "part / (partsH * partsW)", new: "part / partsH"},
		mutant{name: "channels of partsW", old: "part / (partsH * partsW)", new: "part / partsW"},
		mutant{name: "parts down are counted through channels", old: "part / partsW - channel * partsH;", new: "part / partsW;"},
		mutant{name: "parts down by partsH", old: "part / partsW - channel * partsH;", new: "part / partsH - channel * partsH;"},
		mutant{name: "every part has the first one's weights", old: "int firstWeight = part * (TAPS_H * TAPS_W * VECTORS);", new: "int firstWeight = 0;"},
		mutant{name: "parts' weights of one vector", old: "(TAPS_H * TAPS_W * VECTORS);", new: "(TAPS_H * TAPS_W);"},
		mutant{name: "taps' weights of one vector", old: "firstWeight + t * VECTORS + f / 4", new: "firstWeight + t + f / 4"},
		mutant{name: "weights of the first vector", old: "t * VECTORS + f / 4", new: "t * VECTORS"},
		mutant{name: "weights of the neighbour", old: "f / 4][f % 4] * pixel", new: "f / 4][(f + 1) % 4] * pixel"},
		mutant{name: "the last product instead of the sum", old: add, new: "sum[r * FILTERS + f] = weight[firstWeight + t * VECTORS + f / 4][f % 4] * pixel;"},
		mutant{name: "weights rounded to float16", old: "[f % 4] * pixel;", new: "[f % 4] * pixel + 0.0 * float(r); sum[r * FILTERS + f] += (unpackHalf2x16(packHalf2x16(vec2(weight[firstWeight + t * VECTORS + f / 4][f % 4], 0.0))).x - weight[firstWeight + t * VECTORS + f / 4][f % 4]) * pixel;"},
		mutant{name: "written to the first filters", old: "image * allFilters + firstFilter)", new: "image * allFilters)"},
		mutant{name: "images of one tile's filters", old: "image * allFilters + firstFilter)", new: "image * FILTERS + firstFilter)"},
		mutant{name: "a filter of the next tile is written", old: "&& f < filters) {", new: "&& f <= filters) {"},
		mutant{name: "the last filter is not written", old: "&& f < filters) {", new: "&& f < filters - 1) {"},
		mutant{name: "filters' guard removed", old: "&& f < filters) {", new: ") {"})
}

// depthwiseMutants break depthwise.comp.
func depthwiseMutants() []mutant {
	const (
		filter = "#define FILTER(f) (group * multiplier + min(firstFilter + f, multiplier - 1))"
		load   = "#define LOAD(v) pixel = src[line + at[v]]; pixel = withinH && within[v] ? pixel : 0.0;"
		stored = "= rectify == 1 ? relu(value) : value;"
	)
	return append(slideMutants("base + source(y, srcH) * srcW;", "base + source(y, srcH) * srcH;", load, stored),
		mutant{name: "planes of more blocks", old: "int plane = block / blocksH;", new: "int plane = block / (blocksH + 1);"},
		mutant{name: "blocks of one row", old: "int i = (block - plane * blocksH) * ROWS;", new: "int i = block - plane * blocksH;"},
		mutant{name: "groups are not told apart", old: "int group = plane % groups;", new: "int group = 0;"},
		mutant{name: "groups go on through images", old: "int group = plane % groups;", new: "int group = plane;"},
		mutant{name: "groups of the multiplier", old: "int group = plane % groups;", new: "int group = plane % multiplier;"},
		mutant{name: "the first tile for all", old: "int firstFilter = int(gl_WorkGroupID.z) * FILTERS;", new: "int firstFilter = 0;"},
		mutant{name: "tiles of one filter", old: "int(gl_WorkGroupID.z) * FILTERS;", new: "int(gl_WorkGroupID.z);"},
		mutant{name: "filters of one group", old: filter, new: "#define FILTER(f) min(firstFilter + f, multiplier - 1)"},
		mutant{name: "groups of FILTERS filters", old: filter, new: "#define FILTER(f) (group * FILTERS + min(firstFilter + f, multiplier - 1))"},
		mutant{name: "the last filter clamped to the one before", old: "min(firstFilter + f, multiplier - 1)", new: "min(firstFilter + f, max(multiplier - 2, 0))"},
		mutant{name: "filters are not clamped", old: "min(firstFilter + f, multiplier - 1)", new: "(firstFilter + f)", equivalent: unstored},
		mutant{name: "bias dropped", old: "= bias[FILTER(f)];", new: "= 0.0;"},
		mutant{name: "bias of the tile's first filter", old: "= bias[FILTER(f)];", new: "= bias[FILTER(0)];"},
		mutant{name: "the last part dropped", old: "part < partsH * partsW;", new: "part < partsH * partsW - 1;"},
		mutant{name: "a part too many", old: "part < partsH * partsW;", new: "part <= partsH * partsW;"},
		mutant{name: "parts of one column", old: "part < partsH * partsW;", new: "part < partsH;"},
		mutant{name: "every part has the first one's weights", old: "weight[(part * (TAPS_H * TAPS_W) + t)", new: "weight[t"},
		mutant{name: "parts' weights of one row", old: "(part * (TAPS_H * TAPS_W) + t)", new: "(part * TAPS_W + t)"},
		mutant{name: "taps of one group's filters", old: "* (groups * multiplier) + FILTER(f)];", new: "* multiplier + FILTER(f)];"},
		mutant{name: "weights of the tile's first filter", old: "+ FILTER(f)];", new: "+ FILTER(0)];"},
		mutant{name: "the last product instead of the sum", old: "sum[r * FILTERS + f] += w[", new: "sum[r * FILTERS + f] = w["},
		mutant{name: "the tile's first weights", old: "+= w[t * FILTERS + f] * pixel;", new: "+= w[t * FILTERS] * pixel;"},
		mutant{name: "weights rounded to float16", old: "+= w[t * FILTERS + f] * pixel;", new: "+= unpackHalf2x16(packHalf2x16(vec2(w[t * FILTERS + f], 0.0))).x * pixel;"},
		mutant{name: "written to the first tile", old: "(plane * multiplier + firstFilter) * sumH", new: "(plane * multiplier) * sumH"},
		mutant{name: "planes of one filter", old: "(plane * multiplier + firstFilter) * sumH", new: "(plane + firstFilter) * sumH"},
		mutant{name: "a filter of the next group is written", old: "firstFilter + f < multiplier) {", new: "firstFilter + f <= multiplier) {"},
		mutant{name: "the last filter is not written", old: "firstFilter + f < multiplier) {", new: "firstFilter + f < multiplier - 1) {"},
		mutant{name: "filters' guard removed", old: "&& firstFilter + f < multiplier) {", new: ") {"})
}

// slideMutants break what direct_small.comp and depthwise.comp both have, in which
// line, badLine, load and stored stand.
func slideMutants(line, badLine, load, stored string) []mutant {
	const guard = "if (q >= columns) {"
	return []mutant{
		{name: "the tail's guard one too far", old: guard, new: "if (q > columns) {"},
		{name: "the tail's guard removed", old: guard, new: "if (false) {"},
		{name: "the last column is not written", old: guard, new: "if (q >= columns - 1) {"},
		{name: "work-groups of x only", old: "gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x", new: "gl_WorkGroupID.x"},
		{name: "blocks of more columns", old: "int block = q / sumW;", new: "int block = q / (sumW + 1);"},
		{name: "a column late", old: "int j = q - block * sumW;", new: "int j = q - block * sumW + 1;"},
		{name: "strides exchanged, rows", old: "int top = i * strideH", new: "int top = i * strideW"},
		{name: "strides exchanged, columns", old: "left = j * strideW", new: "left = j * strideH"},
		{name: "the top pad dropped", old: "* strideH - padTop,", new: "* strideH,"},
		{name: "the top pad's sign", old: "* strideH - padTop,", new: "* strideH + padTop,"},
		{name: "the left pad dropped", old: "* strideW - padLeft;", new: "* strideW;"},
		{name: "pads exchanged", old: "* strideW - padLeft;", new: "* strideW - padTop;"},
		{name: "parts across by partsH", old: "int partV = part % partsW", new: "int partV = part % partsH"},
		{name: "parts of one column of taps", old: "part % partsW * TAPS_W;", new: "part % partsW;"},
		{name: "parts down of TAPS_W", old: "(TAPS_H * dilationH);", new: "(TAPS_W * dilationH);"},
		{name: "parts down undilated", old: "(TAPS_H * dilationH);", new: "TAPS_H;"},
		{name: "parts down dilated as across", old: "(TAPS_H * dilationH);", new: "(TAPS_H * dilationW);"},
		{name: "columns dilated as rows", old: "(partV + v) * dilationW;", new: "(partV + v) * dilationH;"},
		{name: "parts across are not told apart", old: "(partV + v) * dilationW;", new: "v * dilationW;"},
		{name: "columns of srcH", old: "at[v] = source(x, srcW);", new: "at[v] = source(x, srcH);"},
		{name: "column 0 is outside", old: "within[v] = x >= 0 &&", new: "within[v] = x > 0 &&"},
		{name: "column -1 is inside", old: "within[v] = x >= 0 &&", new: "within[v] = x >= -1 &&"},
		{name: "column srcW is inside", old: "&& x < srcW;", new: "&& x <= srcW;"},
		{name: "row 0 is outside", old: "withinH = y >= 0 &&", new: "withinH = y > 0 &&"},
		{name: "row -1 is inside", old: "withinH = y >= 0 &&", new: "withinH = y >= -1 &&"},
		{name: "row srcH is inside", old: "&& y < srcH;", new: "&& y <= srcH;"},
		{name: "rows of another width", old: line, new: badLine},
		{name: "rows are not told apart", old: "int y = partTop + r;", new: "int y = partTop;"},
		{name: "multiplied instead of selected", old: "withinH && within[v] ? pixel : 0.0;", new: "pixel * float(withinH && within[v]);"},
		{name: "the border is repeated across", old: "withinH && within[v] ?", new: "withinH ?"},
		{name: "the border is repeated down", old: "withinH && within[v] ?", new: "within[v] ?"},
		{name: "pixels rounded to TF32", old: load, new: load + " pixel = uintBitsToFloat(floatBitsToUint(pixel) & 0xffffe000u);"},
		{name: "a row of the next image is written", old: "if (i + r < sumH", new: "if (i + r <= sumH"},
		{name: "the last row is not written", old: "if (i + r < sumH", new: "if (i + r < sumH - 1"},
		{name: "rows' guard removed", old: "if (i + r < sumH &&", new: "if ("},
		{name: "filters' planes of another size", old: "(f * sumH + r) * sumW", new: "(f * sumW + r) * sumW"},
		{name: "written to one row", old: "(f * sumH + r) * sumW", new: "(f * sumH) * sumW"},
		{name: "written transposed", old: "* sumH + i) * sumW + j;", new: "* sumH + i) * sumH + j;"},
		{name: "ReLU dropped", old: stored, new: "= value;"},
		{name: "ReLU always", old: stored, new: "= relu(value);"},
		{name: "ReLU by max", old: stored, new: "= rectify == 1 ? max(value, 0.0) : value;"},
		{name: "sums rounded to float16", old: stored, new: "= rectify == 1 ? relu(value) : unpackHalf2x16(packHalf2x16(vec2(value, 0.0))).x;"},
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
		{name: "source: the last but one", old: "return clamp(at, 0, size - 1);", new: "return clamp(at, 0, size - 2);"},
		{name: "source: the second", old: "return clamp(at, 0, size - 1);", new: "return clamp(at, 1, size - 1);"},
		{name: "source: one too far", old: "return clamp(at, 0, size - 1);", new: "return clamp(at, 0, size);"},
		{name: "source: clamped where nothing is outside", old: "#if SOURCE_MODE == 4", new: "#if 0", equivalent: "no place is"},
		{name: "source: modes exchanged", old: "#if SOURCE_MODE == 1", new: "#if SOURCE_MODE == 3"},
	}
}
