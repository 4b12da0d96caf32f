package conv

// Choice is one way in which a backend can compute a problem.
type Choice struct {
	Algorithm string // as the backend's Options.Algorithm takes it
	Tile      string // how the algorithm cuts the work, as Choices names it; "" if it has only one way
}

// String names the algorithm and its tile.
func (c Choice) String() string {
	if c.Tile == "" {
		return c.Algorithm
	}
	return c.Algorithm + ", " + c.Tile
}

// Chooser is implemented by backends that can compute a problem in several ways, so that a caller can measure each.
//
// Choices lists these ways, including those that the backend would not choose by itself because others are faster. It
// leaves out those that the backend's precision rules out. PlanChoice is Plan with a given way, whatever the precision.
// It reports an error that wraps [ErrUnsupported] for a way that the backend does not have.
type Chooser interface {
	Backend
	Explainer
	Choices(p Problem) ([]Choice, error)
	PlanChoice(c Choice, p Problem, weight *Tensor, bias []float32) (Plan, error)
}
