package tuning

import (
	"fmt"
	"math"

	"gpuconv/fault"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
)

// Metric is a measure of how different two patterns of responses are.
type Metric int

// Correlation is 1 − Pearson's r: 0 for patterns that differ in mean and scale only, 1 for uncorrelated and 2 for
// opposite patterns. It is NaN if a pattern is constant. Euclid is the Euclidean distance. Both are NaN if a pattern
// has NaN.
const (
	Correlation Metric = iota
	Euclid
)

// String returns the name of the metric on the command line.
func (m Metric) String() string {
	names := [...]string{"correlation", "euclid"}
	if m < 0 || int(m) >= len(names) {
		return fmt.Sprintf("metric %d", int(m))
	}
	return names[m]
}

// Dissimilarity returns the representational dissimilarity matrix of a population (Kriegeskorte, Mur and Bandettini,
// Front. Syst. Neurosci. 2:4, 2008). Row i, column j says how different patterns[i] and patterns[j] are. A pattern has
// one response for each cell. The matrix is symmetric. Its diagonal is 0, but under Correlation it is NaN for a pattern
// that is constant or has NaN. Dissimilarity refuses patterns of different lengths and, for Correlation, of fewer than
// 2 cells.
func Dissimilarity(patterns [][]float64, metric Metric) ([][]float64, error) {
	if err := checkPatterns(patterns, metric); err != nil {
		return nil, err
	}
	matrix := make([][]float64, len(patterns))
	for i := range matrix {
		matrix[i] = make([]float64, len(patterns))
	}
	for i, p := range patterns {
		for j, q := range patterns[:i] {
			d := 0.0
			if metric == Euclid {
				d = floats.Distance(p, q, 2)
			} else {
				d = dissimilar(p, q)
			}
			matrix[i][j], matrix[j][i] = d, d
		}
		if metric == Correlation && math.IsNaN(dissimilar(p, p)) {
			matrix[i][i] = math.NaN()
		}
	}
	return matrix, nil
}

// dissimilar returns 1 − r, kept in [0, 2] because r is rounded.
func dissimilar(p, q []float64) float64 {
	return min(max(1-stat.Correlation(p, q, nil), 0), 2)
}

func checkPatterns(patterns [][]float64, metric Metric) error {
	if metric != Correlation && metric != Euclid {
		return fault.New("tuning", metric.String(), "", "want %v or %v", Correlation, Euclid)
	}
	for i, p := range patterns {
		switch {
		case len(p) != len(patterns[0]):
			return fault.New("tuning", fmt.Sprintf("pattern %d of %d cells", i, len(p)), "",
				"want %d, as many as in the first", len(patterns[0]))
		case metric == Correlation && len(p) < 2:
			return fault.New("tuning", fmt.Sprintf("correlation of patterns of %d cells", len(p)), "",
				"want at least 2")
		}
	}
	return nil
}
