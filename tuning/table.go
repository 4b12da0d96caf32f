package tuning

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Table says what each image showed: a column for each parameter, a row for each
// image.
type Table struct {
	Images     int
	Parameters []Parameter // in the order of the columns
}

// NewTable returns a table of one parameter.
func NewTable(name string, values []float64) *Table {
	return &Table{Images: len(values), Parameters: []Parameter{{Name: name, Values: slices.Clone(values)}}}
}

// ReadTable reads a CSV table: a line with the names of the columns, then a line
// for each image, in the order of the images. A column whose cells are numbers, or
// empty for what an image does not have, is a parameter as it is. A column that
// holds words is one too: each word stands for a number, by the order in which
// they appear. A column "image" counts the lines from 0 and is left out.
//
// What package stimuli writes beside its images is such a table. Of its gratings
// that drift, phase_deg becomes the phase of the frame, phase_deg −
// 360°·drift_cycles_per_frame·frame, and the column frame is left out.
func ReadTable(src io.Reader) (*Table, error) {
	reader := csv.NewReader(src)
	names, err := reader.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("tuning: the table is empty: want a line with the names of the columns")
	}
	if err != nil {
		return nil, fmt.Errorf("tuning: table: %w", err)
	}
	for i, name := range names {
		if name == "" || slices.Contains(names[:i], name) {
			return nil, fmt.Errorf("tuning: table: column %d is named %q: want a name, and each once", i+1, name)
		}
	}
	lines, err := reader.ReadAll() // a line with another number of cells is an error
	if err != nil {
		return nil, fmt.Errorf("tuning: table: %w", err)
	}
	if len(lines) == 0 {
		return nil, errors.New("tuning: the table has no line but the first: want one for each image")
	}
	t := &Table{Images: len(lines)}
	for column, name := range names {
		cells := make([]string, len(lines))
		for i, line := range lines {
			cells[i] = strings.TrimSpace(line[column])
		}
		if name != "image" {
			t.Parameters = append(t.Parameters, Parameter{Name: name, Values: values(cells)})
			continue
		}
		for i, cell := range cells {
			if cell != strconv.Itoa(i) {
				return nil, fmt.Errorf("tuning: table: image %q in line %d: want %d, the images in their order", cells[i], i+2, i)
			}
		}
	}
	t.drift()
	return t, nil
}

// drift makes one column of the phases and the frames of gratings that drift.
func (t *Table) drift() {
	phase, frame, speed := t.named("phase_deg"), t.named("frame"), t.named("drift_cycles_per_frame")
	if phase < 0 || frame < 0 || speed < 0 {
		return
	}
	for i, v := range t.Parameters[frame].Values {
		if moved := t.Parameters[speed].Values[i] * v; !math.IsNaN(moved) {
			t.Parameters[phase].Values[i] -= 360 * moved
		}
	}
	t.Parameters = slices.Delete(t.Parameters, frame, frame+1)
}

// values returns a column's cells as numbers.
func values(cells []string) []float64 {
	numbers := make([]float64, len(cells))
	for i, cell := range cells {
		if cell == "" {
			numbers[i] = math.NaN()
			continue
		}
		v, err := strconv.ParseFloat(cell, 64)
		if err != nil {
			return words(cells)
		}
		numbers[i] = v
	}
	return numbers
}

func words(cells []string) []float64 {
	seen := map[string]int{}
	numbers := make([]float64, len(cells))
	for i, cell := range cells {
		if _, ok := seen[cell]; !ok {
			seen[cell] = len(seen)
		}
		numbers[i] = float64(seen[cell])
	}
	return numbers
}

// Axis is a parameter that cells are tuned to.
type Axis int

// The axes, and the columns that hold them: the first one whose name begins so.
const (
	ByOrientation Axis = iota // orientation…, in degrees
	ByFrequency               // sf…, spatial frequency, in cycles/pixel or the like
	ByPhase                   // phase…, in degrees; else frame, of one cycle
)

// String returns the name of the axis on the command line.
func (a Axis) String() string {
	names := [...]string{"orientation", "sf", "phase"}
	if a < 0 || int(a) >= len(names) {
		return fmt.Sprintf("axis %d", int(a))
	}
	return names[a]
}

// Varying returns the axes that differ between images of t.
func (t *Table) Varying() []Axis {
	var axes []Axis
	for axis := ByOrientation; axis <= ByPhase; axis++ {
		if at := t.column(axis); at >= 0 && t.Parameters[at].Varies() {
			axes = append(axes, axis)
		}
	}
	return axes
}

// Has says whether a column of t holds an axis.
func (t *Table) Has(axis Axis) bool { return t.column(axis) >= 0 }

// column returns the column that holds an axis, or −1. Of phases, one that varies
// is preferred to the frames of a drift.
func (t *Table) column(axis Axis) int {
	at := slices.IndexFunc(t.Parameters, func(p Parameter) bool { return strings.HasPrefix(p.Name, axis.String()) })
	if axis == ByPhase && (at < 0 || !t.Parameters[at].Varies()) {
		if frame := t.named("frame"); frame >= 0 && t.Parameters[frame].Varies() {
			return frame
		}
	}
	return at
}

func (t *Table) named(name string) int {
	return slices.IndexFunc(t.Parameters, func(p Parameter) bool { return p.Name == name })
}

// phases returns p as phases in degrees: frames count a cycle of their own.
func (p Parameter) phases() Parameter {
	if p.Name != "frame" {
		return p
	}
	count := slices.Max(p.Values) + 1
	out := Parameter{Name: p.Name}
	for _, v := range p.Values {
		out.Values = append(out.Values, v/count*360)
	}
	return out
}
