package compare

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"gpuconv/conv"
)

// Relation is a property that holds for all convolutions. It compares a backend's outputs with one another, so that it
// needs no judge. It is checked on a problem or on one derived from it: a relation of sums, for example, leaves out the
// pool.
type Relation struct {
	Name  string
	suits func(p conv.Problem) bool // see Suits
	hold  func(s *subject) error
	// Derives says that r computes a problem for which a GPU usually compiles another program than for the given one.
	Derives bool
}

// Suits reports whether r applies to p and, if r is about sums, whether p has no pool. Such a relation leaves a pool
// out, so that a GPU compiles another program for it. A caller that has many problems checks r on those that it suits.
func (r Relation) Suits(p conv.Problem) bool {
	p.Spec = p.WithDefaults()
	return r.suits(p)
}

// Check finds out whether r holds for the backend on p, with random numbers that depend on seed. The finding is
// Skipped, and says why, if r does not apply to p or the backend cannot compute what r needs.
//
// A relation whose two sides compute the same sums in the same order is checked with numbers in [−1, 1). If the sides
// differ but several algorithms computed them, it is checked once more, with integers, because algorithms add in
// different orders. All other relations are checked with integers, whose sums are the same in every order.
func (r Relation) Check(test conv.Backend, p conv.Problem, seed string) Finding {
	s := newSubject(r.Name+" "+seed, test, p)
	err := r.hold(s)
	if errors.As(err, new(*mismatch)) && s.mixed {
		s = newSubject(r.Name+" "+seed, test, p)
		s.integersOnly = true
		err = r.hold(s)
	}
	var skip inapplicable
	switch {
	case errors.As(err, &skip):
		return skipped(r.Name, "", string(skip))
	case errors.Is(err, conv.ErrUnsupported):
		return skipped(r.Name, "", err.Error())
	case err != nil:
		return failed(r.Name, "", err.Error())
	}
	return Finding{Check: r.Name}
}

// inapplicable says why a relation does not apply to a problem.
type inapplicable string

func (i inapplicable) Error() string { return string(i) }

// mismatch says where a relation does not hold.
type mismatch struct{ what string }

func (m *mismatch) Error() string { return m.what }

// subject is what a relation is checked on: a backend and a problem.
type subject struct {
	test conv.Backend
	p    conv.Problem // with defaults filled in
	rand *rand.Rand
	name string

	integersOnly bool
	algorithm    string // of the latest computation
	mixed        bool   // several algorithms were used
	tolerance    float64
	drawn        int
}

func newSubject(name string, test conv.Backend, p conv.Problem) *subject {
	p.Spec = p.WithDefaults()
	return &subject{test: test, p: p, rand: Generator(name), name: name}
}

// numbers returns a case with numbers in [−1, 1), or with integers if integersOnly is set.
func (s *subject) numbers(p conv.Problem) (Case, error) {
	if s.integersOnly {
		return s.integers(p)
	}
	s.drawn++
	return Random(fmt.Sprint(s.name, s.drawn), p)
}

// integers returns a case of integers for which even the sum of two outputs is exact.
func (s *subject) integers(p conv.Problem) (Case, error) {
	most := exactRange(p, 32, 32, 2)
	if most < 2 {
		return Case{}, inapplicable("with this many terms no integers have exact sums")
	}
	s.drawn++
	return integers(fmt.Sprint(s.name, s.drawn), p, most, most)
}

func (s *subject) compute(c Case) (*conv.Tensor, error) {
	got, d, err := compute(s.test, c, 1)
	if err != nil {
		return nil, fmt.Errorf("%+v: %w", c.Problem, err)
	}
	s.mixed = s.mixed || s.algorithm != "" && s.algorithm != d.Algorithm
	s.algorithm, s.tolerance = d.Algorithm, max(s.tolerance, d.Tolerance)
	return got, nil
}

// computed computes two cases.
func (s *subject) computed(a, b Case) (x, y *conv.Tensor, err error) {
	if x, err = s.compute(a); err == nil {
		y, err = s.compute(b)
	}
	return x, y, err
}

// same reports where two outputs differ (−0 = +0). If an algorithm works on transforms, each side may be off by as much
// as [Trial] allows.
func (s *subject) same(what string, got, want *conv.Tensor) error {
	if got.Shape != want.Shape {
		return &mismatch{fmt.Sprintf("%s: shape %v, want %v", what, got.Shape, want.Shape)}
	}
	allowed := 16 * s.tolerance * largest(want.Data)
	for i, v := range got.Data {
		if v != want.Data[i] && !(math.Abs(float64(v)-float64(want.Data[i])) <= allowed) {
			at := place(i, got.Shape)
			return &mismatch{fmt.Sprintf("%s: image %d, channel %d, row %d, column %d of %v is %v, want %v",
				what, at[0], at[1], at[2], at[3], got.Shape, v, want.Data[i])}
		}
	}
	return nil
}

// sums returns p without bias, activation and pool: the part that is linear.
func sums(p conv.Problem) conv.Problem {
	p.Bias, p.Activation, p.Pool = false, conv.Identity, conv.Pool{}
	return p
}

// mapped returns a new tensor. where returns its element for each index.
func mapped(shape conv.Shape, where func(n, c, y, x int) float32) *conv.Tensor {
	made := &conv.Tensor{Shape: shape, Data: make([]float32, shape[0]*shape[1]*shape[2]*shape[3])}
	for i := range made.Data {
		at := place(i, shape)
		made.Data[i] = where(at[0], at[1], at[2], at[3])
	}
	return made
}

// place returns the index [n c y x] of the i-th element.
func place(i int, shape conv.Shape) (at [4]int) {
	for axis := 3; axis >= 0; axis-- {
		if shape[axis] > 0 {
			at[axis], i = i%shape[axis], i/shape[axis]
		}
	}
	return at
}

// element returns one element of a tensor.
func element(t *conv.Tensor, n, c, y, x int) float32 { return t.Plane(n, c)[y*t.Shape[3]+x] }

// exchanged returns a tensor of the given shape. Element (y, x) of each plane is the element of t's plane at where(y,
// x).
func exchanged(t *conv.Tensor, shape conv.Shape, where func(y, x int) (int, int)) *conv.Tensor {
	return mapped(shape, func(n, c, y, x int) float32 {
		y, x = where(y, x)
		return element(t, n, c, y, x)
	})
}

func picked(values []float32, order []int) []float32 {
	if values == nil {
		return nil
	}
	all := make([]float32, 0, len(order))
	for _, i := range order {
		all = append(all, values[i])
	}
	return all
}
