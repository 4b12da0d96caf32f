//go:build cgo && !nogl

package gpu

const (
	unselected = "it only changes where a value comes from, which is then not selected or not stored"
	unstored   = "sums of filters and positions that do not exist are not stored"
)

// pixelMutants break pixel.glsl.
func pixelMutants() []mutant {
	const value = "value = y >= 0 && y < srcH && x >= 0 && x < srcW ? value : 0.0;"
	return []mutant{
		{name: "zeros: row 0 is outside", old: value, new: "value = y > 0 && y < srcH && x >= 0 && x < srcW ? value : 0.0;"},
		{name: "zeros: row -1 is inside", old: value, new: "value = y >= -1 && y < srcH && x >= 0 && x < srcW ? value : 0.0;"},
		{name: "zeros: row srcH is inside", trial: "few filters", old: value, new: "value = y >= 0 && y <= srcH && x >= 0 && x < srcW ? value : 0.0;"},
		{name: "zeros: column 0 is outside", old: value, new: "value = y >= 0 && y < srcH && x > 0 && x < srcW ? value : 0.0;"},
		{name: "zeros: column -1 is inside", old: value, new: "value = y >= 0 && y < srcH && x >= -1 && x < srcW ? value : 0.0;"},
		{name: "zeros: column srcW is inside", old: value, new: "value = y >= 0 && y < srcH && x >= 0 && x <= srcW ? value : 0.0;"},
		{name: "zeros: the last column is outside", old: value, new: "value = y >= 0 && y < srcH && x >= 0 && x < srcW - 1 ? value : 0.0;"},
		{name: "zeros: H and W exchanged", old: value, new: "value = y >= 0 && y < srcW && x >= 0 && x < srcH ? value : 0.0;"},
		{name: "zeros: the border is repeated", old: value, new: ""},
		{name: "zeros: multiplied instead of selected", trial: "few filters", old: value, new: "value *= float(y >= 0 && y < srcH && x >= 0 && x < srcW);"},
		{name: "modes: zeros in each", trial: "circular", old: "#if SOURCE_MODE == 0", new: "#if 1"},
		{name: "H and W exchanged", trial: "circular", old: "source(y, srcH) * srcW + source(x, srcW)", new: "source(y, srcW) * srcW + source(x, srcH)"},
		{name: "a shorter row", trial: "circular", old: "source(y, srcH) * srcW", new: "source(y, srcH) * srcH"},
		{name: "the first plane", old: "src[base + source(", new: "src[source("},
	}
}

// directMutants break direct.comp.
func directMutants() []mutant {
	const (
		load    = "#define LOAD(p) x[p] = pixel(base[p] + channel * plane, top[p] + dy, left[p] + v * dilationW);"
		add     = "total[s] = fma(vec4(x[s / VECTORS]), w[s % VECTORS], total[s]);"
		first   = "int first = block * (LOCAL_SIZE * POSITIONS / WINDOW) +"
		located = "int q = min(first + p / WINDOW * LOCAL_SIZE, outputs - 1);"
		top     = "((row - image * dstH) * SPAN + p % WINDOW / SPAN) * strideH - padTop;"
		left    = "((q - row * dstW) * SPAN + p % SPAN) * strideW - padLeft;"
		plane   = "(tile - group * tiles) * (PLANES * VECTORS);"
		resume  = "if (firstPlane + 4 * (s % VECTORS) + f < planes) \\\n\tsum[s][f]"
		store   = "#define STORE_PLANE(f) if (firstPlane + PLANES * k + f < planes) {"
		stored  = "return rectify == 1 ? relu(sum) : sum;"
		pair    = "energy(sum[s][2 * f], sum[s][2 * f + 1])"
		pooled  = "window(VALUE(s, f), VALUE(s + VECTORS, f), VALUE(s + 2 * VECTORS, f), VALUE(s + 3 * VECTORS, f))"
		values  = "s = o / VECTORS * (WINDOW * VECTORS) + k;"
		placed  = "int q = first + o / VECTORS * LOCAL_SIZE;"
		start   = "sum[s] = bias[tile * VECTORS + s % VECTORS];"
		storeAt = "dst[output0 + (PLANES * k + f) * dstH * dstW] ="
	)
	return []mutant{
		{name: "group offset off by one", old: "+ group * channels) * plane;", new: "+ group * channels + 1) * plane;"},
		{name: "group offset dropped", old: "+ group * channels) * plane;", new: ") * plane;"},
		{name: "group offset by planes", old: "+ group * channels) * plane;", new: "+ group * planes) * plane;"},
		{name: "images of one group's channels", old: "(image * allChannels", new: "(image * channels"},
		{name: "a plane of outputs instead of src", old: "int plane = srcH * srcW;", new: "int plane = dstH * dstW;"},
		{name: "outputs are counted one too far", old: located, new: "int q = min(first + p / WINDOW * LOCAL_SIZE, outputs);", equivalent: unstored},
		{name: "the last output is left out", old: located, new: "int q = min(first + p / WINDOW * LOCAL_SIZE, outputs - 2);"},
		{name: "an invocation's outputs beside each other", old: located, new: "int q = min(first + p / WINDOW, outputs - 1);"},
		{name: "an output for each position", trial: "largest", old: located, new: "int q = min(first + p * LOCAL_SIZE, outputs - 1);"},
		{name: "one output for all positions", old: located, new: "int q = min(first, outputs - 1);"},
		{name: "rows of dstH", old: "int row = q / dstW;", new: "int row = q / dstH;"},
		{name: "images of dstW rows", old: "int image = row / dstH;", new: "int image = row / dstW;"},
		{name: "a window's rows not told apart", trial: "largest", old: top, new: "(row - image * dstH) * SPAN * strideH - padTop;"},
		{name: "a window's columns not told apart", trial: "largest", old: left, new: "(q - row * dstW) * SPAN * strideW - padLeft;"},
		{name: "a window's rows and columns exchanged, rows", trial: "largest", old: top, new: "((row - image * dstH) * SPAN + p % SPAN) * strideH - padTop;"},
		{name: "a window's rows and columns exchanged, columns", trial: "largest", old: left, new: "((q - row * dstW) * SPAN + p % WINDOW / SPAN) * strideW - padLeft;"},
		{name: "the second window one further down", trial: "two windows", old: top, new: "((row - image * dstH) * SPAN + p / SPAN) * strideH - padTop;"},
		{name: "windows overlap, rows", trial: "largest", old: top, new: "((row - image * dstH) + p % WINDOW / SPAN) * strideH - padTop;"},
		{name: "windows overlap, columns", trial: "largest", old: left, new: "((q - row * dstW) + p % SPAN) * strideW - padLeft;"},
		{name: "a window's rows of pixels, not of sums", trial: "largest", old: top, new: "(row - image * dstH) * SPAN * strideH + p % WINDOW / SPAN - padTop;"},
		{name: "the top pad's sign", old: "strideH - padTop;", new: "strideH + padTop;"},
		{name: "the left pad's sign", old: "strideW - padLeft;", new: "strideW + padLeft;"},
		{name: "the top pad dropped", old: "strideH - padTop;", new: "strideH;"},
		{name: "the pads exchanged", old: "strideH - padTop;", new: "strideH - padLeft;"},
		{name: "strides exchanged, rows", old: "* strideH - padTop", new: "* strideW - padTop"},
		{name: "strides exchanged, columns", old: "* strideW - padLeft", new: "* strideH - padLeft"},
		{name: "stride and dilation exchanged, rows", old: "* strideH - padTop", new: "* dilationH - padTop"},
		{name: "stride and dilation exchanged, columns", old: "* strideW - padLeft", new: "* dilationW - padLeft"},
		{name: "blocks of x only", trial: "folded", old: "int(gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x)", new: "int(gl_WorkGroupID.x)"},
		{name: "blocks counted by y", trial: "folded", old: "gl_NumWorkGroups.x + ", new: "gl_NumWorkGroups.y + "},
		{name: "a block of outputs for each of positions", trial: "largest", old: first, new: "int first = block * (LOCAL_SIZE * POSITIONS) +"},
		{name: "a block of one position each", old: first, new: "int first = block * LOCAL_SIZE +"},

		{name: "a group's first plane of all tiles", old: plane, new: "tile * (PLANES * VECTORS);"},
		{name: "tiles of one vector", trial: "oblong", old: plane, new: "(tile - group * tiles) * PLANES;"},
		{name: "a plane for each filter of a tile", trial: "energies", old: plane, new: "(tile - group * tiles) * (4 * VECTORS);"},
		{name: "bias dropped", old: start, new: "sum[s] = vec4(0.0);"},
		{name: "bias of the first tile", old: start, new: "sum[s] = bias[s % VECTORS];"},
		{name: "bias of the first vector", trial: "oblong", old: start, new: "sum[s] = bias[tile * VECTORS];"},
		{name: "bias twice", old: start, new: "sum[s] = 2.0 * bias[tile * VECTORS + s % VECTORS];"},
		{name: "resumed at the first pass", old: "if (firstTap > 0) {", new: "if (firstTap >= 0) {"},
		{name: "not resumed at the second pass", trial: "resumed", old: "if (firstTap > 0) {", new: "if (firstTap > 1) {"},
		{name: "never resumed", trial: "resumed", old: "if (firstTap > 0) {", new: "if (false) {"},
		{name: "resumed for filters that do not exist", old: resume, new: "if (true) \\\n\tsum[s][f]", equivalent: unstored},
		{name: "resumed for all but the last filter", trial: "resumed", old: resume, new: "if (firstPlane + 4 * (s % VECTORS) + f < planes - 1) \\\n\tsum[s][f]"},
		{name: "resumed at one position", trial: "resumed", old: "first + s / VECTORS * LOCAL_SIZE, outputs - 1)", new: "first, outputs - 1)"},
		{name: "resumed and added to the bias", trial: "resumed", old: "sum[s][f] = dst", new: "sum[s][f] += dst"},

		{name: "a row of taps too many", old: "tap < lastTap;", new: "tap <= lastTap;"},
		{name: "the last row of taps dropped", old: "tap < lastTap;", new: "tap < lastTap - 1;"},
		{name: "the first row of taps dropped", old: "int tap = firstTap;", new: "int tap = firstTap + 1;"},
		{name: "every pass begins at row 0", trial: "resumed", old: "int tap = firstTap;", new: "int tap = 0;"},
		{name: "a column of taps too many", old: "v < to;", new: "v <= to;"},
		{name: "the last column of taps dropped", old: "v < to;", new: "v < to - 1;"},
		{name: "the first column of taps dropped", old: "int v = from; v < to", new: "int v = from + 1; v < to"},
		{name: "KH and KW exchanged, channel", old: "int channel = tap / kernelH;", new: "int channel = tap / kernelW;"},
		{name: "KH and KW exchanged, row", old: "(tap - channel * kernelH)", new: "(tap - channel * kernelW)"},
		{name: "KH and KW exchanged, weights of tiles", old: "(tile * channels * kernelH + tap)", new: "(tile * channels * kernelW + tap)"},
		{name: "KH and KW exchanged, weights of rows", old: "+ tap) * kernelW;", new: "+ tap) * kernelH;"},
		{name: "dilations exchanged, rows", old: "* dilationH;", new: "* dilationW;"},
		{name: "dilations exchanged, columns", old: "v * dilationW);", new: "v * dilationH);"},
		{name: "dilation and stride exchanged, rows", old: "* dilationH;", new: "* strideH;"},
		{name: "dilation and stride exchanged, columns", old: "v * dilationW);", new: "v * strideW);"},
		{name: "weights of the group's first tile", trial: "oblong", old: "(tile * channels", new: "(group * channels"},
		{name: "one vector's weights for two", trial: "oblong", old: "(weightRow + v) * VECTORS + k]", new: "(weightRow + v) * VECTORS]"},
		{name: "a row of weights reversed", old: "weight[(weightRow + v)", new: "weight[(weightRow + kernelW - 1 - v)"},
		{name: "weights rounded to float16", old: add, new: "total[s] += x[s / VECTORS] * vec4(unpackHalf2x16(packHalf2x16(w[s % VECTORS].xy)), unpackHalf2x16(packHalf2x16(w[s % VECTORS].zw)));"},
		{name: "channels are not told apart", old: "base[p] + channel * plane", new: "base[p]"},
		{name: "a kernel turned upside down", old: "top[p] + dy", new: "top[p] + (kernelH - 1) * dilationH - dy"},
		{name: "pixels rounded to float16", old: load, new: load + "\n#undef LOAD\n#define LOAD(p) x[p] = unpackHalf2x16(packHalf2x16(vec2(pixel(base[p] + channel * plane, top[p] + dy, left[p] + v * dilationW), 0.0))).x;"},
		{name: "pixels rounded to TF32", old: load, new: load + "\n#undef LOAD\n#define LOAD(p) x[p] = uintBitsToFloat(floatBitsToUint(pixel(base[p] + channel * plane, top[p] + dy, left[p] + v * dilationW)) & 0xffffe000u);"},
		{name: "the last product instead of the sum", old: add, new: "total[s] = x[s / VECTORS] * w[s % VECTORS];"},
		{name: "the last row instead of the sum", trial: "by row", old: "sum[s] += part[s];", new: "sum[s] = part[s];"},
		{name: "parts: a column of taps between them dropped", trial: "in parts", old: "from += partW", new: "from += partW + 1"},
		{name: "parts: the last goes on into the next row", trial: "in parts", old: "min(from + partW, kernelW);", new: "from + partW;"},
		{name: "parts: the last is left out", trial: "in parts", old: "from < kernelW;", new: "from + partW < kernelW;"},
		{name: "rows begin with 1", trial: "by row", old: "part[s] = vec4(0.0);", new: "part[s] = vec4(1.0);"},
		{name: "subtracted", old: add, new: "total[s] -= x[s / VECTORS] * w[s % VECTORS];"},
		{name: "the first position's pixel for all", old: add, new: "total[s] += x[0] * w[s % VECTORS];"},
		{name: "two filters' weights exchanged", old: add, new: "total[s] += x[s / VECTORS] * w[s % VECTORS].xzyw;"},

		{name: "a plane of the next group is written", old: store, new: "#define STORE_PLANE(f) if (firstPlane + PLANES * k + f <= planes) {"},
		{name: "the last plane is not written", old: store, new: "#define STORE_PLANE(f) if (firstPlane + PLANES * k + f < planes - 1) {"},
		{name: "planes' guard removed", old: store, new: "#define STORE_PLANE(f) {"},
		{name: "planes' guard of the first vector", trial: "oblong", old: store, new: "#define STORE_PLANE(f) if (firstPlane + f < planes) {"},
		{name: "ReLU dropped", old: stored, new: "return sum;"},
		{name: "ReLU always", trial: "resumed", old: stored, new: "return relu(sum);"},
		{name: "ReLU by max", trial: "few filters", old: stored, new: "return rectify == 1 ? max(sum, 0.0) : sum;"},
		{name: "sums rounded to float16", trial: "resumed", old: stored, new: "return rectify == 1 ? relu(sum) : unpackHalf2x16(packHalf2x16(vec2(sum, 0.0))).x;"},
		{name: "ReLU dropped before the store", old: "activated(sum[s][f])", new: "sum[s][f]"},
		{name: "written transposed", old: storeAt, new: "dst[output0 + (PLANES * k + f) * dstH * dstH] ="},
		{name: "vectors written to one place", trial: "oblong", old: storeAt, new: "dst[output0 + f * dstH * dstW] ="},
		{name: "a plane for each filter", trial: "energies", old: storeAt, new: "dst[output0 + (4 * k + f) * dstH * dstW] ="},
		{name: "the first vector of filters for all", trial: "oblong", old: "k = o % VECTORS,", new: "k = 0,"},
		{name: "the first position's sums for all", old: values, new: "s = k;"},
		{name: "windows one position apart", trial: "two windows", old: values, new: "s = o / VECTORS * VECTORS + k;"},
		{name: "the tail's guard one too far", old: "if (q < outputs) {", new: "if (q <= outputs) {"},
		{name: "the tail's guard removed", old: "if (q < outputs) {", new: "{"},
		{name: "the last output is not written", old: "if (q < outputs) {", new: "if (q < outputs - 1) {"},
		{name: "written to one output", old: placed, new: "int q = first;"},
		{name: "outputs beside each other", old: placed, new: "int q = first + o / VECTORS;"},
		{name: "outputs a window apart", trial: "two windows", old: placed, new: "int q = first + o / VECTORS * WINDOW * LOCAL_SIZE;"},

		{name: "energy: the first filter twice", trial: "energies", old: pair, new: "energy(sum[s][2 * f], sum[s][2 * f])"},
		{name: "energy: the second filter twice", trial: "energies", old: pair, new: "energy(sum[s][2 * f + 1], sum[s][2 * f + 1])"},
		{name: "energy: the first pair for both", trial: "energies", old: pair, new: "energy(sum[s][0], sum[s][1])"},
		{name: "energy: filters two apart", trial: "energies", old: pair, new: "energy(sum[s][f], sum[s][f + 2])"},
		{name: "energy: by squares", trial: "energies", old: pair, new: "sqrt(sum[s][2 * f] * sum[s][2 * f] + sum[s][2 * f + 1] * sum[s][2 * f + 1])"},
		{name: "pool: the upper row twice", trial: "largest", old: pooled, new: "window(VALUE(s, f), VALUE(s + VECTORS, f), VALUE(s, f), VALUE(s + VECTORS, f))"},
		{name: "pool: the left column twice", trial: "largest", old: pooled, new: "window(VALUE(s, f), VALUE(s, f), VALUE(s + 2 * VECTORS, f), VALUE(s + 2 * VECTORS, f))"},
		{name: "pool: neighbouring sums", trial: "two windows", old: pooled, new: "window(VALUE(s, f), VALUE(s + 1, f), VALUE(s + 2, f), VALUE(s + 3, f))"},
		{name: "pool: none", trial: "largest", old: "#define OUTPUT(s, f) " + pooled, new: "#define OUTPUT(s, f) VALUE(s, f)"},
	}
}
