package conv

import "fmt"

// Precision says which algorithms a backend may choose by itself. An algorithm that the caller asks for by name is
// allowed with either precision.
type Precision int

const (
	// Exact allows only algorithms whose outputs depend on nothing but their receptive fields: underflow aside, the
	// error of each output is at most [MaxBound]·γₙ·A with its own A, and 0 where A is 0. [Description] explains γₙ and
	// A.
	Exact Precision = iota
	// Fast also allows faster algorithms that state a Tolerance. With these, a large pixel may cause errors in outputs
	// whose receptive fields do not contain it.
	Fast
)

// MaxBound is the largest Bound of an algorithm that [Exact] allows.
const MaxBound = 4

// String returns the name of p: exact or fast.
func (p Precision) String() string { return precisions.text(int(p)) }

// MarshalText returns the name of p, or a [*ShapeError] if p has none.
func (p Precision) MarshalText() ([]byte, error) { return precisions.marshal(int(p)) }

// UnmarshalText sets p to the precision with this name. It returns a [*ShapeError] for any other text.
func (p *Precision) UnmarshalText(text []byte) error { return precisions.unmarshal((*int)(p), text) }

// Accuracy says in words what d.Tolerance and d.Bound mean for the outputs.
func (d Description) Accuracy() string {
	switch {
	case d.Tolerance > 0:
		const text = "RMS error of at most %.2g of the largest output; a large pixel adds to the error of outputs " +
			"that do not see it, and sums of integers may be inexact"
		return fmt.Sprintf(text, d.Tolerance)
	case d.Bound > 1:
		const text = "each output within %g·γₙ·Σ|x||w| of its own pixels; weights whose sums may be exact, such as " +
			"integers, are added up without transforms"
		return fmt.Sprintf(text, d.Bound)
	}
	return "each output within γₙ·Σ|x||w| of its own pixels; sums of integers below 2²⁴ are exact"
}
