package experiment

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/fault"
	"gpuconv/param"
)

// Summary says which numbers of each map of activations a job keeps in place of the map: those of each statistic, one
// after the other. nil keeps the maps. Sums are added up in float64, and each number is rounded once to float32. A plan
// that is a [conv.Measurer] makes the numbers on its device, with the bound of [conv.Measuring]. Either way a number
// depends on the map alone.
type Summary []Statistic

// Statistic makes numbers of a map. NaN anywhere in what it sees gives NaN.
type Statistic struct {
	Kind          StatisticKind
	Rows, Columns int // for Grid those of the grid, at least 1; for Position where the output is, from 0; else 0
}

// StatisticKind is a kind of statistic.
type StatisticKind int

// The kinds of statistics.
const (
	Mean     StatisticKind = iota // of the map
	Max                           // the largest value of the map
	Energy                        // the mean of the squares
	Grid                          // means of a grid: of n cells along H rows, cell i has ⌊i·H/n⌋ … ⌈(i+1)·H/n⌉−1
	Position                      // one output
)

var statistics = [...]string{"mean", "max", "energy", "pool", "position"}

// String returns the word for the kind as the command line has it: mean, max, energy, pool or position.
func (k StatisticKind) String() string { return statistics[k] }

// String returns the form that [ParseSummary] reads.
func (s Statistic) String() string {
	switch s.Kind {
	case Grid:
		return fmt.Sprintf("%v:%dx%d", s.Kind, s.Rows, s.Columns)
	case Position:
		return fmt.Sprintf("%v:%d,%d", s.Kind, s.Rows, s.Columns)
	}
	return s.Kind.String()
}

// String returns the form that [ParseSummary] reads. It is empty for nil.
func (k Summary) String() string {
	words := make([]string, len(k))
	for i, s := range k {
		words[i] = s.String()
	}
	return strings.Join(words, ",")
}

// MarshalText returns what String does.
func (k Summary) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what [ParseSummary] does.
func (k *Summary) UnmarshalText(text []byte) (err error) {
	*k, err = ParseSummary(string(text))
	return err
}

// ParseSummary reads statistics with commas between them: mean, max, energy, pool:ROWSxCOLUMNS and position:ROW,COLUMN.
// The empty text means the maps.
func ParseSummary(text string) (k Summary, err error) {
	if text == "" {
		return nil, nil
	}
	words := strings.Split(text, ",")
	for i := 0; i < len(words); i++ {
		word := words[i]
		if strings.HasPrefix(word, statistics[Position]+":") && i+1 < len(words) {
			i++
			word += "," + words[i]
		}
		s, ok := parseStatistic(word)
		if !ok {
			return nil, fault.New("experiment", "", strconv.Quote(word),
				"want mean, max, energy, pool:4x6 and position:24,32, with commas between them")
		}
		k = append(k, s)
	}
	return k, nil
}

func parseStatistic(word string) (s Statistic, ok bool) {
	name, numbers, more := strings.Cut(word, ":")
	between, least := "", 0
	switch name {
	case statistics[Mean], statistics[Max], statistics[Energy]:
	case statistics[Grid]:
		s.Kind, between, least = Grid, "x", 1
	case statistics[Position]:
		s.Kind, between = Position, ","
	default:
		return s, false
	}
	for kind := Mean; kind < Grid; kind++ {
		if name == kind.String() {
			return Statistic{Kind: kind}, !more
		}
	}
	rows, columns, two := strings.Cut(numbers, between)
	if !two {
		return s, false
	}
	var err, columnsErr error
	s.Rows, err = param.ParseWhole(rows)
	s.Columns, columnsErr = param.ParseWhole(columns)
	return s, err == nil && columnsErr == nil && s.Rows >= least && s.Columns >= least
}

// Of returns the shape of the numbers of maps: [images, channels, rows, columns] of a grid if that is the only
// statistic, otherwise [images, channels, numbers, 1]. It refuses statistics that do not fit into the maps.
func (k Summary) Of(maps conv.Shape) (conv.Shape, error) {
	numbers := 0
	for _, s := range k {
		refuse := func(want string) error {
			return fault.New("experiment", "", s, "maps are of %d×%d: want %s", maps.H(), maps.W(), want)
		}
		switch {
		case s.Kind == Grid && (s.Rows > maps.H() || s.Columns > maps.W()):
			return conv.Shape{}, refuse("at most as many cells along each axis")
		case s.Kind == Position && (s.Rows >= maps.H() || s.Columns >= maps.W()):
			return conv.Shape{}, refuse(fmt.Sprintf("at most %d,%d", maps.H()-1, maps.W()-1))
		}
		numbers += s.count()
	}
	if len(k) == 1 && k[0].Kind == Grid {
		return conv.Shape{maps.N(), maps.C(), k[0].Rows, k[0].Columns}, nil
	}
	return conv.Shape{maps.N(), maps.C(), numbers, 1}, nil
}

// count returns how many numbers a statistic makes of a map.
func (s Statistic) count() int {
	if s.Kind == Grid {
		return s.Rows * s.Columns
	}
	return 1
}

// part is a part of a map: the rows top ≤ i < bottom and the columns left ≤ j < right.
type part struct{ top, bottom, left, right int }

// part returns the part of a map that number i of the statistic sees.
func (s Statistic) part(i, rows, columns int) part {
	switch s.Kind {
	case Grid:
		row, column := i/s.Columns, i%s.Columns
		end := func(i, extent, of int) int { return ((i+1)*extent + of - 1) / of }
		return part{row * rows / s.Rows, end(row, rows, s.Rows), column * columns / s.Columns,
			end(column, columns, s.Columns)}
	case Position:
		return part{s.Rows, s.Rows + 1, s.Columns, s.Columns + 1}
	}
	return part{0, rows, 0, columns}
}

// reducer makes numbers of maps on one goroutine.
type reducer struct {
	cpu.Sums
	summary Summary
	shape   conv.Shape
	cells   [][]part  // for each Grid those of its first row
	columns []float64 // room for sums of columns
}

// reducer returns one for maps of this shape.
func (k Summary) reducer(maps conv.Shape) *reducer {
	r := &reducer{summary: k, shape: maps, cells: make([][]part, len(k)), columns: make([]float64, maps.W())}
	for i, s := range k {
		for cell := 0; s.Kind == Grid && cell < s.Columns; cell++ {
			r.cells[i] = append(r.cells[i], s.part(cell, maps.H(), maps.W()))
		}
	}
	return r
}

// reduce makes the numbers of one map, plane.
func (r *reducer) reduce(numbers, plane []float32) {
	for i, s := range r.summary {
		switch s.Kind {
		case Mean:
			numbers[0] = average(r.Sum(plane), len(plane))
		case Energy:
			numbers[0] = average(r.Squares(plane), len(plane))
		case Max:
			numbers[0] = r.Largest(plane)
		case Position:
			numbers[0] = plane[s.Rows*r.shape.W()+s.Columns]
		case Grid:
			for row := range s.Rows {
				first := row * s.Columns
				of := s.part(first, r.shape.H(), r.shape.W())
				rows := plane[of.top*r.shape.W() : of.bottom*r.shape.W()]
				r.reduceCells(numbers[first:first+s.Columns], rows, of.bottom-of.top, r.cells[i])
			}
		}
		numbers = numbers[s.count():]
	}
}

// reduceCells makes the means of a row of cells. values are the rows of the map that they see, which are this many.
func (r *reducer) reduceCells(means, values []float32, rows int, cells []part) {
	if len(cells) == 1 {
		means[0] = average(r.Sum(values), len(values))
		return
	}
	r.Columns(r.columns, values)
	for i, cell := range cells {
		means[i] = average(total(r.columns[cell.left:cell.right]), rows*(cell.right-cell.left))
	}
}

// total adds up numbers in four sums, each of every fourth number: additions to one sum wait for each other.
func total(row []float64) float64 {
	var a, b, c, d float64
	for ; len(row) >= 4; row = row[4:] {
		a, b, c, d = a+row[0], b+row[1], c+row[2], d+row[3]
	}
	for _, v := range row {
		a += v
	}
	return a + b + (c + d)
}

// average rounds a mean. All NaN are the same, because additions in another order make others.
func average(sum float64, count int) float32 {
	if sum != sum {
		return float32(math.NaN())
	}
	return float32(sum / float64(count))
}

// table returns a row for each number that is kept of a map: the statistic, and the part of the map that it sees.
func (k Summary) table(maps conv.Shape) *param.Table {
	t := param.NewTable("value", "first_row", "last_row", "first_column", "last_column")
	for _, s := range k {
		for i := range s.count() {
			p := s.part(i, maps.H(), maps.W())
			t.Add(s.Kind.String(), float64(p.top), float64(p.bottom-1), float64(p.left), float64(p.right-1))
		}
	}
	return t
}
