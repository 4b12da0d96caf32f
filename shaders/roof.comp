#version 430 core
// roof: no convolution. It measures the most that a device can do, for package bench.
//
// ROOF 0, multiply-adds on registers alone. Each invocation has 3 independent vec4 sums and computes
//
//	for (8*rounds) for (s < 3) sum[s] = sum[s] * by + add;
//
// that is 192 operations a round. by is about 0.999 and add about 0.001. Both differ between invocations, so that they
// are in vector registers. Two literals are not the operands of one instruction: NAK copies one of them for each
// multiply-add, and ACO makes a product and a sum on Vega. So half of the peak would be measured. The 12 sums begin at
// different values, so that no compiler computes equal ones once. They hide each other's latency and, with by and add,
// fit into the 16 vector registers of a software renderer's processor. They are stored only if their total is negative,
// which it never is. But no compiler knows that, so none can drop the sums.
//
// ROOF 1 and 2, a copy: dst[i] = src[i], one vec4 for each invocation. src is a storage buffer (1) or a buffer texture
// (2). Work-groups are numbered along x and y. (gpu/roof.go also measures a copy without a shader.)
//
// Bound by: what it measures.
layout(local_size_x = LOCAL_SIZE) in;

uniform int rounds;
uniform int columns; // work-groups along x

#if ROOF == 1
layout(std430, binding = 0) readonly restrict buffer Src { vec4 src[]; };
#elif ROOF == 2
layout(binding = 0) uniform samplerBuffer src;
#endif
layout(std430, binding = 3) writeonly restrict buffer Dst { vec4 dst[]; };

void main() {
	int at = int(gl_WorkGroupID.y) * columns * LOCAL_SIZE + int(gl_GlobalInvocationID.x);
#if ROOF == 0
	vec4 a = vec4(at & 15) + vec4(0.0, 0.25, 0.5, 0.75), b = a + 1.0, c = a + 2.0;
	float own = float(at & 15) * 1e-5;
	vec4 by = vec4(0.999 - own), add = vec4(0.001 + own);
#define STEP a = fma(a, by, add); b = fma(b, by, add); c = fma(c, by, add);
	for (int i = 0; i < rounds; i++) {
		STEP STEP STEP STEP STEP STEP STEP STEP
	}
	vec4 all = a + b + c;
	if (all.x + all.y + all.z + all.w < 0.0) {
		dst[0] = all;
	}
#elif ROOF == 1
	dst[at] = src[at];
#else
	dst[at] = texelFetch(src, at);
#endif
}
