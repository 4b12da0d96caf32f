// Columns of blocks, one for each invocation, and the pixels that their taps meet, for direct_small and depthwise.
//
// Index map. Planes of sums are cut into blocks of ROWS rows. Columns of blocks are numbered through all planes of a
// chunk, q = (plane*blocksH + i/ROWS)*width + j, and follow each other along the work-groups of xy. Lanes lie along x,
// so that loads and stores coalesce, and no plane has a tail, even if it is as small as 7×7. The width is that of the
// sums that outputs are made of. With a pool it is an even number: the two columns of a window are neighbours in one
// work-group, whose size is even. Surplus invocations take the last column, an odd one. They store what its own
// invocation stores, or with a pool nothing.
//
//	              j                          sums in registers: ROWS × FILTERS
//	       ┌──┬──┬──┬──┬──┐
//	       │  │  │▓▓│  │  │ i                each row of pixels that the block's taps meet is read once, TAPS_W pixels
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

int partTop;            // the first row of the pixels that the part's taps meet
int at[TAPS_W];         // the columns of one row of them in src
bool within[TAPS_W];    // whether these columns are within the image
int line;               // where the row begins in src
bool withinH;
float pixel;

// meet turns to the part `down`, `across` of a kernel, for sums whose first is at row i, column j.
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

// turnTo turns to row r of these pixels, in the plane of src that starts at base.
void turnTo(int base, int r) {
	int y = partTop + r;
	line = base + source(y, srcH) * srcW;
	withinH = y >= 0 && y < srcH;
}

#if SOURCE_MODE == 0
// Zeros are selected, not multiplied: the pixel at the border may be infinite or NaN.
#define LOAD(v) pixel = src[line + at[v]]; pixel = withinH && within[v] ? pixel : 0.0;
#else
#define LOAD(v) pixel = src[line + at[v]];
#endif
