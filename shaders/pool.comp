#version 430 core
// pool: energies of pairs of planes, and max or average pooling, of a chunk of sums.
//
// For each output plane and each output (i, j) it computes
//
//	for (u < sizeH) for (v < sizeW) combine(activated(plane, i*strideH + u, j*strideW + v));
//
// activated is the sum, or with ENERGY the energy of planes 2*plane and 2*plane + 1. combine collects these values.
// dst[plane, i, j] is their mean or the largest of them. Without a pool, sizes and strides are 1. Planes are numbered
// through all images.
//
// Index map: outputs are numbered through the whole chunk, one per invocation, columns fastest.
// Bound by: memory. Each sum is read once where windows do not overlap.
//
// Constants: LOCAL_SIZE, ENERGY, AVERAGE (0: the largest, NaN if one is NaN; 1: the mean).
layout(local_size_x = LOCAL_SIZE) in;

// [planes, or with ENERGY twice as many, sumH, sumW]
layout(std430, binding = 0) readonly restrict buffer Sums { float sums[]; };
layout(std430, binding = 3) writeonly restrict buffer Dst { float dst[]; };   // [planes, dstH, dstW]

uniform int sumH, sumW, dstH, dstW;
uniform int sizeH, sizeW, strideH, strideW;
uniform int outputs;  // planes*dstH*dstW

float activated(int at) {
#if ENERGY
	return energy(sums[at], sums[at + sumH * sumW]);
#else
	return sums[at];
#endif
}

void main() {
	int q = int((gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * LOCAL_SIZE + gl_LocalInvocationID.x);
	if (q >= outputs) {
		return;
	}
	int row = q / dstW;
	int plane = row / dstH;
	int i = row - plane * dstH;
#if ENERGY
	plane *= 2;
#endif
	int first = (plane * sumH + i * strideH) * sumW + (q - row * dstW) * strideW;
	float total = 0.0;
	float most = activated(first);
	for (int u = 0; u < sizeH; u++) {
		for (int v = 0; v < sizeW; v++) {
			float value = activated(first + u * sumW + v);
			total += value;
			most = largest(most, value);
		}
	}
#if AVERAGE
	dst[q] = total / float(sizeH * sizeW);
#else
	dst[q] = most;
#endif
}
