package experiment

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gpuconv/batch"
	"gpuconv/compare"
	"gpuconv/conv"
)

// onDevice makes the numbers of a [Summary] on the device of a plan, so that only these come back. Single outputs and
// whole maps come back where somebody looks at them. Maps with numbers that are not finite come back too: their numbers
// are made here, and their outputs counted.
type onDevice struct {
	summary  Summary
	plan     conv.Plan
	painting *batch.Painting // nil if the host draws the images
	maps     conv.Shape      // of a portion
	measures []conv.Measure
	by       conv.Measuring
	numbers  []float32
}

// onDevice returns what makes the numbers on the device of a plan of p. It returns nil if the host must make them: if
// there is no summary, if the plan measures nothing, or if it states a tolerance. A tolerance is relative to the
// largest output, and without the maps nobody knows that. The caller must call close. painting is nil if the host draws
// the images.
func (k Summary) onDevice(plan conv.Plan, p conv.Problem, painting *batch.Painting) (*onDevice, error) {
	measurer, ok := plan.(conv.Measurer)
	if d, describes := plan.(conv.Describer); k == nil || !ok || describes && d.Describe().Tolerance > 0 {
		return nil, nil
	}
	maps, err := p.Dst()
	if err != nil {
		return nil, err
	}
	o := &onDevice{summary: k, plan: plan, painting: painting, maps: maps, measures: k.measures(maps)}
	if o.by, err = measurer.Measuring(o.measures); errors.Is(err, conv.ErrUnsupported) {
		return nil, nil
	}
	o.numbers = make([]float32, maps.N()*maps.C()*len(o.measures))
	return o, err
}

// measures returns the measures of a map that are the numbers of the summary. If these do not see all of the map, its
// mean follows, which shows a value that is not finite.
func (k Summary) measures(maps conv.Shape) (all []conv.Measure) {
	for _, s := range k {
		kind := conv.Mean
		switch s.Kind {
		case Max:
			kind = conv.Largest
		case Energy:
			kind = conv.MeanSquare
		}
		for i := range s.count() {
			p := s.part(i, maps.H(), maps.W())
			all = append(all, conv.Measure{Kind: kind, Top: p.top, Bottom: p.bottom, Left: p.left, Right: p.right})
		}
	}
	if !k.seesAll() {
		all = append(all, conv.Measure{Kind: conv.Mean, Bottom: maps.H(), Right: maps.W()})
	}
	return all
}

// close frees what is held on the device. If ctx is done, the plan may still be at work, and closes it itself.
func (o *onDevice) close(ctx context.Context) {
	if o != nil && ctx.Err() == nil {
		_ = o.by.Close() // nothing is lost
	}
}

// reduction is like [Summary.reduction]. wants says what look needs of maps of a shape: single outputs, as indices into
// them, and whole images.
func (o *onDevice) reduction(ctx context.Context, numbers conv.Shape, found *NotFinite,
	wants func(first int, maps conv.Shape) (single, whole []int),
	look func(first int, src, maps *conv.Tensor) error) *batch.Reduction {
	return &batch.Reduction{Shape: numbers,
		Run: func(first int, src *conv.Tensor, stripes *conv.Stripes, maps, dst *conv.Tensor) (int, error) {
			piece := measuredPiece{first: first, src: src, stripes: stripes, maps: maps, dst: dst}
			if wants != nil {
				piece.single, piece.whole = wants(first, maps.Shape)
			}
			if err := batch.Await(ctx, func() error { return o.run(&piece) }); err != nil {
				return 0, err // piece may still change
			}
			found.add(piece.found)
			return piece.unsure, nil
		},
		Make: func(first int, src, maps, _ *conv.Tensor) error { return look(first, src, maps) }}
}

// measuredPiece is a piece of a portion whose maps are measured.
type measuredPiece struct {
	first         int // number of the first image
	src           *conv.Tensor
	stripes       *conv.Stripes // nil if src has the pixels
	maps, dst     *conv.Tensor  // dst has the numbers
	single, whole []int         // outputs and images of maps that are wanted

	found  NotFinite // in the maps
	unsure int       // images of stripes that were drawn here, because the plan was not sure
}

// run makes the numbers of a piece, and those maps that are wanted.
func (o *onDevice) run(c *measuredPiece) error {
	images, all := c.src.Shape.N(), len(o.measures)
	planes := images * c.maps.Shape.C()
	numbers := o.numbers[:planes*all]
	if err := o.measure(c, numbers); err != nil {
		return err
	}
	kept := len(c.dst.Data) / planes
	for plane := range planes {
		copy(c.dst.Data[plane*kept:(plane+1)*kept], numbers[plane*all:])
	}
	perImage := c.maps.Shape.C() * all
	var odd []int
	for i := range images {
		if !finite(numbers[i*perImage : (i+1)*perImage]) {
			odd = append(odd, i)
		}
	}
	c.found.Outputs += (images - len(odd)) * len(c.maps.Data) / images
	// One image of each batch comes back whole to check its numbers.
	whole := append(append(c.whole, c.first/max(1, o.maps.N())%images), odd...)
	slices.Sort(whole)
	for _, i := range slices.Compact(whole) {
		back := c.maps.Images(i, i+1)
		if err := o.runWhole(c, i, back); err != nil {
			return err
		}
		if _, isOdd := slices.BinarySearch(odd, i); !isOdd {
			if err := compare.CheckMeasures(o.measures, numbers[i*perImage:(i+1)*perImage], back); err != nil {
				return fmt.Errorf("experiment: numbers of image %d of the job: %w", c.first+i, err)
			}
			continue
		}
		o.summary.reduceAll(c.dst.Images(i, i+1), back)
		c.found.count(back.Data)
	}
	return nil
}

// measure makes the numbers of all measures, and the single outputs that are wanted. The host draws images
// that the plan is not sure of.
func (o *onDevice) measure(c *measuredPiece, numbers []float32) error {
	if c.stripes == nil {
		return o.by.Run(numbers, c.maps, c.src, c.single)
	}
	unsure, err := o.by.RunStripes(numbers, c.maps, c.stripes, c.single)
	if err != nil {
		return err
	}
	c.unsure = len(unsure)
	image, perImage := len(c.maps.Data)/c.maps.Shape.N(), len(numbers)/c.maps.Shape.N()
	return o.painting.Redraw(c.first, c.src, unsure, func(lo, hi int) error {
		var single []int
		for _, output := range c.single {
			if lo*image <= output && output < hi*image {
				single = append(single, output-lo*image)
			}
		}
		return o.by.Run(numbers[lo*perImage:hi*perImage], c.maps.Images(lo, hi), c.src.Images(lo, hi), single)
	})
}

// runWhole computes the maps of image i of a piece, always from pixels of the host: so the check of the numbers is also
// one of images that the plan makes.
func (o *onDevice) runWhole(c *measuredPiece, i int, maps *conv.Tensor) error {
	src := c.src.Images(i, i+1)
	if c.stripes != nil {
		if err := o.painting.Draw(src, c.first+i); err != nil {
			return err
		}
	}
	return o.plan.Run(maps, src)
}
