package cpu

import (
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
	// worth returns nil, or why another is faster. The batch of job is all images that a plan computes. A forced
	// algorithm is not asked.
	worth   func(job conv.Problem, sums conv.Shape, k *simd.Kernels) error
	prepare func(p conv.Problem, sums conv.Shape, k *simd.Kernels) recipe
}

// algorithms returns the table. The first that accepts a problem computes it; the general one comes last.
func algorithms() []algorithm {
	return []algorithm{
		{"winograd", acceptsWinograd, worthWinograd, prepareWinograd},
		{"direct", acceptsDirect, acceptsDirect, prepareDirect},
	}
}

// recipe is a prepared convolution. Before settle it only answers questions. pack is called after settle. band may be
// called any time after pack, from several goroutines.
type recipe interface {
	bound() float64               // as conv.Description has it
	phases() int                  // of the slab
	columns() int                 // that are read, at least
	inputRows(rows int) int       // of the slab that so many rows of sums need
	rowStep() int                 // bands begin at a multiple of it
	fits(rows int) bool           // whether bands of so many rows of sums suit the caches
	settle(s slab, rows int)      // the slab's layout, and the most rows of sums of a band
	packedLen() int               // floats of packed weights
	suits(weight []float32) error // nil, or why direct is better for these weights; called before pack
	pack(weight, bias []float32)
	workspace() int                      // floats that band needs in worker.work
	marks() int                          // numbers that band needs in worker.marks
	band(w *worker, o output, part part) // computes sums of a group's filters
}

// part is the rows first ≤ y < first+rows of the sums of a group of an image.
type part struct{ group, first, rows int }

// output is where a band's sums go: row i of the group's filter k begins at data[k·plane + i·W].
type output struct {
	data  []float32
	plane int
}

// anyNumber is how many images a plan computes if nobody says: so many that preparing it costs nothing beside them.
const anyNumber = 1 << 30

// choose returns the algorithm for p, and the reason against each other one. A forced one is taken or refused; ""
// forces none. One that turned out not to suit the weights may be rejected before.
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
	job := p
	job.Src = p.Src.WithN(max(p.Src.N(), e.Images))
	if e.Images == 0 {
		job.Src = p.Src.WithN(anyNumber)
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
				err = a.worth(job, sums, k)
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

// AlgorithmNames lists what Engine.Algorithm takes, in the order in which they are asked.
func AlgorithmNames() []string {
	var names []string
	for _, a := range algorithms() {
		names = append(names, a.name)
	}
	return names
}
