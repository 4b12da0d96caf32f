package cpu

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"gpuconv/conv"
	"gpuconv/cpu/internal/simd"
	"gpuconv/fault"
)

// algorithm is one way to compute a convolution's sums.
type algorithm struct {
	name    string
	accepts func(p conv.Problem, sums conv.Shape, k *simd.Kernels) error // nil, or why it cannot
	// worth returns nil, or why another algorithm is faster for a plan of p that computes this many images over all its
	// runs. worth is not called for a forced algorithm.
	worth   func(p conv.Problem, images int, sums conv.Shape, k *simd.Kernels) error
	prepare func(p conv.Problem, sums conv.Shape, k *simd.Kernels) recipe
	spreads bool // whether a large pixel adds to the errors of outputs that do not see it
}

// algorithms returns the table. The first that accepts a problem and is worth it computes it; the general one comes
// last.
func algorithms() []algorithm {
	return []algorithm{
		{"winograd", acceptsWinograd, worthWinograd, prepareWinograd, false},
		{"dft", acceptsDFT, worthDFT, prepareDFT, true},
		{"depthwise", acceptsDepthwise, worthDepthwise, prepareDepthwise, false},
		{"direct", acceptsDirect, worthDirect, prepareDirect, false},
	}
}

// recipe is a prepared convolution. Until settle is called, only packedLen and the methods above settle may be called.
// suits and pack are called after settle, in that order. After pack, several goroutines may call band at the same time,
// each with a worker of its own.
type recipe interface {
	bound() float64               // as conv.Description.Bound
	tolerance() float64           // as conv.Description.Tolerance
	inPlace() bool                // whether band reads part.src instead of the slab
	phases(rows int) phases       // how the slab's rows and columns are distributed for this many rows of sums
	columns() int                 // the least number of columns of the slab
	inputRows(rows int) int       // rows of the slab that this many rows of sums need
	rowStep() int                 // the first output row of a band is a multiple of it
	fits(rows int) bool           // whether a band of this many rows of sums fits into the caches
	images(rows, most int) int    // how many images a task with all of their rows should have, at most `most`
	settle(s *slab, rows, n int)  // completes the slab, for bands of at most this many rows of sums of n images
	packedLen() int               // floats of packed weights
	suits(weight []float32) error // nil, or why direct is better for these weights; called before pack
	pack(weight, bias []float32)
	workspace() int                      // floats that band needs in worker.work
	marks() int                          // integers that band needs in worker.marks
	together() int                       // how many groups band computes at most
	cuts() int                           // into how many parts band can cut the filters of a group
	band(w *worker, o output, part part) // computes the sums of the filters of some groups
}

// part means the rows first ≤ y < first+rows of the sums of the groups group ≤ g < group+groups, in the images image ≤
// n < image+images of src. There is one group, or as many as recipe.together says. If there are several images, the
// part has all of their rows. Of the filters of a group, the part has those of the cut-th of cuts parts.
type part struct {
	src           *conv.Tensor
	image, images int
	group, groups int
	first, rows   int
	cut, cuts     int
}

// output says where the sums of a band go. Row i of the band, for filter k of the groups and the m-th image, begins at
// data[m·image + k·plane + i·W]. W is the width of the sums.
type output struct {
	data         []float32
	plane, image int
}

// anyNumber is the number of images that is assumed if Engine.Images is 0: so many that preparing a plan costs nothing
// in comparison.
const anyNumber = 1 << 30

// choose returns the algorithm for p, and for each other algorithm the reason why it was not chosen. If e.Algorithm
// names one, choose takes it or reports an error. unsuited is nil, or names an algorithm that does not suit the
// weights, with the reason.
func choose(p conv.Problem, k *simd.Kernels, e Engine, unsuited *conv.Rejected) (algorithm, []conv.Rejected, error) {
	forced := e.Algorithm
	sums, err := p.Sums()
	if err != nil {
		return algorithm{}, nil, err
	}
	if forced != "" && !slices.Contains(AlgorithmNames(), forced) {
		return algorithm{}, nil, &fault.Error{Package: "cpu", Argument: "algorithm", Value: strconv.Quote(forced),
			Rule: fmt.Sprintf("want one of %v", AlgorithmNames())}
	}
	images := max(p.Src.N(), e.Images)
	whole := p // of all images, if that is known: how they are cut into batches must not change the outputs
	whole.Src = p.Src.WithN(images)
	if e.Images == 0 {
		images = anyNumber
	}
	var taken algorithm
	var rejected []conv.Rejected
	for _, a := range algorithms() {
		var err error
		switch {
		case forced != "" && a.name != forced:
			err = fmt.Errorf("%s is forced", forced)
		case unsuited != nil && a.name == unsuited.Algorithm:
			err = unsuited.Reason
		case taken.name != "":
			err = fmt.Errorf("%s comes before it", taken.name)
		default:
			if err = a.accepts(p, sums, k); err == nil && forced == "" {
				err = cmp.Or(a.worth(whole, images, sums, k), a.ruledOut(e.Precision))
			}
		}
		if err == nil {
			taken = a
			continue
		}
		rejected = append(rejected, conv.Rejected{Algorithm: a.name, Reason: err})
		if a.name == forced {
			return algorithm{}, nil, &fault.Error{Package: "cpu", Argument: a.name, Rule: err.Error(),
				Err: conv.ErrUnsupported}
		}
	}
	if taken.name == "" {
		return algorithm{}, nil, &fault.Error{Package: "cpu", Rule: "no algorithm"}
	}
	return taken, rejected, nil
}

// ruledOut returns why the algorithm is never taken at precision p unless it is forced, or nil.
func (a algorithm) ruledOut(p conv.Precision) error {
	if a.spreads && p == conv.Exact {
		return errors.New("it spreads the error of a large pixel, precision fast would take it")
	}
	return nil
}

// Spreading lists the algorithms that state a Tolerance, as [conv.Description] explains it. The engine takes them only
// if they are forced or if Engine.Precision is [conv.Fast].
func Spreading() (names []string) {
	for _, a := range algorithms() {
		if a.spreads {
			names = append(names, a.name)
		}
	}
	return names
}

// AlgorithmNames lists the names that Engine.Algorithm takes, in the order in which the engine tries them.
func AlgorithmNames() []string {
	var names []string
	for _, a := range algorithms() {
		names = append(names, a.name)
	}
	return names
}
