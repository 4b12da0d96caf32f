package cpu

import (
	"math"

	"gpuconv/conv"
)

// finisher turns a band of sums into outputs, for problems with energy or a pool. If the activation is ReLU, the sums
// are rectified already.
type finisher struct {
	problem conv.Problem // with defaults filled in
	sums    conv.Shape
}

// needed reports whether the problem has energy or a pool, so that sums are not yet outputs.
func (f *finisher) needed() bool {
	return f.problem.Activation == conv.Energy || f.problem.Pool.Kind != conv.NoPool
}

// rows returns the rows first ≤ y < last of sums that the output rows lo ≤ i < hi depend on.
func (f *finisher) rows(lo, hi int) (first, last int) {
	pool := f.problem.Pool
	if pool.Kind == conv.NoPool {
		return lo, hi
	}
	return lo * pool.Stride[0], (hi-1)*pool.Stride[0] + pool.Size[0]
}

// finish computes a band of output channel c of a group. sums has a plane for each filter of the group, each of this
// many rows. With energy and a pool, finish overwrites the sums of filter 2c with the energy of filters 2c and 2c+1.
func (f *finisher) finish(dst, sums []float32, rows, c int) {
	size := rows * f.sums.W()
	if f.problem.Activation == conv.Energy {
		a, b := sums[2*c*size:][:size], sums[(2*c+1)*size:][:size]
		sums = a
		if f.problem.Pool.Kind == conv.NoPool {
			sums = dst[:size]
		}
		for i := range sums {
			sums[i] = energy(a[i], b[i])
		}
	} else {
		sums = sums[c*size:][:size]
	}
	if f.problem.Pool.Kind != conv.NoPool {
		f.pool(dst, sums)
	}
}

// energy returns √(a²+b²). It computes in float64, so that the squares neither overflow nor underflow.
func energy(a, b float32) float32 {
	x, y := float64(a), float64(b)
	return float32(math.Sqrt(x*x + y*y))
}

// pool reduces a band of sums, or of energies, to a band of outputs of one channel.
func (f *finisher) pool(dst, sums []float32) {
	pool, pitch := f.problem.Pool, f.sums.W()
	width := (pitch-pool.Size[1])/pool.Stride[1] + 1
	for top := 0; len(dst) > 0; top += pool.Stride[0] {
		for j := range width {
			dst[j] = poolWindow(pool, sums[top*pitch+j*pool.Stride[1]:], pitch)
		}
		dst = dst[width:]
	}
}

// poolWindow reduces the window that begins at sums[0]. pitch is the number of floats between two rows.
func poolWindow(pool conv.Pool, sums []float32, pitch int) float32 {
	largest, total := sums[0], float32(0)
	for i := range pool.Size[0] {
		for _, v := range sums[i*pitch:][:pool.Size[1]] {
			total += v
			if v > largest || v != v {
				largest = v
			}
		}
	}
	if pool.Kind == conv.AvgPool {
		return total / float32(pool.Size[0]*pool.Size[1])
	}
	return largest
}
