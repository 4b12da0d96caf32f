package compare

import (
	"errors"
	"fmt"
	"math"

	"gpuconv/conv"
)

// CheckMeasures compares measures of maps with float64 sums. maps are the outputs that they were made of. A finite
// number must be within the bound of [conv.Measuring]; one that is not finite must be explained by the maps.
func CheckMeasures(measures []conv.Measure, numbers []float32, maps *conv.Tensor) error {
	planes := maps.Shape.N() * maps.Shape.C()
	if len(numbers) != planes*len(measures) {
		return &MeasureError{fmt.Sprintf("%d numbers, want %d", len(numbers), planes*len(measures))}
	}
	for plane := range planes {
		for i, m := range measures {
			of := maps.Plane(plane/maps.Shape.C(), plane%maps.Shape.C())
			if wrong := checkMeasure(m, numbers[plane*len(measures)+i], of, maps.Shape.W()); wrong != "" {
				return &MeasureError{fmt.Sprintf("image %d, channel %d: %s", plane/maps.Shape.C(), plane%maps.Shape.C(),
					wrong)}
			}
		}
	}
	return nil
}

// checkMeasure returns what is wrong with a number of a plane, whose rows have this many columns, or "".
func checkMeasure(m conv.Measure, got float32, plane []float32, columns int) string {
	sum, magnitude, largest := 0.0, 0.0, math.Inf(-1)
	for y := m.Top; y < m.Bottom; y++ {
		for _, v := range plane[y*columns+m.Left : y*columns+m.Right] {
			term := float64(v)
			largest = max(largest, term)
			if m.Kind == conv.MeanSquare {
				term *= term
			}
			sum, magnitude = sum+term, magnitude+math.Abs(term)
		}
	}
	value, want, count := float64(got), sum/float64(m.Count()), float64(m.Count())
	terms := float64(conv.MeasureTerms(m.Count())) * unit
	limit := terms/(1-terms)*magnitude/count + 0x1p-124
	finite, expected := !math.IsNaN(value) && !math.IsInf(value, 0), !math.IsNaN(magnitude) && !math.IsInf(magnitude, 0)
	right := false
	switch {
	case m.Kind == conv.Largest:
		want, limit = largest, 0x1p-126 // devices may take denormals for equal
		right = value == largest || math.IsNaN(value) && math.IsNaN(largest) || math.Abs(value-largest) <= limit
	case !finite: // a sum may have left the range of float32
		right = !expected || magnitude >= math.MaxFloat32/2
	default:
		right = expected && math.Abs(value-want) <= limit
	}
	if right {
		return ""
	}
	return fmt.Sprintf("%+v is %v, want %v within %.2g", m, got, want, limit)
}

// measuresOf returns measures of every kind, of parts of every kind, for maps of this shape.
func measuresOf(maps conv.Shape) (all []conv.Measure) {
	h, w := maps.H(), maps.W()
	for _, kind := range []conv.MeasureKind{conv.Largest, conv.Mean, conv.MeanSquare} {
		all = append(all,
			conv.Measure{Kind: kind, Bottom: h, Right: w},
			conv.Measure{Kind: kind, Top: h / 2, Bottom: h/2 + 1, Left: w / 2, Right: w/2 + 1},
			conv.Measure{Kind: kind, Top: h / 3, Bottom: h, Left: w / 4, Right: (3*w + 3) / 4},
			conv.Measure{Kind: kind, Bottom: (h + 1) / 2, Left: w - (w+1)/2, Right: w},
			conv.Measure{Kind: kind, Top: h / 4, Bottom: (h + 2) / 2, Right: w})
	}
	return all
}

// MeasureError says that a plan's measures are not those of its maps.
type MeasureError struct{ What string }

func (e *MeasureError) Error() string { return "compare: measures: " + e.What }

// checkMeasuring compares what a plan measures with maps, the outputs of its Run. The single outputs that come back
// must be those of the maps, bit for bit, and no others. A plan that measures nothing passes.
func checkMeasuring(plan conv.Plan, maps, src *conv.Tensor) error {
	by, ok := plan.(conv.Measurer)
	if !ok || len(maps.Data) == 0 {
		return nil
	}
	measures := measuresOf(maps.Shape)
	images := min(maps.Shape.N(), max(1, mostMeasured/(maps.Shape.C()*len(measures))))
	maps, src = maps.Images(0, images), src.Images(0, images)
	m, err := by.Measuring(measures)
	if errors.Is(err, conv.ErrUnsupported) {
		return nil
	}
	if err != nil {
		return err
	}
	err = measureThrice(m, measures, maps, src)
	return errors.Join(err, m.Close())
}

// mostMeasured is how many numbers are checked of a case, or those of one image: a batch of 65,535 images has millions.
const mostMeasured = 1 << 13

// measureThrice measures with no output coming back, with some, and with all.
func measureThrice(m conv.Measuring, measures []conv.Measure, maps, src *conv.Tensor) error {
	const untouched = 0x1p100
	var first []float32
	for _, every := range []int{0, 3, 1} {
		numbers := make([]float32, maps.Shape.N()*maps.Shape.C()*len(measures))
		got := mapped(maps.Shape, func(_, _, _, _ int) float32 { return untouched })
		want := mapped(maps.Shape, func(_, _, _, _ int) float32 { return untouched })
		var outputs []int
		for at := 0; every > 0 && at < len(maps.Data); at += every {
			outputs = append(outputs, at)
			want.Data[at] = maps.Data[at]
		}
		if err := m.Run(numbers, got, src, outputs); err != nil {
			return err
		}
		if err := CheckMeasures(measures, numbers, maps); err != nil {
			return err
		}
		if at := Differ(got.Data, want.Data); at >= 0 {
			return &MeasureError{fmt.Sprintf("output %d came back as %v, want %v", at, got.Data[at], want.Data[at])}
		}
		if first == nil {
			first = numbers
		}
		if at := Differ(numbers, first); at >= 0 {
			return &MeasureError{fmt.Sprintf("number %d is %v, and was %v before", at, numbers[at], first[at])}
		}
	}
	return nil
}
