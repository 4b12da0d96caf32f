package page

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"image/color"
	"math"
	"strings"

	"gpuconv/batch"
	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/figure"
	"gpuconv/param"
)

// Look says what the viewer shows, and how.
type Look struct {
	Images batch.Source // draws the images of the run again; nil: nobody can
	RGB    bool         // the three channels of the images are red, green and blue
	Drawn  figure.Look  // in which colours
}

// Look adds the viewer to the page. It reads the activations that the page shows, and draws their images, one after the
// other. Errors are those of the array and of l.Images, and a shape of the images that is not that of the run.
func (r *Run) Look(ctx context.Context, l Look) error {
	stimuli, colours := r.Report.StimuliShape, 0
	if l.Images != nil {
		if got := l.Images.Shape(); got != stimuli {
			return fault.New("page", "images", "", "shape %v: want %v, as run.json says", got, stimuli)
		}
		colours = min(mostColours, stimuli.C())
	}
	v := newViewer(stimuli, r.Report.ActivationsShape, colours)
	v.RGB, v.Dark = l.RGB && colours == 3, l.Drawn.Tone == figure.Ink
	v.Positive = r.Report.Activation == conv.ReLU.String() || r.Report.Activation == conv.Energy.String()
	ramp, nan := l.Drawn.Colours.Ramp(256, v.Positive)
	for _, c := range ramp {
		v.Ramp = append(v.Ramp, css(c))
	}
	v.NaN = css(nan)
	names := r.Cells.Column("name").Words
	for i := range v.Channels {
		if n := v.Channels[i].Number; n < len(names) {
			v.Channels[i].Name = line(names[n])
		}
	}
	v.Fields = fields(r.problem, r.Report.Pool)
	varying := varyingColumns(r.Images)
	for i := range v.Images {
		v.Images[i].Title = rowTitle(varying, v.Images[i].Number)
	}
	if err := r.viewActivations(ctx, v); err != nil {
		return err
	}
	if l.Images != nil {
		if err := v.viewImages(ctx, l.Images); err != nil {
			return err
		}
	}
	r.Viewer = v
	return nil
}

func css(c color.NRGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// fields returns which pixels an output sees, along rows and along columns. pool is as in run.json: kind:size:stride.
func fields(p conv.Problem, pool string) (all [2]field) {
	s := p.WithDefaults()
	size, stride := [2]int{1, 1}, [2]int{1, 1}
	if _, of, ok := strings.Cut(pool, ":"); ok {
		first, second, given := strings.Cut(of, ":")
		size = pair(first)
		if stride = size; given {
			stride = pair(second)
		}
	}
	for axis, before := range [2]int{s.Padding.Top, s.Padding.Left} {
		all[axis] = field{First: -before, Stride: s.Stride[axis] * stride[axis],
			Extent: (size[axis]-1)*s.Stride[axis] + (p.Weight[2+axis]-1)*s.Dilation[axis] + 1}
	}
	return all
}

// pair reads 2 or 2,3. A text that is neither is 1.
func pair(text string) [2]int {
	rows, columns, two := strings.Cut(text, ",")
	number := func(text string) int {
		n, err := param.ParseWhole(text)
		if err != nil || n < 1 {
			return 1
		}
		return n
	}
	if !two {
		columns = rows
	}
	return [2]int{number(rows), number(columns)}
}

// mostTitled is how many columns of stimuli.csv are in the title of an image at most.
const mostTitled = 6

// varyingColumns returns the columns of a table that tell its rows apart: those that have more than one value.
func varyingColumns(t *param.Table) (all []param.Column) {
	for _, c := range t.Columns {
		levels := c.Levels()
		for _, v := range levels {
			if v != levels[0] && !(math.IsNaN(v) && math.IsNaN(levels[0])) {
				all = append(all, c)
				break
			}
		}
		if len(all) == mostTitled {
			break
		}
	}
	return all
}

// rowTitle returns what a table says about a row, such as orientation_deg 45, sf_cycles_per_pixel 0.1.
func rowTitle(columns []param.Column, row int) string {
	var parts []string
	for _, c := range columns {
		value := ""
		if c.Words != nil {
			value = c.Words[row]
		} else {
			value = param.Cell(c.Numbers[row])
		}
		if value != "" {
			parts = append(parts, line(c.Name+" "+value))
		}
	}
	return strings.Join(parts, ", ")
}

// viewActivations reads the activations that the page shows, in the order of the array.
func (r *Run) viewActivations(ctx context.Context, v *Viewer) error {
	reader, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer reader.Close()
	of := v.activations
	row := make([]float32, of.W())
	size := of.H() * of.W()
	next := 0 // number of the next element to read
	for i := range v.Images {
		var kept values
		for _, channel := range v.Channels {
			at := (v.Images[i].Number*of.C() + channel.Number) * size
			for y := 0; y < of.H(); y += v.Maps.Step {
				from := at + y*of.W()
				if err := reader.Skip(from - next); err != nil {
					return err
				}
				if err := reader.Read(row); err != nil {
					return err
				}
				next = from + of.W()
				kept.add(row, v.Maps.Step)
			}
		}
		v.Images[i].Activations = kept.base64()
	}
	return nil
}

// viewImages draws the images that the page shows, one at a time.
func (v *Viewer) viewImages(ctx context.Context, images batch.Source) error {
	one, err := conv.NewTensor(v.stimuli.WithN(1))
	if err != nil {
		return err
	}
	for i := range v.Images {
		if err := batch.Await(ctx, func() error { return images.Draw(one, v.Images[i].Number) }); err != nil {
			return err
		}
		var kept values
		for c := range v.Colours {
			data := one.Plane(0, c)
			for y := 0; y < v.stimuli.H(); y += v.Stimuli.Step {
				kept.add(data[y*v.stimuli.W():(y+1)*v.stimuli.W()], v.Stimuli.Step)
			}
		}
		v.Images[i].Stimulus = kept.base64()
	}
	return nil
}

// values are float32, little-endian.
type values []byte

// add adds every step-th value of a row.
func (v *values) add(row []float32, step int) {
	for x := 0; x < len(row); x += step {
		*v = binary.LittleEndian.AppendUint32(*v, math.Float32bits(row[x]))
	}
}

func (v values) base64() string { return base64.StdEncoding.EncodeToString(v) }
