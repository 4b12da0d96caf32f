package main

import (
	"math"

	"gpuconv/batch"
	"gpuconv/conv"
	"gpuconv/figure"

	"golang.org/x/sync/errgroup"
)

const (
	// examples is how many images the pictures show: the tutorial's five.
	examples = 5
	// activationLimit is the range of the tutorial's activation pictures: −3 … 3.
	activationLimit = 3
)

// gallery keeps the images that the pictures show.
type gallery struct {
	shown                batch.Spread // image numbers
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

// look copies those images of a chunk that the pictures show.
func (g *gallery) look(first int, src, dst *conv.Tensor) {
	for i := range src.Shape.N() {
		if row, ok := g.rows[first+i]; ok {
			copy(g.stimuli.Images(row, row+1).Data, src.Images(i, i+1).Data)
			copy(g.activations.Images(row, row+1).Data, dst.Images(i, i+1).Data)
		}
	}
}

// stimuliPicture is the name of the picture of stimuli, the preset's gratings if
// no others were asked for.
func stimuliPicture(asked string) string {
	if asked == "" {
		return "gratings.png"
	}
	return "stimuli.png"
}

// toneOf returns how the stimuli are drawn: as the tutorial draws its own, dark
// where a pixel is large, but luminance, of kinds and image files, as it is seen.
func toneOf(asked string) figure.Tone {
	if asked == "" {
		return figure.Ink
	}
	return figure.Light
}

// limit returns the range of the activations' picture: the tutorial's for its own
// stimuli and filters, else the largest that is shown.
func (g *gallery) limit(j *job) float64 {
	if j.flags.stimuli == "" && j.flags.filters == "" {
		return activationLimit
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

// draw writes the pictures of a job, all at once.
func (g *gallery) draw(j *job, out outputFolder) error {
	shown := titles(j.images, g.shown.All())
	var group errgroup.Group
	for name, draw := range map[string]func() (*figure.Picture, error){
		stimuliPicture(j.flags.stimuli): func() (*figure.Picture, error) { return figure.Stimuli(g.stimuli, shown, toneOf(j.flags.stimuli)) },
		"filters.png":                   func() (*figure.Picture, error) { return figure.Filters(j.bank.Tensor, j.bank.names) },
		"activations.png": func() (*figure.Picture, error) {
			return figure.Activations(g.stimuli, g.activations, shown, j.cells(), toneOf(j.flags.stimuli), g.limit(j))
		},
	} {
		group.Go(func() error {
			picture, err := draw()
			if err != nil {
				return err
			}
			return out.write(name, picture.WritePNG)
		})
	}
	return group.Wait()
}
