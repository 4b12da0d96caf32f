//go:build cgo && !nogl

package gpu

// softMutants break direct_soft.comp.
func softMutants() []mutant {
	const (
		inside = "bool inside = y >= 0 && y < srcH && s >= 0 && s < srcSegments;"
		load   = "#define LOAD(l) x[l] = segment(rowBase, y, column + firstSegment + l);"
		add    = "sum[s] += W(t) * vec4(X(e), X(e + 1), X(e + 2), X(e + 3));"
		start  = "sum[s] = vec4(W(FIRST_BIAS + s / (ROWS * SEGMENTS)));"
		storeS = "(s / (ROWS * SEGMENTS) * sumH + s / SEGMENTS % ROWS) * sumSegments + s % SEGMENTS]"
	)
	return []mutant{
		{name: "row 0 is outside", old: inside, new: "bool inside = y > 0 && y < srcH && s >= 0 && s < srcSegments;"},
		{name: "row -1 is inside", old: inside, new: "bool inside = y >= -1 && y < srcH && s >= 0 && s < srcSegments;"},
		{name: "row srcH is inside", old: inside, new: "bool inside = y >= 0 && y <= srcH && s >= 0 && s < srcSegments;"},
		{name: "segment 0 is outside", old: inside, new: "bool inside = y >= 0 && y < srcH && s > 0 && s < srcSegments;"},
		{name: "segment -1 is inside", old: inside, new: "bool inside = y >= 0 && y < srcH && s >= -1 && s < srcSegments;"},
		{name: "segment srcSegments is inside", old: inside, new: "bool inside = y >= 0 && y < srcH && s >= 0 && s <= srcSegments;"},
		{name: "the border is repeated", old: "return inside ? value : vec4(0.0);", new: "return value;"},
		{name: "multiplied instead of selected", old: "return inside ? value : vec4(0.0);", new: "return value * float(inside);"},
		{name: "the row is not clamped", old: "clamp(y, 0, srcH - 1) * srcSegments +", new: "y * srcSegments +", equivalent: unselected},
		{name: "rows of srcH segments", old: "clamp(y, 0, srcH - 1) * srcSegments +", new: "clamp(y, 0, srcH - 1) * srcH +"},
		{name: "the last segment is left out", old: "clamp(s, 0, srcSegments - 1)", new: "clamp(s, 0, srcSegments - 2)"},
		{name: "ReLU dropped in one lane", old: "relu(v.x), relu(v.y)", new: "relu(v.x), v.y"},
		{name: "ReLU of the neighbour", old: "relu(v.z), relu(v.w)", new: "relu(v.z), relu(v.z)"},
		{name: "ReLU by max", old: "return vec4(relu(v.x), relu(v.y), relu(v.z), relu(v.w));", new: "return max(v, vec4(0.0));"},

		{name: "blocks are counted one too far", old: "blocks - 1);", new: "blocks);"},
		{name: "the last block is left out", old: "blocks - 1);", new: "blocks - 2);"},
		{name: "the tail's guard removed", old: "int q = min(int((", new: "int q = max(int(("},
		{name: "blocks of x only", old: "gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x", new: "gl_WorkGroupID.x"},
		{name: "lines of blocksH", old: "int line = q / blocksW;", new: "int line = q / blocksH;"},
		{name: "images of blocksW lines", old: "int image = line / blocksH;", new: "int image = line / blocksW;"},
		{name: "blocks of one row", old: "(line - image * blocksH) * ROWS;", new: "(line - image * blocksH);"},
		{name: "blocks of one segment", old: "(q - line * blocksW) * SEGMENTS;", new: "(q - line * blocksW);"},
		{name: "images of one channel", old: "int base = image * channels * plane;", new: "int base = image * plane;"},
		{name: "a plane of sums instead of src", old: "int plane = srcH * srcSegments;", new: "int plane = sumH * sumSegments;"},
		{name: "bias dropped", old: start, new: "sum[s] = vec4(0.0);"},
		{name: "bias of the first filter", old: start, new: "sum[s] = vec4(W(FIRST_BIAS));"},
		{name: "bias by row", old: start, new: "sum[s] = vec4(W(FIRST_BIAS + s / SEGMENTS % FILTERS));"},
		{name: "a weight as bias", old: start, new: "sum[s] = vec4(W(s / (ROWS * SEGMENTS)));"},
		{name: "the window's first segment dropped", old: "column + firstSegment + l);", new: "column + l);"},
		{name: "the left pad's sign", old: "column + firstSegment + l);", new: "column - firstSegment + l);"},
		{name: "channels are not told apart", old: "int rowBase = base + c * plane,", new: "int rowBase = base,"},
		{name: "the top pad's sign", old: "y = row + r - padTop;", new: "y = row + r + padTop;"},
		{name: "the top pad dropped", old: "y = row + r - padTop;", new: "y = row + r;"},
		{name: "the window's rows are not told apart", old: "y = row + r - padTop;", new: "y = row - padTop;"},
		{name: "a column doubled", old: "X(e + 2), X(e + 3));", new: "X(e + 2), X(e + 2));"},
		{name: "the window one column off", old: "vec4(X(e), X(e + 1), X(e + 2), X(e + 3))", new: "vec4(X(max(e - 1, 0)), X(e), X(e + 1), X(e + 2))"},
		{name: "the last product instead of the sum", old: add, new: "sum[s] = W(t) * vec4(X(e), X(e + 1), X(e + 2), X(e + 3));"},
		{name: "the next weight", old: "sum[s] += W(t) *", new: "sum[s] += W(t + 1) *"},
		{name: "weights rounded to float16", old: "sum[s] += W(t) *", new: "sum[s] += unpackHalf2x16(packHalf2x16(vec2(W(t), 0.0))).x *"},
		{name: "weights of vec4 reversed", old: "weight[(t) / 4][(t) % 4]", new: "weight[(t) / 4][3 - (t) % 4]"},
		{name: "pixels rounded to TF32", old: load, new: load + "\n#undef LOAD\n#define LOAD(l) x[l] = uintBitsToFloat(floatBitsToUint(segment(rowBase, y, column + firstSegment + l)) & uvec4(0xffffe000u));"},
		{name: "the tile's first filter dropped", old: "image * allFilters + firstFilter)", new: "image * allFilters)"},
		{name: "images of the tile's filters", old: "image * allFilters + firstFilter)", new: "image * FILTERS + firstFilter)"},
		{name: "written to the image's first row", old: "* sumH + row) * sumSegments + column;", new: "* sumH) * sumSegments + column;"},
		{name: "written to the first column", old: "+ row) * sumSegments + column;", new: "+ row) * sumSegments;"},
		{name: "written to one row", old: storeS, new: "(s / (ROWS * SEGMENTS) * sumH) * sumSegments + s % SEGMENTS]"},
		{name: "written to one segment", old: storeS, new: "(s / (ROWS * SEGMENTS) * sumH + s / SEGMENTS % ROWS) * sumSegments]"},
		{name: "written to one filter", old: storeS, new: "(s / SEGMENTS % ROWS) * sumSegments + s % SEGMENTS]"},
		{name: "sums rounded to float16", old: "= activate(sum[s]);", new: "= activate(vec4(unpackHalf2x16(packHalf2x16(sum[s].xy)), sum[s].zw));"},
	}
}
