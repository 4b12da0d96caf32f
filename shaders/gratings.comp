#version 430 core
// gratings: the images of a chunk, of one channel and two values, from the angles of their columns and rows.
//
// For each image n and each pixel (i, j) it computes
//
//	turned = angles[n, j] + angles[n, WIDTH + i] + a quarter of a turn;
//	src[n, i, j] = turned < half a turn ? light : dark;
//
// Angles are in 2⁻³² turns, so that sums wrap around as angles do. They are exact: pixels do not depend on the device.
// unsure[n] becomes 1 if a sum of image n is within SLACK of a zero of its cosine. It must be 0 before.
//
// Index map: pixels are numbered through the whole chunk, one per invocation, columns fastest.
// Bound by: memory. It writes 4 bytes for each pixel; angles come from caches. The sizes are constants: division by a
// uniform takes about 20 instructions, twice for each pixel, and then arithmetic takes longer than memory.
//
// Constants: LOCAL_SIZE, SLACK (conv.StripeSlack), WIDTH, HEIGHT (of an image).
layout(local_size_x = LOCAL_SIZE) in;

layout(std430, binding = 0) readonly restrict buffer Angles { uint angles[]; };  // [images, WIDTH + HEIGHT]
layout(std430, binding = 1) restrict buffer Unsure { uint unsure[]; };           // [images]
layout(std430, binding = 3) writeonly restrict buffer Src { float src[]; };      // [images, HEIGHT, WIDTH]

uniform int pixels;       // images*HEIGHT*WIDTH
uniform int light, dark;  // the bits of the two values

void main() {
	uint q = (gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * LOCAL_SIZE + gl_LocalInvocationID.x;
	if (q >= uint(pixels)) {
		return;
	}
	uint row = q / WIDTH;
	uint image = row / HEIGHT;
	uint first = image * (WIDTH + HEIGHT);
	uint turned = angles[first + q - row * WIDTH] + angles[first + WIDTH + row - image * HEIGHT] + 0x40000000u;
	src[q] = intBitsToFloat(turned < 0x80000000u ? light : dark);
	if (2u * turned + 2u * SLACK <= 4u * SLACK) {
		atomicOr(unsure[image], 1u);
	}
}
