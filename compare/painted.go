package compare

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"gpuconv/conv"
)

// paintedBytes bounds the images and outputs that checkPainted makes.
const paintedBytes = 16 << 20

// checkPainted tests a plan that makes images itself, see [conv.Painter]. It returns a [*GuardError] if the plan and
// the host are sure of different images, or if the plan is sure of an image and its outputs for it differ in bits from
// those for the host's pixels. If the plan makes no images, or one is too large, it tests nothing.
func checkPainted(plan conv.Plan, p conv.Problem) error {
	painter, paints := plan.(conv.Painter)
	dst, err := p.Dst()
	if err != nil {
		return err
	}
	n := min(p.Src.N(), int(paintedBytes/(p.Src.Image().Bytes()+dst.Image().Bytes())))
	if !paints || p.Src.C() != 1 || n == 0 || painter.Paints() != nil {
		return nil
	}
	images := nearZeros(p.Src.WithN(n))
	src, err := conv.NewTensor(images.Shape)
	if err != nil {
		return err
	}
	var near []int
	for i := range n {
		if !images.Paint(src.Plane(i, 0), i) {
			near = append(near, i)
		}
	}
	want, err := conv.NewTensor(dst.WithN(n))
	if err != nil {
		return err
	}
	if err := plan.Run(want, src); err != nil {
		return err
	}
	got, err := conv.NewTensor(want.Shape)
	if err != nil {
		return err
	}
	unsure, err := painter.RunStripes(got, images)
	if err != nil {
		return err
	}
	if !slices.Equal(unsure, near) {
		return &GuardError{fmt.Sprintf("of %d images that the plan makes %v are not sure, want %v", n, unsure, near)}
	}
	for i := range n {
		a, b := got.Images(i, i+1).Data, want.Images(i, i+1).Data
		if at := Differ(a, b); at >= 0 && !slices.Contains(near, i) {
			return &GuardError{fmt.Sprintf("image %d that the plan makes gives %v at output %d, the host's gives %v", i,
				a[at], at, b[at])}
		}
	}
	return nil
}

// nearZeros returns images of random angles. In each, one pixel is −4 … 4 units from a zero of the cosine.
func nearZeros(shape conv.Shape) *conv.Stripes {
	s := &conv.Stripes{Shape: shape, Light: 0.5, Dark: -0.25}
	s.Angles = make([]uint32, shape.N()*conv.StripeAngles(shape))
	random := rand.New(rand.NewPCG(uint64(len(s.Angles)), 3))
	for i := range s.Angles {
		s.Angles[i] = random.Uint32()
	}
	for n := range shape.N() {
		angles := s.Images(n, n+1).Angles
		column, row := random.IntN(shape.W()), shape.W()+random.IntN(shape.H())
		zero := uint32(1<<30) + uint32(n%2)<<31
		angles[column] = zero + uint32(n%9) - 4 - angles[row]
	}
	return s
}
