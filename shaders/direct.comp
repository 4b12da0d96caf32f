#version 430 core
// direct: every convolution, one sum at a time.
//
// For each filter k of a group g and each position (n, i, j) it computes
//
//	sum = bias[k];
//	for (c < channels) for (u < kernelH) for (v < kernelW)
//		sum += weight[k, c, u, v]
//			* pixel(n, g*channels + c, i*strideH + u*dilationH - padTop, j*strideW + v*dilationW - padLeft);
//	dst[n, k, i, j] = activation(sum);
//
// If all rows of taps would take too many loop iterations, each pass adds only some. Every pass but the first starts
// with the sums in dst instead of bias[k], and the last one applies the activation. If one pass takes all taps, the
// shader also does the work of pool.comp: with ENERGY an output is made of filters 2*k and 2*k + 1, with POOL of the
// 2×2 positions from (2*i, 2*j) on. With neither, outputs are the sums.
//
// Index map. Outputs are numbered through the whole chunk, q = (n*dstH + i)*dstW + j, so that no invocation is idle at
// the end of an image. An output is made of WINDOW positions: 1, or 4 with POOL. A work-group computes
// LOCAL_SIZE*POSITIONS/WINDOW consecutive outputs, from q0 on. Its invocation l computes outputs q0 + l, q0 + l +
// LOCAL_SIZE, …, so that neighbours load and store neighbours. It computes all positions of these outputs, row by row.
// gl_WorkGroupID.xy numbers these blocks of outputs; z numbers tiles of 4*VECTORS filters, group by group:
//
//	            VECTORS vec4 of filters →
//	positions   sum[0]  sum[1]      one invocation, all in registers:
//	    ↓       sum[2]  sum[3]      POSITIONS × VECTORS × 4 sums
//
// Weights are packed [tile][channel][row][column] as VECTORS vec4, with zeros for filters that do not exist. One load
// of a vec4 serves 4*POSITIONS multiplications, one load of a pixel 4*VECTORS.
//
// Bound by: loads. A load of pixels has an address for each invocation, and software renderers execute it lane by lane.
//
// Constants: BY_ROW (if not 0, each row of taps is summed apart, in the fewest parts of at most BY_ROW taps, which
// gives the same bits as direct_soft.comp), LOCAL_SIZE, POSITIONS, VECTORS, ENERGY, POOL (0: none, 1: the largest, 2:
// the mean); those of pixel.glsl; and the unrolled loops M(0) M(1) …: EACH_POSITION(M) over POSITIONS, EACH_VECTOR(M)
// over VECTORS, EACH_SUM(M) over their product, EACH_OUTPUT(M) over the vec4 of filters of each output, EACH_PLANE(M)
// over PLANES.
#define SPAN (POOL > 0 ? 2 : 1)     // rows, and columns, of positions of an output
#define WINDOW (SPAN * SPAN)
#define PLANES (ENERGY > 0 ? 2 : 4) // planes of outputs that a vec4 of filters makes
layout(local_size_x = LOCAL_SIZE) in;

layout(std430, binding = 1) readonly restrict buffer Weight { vec4 weight[]; };  // packed as above
layout(std430, binding = 2) readonly restrict buffer Bias { vec4 bias[]; };      // [tile][VECTORS]
layout(std430, binding = 3) restrict buffer Dst { float dst[]; };                // [n, allPlanes, dstH, dstW]

uniform int allChannels, channels;                   // channels: of one group
uniform int dstH, dstW, allPlanes, planes;           // planes: of one group
uniform int kernelH, kernelW;
uniform int strideH, strideW, dilationH, dilationW;
uniform int padTop, padLeft;
uniform int outputs;                                 // of one plane, in all images: images*dstH*dstW
uniform int tiles;                                   // of filters, in one group
uniform int firstTap, lastTap;                       // the pass adds rows of taps c*kernelH + u in [firstTap, lastTap)
uniform int rectify;                                 // 1: ReLU; the last pass only

float activated(float sum) { return rectify == 1 ? relu(sum) : sum; }

void main() {
	int tile = int(gl_WorkGroupID.z);
	int group = tile / tiles;
	int block = int(gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x);
	int first = block * (LOCAL_SIZE * POSITIONS / WINDOW) + int(gl_LocalInvocationID.x);
	int plane = srcH * srcW;

	int base[POSITIONS];  // of the image's first channel of this group
	int top[POSITIONS], left[POSITIONS];
#define LOCATE(p) { \
	int q = min(first + p / WINDOW * LOCAL_SIZE, outputs - 1); \
	int row = q / dstW; \
	int image = row / dstH; \
	base[p] = (image * allChannels + group * channels) * plane; \
	top[p] = ((row - image * dstH) * SPAN + p % WINDOW / SPAN) * strideH - padTop; \
	left[p] = ((q - row * dstW) * SPAN + p % SPAN) * strideW - padLeft; \
}
	EACH_POSITION(LOCATE)

	int firstPlane = (tile - group * tiles) * (PLANES * VECTORS);
	vec4 sum[POSITIONS * VECTORS];
#define START(s) sum[s] = bias[tile * VECTORS + s % VECTORS];
	EACH_SUM(START)
#if ENERGY == 0 && POOL == 0
	if (firstTap > 0) {
#define RESUME_FILTER(s, f) if (firstPlane + 4 * (s % VECTORS) + f < planes) \
	sum[s][f] = dst[output0 + (4 * (s % VECTORS) + f) * dstH * dstW];
#define RESUME(s) { \
	int q = min(first + s / VECTORS * LOCAL_SIZE, outputs - 1); \
	int image = q / (dstH * dstW); \
	int output0 = (image * allPlanes + group * planes + firstPlane) * dstH * dstW + q - image * dstH * dstW; \
	RESUME_FILTER(s, 0) RESUME_FILTER(s, 1) RESUME_FILTER(s, 2) RESUME_FILTER(s, 3) \
}
		EACH_SUM(RESUME)
	}
#endif

#if BY_ROW
	int parts = (kernelW + BY_ROW - 1) / BY_ROW; // of a row of taps
	int partW = (kernelW + parts - 1) / parts;
#endif
	for (int tap = firstTap; tap < lastTap; tap++) {
		int channel = tap / kernelH;
		int dy = (tap - channel * kernelH) * dilationH;
		int weightRow = (tile * channels * kernelH + tap) * kernelW;
#if BY_ROW
		for (int from = 0; from < kernelW; from += partW) {
			int to = min(from + partW, kernelW);
			vec4 part[POSITIONS * VECTORS];
#define BEGIN(s) part[s] = vec4(0.0);
			EACH_SUM(BEGIN)
#define total part
#else
		int from = 0, to = kernelW;
#define total sum
#endif
		for (int v = from; v < to; v++) {
			vec4 w[VECTORS];
			float x[POSITIONS];
#define WEIGHT(k) w[k] = weight[(weightRow + v) * VECTORS + k];
			EACH_VECTOR(WEIGHT)
#define LOAD(p) x[p] = pixel(base[p] + channel * plane, top[p] + dy, left[p] + v * dilationW);
			EACH_POSITION(LOAD)
#define ADD(s) total[s] = fma(vec4(x[s / VECTORS]), w[s % VECTORS], total[s]);
			EACH_SUM(ADD)
		}
#if BY_ROW
#define JOIN(s) sum[s] += part[s];
			EACH_SUM(JOIN)
		}
#endif
	}

	// STORE stores vec4 k of an output's filters. s is the index of the sum at its first position; the sums at its next
	// positions are VECTORS apart. f counts the planes that the vec4 makes.
#if ENERGY
#define VALUE(s, f) energy(sum[s][2 * f], sum[s][2 * f + 1])
#else
#define VALUE(s, f) activated(sum[s][f])
#endif
#if POOL
#define OUTPUT(s, f) window(VALUE(s, f), VALUE(s + VECTORS, f), VALUE(s + 2 * VECTORS, f), VALUE(s + 3 * VECTORS, f))
#else
#define OUTPUT(s, f) VALUE(s, f)
#endif
#define STORE_PLANE(f) if (firstPlane + PLANES * k + f < planes) { \
	dst[output0 + (PLANES * k + f) * dstH * dstW] = OUTPUT(s, f); \
}
#define STORE(o) { \
	const int k = o % VECTORS, s = o / VECTORS * (WINDOW * VECTORS) + k; \
	int q = first + o / VECTORS * LOCAL_SIZE; \
	if (q < outputs) { \
		int image = q / (dstH * dstW); \
		int output0 = (image * allPlanes + group * planes + firstPlane) * dstH * dstW + q - image * dstH * dstW; \
		EACH_PLANE(STORE_PLANE) \
	} \
}
	EACH_OUTPUT(STORE)
}
