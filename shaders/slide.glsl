// What direct_small, depthwise and direct_shared have in common: an invocation has the sums of a column, ROWS × FILTERS
// of them, in registers, and stores what becomes of them.
//
// For each plane p of the tile's outputs and each row o of the column's outputs it computes
//
//	value(r) = activation(sum[r][p]), or with ENERGY energy(sum[r][2*p], sum[r][2*p + 1]), r a row of sums;
//	dst[p, o, column] = value(o), or with POOL window(value(2*o), right(2*o), value(2*o + 1), right(2*o + 1)),
//
// where right is the value of the next column. An invocation has both filters of a pair and both rows of a window, but
// one column; the other column is its neighbour's. The local index and the column are even or odd together. The odd
// invocations hand their values over in shared memory, and the even ones store; the n-th values of all pairs are side
// by side, in different banks.
//
// Bound by: stores; a pool has a quarter of them. The exchange is a store and a load of shared memory for two sums. Two
// columns for each invocation would spare it, but then half as many rows slide past each other in the same registers,
// and neighbours load pixels two columns apart, from twice as many lines of the cache.
//
// Constants: LOCAL_SIZE (all invocations of the work-group), ROWS, FILTERS, SHARED (floats of shared memory; 0: none),
// ENERGY, POOL (0: none, 1: the largest, 2: the mean), EACH_VALUE(M): M(row, plane), EACH_OUTPUT(M): the same for rows
// of outputs.
// [n, filters, or planes of pairs, dstH, dstW]
layout(std430, binding = 3) writeonly restrict buffer Dst { float dst[]; };

uniform int dstH, dstW;
uniform int rectify;  // 1: ReLU

#define PAIR (1 + ENERGY)        // filters that an output takes
#define PLANES (FILTERS / PAIR)  // of a tile's outputs
#define SPAN (POOL > 0 ? 2 : 1)  // rows, and columns, of sums that an output takes

float sum[ROWS * FILTERS];
#if SHARED
shared float workspace[SHARED];
#endif

// activate makes values of the sums, in place. No later pair reads the place where the value of a pair is put.
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

// store stores the outputs of a column whose first sum is at row i, column j. k is the first filter, counted through
// all of dst; filters is how many there are from it on in its group. All invocations of a work-group must call it.
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
