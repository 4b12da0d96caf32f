// What several shaders call. Comparisons with NaN are decided on bits: GLSL lets compilers assume that there is none, and
// Mesa turns v < 0.0 ? 0.0 : v into max(v, 0.0), which drops it.

bool isNaN(float v) { return (floatBitsToUint(v) & 0x7fffffffu) > 0x7f800000u; }

// relu returns 0 for values below 0 and NaN for NaN. The bits of values below 0 are 0x80000001 … 0xff800000.
float relu(float v) { return floatBitsToUint(v) - 0x80000001u < 0x7f800000u ? 0.0 : v; }
