//go:build cgo && !nogl

package gpu

// poolMutants break pool.comp.
func poolMutants() []mutant {
	const (
		first = "int first = (plane * sumH + i * strideH) * sumW + (q - row * dstW) * strideW;"
		value = "float value = activated(first + u * sumW + v);"
	)
	return []mutant{
		{name: "the tail's guard one too far", old: "if (q >= outputs) {", new: "if (q > outputs) {"},
		{name: "the tail's guard removed", old: "if (q >= outputs) {", new: "if (false) {"},
		{name: "the last output is not written", old: "if (q >= outputs) {", new: "if (q >= outputs - 1) {"},
		{name: "rows of dstH", old: "int row = q / dstW;", new: "int row = q / dstH;"},
		{name: "planes of dstW rows", old: "int plane = row / dstH;", new: "int plane = row / dstW;"},
		{name: "pairs of planes not doubled", old: "plane *= 2;", new: ""},
		{name: "strides exchanged, rows", old: "i * strideH) *", new: "i * strideW) *"},
		{name: "strides exchanged, columns", old: "row * dstW) * strideW;", new: "row * dstW) * strideH;"},
		{name: "stride and size exchanged, rows", old: "i * strideH) *", new: "i * sizeH) *"},
		{name: "rows of sumH", old: first, new: "int first = (plane * sumH + i * strideH) * sumH + (q - row * dstW) * strideW;"},
		{name: "planes of sumW rows", old: "(plane * sumH + i", new: "(plane * sumW + i"},
		{name: "the window one row late", old: first, new: "int first = (plane * sumH + i * strideH + 1) * sumW + (q - row * dstW) * strideW;"},
		{name: "the window one column late", old: "row * dstW) * strideW;", new: "row * dstW) * strideW + 1;"},
		{name: "the mean begins with the first", old: "float total = 0.0;", new: "float total = activated(first);"},
		{name: "the largest begins at 0", old: "float most = activated(first);", new: "float most = 0.0;"},
		{name: "a row too many", old: "u < sizeH;", new: "u <= sizeH;"},
		{name: "the last row dropped", old: "u < sizeH;", new: "u < sizeH - 1;"},
		{name: "a column too many", old: "v < sizeW;", new: "v <= sizeW;"},
		{name: "the last column dropped", old: "v < sizeW;", new: "v < sizeW - 1;"},
		{name: "sizes exchanged", old: "u < sizeH;", new: "u < sizeW;"},
		{name: "a window's rows of sizeW", old: value, new: "float value = activated(first + u * sizeW + v);"},
		{name: "a window's rows not told apart", old: value, new: "float value = activated(first + v);"},
		{name: "the last instead of the mean", old: "total += value;", new: "total = value;"},
		{name: "divided by a square", old: "float(sizeH * sizeW)", new: "float(sizeH * sizeH)"},
		{name: "not divided", old: "total / float(sizeH * sizeW)", new: "total"},
		{name: "multiplied by a rounded reciprocal", old: "total / float(sizeH * sizeW)", new: "total * unpackHalf2x16(packHalf2x16(vec2(1.0 / float(sizeH * sizeW + 1), 0.0))).x"},
		{name: "the pair's next element", old: "sums[at + sumH * sumW]", new: "sums[at + 1]"},
		{name: "the pair's next row", old: "sums[at + sumH * sumW]", new: "sums[at + sumW]"},
		{name: "the pair's first twice", old: "sums[at + sumH * sumW]", new: "sums[at]"},
	}
}

// preludeMutants break prelude.glsl.
func preludeMutants() []mutant {
	const keep = "return !isNaN(a) && (isNaN(b) || b > a) ? b : a;"
	return []mutant{
		{name: "max: NaN is dropped", old: keep, new: "return !isNaN(a) && b > a ? b : a;"},
		{name: "max: NaN is forgotten", old: keep, new: "return isNaN(a) || isNaN(b) || b > a ? b : a;"},
		{name: "max: the smallest", old: keep, new: "return !isNaN(a) && (isNaN(b) || b < a) ? b : a;"},
		{name: "max: the last of equals", old: keep, new: "return !isNaN(a) && (isNaN(b) || b >= a) ? b : a;", equivalent: "equals differ at most in the sign of 0"},

		{name: "infinity is NaN", old: "& 0x7fffffffu) > 0x7f800000u;", new: "& 0x7fffffffu) >= 0x7f800000u;"},
		{name: "NaN of one sign only", old: "(floatBitsToUint(v) & 0x7fffffffu)", new: "floatBitsToUint(v)"},
		{name: "nothing is NaN", old: "(floatBitsToUint(v) & 0x7fffffffu) > 0x7f800000u;", new: "false;"},
		{name: "NaN by comparison with itself dropped", old: "(floatBitsToUint(v) & 0x7fffffffu) > 0x7f800000u;", new: "v > v;"},
		{name: "energy: signs kept", trial: "energy", old: "float x = abs(a), y = abs(b);", new: "float x = a, y = b;"},
		{name: "energy: the smaller is the larger", trial: "energy", old: "float larger = x > y ? x : y,", new: "float larger = x > y ? y : x,"},
		{name: "energy: the larger twice", trial: "energy", old: "smaller = x > y ? y : x;", new: "smaller = x > y ? x : y;"},
		{name: "energy: NaN is dropped", trial: "energy", old: "if (isNaN(a) || isNaN(b)) {", new: "if (isNaN(a) && isNaN(b)) {"},
		{name: "energy: NaN becomes 0", trial: "energy", old: "return a + b;", new: "return 0.0;"},
		{name: "energy: 0/0", trial: "energy", old: "if (bits < 0x00800000u || bits == 0x7f800000u) {", new: "if (bits == 0x7f800000u) {"},
		{name: "energy: infinity/infinity", trial: "energy", old: "if (bits < 0x00800000u || bits == 0x7f800000u) {", new: "if (bits < 0x00800000u) {"},
		{name: "energy: small values lose the smaller", trial: "energy", old: "bits < 0x00800000u ||", new: "bits < 0x3f000000u ||"},
		{name: "energy: squares leave the range", trial: "energy", old: "return larger * sqrt(1.0 + ratio * ratio);", new: "return sqrt(a * a + b * b);"},
		{name: "energy: the sum", trial: "energy", old: "sqrt(1.0 + ratio * ratio)", new: "(1.0 + ratio)"},
		{name: "energy: the smaller dropped", trial: "energy", old: "sqrt(1.0 + ratio * ratio)", new: "1.0"},
		{name: "energy: not the root", trial: "energy", old: "sqrt(1.0 + ratio * ratio)", new: "(1.0 + ratio * ratio)"},
		{name: "window: the mean of the upper row", trial: "mean, any width", old: "return total / 4.0;", new: "return (a + b) / 2.0;"},
		{name: "window: the mean not divided", trial: "mean, any width", old: "return total / 4.0;", new: "return total;"},
		{name: "window: the mean of one twice", trial: "mean, any width", old: "total += d;", new: "total += c;"},
		{name: "window: the mean instead of the largest", trial: "largest", old: "#if POOL == 2\n", new: "#if POOL > 0\n"},
		{name: "window: the largest instead of the mean", trial: "mean, any width", old: "#if POOL == 2\n", new: "#if POOL > 2\n"},
		{name: "window: the largest drops NaN", trial: "largest", old: "largest(largest(largest(a, b), c), d)", new: "max(max(max(a, b), c), d)"},
		{name: "window: the largest of three", trial: "largest", old: "largest(largest(largest(a, b), c), d)", new: "largest(largest(a, b), c)"},
		{name: "window: the largest of the upper row", trial: "largest", old: "largest(largest(largest(a, b), c), d)", new: "largest(a, b)"},
		{name: "ReLU: the magnitude", old: "? 0.0 : v; }", new: "? -v : v; }"},
		{name: "ReLU: -infinity is kept", old: "< 0x7f800000u ? 0.0", new: "< 0x7f7fffffu ? 0.0"},
		{name: "ReLU: by max", old: "return floatBitsToUint(v) - 0x80000001u < 0x7f800000u ? 0.0 : v;", new: "return max(v, 0.0);"},
		{name: "ReLU: NaN becomes 0", old: "return floatBitsToUint(v) - 0x80000001u < 0x7f800000u ? 0.0 : v;", new: "return floatBitsToUint(v) >= 0x80000001u || isNaN(v) ? 0.0 : v;"},
		{name: "ReLU: dropped", old: "0x7f800000u ? 0.0 : v;", new: "0x7f800000u ? v : v;"},
		{name: "ReLU: -infinity is kept, -0 is not", old: "- 0x80000001u <", new: "- 0x80000000u <"},
		{name: "ReLU: -0 becomes 0", old: "- 0x80000001u < 0x7f800000u", new: "- 0x80000000u < 0x7f800001u", equivalent: "-0 is 0"},
	}
}
