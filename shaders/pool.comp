#version 430 core
// pool: max or average pooling of a chunk of sums.
//
// It equals, for each plane and each output (i, j),
//
//	for (u < sizeH) for (v < sizeW) combine(sums[plane, i*strideH + u, j*strideW + v]);
//
// Index map: outputs are numbered through the whole chunk, one per invocation, columns fastest.
// Bound by: memory; each sum is read once where windows do not overlap.
//
// Constants: LOCAL_SIZE, AVERAGE (0: the largest, NaN if one is NaN; 1: the mean).
layout(local_size_x = LOCAL_SIZE) in;

layout(std430, binding = 0) readonly restrict buffer Sums { float sums[]; };  // [planes, sumH, sumW]
layout(std430, binding = 3) writeonly restrict buffer Dst { float dst[]; };   // [planes, dstH, dstW]

uniform int sumH, sumW, dstH, dstW;
uniform int sizeH, sizeW, strideH, strideW;
uniform int outputs;  // planes*dstH*dstW

void main() {
	int q = int((gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * LOCAL_SIZE + gl_LocalInvocationID.x);
	if (q >= outputs) {
		return;
	}
	int row = q / dstW;
	int plane = row / dstH;
	int first = (plane * sumH + (row - plane * dstH) * strideH) * sumW + (q - row * dstW) * strideW;
	float total = 0.0;
	float largest = sums[first];
	for (int u = 0; u < sizeH; u++) {
		for (int v = 0; v < sizeW; v++) {
			float value = sums[first + u * sumW + v];
			total += value;
			if (!isNaN(largest) && (isNaN(value) || value > largest)) {
				largest = value;
			}
		}
	}
#if AVERAGE
	dst[q] = total / float(sizeH * sizeW);
#else
	dst[q] = largest;
#endif
}
