package experiment

import (
	"context"
	"math"
	"strings"

	"gpuconv/batch"
	"gpuconv/conv"
	"gpuconv/figure"
	"gpuconv/internal/parallel"
	"gpuconv/whole"
)

// examples is how many images the pictures show at most: five, as in the tutorial.
const examples = 5

// gallery keeps the images that the pictures show.
type gallery struct {
	shown                batch.Spread // the numbers of these images
	rows                 map[int]int  // image number → row of the tensors
	stimuli, activations *conv.Tensor
}

func newGallery(stimuli, activations conv.Shape) (*gallery, error) {
	g := &gallery{shown: batch.NewSpread(examples, activations.N()), rows: map[int]int{}}
	for row, n := range g.shown.All() {
		g.rows[n] = row
	}
	var err error
	if g.stimuli, err = conv.NewTensor(stimuli.WithN(len(g.rows))); err != nil {
		return nil, err
	}
	if g.activations, err = conv.NewTensor(activations.WithN(len(g.rows))); err != nil {
		return nil, err
	}
	return g, nil
}

// look copies those images of a portion that the pictures show, with their activations. first is the number of the
// portion's first image.
func (g *gallery) look(first int, src, dst *conv.Tensor) {
	for i := range src.Shape.N() {
		if row, ok := g.rows[first+i]; ok {
			copy(g.stimuli.Images(row, row+1).Data, src.Images(i, i+1).Data)
			copy(g.activations.Images(row, row+1).Data, dst.Images(i, i+1).Data)
		}
	}
}

// limit returns the activation at the ends of the picture's colour scale: given, if it is above 0, or else the largest
// finite magnitude that is shown. If that is 0, limit returns 1.
func (g *gallery) limit(given float64) float64 {
	if given > 0 {
		return given
	}
	largest := 0.0
	for _, v := range g.activations.Data {
		if a := math.Abs(float64(v)); a > largest && !math.IsInf(a, 0) {
			largest = a
		}
	}
	if largest == 0 {
		return 1
	}
	return largest
}

// draw writes the pictures of a job, all at the same time.
func (j Job) draw(ctx context.Context, g *gallery, out *whole.Folder) error {
	var shown []string
	for _, n := range g.shown.All() {
		shown = append(shown, j.Images.Title(n))
	}
	tone := j.Look.Tone
	group := parallel.NewGroup()
	for name, draw := range map[string]func() (*figure.Picture, error){
		j.Look.Picture(): func() (*figure.Picture, error) { return figure.Stimuli(g.stimuli, shown, tone) },
		"filters.png":    func() (*figure.Picture, error) { return figure.Filters(j.Bank.Weight, j.Bank.Names) },
		"activations.png": func() (*figure.Picture, error) {
			return figure.Activations(g.stimuli, g.activations, shown, j.cells(), tone, g.limit(j.Look.Limit))
		},
	} {
		group.Go(func() error {
			var picture *figure.Picture
			err := batch.Await(ctx, func() (err error) { picture, err = draw(); return err })
			if err != nil {
				return err
			}
			return out.Write(name, picture.WritePNG)
		})
	}
	return group.Wait()
}

// cells returns the names of the channels of the activations. With [conv.Energy] a channel is the energy of a pair of
// filters: its name is that of the first filter without the phase, after the word energy.
func (j Job) cells() []string {
	if j.Spec.Activation != conv.Energy {
		return j.Bank.Names
	}
	var names []string
	for k := 0; k < len(j.Bank.Names); k += 2 {
		name := "energy"
		for part := range strings.SplitSeq(j.Bank.Names[k], ", ") {
			if !strings.HasPrefix(part, "phase ") {
				name += ", " + part
			}
		}
		names = append(names, name)
	}
	return names
}
