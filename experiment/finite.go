package experiment

import (
	"fmt"
	"math"
	"unsafe"

	"gpuconv/conv"
)

// NotFinite counts the outputs of a stream that are no numbers.
type NotFinite struct {
	Outputs       int // of all images
	NaN, Infinite int // of these
}

// String says how many there are: "9 of 100 outputs are NaN". It is empty if there are none.
func (n NotFinite) String() string {
	switch {
	case n.NaN > 0 && n.Infinite > 0:
		return fmt.Sprintf("%d of %d outputs are NaN and %d infinite", n.NaN, n.Outputs, n.Infinite)
	case n.NaN > 0:
		return fmt.Sprintf("%d of %d outputs are NaN", n.NaN, n.Outputs)
	case n.Infinite > 0:
		return fmt.Sprintf("%d of %d outputs are infinite", n.Infinite, n.Outputs)
	}
	return ""
}

// watch counts what is not finite. Looking at all outputs of a small filter takes a tenth as long as making them, so it
// looks at those of a portion only if one of its pixels is not finite, or is so large that a sum may not be.
type watch struct {
	found NotFinite
	most  float32 // pixels below it cannot make an output that is not finite
}

// newWatch makes the watch for outputs of a convolution with these numbers. A sum is at most |x|·Σ|w| + |b|. It is kept
// below 1e16, since energies square it and transforms multiply it. Without weights the watch looks at all outputs.
func newWatch(weight *conv.Tensor, bias []float32) watch {
	if weight == nil {
		return watch{}
	}
	const most = 1e16
	taps, largest := len(weight.Data)/max(weight.Shape.N(), 1), 0.0
	for filter := range weight.Shape.N() {
		sum := 0.0
		for _, v := range weight.Data[filter*taps : (filter+1)*taps] {
			sum += math.Abs(float64(v))
		}
		if bias != nil {
			sum += math.Abs(float64(bias[filter])) // as of a pixel of 1: smaller pixels do not matter
		}
		if !(sum <= most) {
			return watch{}
		}
		largest = max(largest, sum)
	}
	return watch{most: float32(most / max(largest, 1))}
}

// look counts what is not finite in the outputs of a portion.
func (w *watch) look(src, dst *conv.Tensor) {
	w.found.Outputs += len(dst.Data)
	if below(src.Data, w.most) {
		return
	}
	for _, v := range dst.Data {
		switch {
		case v != v:
			w.found.NaN++
		case math.IsInf(float64(v), 0):
			w.found.Infinite++
		}
	}
}

// below reports whether the size of every number is below most, which is at least 0 and finite. NaN is not.
//
// Without its sign, a float32 has bits that grow with its size, and those of NaN and infinity are the largest. Adding
// what is missing from most to 2³¹ sets the first bit of what is not below most. Two numbers are looked at at once,
// since a half of a uint64 does not overflow into the other.
func below(data []float32, most float32) bool {
	const size, first = 0x7fffffff, 0x80000000
	missing := uint64(first - math.Float32bits(most))
	const both = 1<<32 | 1
	pairs := unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(data))), len(data)/2)
	if uintptr(unsafe.Pointer(unsafe.SliceData(data)))%8 != 0 {
		pairs = nil // only some processors read these
	}
	var seen uint64
	for _, p := range pairs {
		seen |= p&(size*both) + missing*both
	}
	for _, v := range data[2*len(pairs):] {
		seen |= uint64(math.Float32bits(v)&size) + missing
	}
	return seen&(first*both) == 0
}
