// Images with their padding, for shaders that read one pixel at a time. direct_soft.comp and column.glsl read several
// pixels at once and apply the padding themselves, with the function source of the prelude.
//
// Constants: SOURCE_MODE (see source in the prelude), SOURCE_BINDING (0, or 4 for a shader that reads something else at
// 0).
layout(std430, binding = SOURCE_BINDING) readonly restrict buffer Src { float src[]; };  // [n, allChannels, srcH, srcW]

uniform int srcH, srcW;

// pixel returns the value at row y, column x of the plane that starts at base, or of its padding there. For zero
// padding it reads the pixel at the border and selects 0. Multiplying by 0 would be wrong, since that pixel may be
// infinite or NaN.
float pixel(int base, int y, int x) {
	float value = src[base + source(y, srcH) * srcW + source(x, srcW)];
#if SOURCE_MODE == 0
	value = y >= 0 && y < srcH && x >= 0 && x < srcW ? value : 0.0;
#endif
	return value;
}
