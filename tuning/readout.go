package tuning

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"gpuconv/fault"
)

// Pool says which number of a channel's map [H W] is the response of its cell.
type Pool int

// Centre is the value at row ⌊H/2⌋, column ⌊W/2⌋. In a map of even size, that is just below and to the right of the
// middle. At is the value at [Readout].Row and Column. MapMean and MapLargest are the mean and the largest value of the
// whole map, for a cell that sees the whole image.
const (
	Centre Pool = iota
	At
	MapMean
	MapLargest
)

// String returns the name of the pool on the command line. There, [At] is written as a row and a column.
func (p Pool) String() string {
	names := [...]string{"centre", "at", "mean", "max"}
	if p < 0 || int(p) >= len(names) {
		return fmt.Sprintf("pool %d", int(p))
	}
	return names[p]
}

// Readout says how activations become responses. It works in this order: negative values become 0, channels normalise
// each other, sums of channels are added as further cells, and each map is reduced to one number.
type Readout struct {
	Pool        Pool
	Row, Column int // the position of At, from 0

	// Linear keeps negative activations. Otherwise they become 0: the indices of tuning are defined for firing rates,
	// which are not negative.
	Linear bool

	Normalisation Normalisation // the zero value is none

	// Sums are further cells, each the sum of the channels that it lists. For instance, cells that prefer one
	// orientation each add up to a cell that responds to several. These cells follow the channels, in this order.
	Sums [][]int
}

// Source is an array that is read in pieces, in C order. An [gpuconv/npy.Reader] is one.
type Source interface {
	Shape() []int
	Read(dst []float32) error
}

// Read takes responses from activations [N C H W] or [N C]: one number for each image and cell. Cells are the C
// channels, then the sums. It keeps no more than one image in memory. If progress is not nil, Read calls it with the
// number of images that are done.
//
// Errors: a shape with another number of dimensions or without elements; a position outside of the map; a normalisation
// or sum that [Readout] does not allow; the errors of the source; the error of ctx once it is done.
func Read(ctx context.Context, source Source, readout Readout, progress func(done int)) (*Responses, error) {
	cells, err := readout.Cells(source.Shape())
	if err != nil {
		return nil, err
	}
	images, m, err := mapsOf(source.Shape())
	if err != nil {
		return nil, err
	}
	r := &Responses{Images: images, Cells: cells, Data: make([]float64, 0, images*cells)}
	buffer := make([]float32, m.cells*m.positions())
	for i := range images {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := source.Read(buffer); err != nil {
			return nil, err
		}
		r.Data = append(r.Data, readout.responses(m, buffer)...)
		if progress != nil {
			progress(i + 1)
		}
	}
	return r, nil
}

// Cells returns how many cells a readout finds in activations of a shape. It refuses the shapes and readouts that
// [Read] refuses.
func (r Readout) Cells(shape []int) (int, error) {
	_, m, err := mapsOf(shape)
	if err != nil {
		return 0, err
	}
	return r.check(m)
}

// Names returns the names of the cells, given the number of channels. A channel is named by its number, such as 4, and
// a sum by the channels that it adds up, such as 2+4.
func (r Readout) Names(channels int) []string {
	var names []string
	for channel := range channels {
		names = append(names, strconv.Itoa(channel))
	}
	for _, sum := range r.Sums {
		names = append(names, strings.ReplaceAll(strings.Trim(fmt.Sprint(sum), "[]"), " ", "+"))
	}
	return names
}

// maps are the maps of an image's channels, [cells, rows, columns].
type maps struct {
	cells, rows, columns int
	data                 []float64
}

func (m maps) positions() int { return m.rows * m.columns }

// mapsOf returns the number of images, and the extents of each image's maps.
func mapsOf(shape []int) (images int, m maps, err error) {
	switch len(shape) {
	case 2:
		m = maps{cells: shape[1], rows: 1, columns: 1}
	case 4:
		m = maps{cells: shape[1], rows: shape[2], columns: shape[3]}
	default:
		return 0, m, fault.New("tuning", "activations", shape, "want [N C H W], or [N C] of single cells")
	}
	for _, extent := range shape {
		if extent < 1 {
			return 0, m, fault.New("tuning", "activations", shape, "want at least 1 in each dimension")
		}
	}
	return shape[0], m, nil
}

// check validates a readout of such maps and returns how many cells it has.
func (r Readout) check(m maps) (cells int, err error) {
	if r.Pool == At && (r.Row < 0 || r.Row >= m.rows || r.Column < 0 || r.Column >= m.columns) {
		return 0, fault.New("tuning", fmt.Sprintf("position %d,%d", r.Row, r.Column), "",
			"want a row from 0 to %d and a column from 0 to %d", m.rows-1, m.columns-1)
	}
	if r.Pool < Centre || r.Pool > MapLargest {
		return 0, fault.New("tuning", "pool", int(r.Pool), "want Centre, At, MapMean or MapLargest")
	}
	if err := r.Normalisation.check(); err != nil {
		return 0, err
	}
	if r.Normalisation != (Normalisation{}) && r.Linear {
		return 0, fault.New("tuning", "normalisation of linear responses", "",
			"want them rectified, a negative drive cannot be raised to a power")
	}
	for _, sum := range r.Sums {
		if len(sum) == 0 {
			return 0, fault.New("tuning", "a sum of no channels", "", "want at least one")
		}
		for _, channel := range sum {
			if channel < 0 || channel >= m.cells {
				return 0, fault.New("tuning", "a sum of channels", sum, "want channels from 0 to %d", m.cells-1)
			}
		}
	}
	return m.cells + len(r.Sums), nil
}

// responses returns the responses of all cells to an image with activations data.
func (r Readout) responses(m maps, data []float32) []float64 {
	m = r.visible(m, data)
	if !r.Linear {
		for i, v := range m.data {
			if v < 0 { // NaN stays
				m.data[i] = 0
			}
		}
	}
	r.Normalisation.apply(m)
	m = m.withSums(r.Sums)
	out := make([]float64, m.cells)
	for cell := range out {
		out[cell] = r.pooled(m.data[cell*m.positions() : (cell+1)*m.positions()])
	}
	return out
}

// visible returns the activations that the readout depends on, in float64: one position of each map, or all.
func (r Readout) visible(m maps, data []float32) maps {
	if r.Pool == MapMean || r.Pool == MapLargest {
		m.data = make([]float64, len(data))
		for i, v := range data {
			m.data[i] = float64(v)
		}
		return m
	}
	row, column := r.Row, r.Column
	if r.Pool == Centre {
		row, column = m.rows/2, m.columns/2
	}
	one := maps{cells: m.cells, rows: 1, columns: 1, data: make([]float64, m.cells)}
	for cell := range one.data {
		one.data[cell] = float64(data[(cell*m.rows+row)*m.columns+column])
	}
	return one
}

// pooled returns the mean or the largest value of a map, or NaN if the map holds NaN. For Centre and At, the map is a
// single position, whose value is its mean.
func (r Readout) pooled(values []float64) float64 {
	if r.Pool != MapLargest {
		return mean(values)
	}
	largest := values[0]
	for _, v := range values {
		largest = max(largest, v) // the builtin keeps NaN
	}
	return largest
}
