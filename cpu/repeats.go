package cpu

import (
	"math"

	"gpuconv/conv"
	"gpuconv/cpu/internal/simd"
)

// repeats says which filters of a bank a plan computes, and which of the others are copies or negatives of those, bias
// included: a centre-surround pair, or Gabors half a period apart. Every rounding is the same for numbers of the other
// sign. So what repeats fills in has the bits that the filter's own sums would have, except that a zero may have the
// other sign where products underflow. There are no repeats with groups. Biases of −0 are not copies or negatives.
//
// The filters that are computed are first, first+step, … . So their planes are a fixed number of floats apart, as
// kernels need them, and no plane is copied that is not a repeat.
type repeats struct {
	first, step, computed int
	all                   []repeat
	rectify               bool // fill does what ReLU does, since the negative of a sum below 0 is needed
}

// repeat is a filter that is not computed.
type repeat struct {
	filter, of int
	negative   bool
}

// Filling in a plane, or rectifying one that is computed, takes less time than fillTaps taps of a filter. Filling took
// as long as 9 taps (Zen 1, AVX2), rectifying as 6. TestRepeatsPay guards the gain.
const fillTaps = 20

// mostPicked is how many floats of weights are copied at most, if they do not lie together in the bank. That is 1 MiB,
// so little that estimates of memory need not count it.
const mostPicked = 1 << 18

// noRepeats is for a bank all of whose filters are computed.
func noRepeats(p conv.Problem) repeats { return repeats{step: 1, computed: p.Weight[0]} }

// findRepeats returns the repeats of a bank if it is faster to fill them in. bias has a number for each filter.
func findRepeats(p conv.Problem, weight, bias []float32) repeats {
	taps := p.Weight[1] * p.Weight[2] * p.Weight[3]
	if p.WithDefaults().Groups > 1 || taps < fillTaps {
		return noRepeats(p)
	}
	of := firsts(p.Weight[0], taps, weight, bias)
	for _, last := range []bool{false, true} {
		if last {
			lasts(of)
		}
		if r, ok := spaced(of); ok {
			passes := len(r.all)
			for i := range r.all {
				t := &r.all[i]
				t.negative = !same(t.filter, t.of, taps, weight, bias, 1)
				r.rectify = r.rectify || t.negative && p.Activation == conv.ReLU
			}
			if r.rectify {
				passes += r.computed
			}
			if len(r.all)*taps > passes*fillTaps && (r.step == 1 || r.computed*taps <= mostPicked) {
				return r
			}
		}
	}
	return noRepeats(p)
}

// firsts returns, for each filter, the first that is equal to it or to its negative.
func firsts(filters, taps int, weight, bias []float32) []int {
	of, seen := make([]int, filters), map[uint64][]int{}
	for k := range of {
		sum := hash(weight[k*taps:][:taps])
		of[k] = k
		for _, j := range seen[sum] {
			if same(k, j, taps, weight, bias, 1) || same(k, j, taps, weight, bias, -1) {
				of[k] = j
				break
			}
		}
		if of[k] == k {
			seen[sum] = append(seen[sum], k)
		}
	}
	return of
}

// hash returns a number that a filter and its negative have in common (FNV-1a, of all weights). Signs count relative to
// that of the first weight that is not 0, so that filters of ±1 differ.
func hash(filter []float32) uint64 {
	const sign = 1 << 31
	h, flip, begun := uint64(14695981039346656037), uint32(0), false
	for _, w := range filter {
		bits := math.Float32bits(w)
		switch {
		case w == 0:
			bits = flip
		case !begun:
			flip, begun = bits&sign, true
		}
		h = (h ^ uint64(bits^flip)) * 1099511628211
	}
	return h
}

// same reports whether filter a is filter b times sign. A NaN equals nothing, and neither does a bias of −0, which
// makes zeros of the other sign.
func same(a, b, taps int, weight, bias []float32, sign float32) bool {
	if bias[a] != sign*bias[b] || bias[a] == 0 && math.Float32bits(bias[a])|math.Float32bits(bias[b]) != 0 {
		return false
	}
	other := weight[b*taps:][:taps]
	for i, w := range weight[a*taps:][:taps] {
		if w != sign*other[i] {
			return false
		}
	}
	return true
}

// lasts changes what firsts returned: for each filter, the last that is equal to it or to its negative.
func lasts(of []int) {
	last := make([]int, len(of))
	for k, j := range of {
		last[j] = k
	}
	for k, j := range of {
		of[k] = last[j]
	}
}

// spaced returns the repeats of a bank in which each filter k is like filter of[k]. ok says whether there are any, and
// whether the filters to compute are all the same number of filters apart.
func spaced(of []int) (r repeats, ok bool) {
	before := -1
	for k, j := range of {
		switch {
		case j != k:
			r.all = append(r.all, repeat{filter: k, of: j})
			continue
		case r.computed == 0:
			r.first, r.step = k, 1
		case r.computed == 1:
			r.step = k - before
		case r.step != k-before:
			return r, false
		}
		before = k
		r.computed++
	}
	return r, len(r.all) > 0
}

// problem returns p with only the filters that are computed, and the activation that their sums get at once.
func (r *repeats) problem(p conv.Problem) conv.Problem {
	p.Weight[0] = r.computed
	if r.rectify || p.Activation == conv.Energy {
		p.Activation = conv.Identity
	}
	return p
}

// pick returns the rows of all that are computed. A row has this many floats.
func (r *repeats) pick(all []float32, floats int) []float32 {
	if len(r.all) == 0 {
		return all
	}
	picked := make([]float32, 0, r.computed*floats)
	for k := range r.computed {
		picked = append(picked, all[(r.first+k*r.step)*floats:][:floats]...)
	}
	return picked
}

// among returns where the sums of the filters that are computed go, if all go to o.
func (r *repeats) among(o output) output {
	return output{data: o.data[r.first*o.plane:], plane: r.step * o.plane, image: o.image}
}

// fill completes o, which already has the sums of the filters that are computed, for this many images and floats of
// each plane.
func (r *repeats) fill(w *worker, o output, images, floats int) {
	for m := range images {
		plane := func(k int) []float32 { return o.data[m*o.image+k*o.plane:][:floats] }
		for _, t := range r.all {
			if t.negative {
				w.multiply(plane(t.filter), plane(t.of), -1, r.rectify)
			}
		}
		for k := 0; r.rectify && k < r.computed; k++ {
			x := plane(r.first + k*r.step)
			w.multiply(x, x, 1, true)
		}
		for _, t := range r.all {
			if !t.negative {
				copy(plane(t.filter), plane(t.of))
			}
		}
	}
}

// multiply sets dst to 0 + sign·x, and negative numbers to 0 if rectify is set. dst may be x.
func (w *worker) multiply(dst, x []float32, sign float32, rectify bool) {
	t := &w.one
	t.Weight[0], t.Flags = sign, 0
	if rectify {
		t.Flags = simd.ReLU
	}
	whole := len(x) / w.kernels.Lanes * w.kernels.Lanes
	if whole > 0 {
		runRow(w.kernels, t, dst, x, 1, whole)
	}
	for i := whole; i < len(x); i++ {
		dst[i] = 0 + sign*x[i]
		if rectify && dst[i] < 0 {
			dst[i] = 0
		}
	}
}
