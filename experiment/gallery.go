package experiment

import (
	"context"
	"fmt"
	"image"
	"io"
	"slices"
	"strings"

	"gpuconv/batch"
	"gpuconv/conv"
	"gpuconv/figure"
	"gpuconv/internal/parallel"
	"gpuconv/whole"
)

// examples is how many images the pictures show at most, unless Look.Show says which: five, as in the tutorial.
const examples = 5

// gallery keeps the images that the pictures show.
type gallery struct {
	shown                []int       // the numbers of these images
	rows                 map[int]int // image number → row of the tensors
	stimuli, activations *conv.Tensor
	pixels               pixels
}

// shown returns the numbers of the images that the pictures show.
func (j Job) shown() []int {
	if len(j.Look.formats()) == 0 {
		return nil
	}
	if j.Look.Show != nil {
		return j.Look.Show
	}
	if images, ok := j.Images.(interface{ Spread(count int) []int }); ok {
		return images.Spread(examples)
	}
	return batch.NewSpread(examples, j.Images.Shape().N()).All()
}

func newGallery(shown []int, stimuli, activations conv.Shape) (*gallery, error) {
	g := &gallery{shown: shown, rows: map[int]int{}}
	for row, n := range g.shown {
		g.rows[n] = row
	}
	var err error
	stimuli[1] = 1 // pictures show the mean of the channels
	if g.stimuli, err = conv.NewTensor(stimuli.WithN(len(g.shown))); err != nil {
		return nil, err
	}
	if g.activations, err = conv.NewTensor(activations.WithN(len(g.shown))); err != nil {
		return nil, err
	}
	return g, nil
}

// look copies those images of a portion that the pictures show, with their activations. first is the number of the
// portion's first image.
func (g *gallery) look(first int, src, dst *conv.Tensor) error {
	for i := range src.Shape.N() {
		if row, ok := g.rows[first+i]; ok {
			image := src.Images(i, i+1)
			if err := g.pixels.need(image, first+i); err != nil {
				return err
			}
			mean(g.stimuli.Plane(row, 0), image)
			copy(g.activations.Images(row, row+1).Data, dst.Images(i, i+1).Data)
		}
	}
	return nil
}

// wants returns the indices, from 0 on, of those of the images first … first+images−1 that the pictures show.
func (g *gallery) wants(first, images int) (whole []int) {
	for i := range images {
		if _, ok := g.rows[first+i]; ok {
			whole = append(whole, i)
		}
	}
	return whole
}

// mean writes the mean of the channels of an image into a plane.
func mean(plane []float32, image *conv.Tensor) {
	channels := image.Shape.C()
	if channels == 1 {
		copy(plane, image.Data)
		return
	}
	for i := range plane {
		sum := 0.0
		for c := range channels {
			sum += float64(image.Plane(0, c)[i])
		}
		plane[i] = float32(sum / float64(channels))
	}
}

// draw writes the pictures of a job in each format, all at the same time.
func (j Job) draw(ctx context.Context, on Prepared, g *gallery, out *whole.Folder) error {
	if len(j.Look.formats()) == 0 {
		return nil
	}
	var shown []string
	for _, n := range g.shown {
		shown = append(shown, j.Images.Title(n))
	}
	look := j.Look.Drawn
	maps := figure.Maps{Stimuli: g.stimuli, StimulusTitles: shown, Activations: g.activations, ChannelTitles: j.cells(),
		Limit: j.Look.Limit, Field: field(on.Problem)}
	switch j.Spec.Activation {
	case conv.Energy:
		maps.Positive, maps.Label = true, "energy"
	case conv.ReLU:
		maps.Positive, maps.Limit = true, max(0, maps.Limit)
	}
	group := parallel.NewGroup()
	for name, draw := range map[string]func() (*figure.Picture, error){
		j.Look.stimuli(): func() (*figure.Picture, error) { return figure.Stimuli(g.stimuli, shown, look) },
		"filters":        func() (*figure.Picture, error) { return figure.Filters(j.Bank.Weight, j.Bank.Names, look) },
		"activations":    func() (*figure.Picture, error) { return figure.Activations(maps, look) },
	} {
		group.Go(func() error {
			var picture *figure.Picture
			err := batch.Await(ctx, func() (err error) { picture, err = draw(); return err })
			for _, format := range j.Look.formats() {
				if err == nil {
					err = out.Write(name+"."+format, func(w io.Writer) error {
						return figure.Write(w, picture, format)
					})
				}
			}
			return err
		})
	}
	return group.Wait()
}

// field returns the pixels that the output in the middle of a map sees. X counts columns, and Y counts rows. The pixels
// may reach into the padding.
func field(p conv.Problem) image.Rectangle {
	dst, err := p.Dst()
	if err != nil {
		return image.Rectangle{}
	}
	s := p.WithDefaults()
	first, extent := [2]int{}, [2]int{}
	for axis, before := range [2]int{s.Padding.Top, s.Padding.Left} {
		at, size := dst[2+axis]/2, 1
		if s.Pool.Kind != conv.NoPool {
			at, size = at*s.Pool.Stride[axis], s.Pool.Size[axis]
		}
		first[axis] = at*s.Stride[axis] - before
		extent[axis] = (size-1)*s.Stride[axis] + (p.Weight[2+axis]-1)*s.Dilation[axis] + 1
	}
	return image.Rect(first[1], first[0], first[1]+extent[1], first[0]+extent[0])
}

// cells returns the names of the channels of the activations. With [conv.Energy] a channel is the energy of a pair of
// filters: its name is that of the first filter without the phase.
func (j Job) cells() []string {
	if j.Spec.Activation != conv.Energy {
		return j.Bank.Names
	}
	var names []string
	for k := 0; k < len(j.Bank.Names); k += 2 {
		parts := slices.DeleteFunc(strings.Split(j.Bank.Names[k], ", "), func(part string) bool {
			return strings.HasPrefix(part, "phase ")
		})
		if len(parts) == 0 {
			parts = []string{fmt.Sprintf("pair %d", k/2)}
		}
		names = append(names, strings.Join(parts, ", "))
	}
	return names
}
