package verify

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/figure"
	"gpuconv/whole"
)

// WritePictures shows a failed record in two files in folder: a .png of its output, and a .txt of how its worst output
// is computed. Each is there whole or not at all. It reports whether it wrote them: a record without a wrong output has
// nothing to show. The names of the files begin with number, so that they differ: the rest is cut if it is long.
func WritePictures(folder string, options whole.Options, number int, r Record) (bool, error) {
	e := r.Outcome.Evidence
	if e == nil {
		return false, nil
	}
	name := filepath.Join(folder, fmt.Sprintf("%03d-%s", number, fileName(r)))
	picture, err := figure.Failure(mistake(r, e))
	if err != nil {
		return false, err
	}
	if err := options.Write(name+".png", picture.WritePNG); err != nil {
		return false, err
	}
	err = options.Write(name+".txt", func(w io.Writer) error {
		if _, err := fmt.Fprintf(w, "subject    %v\n", r.Subject); err != nil {
			return err
		}
		return e.WriteText(w)
	})
	return err == nil, err
}

// fileName makes a file name from a case and the subject that failed.
func fileName(r Record) string {
	safe := func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-=_.,+", c) {
			return c
		}
		return '_'
	}
	name := r.Subject.Name
	if r.Outcome.Algorithm != "" {
		name += "-" + r.Outcome.Algorithm
	}
	name = strings.Map(safe, name+"-"+r.Case.Name)
	const longest = 180 // file systems take 255 bytes
	return name[:min(len(name), longest)]
}

// mistake returns the planes of the evidence that show the worst output.
func mistake(r Record, e *compare.Evidence) figure.Mistake {
	p := e.Case.Problem
	p.Spec = p.WithDefaults()
	filter := e.Worst[1]
	if p.Activation == conv.Energy {
		filter *= 2
	}
	group := filter / (p.Weight[0] / p.Groups)
	shape := e.Got.Shape
	size := shape.H() * shape.W()
	first := (e.Worst[0]*shape.C() + e.Worst[1]) * size
	want, difference, excess := make([]float32, size), make([]float32, size), make([]float32, size)
	for i := range size {
		at := first + i
		d := float64(e.Got.Data[at]) - e.Want[at]
		want[i], difference[i] = float32(e.Want[at]), float32(d)
		if d != 0 { // exact outputs would give 0/0 where no error is allowed
			excess[i] = float32(d / e.Limit[at])
		}
	}
	plane := func(data []float32, rows, columns int) *conv.Tensor {
		return &conv.Tensor{Shape: conv.Shape{1, 1, rows, columns}, Data: data}
	}
	return figure.Mistake{
		Title: fmt.Sprintf("%v: %s, check %s, image %d, channel %d", r.Subject, r.Case.Name, e.Check, e.Worst[0],
			e.Worst[1]),
		Stimulus: plane(e.Case.Src.Plane(e.Worst[0], group*p.Weight[1]), p.Src.H(), p.Src.W()),
		Filter:   plane(e.Case.Weight.Plane(filter, 0), p.Weight[2], p.Weight[3]),
		Got:      plane(e.Got.Data[first:first+size], shape.H(), shape.W()),
		Want:     plane(want, shape.H(), shape.W()), Difference: plane(difference, shape.H(), shape.W()),
		Excess: plane(excess, shape.H(), shape.W()),
	}
}
