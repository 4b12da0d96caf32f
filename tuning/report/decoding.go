package report

import (
	"fmt"
	"io"
	"strconv"

	"gpuconv/param"
	"gpuconv/tuning"
)

// Decoded is the result of [tuning.Decode] with the question that it answers.
type Decoded struct {
	*tuning.Decoding
	Column string    // of the table of images
	Values []float64 // of the images in Column
	Labels []int     // of the images
	Sides  [2]string // what the labels −1 and 1 mean, such as left and right
}

// Memory returns the bytes that [tuning.Decode] takes for this many cells and images, or 0 if d is nil. They hold the
// responses, a matrix of all pairs of cells, its factors and a copy.
func (d *Decoded) Memory(cells, images int) float64 {
	if d == nil {
		return 0
	}
	return 8 * float64(cells) * (float64(images) + 3*float64(cells))
}

// decoding writes decoding.csv, with a row for each image that has a label: its value of the parameter, its label and
// the readout. It does nothing if nothing was decoded.
func (t Tuning) decoding(out *files) error {
	d := t.Decoded
	if d == nil {
		return nil
	}
	return out.write("decoding.csv", func(w io.Writer) error {
		table := param.NewWriter(w, "image", d.Column, "label", "readout")
		for i, label := range d.Labels {
			if label != 0 {
				table.Row(strconv.Itoa(i), param.Cell(d.Values[i]), strconv.Itoa(label),
					param.Cell(d.Decoding.Values[i]))
			}
		}
		return table.Close()
	})
}

// String describes the result in one line.
func (d *Decoded) String() string {
	share := float64(d.Right) / float64(d.Images)
	return fmt.Sprintf("%s or %s: %d of %d images right, %.1f %% (95 %%: %.1f to %.1f), by chance %.1f %%", d.Sides[0],
		d.Sides[1], d.Right, d.Images, 100*share, 100*d.Low, 100*d.High, 100*d.Chance)
}

// decodingJSON is the part of tuning.json about decoding.
type decodingJSON struct {
	Column string    `json:"column"`
	Sides  [2]string `json:"sides"` // the labels −1 and 1
	Images int       `json:"images"`
	Right  int       `json:"right"`
	Low    float64   `json:"low"` // of the share that is right: Wilson's interval of 95 %
	High   float64   `json:"high"`
	Chance float64   `json:"chance"`
}

func (d *Decoded) json() *decodingJSON {
	if d == nil {
		return nil
	}
	return &decodingJSON{d.Column, d.Sides, d.Images, d.Right, d.Low, d.High, d.Chance}
}
