package figure

// matrixBox is the side, in device pixels, of the square that a matrix must fit into.
const matrixBox = 560

// Grid says what a matrix shows, for [Matrix].
type Grid struct {
	Values         [][]float64 // [rows][columns]
	Title, Label   string      // above the matrix; what the values are, beside the colour bar
	XLabel, YLabel string
	X, Y           []float64 // the numbers at the columns and at the rows, for ticks; nil numbers them from 0
}

// Matrix draws a matrix. Its colours go from 0 to the largest magnitude or, if there are values below 0, from the
// negative of it. Matrix refuses an empty matrix, rows that differ in length, an X or Y of another length, and what a
// [Page] does not allow.
func Matrix(m Grid, look Look) (*Picture, error) { return Matrices([]Grid{m}, look) }
