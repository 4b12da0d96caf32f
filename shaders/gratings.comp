#version 430 core
// gratings: the images of a chunk, of one channel and two values, from the angles of their columns and rows.
//
// For each image n and each pixel (i, j) it computes
//
//	turned = angles[n, j] + angles[n, width + i] + a quarter of a turn;
//	src[n, i, j] = turned < half a turn ? light : dark;
//
// Angles are in 2⁻³² turns, so that sums wrap around as angles do. They are exact: pixels do not depend on the device.
// unsure[n] becomes 1 if a sum of image n is within SLACK of a zero of its cosine. It must be 0 before.
//
// Index map: pixels are numbered through the whole chunk, one per invocation, columns fastest.
// Bound by: memory. It writes 4 bytes for each pixel; angles come from caches.
//
// Constants: LOCAL_SIZE, SLACK (conv.StripeSlack).
layout(local_size_x = LOCAL_SIZE) in;

layout(std430, binding = 0) readonly restrict buffer Angles { uint angles[]; };  // [images, width + height]
layout(std430, binding = 1) restrict buffer Unsure { uint unsure[]; };           // [images]
layout(std430, binding = 3) writeonly restrict buffer Src { float src[]; };      // [images, height, width]

uniform int width, height;
uniform int pixels;       // images*height*width
uniform int light, dark;  // the bits of the two values

void main() {
	int q = int((gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * LOCAL_SIZE + gl_LocalInvocationID.x);
	if (q >= pixels) {
		return;
	}
	int row = q / width;
	int image = row / height;
	int first = image * (width + height);
	uint turned = angles[first + q - row * width] + angles[first + width + row - image * height] + 0x40000000u;
	src[q] = intBitsToFloat(turned < 0x80000000u ? light : dark);
	if (2u * turned + 2u * SLACK <= 4u * SLACK) {
		atomicOr(unsure[image], 1u);
	}
}
