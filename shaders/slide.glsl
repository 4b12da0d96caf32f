// What direct_small, depthwise and direct_shared share: an invocation has a column of sums, ROWS × FILTERS of them, in
// registers. It makes outputs of them and stores these.
//
// sum[r][p] is the sum at row r of the column for filter p of the tile. For each plane p of the tile's outputs and each
// row o of the column's outputs it computes
//
//	value(r) = activation(sum[r][p]), or with ENERGY energy(sum[r][2*p], sum[r][2*p + 1]), r a row of sums;
//	dst[p, o, column] = value(o), or with POOL window(value(2*o), right(2*o), value(2*o + 1), right(2*o + 1)),
//
// where right(r) is value(r) of the next column. An invocation has both filters of a pair and both rows of a window,
// but only one column of it; its neighbour has the other. An invocation with an even index in the work-group has an
// even column. Odd invocations write their values to shared memory; even ones read them and store the outputs. The n-th
// values of all pairs of invocations are side by side, in different banks.
//
// Bound by: stores; a pool has a quarter of them. The exchange costs a store and a load of shared memory for two sums.
// Two columns for each invocation would save it. But then a column would have half as many rows in the same registers,
// and neighbours would load pixels two columns apart, from twice as many cache lines.
//
// Constants: LOCAL_SIZE (all invocations of the work-group), ROWS, FILTERS, SHARED (floats of shared memory; 0: none),
// ENERGY, POOL (0: none, 1: the largest, 2: the mean), EACH_VALUE(M): M(row, plane) for every row of sums,
// EACH_ROW(M): M(row) for every row of outputs, EACH_PLANE(M): M(plane).
layout(std430, binding = 3) writeonly restrict buffer Dst { float dst[]; };  // [n, filters (or pairs), dstH, dstW]

uniform int dstH, dstW;
uniform int rectify;  // 1: ReLU

#define PAIR (1 + ENERGY)        // filters of an output
#define PLANES (FILTERS / PAIR)  // of a tile's outputs
#define SPAN (POOL > 0 ? 2 : 1)  // rows, and columns, of sums of an output

float sum[ROWS * FILTERS];
#if SHARED
shared float workspace[SHARED];
#endif

// activate replaces the sums by values, in place. The value of a pair goes to a place that no later pair reads.
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

// store stores the outputs of a column whose first sum is at row i, column j. k is the tile's first filter, numbered
// through all images; filters is how many filters its group has from k on. All invocations of a work-group must call
// it.
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
	int rows = column < dstW ? dstH - row : 0;  // that the column may store
#define STORE(p) if (p < filters / PAIR) { dst[first + p * (dstH * dstW)] = OUTPUT(o, p); }
#define STORE_ROW(r) if (r < rows) { \
	const int o = r; \
	int first = output0 + r * dstW; \
	EACH_PLANE(STORE) \
}
	EACH_ROW(STORE_ROW)
}
