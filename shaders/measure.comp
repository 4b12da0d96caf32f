#version 430 core
// measure: numbers of maps of outputs, and single outputs, so that the maps need not leave the device.
//
// KIND 0, 1 and 2 compute for each plane and each part of a plane
//
//	for (i < rows) for (j < width) combine(maps[plane, top + i, left + j]);
//
// the mean (0), the largest (1; NaN if one is NaN) or the mean of the squares (2). With KIND 3 it copies single
// outputs, which table lists, to dst, from dst[first] on.
//
// Index map: a work-group makes one number, parts fastest. Lane l combines elements l, l + LANES, … of the part, row by
// row; then the lanes are combined pairwise, in a tree. So the order depends on the part alone. With KIND 3 each
// invocation copies one output.
// Bound by: memory. Lanes read neighbouring elements.
//
// Constants: LANES (a power of 2), KIND.
layout(local_size_x = LANES) in;

#if KIND == 3
#define ELEMENT uint  // a copy must keep the bits of NaN
#else
#define ELEMENT float
#endif
layout(std430, binding = 0) readonly restrict buffer Maps { ELEMENT maps[]; };  // [planes, planeSize]
// Of each part its first element, width, number of elements, the step to the element LANES later, the columns of that
// step, and its place among the numbers of a plane. With KIND 3 the outputs to copy.
layout(std430, binding = 1) readonly restrict buffer Table { int table[]; };
layout(std430, binding = 3) writeonly restrict buffer Dst { ELEMENT dst[]; };   // [planes, numbers], what is copied

#if KIND == 3
uniform int first, picks;

void main() {
	int i = int((gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * LANES + gl_LocalInvocationID.x);
	if (i < picks) {
		dst[first + i] = maps[table[i]];
	}
}
#else
uniform int firstPart, parts; // in the table, those of this kind
uniform int groups;           // planes*parts
uniform int planeSize, columns, numbers;

shared float sharedValue[LANES];

#if KIND == 1
#define START uintBitsToFloat(0xff800000u)  // -infinity
float combined(float a, float b) { return largest(a, b); }
#else
#define START 0.0
float combined(float a, float b) { return a + b; }
#endif

void main() {
	int group = int(gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x);
	int plane = min(group, groups - 1) / parts;
	int part = (firstPart + min(group, groups - 1) - plane * parts) * 6;
	int width = table[part + 1], count = table[part + 2], step = table[part + 3], across = table[part + 4];
	int lane = int(gl_LocalInvocationID.x);
	int row = lane / width;
	int column = lane - row * width;
	int at = plane * planeSize + table[part] + row * columns + column;
	float value = START;
	for (int i = lane; i < count; i += LANES) {
#if KIND == 2
		value = combined(value, maps[at] * maps[at]);
#else
		value = combined(value, maps[at]);
#endif
		at += step;
		column += across;
		if (column >= width) {
			column -= width;
			at += columns - width;
		}
	}
	sharedValue[lane] = value;
	for (int apart = LANES / 2; apart > 0; apart >>= 1) {
		barrier();
		if (lane < apart) {
			sharedValue[lane] = combined(sharedValue[lane], sharedValue[lane + apart]);
		}
	}
	if (lane == 0 && group < groups) {
#if KIND == 1
		dst[plane * numbers + table[part + 5]] = sharedValue[0];
#else
		dst[plane * numbers + table[part + 5]] = sharedValue[0] / float(count);
#endif
	}
}
#endif
