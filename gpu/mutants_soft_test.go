//go:build cgo && !nogl

package gpu

// softMutants break direct_soft.comp.
func softMutants() []mutant {
	const (
		inside = "return y >= 0 && y < srcH && s >= 0 && s < srcTexels ? value : vec4(0.0);"
		fetch  = "base + source(y, srcH) * srcTexels + source(s, srcTexels)"
		place  = "(output0 + (f * dstH + i) * dstTexels + j * OUTPUTS)"
		stored = "(f < planes && row + i < end && column + j * OUTPUTS + t < dstTexels)"
		first  = "#define BEGIN(sum, f, i, j, bias) vec4 sum = vec4(bias);"
		beginV = "vec4 sum = resume == 1 ? BEFORE(f, i, j, 0) : vec4(bias);"
		beginF = "vec4 sum = resume == 1 ? \\\n	vec4(BEFORE(f, i, j, 0).x, BEFORE(f, i, j, 1).x, BEFORE(f, i, j, " +
			"2).x, BEFORE(f, i, j, 3).x) : vec4(bias);"
		begin = "part = w * vec4(x0, x1, x2, x3);"
		add   = "sum = fma(vec4(w), vec4(x0, x1, x2, x3), sum);"
	)
	return []mutant{
		{name: "row 0 is outside", old: inside, new: "return y > 0 && y < srcH && s >= 0 && s < srcTexels ? value : vec4(0.0);"},
		{name: "row -1 is inside", old: inside, new: "return y >= -1 && y < srcH && s >= 0 && s < srcTexels ? value : vec4(0.0);"},
		{name: "row srcH is inside", old: inside, new: "return y >= 0 && y <= srcH && s >= 0 && s < srcTexels ? value : vec4(0.0);"},
		{name: "texel 0 is outside", old: inside, new: "return y >= 0 && y < srcH && s > 0 && s < srcTexels ? value : vec4(0.0);"},
		{name: "texel -1 is inside", old: inside, new: "return y >= 0 && y < srcH && s >= -1 && s < srcTexels ? value : vec4(0.0);"},
		{name: "texel srcTexels is inside", old: inside, new: "return y >= 0 && y < srcH && s >= 0 && s <= srcTexels ? value : vec4(0.0);"},
		{name: "the border is repeated", old: inside, new: "return value;"},
		{name: "multiplied instead of selected", old: inside, new: "return value * float(y >= 0 && y < srcH && s >= 0 && s < srcTexels);"},
		{name: "rows of srcH texels", old: fetch, new: "base + source(y, srcH) * srcH + source(s, srcTexels)"},
		{name: "rows mapped by the width", old: fetch, new: "base + source(y, srcTexels) * srcTexels + source(s, srcTexels)"},
		{name: "columns mapped by the height", old: fetch, new: "base + source(y, srcH) * srcTexels + source(s, srcH)"},
		{name: "ReLU dropped in one lane", old: "relu(v.x), relu(v.y)", new: "relu(v.x), v.y"},
		{name: "ReLU of the neighbour", old: "relu(v.z), relu(v.w)", new: "relu(v.z), relu(v.z)"},
		{name: "ReLU by max", old: "vec4(relu(v.x), relu(v.y), relu(v.z), relu(v.w));", new: "max(v, vec4(0.0));"},
		{name: "ReLU in every pass", old: "return rectify == 1 ? rectified : v;", new: "return rectified;"},
		{name: "ReLU in no pass", old: "return rectify == 1 ? rectified : v;", new: "return v;"},
		{name: "ReLU always", old: "return RELU == 1 ? rectified : v;", new: "return rectified;"},
		{name: "ReLU never", old: "return RELU == 1 ? rectified : v;", new: "return v;"},

		{name: "the last block is left out", old: "min(unbounded, blocks - 1);", new: "min(unbounded, blocks - 2);"},
		{name: "the tail's guard removed", old: "int end = unbounded < blocks ? dstH : 0;", new: "int end = dstH;"},
		{name: "the tail's guard one too tight", old: "unbounded < blocks ?", new: "unbounded < blocks - 1 ?"},
		{name: "blocks of x only", old: "gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x", new: "gl_WorkGroupID.x"},
		{name: "lines of blocksH", old: "int line = q / blocksW;", new: "int line = q / blocksH;"},
		{name: "images of blocksW lines", old: "int image = line / blocksH;", new: "int image = line / blocksW;"},
		{name: "strips of one turn", old: "(line - image * blocksH) * turns * (ROWS / SPAN);", new: "(line - image * blocksH) * (ROWS / SPAN);"},
		{name: "images of one channel", old: "(image * allChannels + firstChannel) * plane;", new: "(image + firstChannel) * plane;"},
		{name: "the group's first channel dropped", old: "(image * allChannels + firstChannel) * plane;", new: "(image * allChannels) * plane;"},
		{name: "a plane of sums instead of src", old: "int plane = srcH * srcTexels;", new: "int plane = dstH * dstTexels;"},
		{name: "stride 1 down", old: "row * SPAN * STRIDE_H + firstRow", new: "row * SPAN + firstRow"},
		{name: "the window's first row dropped", old: "row * SPAN * STRIDE_H + firstRow", new: "row * SPAN * STRIDE_H"},
		{name: "the top pad's sign", old: "row * SPAN * STRIDE_H + firstRow", new: "row * SPAN * STRIDE_H - firstRow"},
		{name: "the window's first texel dropped", old: "block * BLOCK_TEXELS + firstTexel", new: "block * BLOCK_TEXELS"},
		{name: "the left pad's sign", old: "block * BLOCK_TEXELS + firstTexel", new: "block * BLOCK_TEXELS - firstTexel"},
		{name: "blocks side by side, whatever the stride", old: "block * BLOCK_TEXELS + firstTexel", new: "block * SEGMENTS * OUTPUTS + firstTexel"},
		{name: "channels are not told apart (vec4)", old: "texel(base + c * plane, top + r, left + l);", new: "texel(base, top + r, left + l);"},
		{name: "channels are not told apart (floats)", old: "texel(base + c * plane, top + r, left + l).x;", new: "texel(base, top + r, left + l).x;"},
		{name: "rows are not told apart (vec4)", old: "texel(base + c * plane, top + r, left + l);", new: "texel(base + c * plane, top, left + l);"},
		{name: "rows are not told apart (floats)", old: "texel(base + c * plane, top + r, left + l).x;", new: "texel(base + c * plane, top, left + l).x;"},
		{name: "pixels rounded to TF32 (vec4)", old: "texel(base + c * plane, top + r, left + l);", new: "uintBitsToFloat(floatBitsToUint(texel(base + c * plane, top + r, left + l)) & uvec4(0xffffe000u));"},
		{name: "pixels rounded to TF32 (floats)", old: "texel(base + c * plane, top + r, left + l).x;", new: "uintBitsToFloat(floatBitsToUint(texel(base + c * plane, top + r, left + l).x) & 0xffffe000u);"},
		{name: "the tile's first filter dropped", old: "image * allPlanes + firstPlane)", new: "image * allPlanes)"},
		{name: "images of the tile's filters", old: "image * allPlanes + firstPlane)", new: "image * planes + firstPlane)"},
		{name: "written to the image's first row", old: "* dstH + row) * dstTexels + column;", new: "* dstH) * dstTexels + column;"},
		{name: "written to the first column", old: "+ row) * dstTexels + column;", new: "+ row) * dstTexels;"},
		{name: "written to one row", old: place, new: "(output0 + (f * dstH) * dstTexels + j * OUTPUTS)"},
		{name: "written to one segment", old: place, new: "(output0 + (f * dstH + i) * dstTexels)"},
		{name: "written to one filter", old: place, new: "(output0 + i * dstTexels + j * OUTPUTS)"},
		{name: "filters that are not there are stored", old: stored, new: "(row + i < end && column + j * OUTPUTS + t < dstTexels)"},
		{name: "rows that are not there are stored", old: stored, new: "(f < planes && end > 0 && column + j * OUTPUTS + t < dstTexels)"},
		{name: "columns that are not there are stored", old: stored, new: "(f < planes && row + i < end)"},
		{name: "the last column is not stored", old: stored, new: "(f < planes && row + i < end && column + j * OUTPUTS + t < dstTexels - 1)"},
		{name: "the last row is not stored", old: stored, new: "(f < planes && row + i < end - 1 && column + j * OUTPUTS + t < dstTexels)"},
		{name: "the last filter is not stored", old: stored, new: "(f < planes - 1 && row + i < end && column + j * OUTPUTS + t < dstTexels)"},

		{name: "bias dropped", old: first, new: "#define BEGIN(sum, f, i, j, bias) vec4 sum = vec4(0.0);"},
		{name: "bias of the first filter", old: first, new: "#define BEGIN(sum, f, i, j, bias) vec4 sum = vec4(f == 0 ? bias : 0.0);"},
		{name: "not resumed (vec4)", old: beginV, new: "vec4 sum = vec4(bias);"},
		{name: "always resumed (vec4)", old: beginV, new: "vec4 sum = BEFORE(f, i, j, 0);"},
		{name: "not resumed (floats)", old: beginF, new: "vec4 sum = vec4(bias);"},
		{name: "always resumed (floats)", old: beginF, new: "vec4 sum = vec4(BEFORE(f, i, j, 0).x, BEFORE(f, i, j, 1).x, BEFORE(f, i, j, 2).x, BEFORE(f, i, j, 3).x);"},
		{name: "resumed with the bias again", old: beginV, new: "vec4 sum = vec4(bias) + (resume == 1 ? BEFORE(f, i, j, 0) : vec4(0.0));"},
		{name: "resumed from the neighbour", old: "BEFORE(f, i, j, 1).x", new: "BEFORE(f, i, j, 0).x"},
		{name: "resumed from element 0", old: "INSIDE(f, i, j, t) ? PLACE(f, i, j) + t : 0", new: "0"},
		{name: "a column doubled", old: add, new: "sum += w * vec4(x0, x1, x2, x2);"},
		{name: "columns exchanged", old: add, new: "sum += w * vec4(x1, x0, x2, x3);"},
		{name: "the last product instead of the sum", old: add, new: "sum = w * vec4(x0, x1, x2, x3);"},
		{name: "weights rounded to float16", old: add, new: "sum += unpackHalf2x16(packHalf2x16(vec2(w, 0.0))).x * vec4(x0, x1, x2, x3);"},
		{name: "rows: the first column of taps dropped", trial: "by row", old: begin, new: "part = vec4(0.0);"},
		{name: "rows: added to the row before", trial: "by row", old: begin, new: "part += w * vec4(x0, x1, x2, x3);"},
		{name: "rows: a column doubled", trial: "by row", old: begin, new: "part = w * vec4(x0, x1, x2, x2);"},
		{name: "rows: the last instead of the sum", trial: "by row", old: "sum += part;", new: "sum = part;"},
		{name: "sums rounded to float16", old: "bits(v.xy), bits(v.zw))", new: "bits(unpackHalf2x16(packHalf2x16(v.xy))), bits(v.zw))"},
		{name: "a value stored in the neighbour's place", old: "dst[PLACE(f, i, j) + t] = kept[t];", new: "dst[PLACE(f, i, j) + t] = kept[t ^ 1];"},

		{name: "pairs: the first twice", old: "energies(vec4 a, vec4 b) { return vec4(energy(a.x, b.x)", new: "energies(vec4 a, vec4 b) { return vec4(energy(a.x, a.x)"},
		{name: "pairs: the second dropped", old: "energy(a.y, b.y)", new: "abs(a.y)"},
		{name: "pairs: the neighbour's second", old: "energy(a.z, b.z)", new: "energy(a.z, b.w)"},
		{name: "pairs: the last by squares", old: "energy(a.w, b.w)", new: "sqrt(a.w * a.w + max(b.w * b.w, 0.0))"},
		{name: "the window's lower row twice", old: "window(upper.x, upper.y, lower.x, lower.y)", new: "window(lower.x, lower.y, lower.x, lower.y)"},
		{name: "the window one column late", old: "window(upper.x, upper.y, lower.x, lower.y)", new: "window(upper.y, upper.z, lower.y, lower.z)"},
		{name: "the first window twice", old: "window(upper.z, upper.w, lower.z, lower.w)", new: "window(upper.x, upper.y, lower.x, lower.y)"},
		{name: "an output's halves exchanged", old: "packDouble2x32(floatBitsToUint(v));", new: "packDouble2x32(floatBitsToUint(v.yx));"},
		{name: "stored as a number", old: "packDouble2x32(floatBitsToUint(v));", new: "double(v.x);"},
		{name: "a row of sums an output", old: "#define SPAN (POOL > 0 ? 2 : 1)", new: "#define SPAN 1"},
		{name: "strips begin where a turn ends", old: "turns * (ROWS / SPAN);", new: "(turns - 1) * (ROWS / SPAN);"},
		{name: "the last turn is left out", old: "turn < turns;", new: "turn < turns - 1;"},
		{name: "a turn too many", old: "turn < turns;", new: "turn <= turns;"},
		{name: "the guard's row stays", old: "		row += ROWS / SPAN;", new: ""},
		{name: "turns write to one place", old: "output0 += ROWS / SPAN * dstTexels;", new: ""},
		{name: "turns write a row apart", old: "output0 += ROWS / SPAN * dstTexels;", new: "output0 += ROWS * dstTexels;"},
		{name: "turns read one place", old: "top += ROWS * STRIDE_H;", new: ""},
		{name: "turns read rows a stride of 1 apart", old: "top += ROWS * STRIDE_H;", new: "top += ROWS;"},
		{name: "exact where it is not", old: "#if EXACT\n", new: "#if !PASSES\n"},
		{name: "never exact", old: "#if EXACT\n", new: "#if 0\n", equivalent: "what is always inside needs no condition"},
	}
}
