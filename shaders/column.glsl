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
// Constants: those of slide.glsl, TAPS_H, TAPS_W, SOURCE_MODE (see prelude), EACH_COLUMN(M): M(0) … M(TAPS_W-1).
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

int partTop;            // the first row of pixels that the part's taps read; negative above the image
int at[TAPS_W];         // the columns of src that the part's taps read, after source
bool within[TAPS_W];    // whether these columns are within the image
int line;               // where the row that turnTo chose begins in src
bool withinH;           // whether that row is within the image
float pixel;

// meet prepares for the part (down, across) of a kernel, and for sums whose first is at row i, column j.
void meet(int i, int j, int down, int across) {
	partTop = i * strideH - padTop + down * (TAPS_H * dilationH);
	int left = j * strideW - padLeft + across * (TAPS_W * dilationW);
#define COLUMN(v) { \
	int x = left + v * dilationW; \
	at[v] = source(x, srcW); \
	within[v] = x >= 0 && x < srcW; \
}
	EACH_COLUMN(COLUMN)
}

// turnTo prepares for row r of the pixels that the part's taps read, in the plane of src that starts at base.
void turnTo(int base, int r) {
	int y = partTop + r;
	line = base + source(y, srcH) * srcW;
	withinH = y >= 0 && y < srcH;
}

#if SOURCE_MODE == 0
// Outside the image, select 0. Multiplying by 0 would be wrong: the pixel at the border may be infinite or NaN.
#define LOAD(v) pixel = src[line + at[v]]; pixel = withinH && within[v] ? pixel : 0.0;
#else
#define LOAD(v) pixel = src[line + at[v]];
#endif
