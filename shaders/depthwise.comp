#version 430 core
// depthwise: convolutions of one input channel per group, one column of sums at a time.
//
// For each filter k = g*multiplier + m of group g and each position (n, i, j) it computes
//
//	sum = bias[k];
//	for (u < kernelH) for (v < kernelW)
//		sum += weight[k, u, v] * pixel(n, g, i*strideH + u*dilationH - padTop, j*strideW + v*dilationW - padLeft);
//
// multiplier is the number of filters of a group. slide.glsl makes outputs of these sums and stores them.
//
// Index map: that of column.glsl, whose planes are those of src: a plane is one channel, and so one group, of an image.
// An invocation computes a column of sums for each of FILTERS filters of its plane's group. gl_WorkGroupID.z numbers
// tiles of FILTERS filters of a group.
//
// Lanes of one warp may belong to several groups. Therefore weights are in a storage buffer [tap][filter], where these
// lanes read neighbours. An invocation copies its weights to registers, one part of TAPS_H × TAPS_W taps at a time.
//
// Bound by: memory. A 3×3 kernel does 18 FLOP for the 8 bytes of a pixel and a sum, or for 5 bytes with a pool. For 8
// rows of sums a lane reads 10 × 3 pixels, a third of them from DRAM and the others from the cache, and 9 weights.
//
// Constants: those of slide.glsl and column.glsl, LOOPED (1 if there are several parts), EACH_SUM(M): M(row, filter)
// for every sum, EACH_WEIGHT(M): M(tap, filter) for every weight of a part, and SCHEDULE, as in direct_small.comp.
layout(local_size_x = LOCAL_SIZE) in;

layout(std430, binding = 1) readonly restrict buffer Weight { float weight[]; };  // [part][u][v][groups*multiplier]
layout(std430, binding = 2) readonly restrict buffer Bias { float bias[]; };      // [groups*multiplier]

uniform int groups, multiplier;

void main() {
	ivec3 first = column();
	int plane = first.x, i = first.y, j = first.z;
	int group = plane % groups;
	int firstFilter = int(gl_WorkGroupID.z) * FILTERS;  // in the group

	// The last tile of a group may have more filters than are left: then it computes the last filter several times.
#define FILTER(f) (group * multiplier + min(firstFilter + f, multiplier - 1))
#define START(r, f) sum[r * FILTERS + f] = bias[FILTER(f)];
	EACH_SUM(START)

#if LOOPED
	for (int part = 0; part < partsH * partsW; part++) {
		int down = part / partsW, across = part % partsW;
#else
	{
		const int part = 0, down = 0, across = 0;
#endif
		float w[TAPS_H * TAPS_W * FILTERS];
#define WEIGHT(t, f) w[t * FILTERS + f] = weight[(part * (TAPS_H * TAPS_W) + t) * (groups * multiplier) + FILTER(f)];
		EACH_WEIGHT(WEIGHT)

		meet(plane * srcH * srcW, i, j, down, across);
#define ROW(r, lower) turnTo(r, lower);
#define ADD(r, f, t) sum[r * FILTERS + f] += w[t * FILTERS + f] * pixel;
		SCHEDULE
	}
	store(plane * multiplier + firstFilter, multiplier - firstFilter, i, j);
}
