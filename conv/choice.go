package conv

// Choice names one way of a backend to compute a problem.
type Choice struct {
	Algorithm string // as Options.Algorithm of the backend takes it
	Tile      string // how the algorithm cuts the work, as Choices names it; "" for one that has no choice
}

// String names the algorithm and its tile.
func (c Choice) String() string {
	if c.Tile == "" {
		return c.Algorithm
	}
	return c.Algorithm + ", " + c.Tile
}

// Chooser is the optional power of a backend to compute a problem in any of several ways, so that they can be measured.
//
// Choices lists these ways, also those that the backend would not take by itself because others are faster. It leaves
// out those that the backend's precision rules out. PlanChoice is Plan with any way, whatever the precision. It reports
// an error that wraps [ErrUnsupported] for a way that the backend does not have.
type Chooser interface {
	Backend
	Explainer
	Choices(p Problem) ([]Choice, error)
	PlanChoice(c Choice, p Problem, weight *Tensor, bias []float32) (Plan, error)
}
