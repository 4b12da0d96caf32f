package conv

import "fmt"

// Layer is one convolution of a stack: how its kernel moves and how many filters
// it has. Its input channels are the layer's before it.
type Layer struct {
	Spec
	Filters int
	Kernel  [2]int // rows, columns
	Bias    bool
}

// Field is the receptive field of one output of a stack, along H and W: the
// pixels of the image that it depends on.
type Field struct {
	Size  [2]int // rows and columns
	Jump  [2]int // by how many pixels the fields of neighbouring outputs are apart
	First [2]int // the row and column where output (0, 0)'s field begins, below 0 in the padding
}

// Stack validates layers on top of each other, from images of shape src on, and
// returns the problem of each. Errors name the layer, counted from 0.
func Stack(src Shape, layers ...Layer) ([]Problem, error) {
	problems := make([]Problem, 0, len(layers))
	for i, l := range layers {
		groups := max1(l.Groups)
		if groups < 1 || src.C()%groups != 0 {
			return nil, fmt.Errorf("layer %d: %w", i, &ShapeError{"groups", fmt.Sprint(groups), fmt.Sprintf("want a divisor of the %d channels", src.C())})
		}
		p := Problem{Spec: l.Spec, Src: src, Weight: Shape{l.Filters, src.C() / groups, l.Kernel[0], l.Kernel[1]}, Bias: l.Bias}
		dst, err := p.Dst()
		if err != nil {
			return nil, fmt.Errorf("layer %d: %w", i, err)
		}
		problems = append(problems, p)
		src = dst
	}
	return problems, nil
}

// ReceptiveField returns that of the last of problems, which follow each other as
// [Stack] returns them, in the first one's image. With r the size, j the jump and
// f the first position, each kernel or pool of extent k, dilation d, stride s and
// padding p in front makes r += (k−1)·d·j, f −= p·j, j *= s, from r = 1, j = 1, f = 0
// on: Araujo, Norris and Sim, Computing Receptive Fields of Convolutional Neural
// Networks, Distill 2019.
func ReceptiveField(problems []Problem) Field {
	field := Field{Size: [2]int{1, 1}, Jump: [2]int{1, 1}}
	for _, p := range problems {
		p.Spec = p.WithDefaults()
		before := [2]int{p.Padding.Top, p.Padding.Left}
		for axis := range 2 {
			field.extend(axis, p.Weight[2+axis], p.Dilation[axis], p.Stride[axis], before[axis])
			if p.Pool.Kind != NoPool {
				field.extend(axis, p.Pool.Size[axis], 1, p.Pool.Stride[axis], 0)
			}
		}
	}
	return field
}

func (f *Field) extend(axis, kernel, dilation, stride, before int) {
	f.Size[axis] += (kernel - 1) * dilation * f.Jump[axis]
	f.First[axis] -= before * f.Jump[axis]
	f.Jump[axis] *= stride
}
