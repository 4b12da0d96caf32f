// What direct_small and depthwise share: each invocation computes one column of a block of sums. This file finds the
// column and reads the pixels for its taps.
//
// Index map. Planes of sums are cut into blocks of ROWS rows. The columns of all blocks are numbered through the whole
// chunk, q = (plane*blocksH + i/ROWS)*width + j. Invocation q, counted through all work-groups, computes column q.
// Neighbours load and store neighbouring pixels, and no invocation is idle at the end of a plane, even if planes are as
// small as 7×7. The width counts only the columns of sums that outputs are made of. With a pool it is even: then the
// two columns of a window are neighbours in one work-group, whose size is even. Invocations beyond the last column
// compute the last column again, and store the same values again. With a pool they store nothing: the last column is
// odd, and only even columns store.
//
//	              j                          sums in registers: ROWS × FILTERS
//	       ┌──┬──┬──┬──┬──┐
//	       │  │  │▓▓│  │  │ i                each row of pixels that the block's taps need is read once, TAPS_W pixels
//	       │  │  │▓▓│  │  │ …                of it, and added to every row of sums that it belongs to: rows slide
//	       │  │  │▓▓│  │  │ i + ROWS - 1     through one register
//	       └──┴──┴──┴──┴──┘
//
// Constants: those of slide.glsl, TAPS_H, TAPS_W, SOURCE_MODE (see prelude), EACH_COLUMN(M): M(0) … M(TAPS_W-1), NARROW
// (TAPS_W is 1, and padding zeros), MASKED (1: masks take fewer instructions than conditions).
layout(std430, binding = 0) readonly restrict buffer Src { float src[]; };  // [planes, srcH, srcW]

uniform int srcH, srcW;
uniform int strideH, strideW, dilationH, dilationW;
uniform int padTop, padLeft;
uniform int blocksH;         // of a plane of sums
uniform int columns;         // planes*blocksH*SPAN*dstW
uniform int partsH, partsW;  // of a kernel

// column returns the plane of the invocation's sums, and the row and column of the first one.
ivec3 column() {
	int q = int((gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x) * LOCAL_SIZE + gl_LocalInvocationID.x);
	q = min(q, columns - 1);  // none may return before a barrier
	int block = q / (SPAN * dstW);
	int plane = block / blocksH;
	return ivec3(plane, (block - plane * blocksH) * ROWS, q - block * (SPAN * dstW));
}

int origin;      // where the plane of pixels begins in src
int at[TAPS_W];  // where the columns of the part's taps begin in src; with NARROW a place in the plane
float pixel;

#if NARROW

// A place is y*srcW + x, and goes down row by row. It is negative or beyond the plane if row y is outside the image,
// and at least OUTSIDE if column x is. So one comparison tells whether the pixel is within the image, and rows take no
// registers and no arithmetic of their own. The host makes sure that places of rows are below OUTSIDE.
#define OUTSIDE (1 << 30)

// meet prepares for the part (down, across) of a kernel, for the plane of src that starts at base, and for sums whose
// first is at row i, column j.
void meet(int base, int i, int j, int down, int across) {
	int y = i * strideH - padTop + down * (TAPS_H * dilationH);
	int x = j * strideW - padLeft + across * dilationW;
	origin = base;
	at[0] = x >= 0 && x < srcW ? y * srcW + x : OUTSIDE;
}

// turnTo goes to row r of the pixels that the part's taps read, `lower` rows below the row before.
void turnTo(int r, int lower) { at[0] += lower * srcW; }

// Outside the image LOAD reads some pixel of the plane and selects 0. Multiplying by 0 would be wrong: the pixel that
// is read may be infinite or NaN.
#define LOAD(v) { \
	uint place = uint(at[v]), last = uint(srcH * srcW - 1); \
	pixel = src[origin + int(min(place, last))]; \
	pixel = place <= last ? pixel : 0.0; \
}

#else

int partTop;           // the first row of pixels that the part's taps read; negative above the image
int line;              // where the row that turnTo chose begins, counted from the plane's first
int outsideH;          // all bits if this row is outside the image, else none
int outsideW[TAPS_W];  // the same for the columns

// outside returns all bits if a place is outside a row or column of pixels, else none. With MASKED it computes them
// without a condition, because compilers turn a mask that was made by a condition back into a condition.
int outside(int at, int size) {
#if MASKED
	return (at | size - 1 - at) >> 31;
#else
	return at >= 0 && at < size ? 0 : -1;
#endif
}

void meet(int base, int i, int j, int down, int across) {
	partTop = i * strideH - padTop + down * (TAPS_H * dilationH);
	int left = j * strideW - padLeft + across * (TAPS_W * dilationW);
	origin = base;
#define COLUMN(v) { \
	int x = left + v * dilationW; \
	at[v] = origin + source(x, srcW); \
	outsideW[v] = outside(x, srcW); \
}
	EACH_COLUMN(COLUMN)
}

void turnTo(int r, int lower) {
	int y = partTop + r;
	line = source(y, srcH) * srcW;
	outsideH = outside(y, srcH);
}

#if SOURCE_MODE == 0
#define LOAD(v) pixel = intBitsToFloat(floatBitsToInt(src[line + at[v]]) & ~(outsideH | outsideW[v]));
#else
#define LOAD(v) pixel = src[line + at[v]];
#endif

#endif
