package verify

import (
	"fmt"
	"slices"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/filters"
	"gpuconv/stimuli"
)

// Stimulus is a kind of images that fills the cases of the matrix.
type Stimulus struct {
	Name string
	// Kinds is how many kinds of images it draws, one after another; 0 means 1. A case has at least as many images.
	Kinds int
	// Draw fills dst, [N C H W], which may have any shape. The same seed draws the same images.
	Draw func(dst *conv.Tensor, seed string) error
}

func (s Stimulus) String() string { return s.Name }

// Bank is a kind of weights that fills the cases of the matrix.
type Bank struct {
	Name string
	// Draw fills dst, [filters, channels per group, rows, columns], which may have any shape. The same seed draws the
	// same weights.
	Draw func(dst *conv.Tensor, seed string) error
}

func (b Bank) String() string { return b.Name }

// Stimuli returns the kinds of images whose numbers differ most. The last one is called every: it has all kinds,
// including those of [stimuli.Kinds], in one batch. To add a kind, add a line here or in [stimuli.Kinds].
func Stimuli() []Stimulus {
	alone := []Stimulus{
		{Name: "nma", Draw: nmaStimulus(stimuli.NMA{})},
		{Name: "nma patch", Draw: nmaStimulus(stimuli.NMA{Patch: true})},
		{Name: "nma-t3", Draw: nmaStimulus(stimuli.NMA{Tutorial3: true})},
		{Name: "random", Draw: random(1)},
		{Name: "one pixel", Draw: impulse},
		{Name: "image", Draw: walk},
	}
	kinds := slices.Clone(alone)
	for _, k := range stimuli.Kinds() {
		kinds = append(kinds, Stimulus{Name: k.Name, Draw: kindOf(k)})
	}
	return append(alone, every(kinds))
}

// every returns a stimulus with all kinds in one batch: image n is of kind n, modulo the number of kinds.
func every(kinds []Stimulus) Stimulus {
	return Stimulus{Name: "every", Kinds: len(kinds), Draw: func(dst *conv.Tensor, seed string) error {
		for n := range dst.Shape.N() {
			s := kinds[n%len(kinds)]
			if err := s.Draw(dst.Images(n, n+1), fmt.Sprint(seed, n)); err != nil {
				return fmt.Errorf("%s: %w", s.Name, err)
			}
		}
		return nil
	}}
}

// Banks returns every kind of weights. To add a kind, add a line here or in [filters.Kinds].
func Banks() []Bank {
	all := []Bank{
		{"nma", nmaBank(false)},
		{"nma-t3", nmaBank(true)},
		{"pytorch", pytorch},
		{"random", random(1)},
	}
	for _, k := range filters.Kinds() {
		all = append(all, Bank{k.Name, kindBank(k)})
	}
	return all
}

// kindOf draws the examples of a kind, the next one in each plane. The centre pixel of the example is at the top left
// of the plane. From there on the example repeats in both directions.
func kindOf(k stimuli.Kind) func(*conv.Tensor, string) error {
	return func(dst *conv.Tensor, seed string) error {
		set, err := k.Set()
		if err != nil {
			return err
		}
		one := set.Shape()
		one[0] = 1
		whole, err := conv.NewTensor(one)
		if err != nil {
			return err
		}
		first := compare.Generator(seed).IntN(set.Shape().N())
		for plane := range dst.Shape.N() * dst.Shape.C() {
			if err := set.Draw(whole, (first+plane)%set.Shape().N()); err != nil {
				return err
			}
			to := dst.Plane(plane/dst.Shape.C(), plane%dst.Shape.C())
			tile(to, dst.Shape.W(), whole.Data, one.H(), one.W(), one.H()/2, one.W()/2)
		}
		return nil
	}
}

// tile fills an image of this many columns with a repeating pattern, starting at the pattern's pixel y, x.
func tile(to []float32, columns int, pattern []float32, height, width, y, x int) {
	for i := range to {
		to[i] = pattern[(y+i/columns)%height*width+(x+i%columns)%width]
	}
}

// nmaStimulus draws the tutorial's gratings of 48×64 pixels, another orientation in each plane. The plane begins at the
// grating's row 12, column 32, so that a small plane shows the patch. If the plane reaches beyond the grating, the
// grating repeats.
func nmaStimulus(nma stimuli.NMA) func(*conv.Tensor, string) error {
	return func(dst *conv.Tensor, seed string) error {
		rows, columns, err := nma.Size()
		if err != nil {
			return err
		}
		whole := make([]float32, rows*columns)
		first := compare.Generator(seed).Float64() * 180
		for plane := range dst.Shape.N() * dst.Shape.C() {
			if err := nma.Draw(whole, first+37*float64(plane)); err != nil {
				return err
			}
			tile(dst.Plane(plane/dst.Shape.C(), plane%dst.Shape.C()), dst.Shape.W(), whole, rows, columns, rows/4,
				columns/2)
		}
		return nil
	}
}

// random draws numbers in [−most, most).
func random(most float32) func(*conv.Tensor, string) error {
	return func(dst *conv.Tensor, seed string) error {
		r := compare.Generator(seed)
		for i := range dst.Data {
			dst.Data[i] = most * (2*r.Float32() - 1)
		}
		return nil
	}
}

// impulse draws one pixel of 1 in each image, in one of its channels. All others are 0.
func impulse(dst *conv.Tensor, seed string) error {
	r := compare.Generator(seed)
	clear(dst.Data)
	for n := range dst.Shape.N() {
		image := dst.Images(n, n+1).Data
		image[r.IntN(len(image))] = 1
	}
	return nil
}

// walk draws images that are similar to photographs in their numbers: 256 levels from 0 to 1 that change little from
// one pixel to the next, with a mean well above 0.
func walk(dst *conv.Tensor, seed string) error {
	r := compare.Generator(seed)
	for plane := range dst.Shape.N() * dst.Shape.C() {
		to := dst.Plane(plane/dst.Shape.C(), plane%dst.Shape.C())
		width, grey := dst.Shape.W(), 64+r.IntN(128)
		for i := range to {
			if i >= width && i%width == 0 {
				grey = int(to[i-width] * 255)
			}
			grey = min(max(grey+r.IntN(17)-8, 0), 255)
			to[i] = float32(grey) / 255
		}
	}
	return nil
}

// nmaBank draws the tutorial's filters, one for each plane.
func nmaBank(tutorial3 bool) func(*conv.Tensor, string) error {
	return func(dst *conv.Tensor, _ string) error {
		bank, err := filters.NMA{Channels: max(dst.Shape[0]*dst.Shape[1], 2), Size: sampledSize(dst),
			Tutorial3: tutorial3}.Bank()
		if err == nil {
			cut(dst, bank)
		}
		return err
	}
}

// kindBank draws the example filters of a kind in turn. It cuts them out of filters of odd size, which have a pixel in
// their centre: the Laplacian of 3×3 weights, sampled at an even number of pixels, would be all zeros.
func kindBank(k filters.Kind) func(*conv.Tensor, string) error {
	return func(dst *conv.Tensor, _ string) error {
		bank, err := k.Bank()
		if err != nil {
			return err
		}
		bank.Size = sampledSize(dst) | 1
		weights, err := bank.Weights()
		if err == nil {
			cut(dst, weights)
		}
		return err
	}
}

// sampledSize returns the size of square filters from which the kernels of dst can be cut. It is never 1, because the
// tutorial has no 1×1 filter, and at that size some kinds are 0.
func sampledSize(dst *conv.Tensor) int {
	if size := max(dst.Shape.H(), dst.Shape.W()); size > 1 {
		return size
	}
	return 3
}

// cut fills each plane of dst with the middle of a filter of the bank. It takes the filters in turn.
func cut(dst, bank *conv.Tensor) {
	size := bank.Shape.H()
	top, left := (size-dst.Shape.H())/2, (size-dst.Shape.W())/2
	for plane := range dst.Shape[0] * dst.Shape[1] {
		to, from := dst.Plane(plane/dst.Shape.C(), plane%dst.Shape.C()), bank.Plane(plane%bank.Shape.N(), 0)
		for i := range to {
			to[i] = from[(top+i/dst.Shape.W())*size+left+i%dst.Shape.W()]
		}
	}
}

// pytorch draws the weights of a layer that has not been trained.
func pytorch(dst *conv.Tensor, seed string) error {
	weight, _, err := filters.PyTorch{Seed: compare.Generator(seed).Uint64()}.Init(dst.Shape)
	if err != nil {
		return err
	}
	copy(dst.Data, weight.Data)
	return nil
}
