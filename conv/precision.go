package conv

import "fmt"

// Precision says how exact the algorithms are that a backend takes by itself. An algorithm that is asked for by name is
// taken at either precision.
type Precision int

const (
	// Exact takes algorithms whose outputs depend on nothing but their receptive fields: each output is off
	// by at most [MostBound]·γₙ·A, with its own A, and is 0 where A is 0. See [Description].
	Exact Precision = iota
	// Fast takes algorithms that state a Tolerance, too, where they are faster: the error of a large pixel reaches
	// outputs that do not see it.
	Fast
)

// MostBound is the largest Bound that the algorithms of [Exact] may state.
const MostBound = 4

// String returns the name of p: exact or fast.
func (p Precision) String() string { return precisions.text(int(p)) }

// MarshalText returns the name of p, and a [*ShapeError] if it has none.
func (p Precision) MarshalText() ([]byte, error) { return precisions.marshal(int(p)) }

// UnmarshalText sets p by its name. It returns a [*ShapeError] for any other text.
func (p *Precision) UnmarshalText(text []byte) error { return precisions.unmarshal((*int)(p), text) }

// Accuracy says in words what Tolerance and Bound mean for the outputs.
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
