// What several shaders call. Comparisons with NaN are decided on bits: GLSL lets compilers assume that there is no NaN,
// and Mesa turns v < 0.0 ? 0.0 : v into max(v, 0.0), which drops it.

bool isNaN(float v) { return (floatBitsToUint(v) & 0x7fffffffu) > 0x7f800000u; }

// energy returns √(a²+b²), scaled so that no square leaves the range; NaN if a or b is NaN. Where the larger is
// denormal, which devices may flush, it is returned as it is.
float energy(float a, float b) {
	float x = abs(a), y = abs(b);
	float larger = x > y ? x : y, smaller = x > y ? y : x;
	uint bits = floatBitsToUint(larger);
	if (isNaN(a) || isNaN(b)) {
		return a + b;
	}
	if (bits < 0x00800000u || bits == 0x7f800000u) {
		return larger;
	}
	// Devices may divide by multiplying with a reciprocal. GLSL bounds its error up to 2¹²⁶ only, and NVIDIA's
	// reciprocal is 0 beyond.
	float by = bits > 0x7e000000u ? 0.25 : 1.0;
	float ratio = (smaller * by) / (larger * by);
	return larger * sqrt(1.0 + ratio * ratio);
}

// largest returns the larger number; NaN if one is NaN.
float largest(float a, float b) { return !isNaN(a) && (isNaN(b) || b > a) ? b : a; }

// relu returns 0 for values below 0 and NaN for NaN. The bits of values below 0 are 0x80000001 … 0xff800000.
float relu(float v) { return floatBitsToUint(v) - 0x80000001u < 0x7f800000u ? 0.0 : v; }

// window pools 2×2 values, row by row: POOL is 1 for the largest, 2 for the mean, 0 for none.
#ifdef POOL
float window(float a, float b, float c, float d) {
#if POOL == 2
	float total = a + b;  // one by one: Mesa's compiler makes (a + b) + (c + d) of one expression
	total += c;
	total += d;
	return total / 4.0;
#else
	return largest(largest(largest(a, b), c), d);
#endif
}
#endif

// source returns the pixel to read for place `at` of a line of size pixels and its padding. SOURCE_MODE is 0 for zeros,
// 1 reflect, 2 replicate, 3 circular, 4 symmetric, and 5 if no place is outside. Blocks reach beyond the last sum, and
// so beyond what the modes map: there, and in zero padding, it is the pixel at the border, which must not be used.
#ifdef SOURCE_MODE
int source(int at, int size) {
#if SOURCE_MODE == 1
	at = at < 0 ? -at : at < size ? at : 2 * (size - 1) - at;
#elif SOURCE_MODE == 3
	at = at < 0 ? at + size : at < size ? at : at - size;
#elif SOURCE_MODE == 4
	at = at < 0 ? -1 - at : at < size ? at : 2 * size - 1 - at;
#endif
#if SOURCE_MODE == 5
	return at;
#else
	return clamp(at, 0, size - 1);
#endif
}
#endif
