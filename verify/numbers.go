package verify

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"

	"gpuconv/conv"
	"gpuconv/filters"
	"gpuconv/stimuli"
)

// Stimulus is a kind of images that the matrix is filled with.
type Stimulus struct {
	Name string
	// Draw fills dst [N C H W] of any shape; the same seed draws the same.
	Draw func(dst *conv.Tensor, seed string) error
}

func (s Stimulus) String() string { return s.Name }

// Bank is a kind of weights.
type Bank struct {
	Name string
	// Draw fills dst [filters, channels per group, rows, columns] of any shape.
	Draw func(dst *conv.Tensor, seed string) error
}

func (b Bank) String() string { return b.Name }

// Stimuli returns every kind of images. Another kind is a line here.
func Stimuli() []Stimulus {
	return []Stimulus{
		{"nma", nmaStimulus(stimuli.NMA{})},
		{"nma patch", nmaStimulus(stimuli.NMA{Patch: true})},
		{"nma-t3", nmaStimulus(stimuli.NMA{Tutorial3: true})},
		{"random", random(1)},
		{"impulse", impulse},
		{"image", walk},
	}
}

// Banks returns every kind of weights. Another kind is a line here.
func Banks() []Bank {
	return []Bank{
		{"nma", nmaBank(false)},
		{"nma-t3", nmaBank(true)},
		{"pytorch", pytorch},
		{"random", random(1)},
	}
}

// nmaStimulus draws the tutorial's gratings, every plane another orientation: a
// window of its 48×64 pixels that holds most of the patch, repeated where the image is
// larger.
func nmaStimulus(nma stimuli.NMA) func(*conv.Tensor, string) error {
	return func(dst *conv.Tensor, seed string) error {
		rows, columns, err := nma.Size()
		if err != nil {
			return err
		}
		whole := make([]float32, rows*columns)
		first := generator(seed).Float64() * 180
		for plane := range dst.Shape.N() * dst.Shape.C() {
			if err := nma.Draw(whole, first+37*float64(plane)); err != nil {
				return err
			}
			to := dst.Plane(plane/dst.Shape.C(), plane%dst.Shape.C())
			for i := range to {
				y, x := i/dst.Shape.W(), i%dst.Shape.W()
				to[i] = whole[(y+rows/4)%rows*columns+(x+columns/2)%columns]
			}
		}
		return nil
	}
}

// random draws numbers between −most and most.
func random(most float32) func(*conv.Tensor, string) error {
	return func(dst *conv.Tensor, seed string) error {
		r := generator(seed)
		for i := range dst.Data {
			dst.Data[i] = most * (2*r.Float32() - 1)
		}
		return nil
	}
}

// impulse draws one pixel of 1 in each image.
func impulse(dst *conv.Tensor, seed string) error {
	r := generator(seed)
	clear(dst.Data)
	for n := range dst.Shape.N() {
		image := dst.Images(n, n+1).Data
		image[r.IntN(len(image))] = 1
	}
	return nil
}

// walk draws what photographs are like for arithmetic: 256 levels from 0 to 1 that
// change little from one pixel to the next, and so have a large mean.
func walk(dst *conv.Tensor, seed string) error {
	r := generator(seed)
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

// nmaBank draws the tutorial's filters, one for each plane. Kernels that are not square,
// and those of 1×1, which the tutorial does not have, are cut out of the middle of
// larger ones.
func nmaBank(tutorial3 bool) func(*conv.Tensor, string) error {
	return func(dst *conv.Tensor, _ string) error {
		planes := dst.Shape[0] * dst.Shape[1]
		size := max(dst.Shape.H(), dst.Shape.W())
		if size == 1 {
			size = 3
		}
		bank, err := filters.NMA{Channels: max(planes, 2), Size: size, Tutorial3: tutorial3}.Bank()
		if err != nil {
			return err
		}
		top, left := (size-dst.Shape.H())/2, (size-dst.Shape.W())/2
		for plane := range planes {
			to := dst.Plane(plane/dst.Shape.C(), plane%dst.Shape.C())
			for i := range to {
				to[i] = bank.Plane(plane, 0)[(top+i/dst.Shape.W())*size+left+i%dst.Shape.W()]
			}
		}
		return nil
	}
}

// pytorch draws what a layer has before it is trained.
func pytorch(dst *conv.Tensor, seed string) error {
	weight, _, err := filters.PyTorch{Seed: generator(seed).Uint64()}.Init(dst.Shape)
	if err != nil {
		return err
	}
	copy(dst.Data, weight.Data)
	return nil
}

// generator is seeded with a name, so that a case has the same numbers in every
// matrix.
func generator(seed string) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprint(h, seed)
	return rand.New(rand.NewPCG(h.Sum64(), uint64(len(seed))))
}
