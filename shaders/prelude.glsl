// Functions that several shaders call. They recognise NaN by its bits: GLSL lets compilers assume that there is no NaN,
// and Mesa turns v < 0.0 ? 0.0 : v into max(v, 0.0), which drops NaN.

bool isNaN(float v) { return (floatBitsToUint(v) & 0x7fffffffu) > 0x7f800000u; }

// energy returns √(a²+b²), computed as larger·√(1+ratio²), so that no square overflows; NaN if a or b is NaN. If the
// larger of |a| and |b| is denormal, which devices may flush to 0, energy returns it as it is.
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
	// Devices may divide by multiplying with the reciprocal. GLSL bounds the error only for divisors up to 2¹²⁶, and
	// NVIDIA's reciprocal of larger ones is 0.
	float by = bits > 0x7e000000u ? 0.25 : 1.0;
	float ratio = (smaller * by) / (larger * by);
	return larger * sqrt(1.0 + ratio * ratio);
}

// largest returns the larger number; NaN if either is NaN.
float largest(float a, float b) { return !isNaN(a) && (isNaN(b) || b > a) ? b : a; }

// relu returns 0 for values below 0 and NaN for NaN. The bits of values below 0 are 0x80000001 … 0xff800000.
float relu(float v) { return floatBitsToUint(v) - 0x80000001u < 0x7f800000u ? 0.0 : v; }

// window pools 2×2 values, which are given row by row: POOL is 1 for the largest, 2 for the mean, 0 if nothing is
// pooled.
#ifdef POOL
float window(float a, float b, float c, float d) {
#if POOL == 2
	float total = a + b;  // one by one: Mesa's compiler would turn one expression into (a + b) + (c + d)
	total += c;
	total += d;
	return total / 4.0;
#else
	return largest(largest(largest(a, b), c), d);
#endif
}
#endif

// source returns the index of the pixel to read at place `at` of a row or column of `size` pixels; the place may be in
// the padding. SOURCE_MODE is 0 for zeros, 1 reflect, 2 replicate, 3 circular, 4 symmetric, and 5 if no place is
// outside. In zero padding source returns the pixel at the border, which the caller must not use. Blocks that reach
// beyond the last sum may ask for places beyond the padding: there source returns some pixel of the line, which the
// caller must not use either.
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
