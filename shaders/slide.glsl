// What direct_small, depthwise and direct_shared do alike: an invocation has the sums of a column, ROWS × FILTERS of them,
// in registers, and stores what becomes of them.
//
// It equals, for each plane p of the tile's outputs and each row o of the column's,
//
//	value(r) = activation(sum[r][p]), or with ENERGY energy(sum[r][2*p], sum[r][2*p + 1]), r a row of sums;
//	dst[p, o, column] = value(o), or with POOL window(value(2*o), right(2*o), value(2*o + 1), right(2*o + 1)),
//
// where right is the value of the next column. Both filters of a pair and both rows of a window are the invocation's own, both columns those of
// neighbours: the local index and the column are even or odd together. The odd ones hand their values over in shared
// memory, and the even ones store, the n-th value of all pairs side by side, in banks of their own.
//
// Bound by: stores, of which a pool has a quarter. The exchange is a store and a load of shared memory for two sums. Two columns an
// invocation would spare it, but then half as many rows slide past each other in the same registers, and neighbours load
// pixels two columns apart, in twice as many lines of the cache.
//
// Constants: LOCAL_SIZE (of the work-group, in all), ROWS, FILTERS, SHARED (floats of shared memory; 0: none), ENERGY, POOL (0: none, 1: the
// largest, 2: the mean), EACH_VALUE(M): M(row, plane); EACH_OUTPUT(M): the same for rows of outputs.
layout(std430, binding = 3) writeonly restrict buffer Dst { float dst[]; };  // [n, filters, or planes of pairs, dstH, dstW]

uniform int dstH, dstW;
uniform int rectify;  // 1: ReLU

#define PAIR (1 + ENERGY)        // filters that an output takes
#define PLANES (FILTERS / PAIR)  // of a tile's outputs
#define SPAN (POOL > 0 ? 2 : 1)  // rows, and columns, of sums that an output takes

float sum[ROWS * FILTERS];
#if SHARED
shared float workspace[SHARED];
#endif

// activate makes values of the sums, in place: a pair's stands where no later pair is read from.
void activate() {
#if ENERGY
#define ACTIVATE(r, p) sum[r * FILTERS + p] = energy(sum[r * FILTERS + 2 * p], sum[r * FILTERS + 2 * p + 1]);
	EACH_VALUE(ACTIVATE)
#else
#define ACTIVATE(r, p) sum[r * FILTERS + p] = relu(sum[r * FILTERS + p]);
	if (rectify == 1) {
		EACH_VALUE(ACTIVATE)
	}
#endif
}

// store leaves the outputs of a column whose first sum is at row i, column j. k is the first filter, of all in dst,
// filters how many there are from it on in its group. All invocations of a work-group must call it.
void store(int k, int filters, int i, int j) {
	activate();
#if POOL
	int pair = int(gl_LocalInvocationIndex) / 2;
#define HANDED(r, p) workspace[((r) * PLANES + p) * (LOCAL_SIZE / 2) + pair]
#define HAND(r, p) HANDED(r, p) = sum[r * FILTERS + p];
	if (j % 2 == 1) {
		EACH_VALUE(HAND)
	}
	memoryBarrierShared();
	barrier();
	if (j % 2 == 1) {
		return;
	}
#define OUTPUT(o, p) window(sum[2 * o * FILTERS + p], HANDED(2 * o, p), sum[(2 * o + 1) * FILTERS + p], HANDED(2 * o + 1, p))
#else
#define OUTPUT(o, p) sum[o * FILTERS + p]
#endif
	int row = i / SPAN, column = j / SPAN;
	int output0 = (k / PAIR * dstH + row) * dstW + column;
#define STORE(o, p) if (row + o < dstH && column < dstW && p < filters / PAIR) { \
	dst[output0 + (p * dstH + o) * dstW] = OUTPUT(o, p); \
}
	EACH_OUTPUT(STORE)
}
