package compare

import (
	"fmt"
	"io"
	"strings"

	"gpuconv/conv"
)

// filterSum is one of the sums of products that an output is made of. Its taps are in the order of package conv's
// formula.
type filterSum struct {
	Filter, Row, Column int // the filter, and the row and column among the filter's sums
	Bias                float32
	Taps                []tap
}

// tap is one product of a sum: pixel X times weight W.
type tap struct {
	Channel, U, V int // the weight's channel in its group, and its row and column in the kernel
	Row, Column   int // the pixel's place in the image; outside the image if the pixel lies in the padding
	X, W          float32
	Float32       float32 // bias and products up to this one, rounded to float32 after each operation
	Float64       float64 // the same in float64
}

// mostSums is the largest number of sums that sumsOf returns. A few sums of a large pooling window are enough to show
// how all of them are computed.
const mostSums = 16

// sumsOf returns the sums that one output of a case is made of: one sum, or those of a pair of filters or of a pooling
// window, at most mostSums. at is the output's image, channel, row and column.
func sumsOf(c Case, at [4]int) []filterSum {
	p := c.Problem
	p.Spec = p.WithDefaults()
	filters := []int{at[1]}
	if p.Activation == conv.Energy {
		filters = []int{2 * at[1], 2*at[1] + 1}
	}
	rows, columns, top, left := 1, 1, at[2], at[3]
	if p.Pool.Kind != conv.NoPool {
		rows, columns = p.Pool.Size[0], p.Pool.Size[1]
		top, left = at[2]*p.Pool.Stride[0], at[3]*p.Pool.Stride[1]
	}
	var all []filterSum
	for i := range rows {
		for j := range columns {
			for _, k := range filters {
				if len(all) < mostSums {
					all = append(all, takeApart(p, c, at[0], k, top+i, left+j))
				}
			}
		}
	}
	return all
}

func takeApart(p conv.Problem, c Case, n, k, i, j int) filterSum {
	s := filterSum{Filter: k, Row: i, Column: j}
	if p.Bias {
		s.Bias = c.Bias[k]
	}
	short, long := s.Bias, float64(s.Bias)
	eachTap(p, c, n, k, i, j, func(t tap) {
		product := t.X * t.W
		short += product
		long += float64(t.X) * float64(t.W)
		t.Float32, t.Float64 = short, long
		s.Taps = append(s.Taps, t)
	})
	return s
}

// eachTap calls visit for the products of filter k at row i and column j of image n, in the order of package conv's
// formula. The defaults of p are filled in.
func eachTap(p conv.Problem, c Case, n, k, i, j int, visit func(t tap)) {
	group := k / (p.Weight[0] / p.Groups)
	for channel := range p.Weight[1] {
		for u := range p.Weight[2] {
			for v := range p.Weight[3] {
				t := tap{Channel: channel, U: u, V: v, W: element(c.Weight, k, channel, u, v),
					Row:    i*p.Stride[0] + u*p.Dilation[0] - p.Padding.Top,
					Column: j*p.Stride[1] + v*p.Dilation[1] - p.Padding.Left}
				t.X = pixel(p, c.Src, n, group*p.Weight[1]+channel, t.Row, t.Column)
				visit(t)
			}
		}
	}
}

// WriteText writes what failed and, product by product, how the worst output is computed.
func (e *Evidence) WriteText(w io.Writer) error {
	var b strings.Builder
	p := e.Case.Problem
	fmt.Fprintf(&b, "case       %s\ncheck      %s: %v\n", e.Case.Name, e.Check, e.Result)
	if e.Algorithm != "" {
		fmt.Fprintf(&b, "algorithm  %s\n", e.Algorithm)
	}
	fmt.Fprintf(&b, "problem    src %v, weight %v, bias %v, stride %v, dilation %v, padding %v (%v), groups %d, ",
		p.Src, p.Weight, p.Bias, p.Stride, p.Dilation, p.Padding, p.PaddingMode, p.Groups)
	fmt.Fprintf(&b, "activation %v, pool %v\n", p.Activation, p.Pool)
	fmt.Fprintf(&b, "worst      image %d, channel %d, row %d, column %d: got %.9g, want %.17g, may be off by %.3g\n",
		e.Worst[0], e.Worst[1], e.Worst[2], e.Worst[3], e.Result.Got, e.Result.Want, e.Result.Limit)
	for _, s := range sumsOf(e.Case, e.Worst) {
		fmt.Fprintf(&b, "\nsum of filter %d at row %d, column %d, from the bias %.9g on; ", s.Filter, s.Row, s.Column,
			s.Bias)
		fmt.Fprintln(&b, "positions in brackets lie in the padding")
		fmt.Fprintf(&b, "%12s %12s %16s %16s %16s %16s %24s\n", "w[c,u,v]", "x[row,col]", "x", "w", "product",
			"sum in float32", "sum in float64")
		for _, t := range s.Taps {
			fmt.Fprintf(&b, "%12s %12s %16.9g %16.9g %16.9g %16.9g %24.17g\n",
				fmt.Sprintf("%d,%d,%d", t.Channel, t.U, t.V), t.place(p),
				t.X, t.W, t.X*t.W, t.Float32, t.Float64)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (t tap) place(p conv.Problem) string {
	at := fmt.Sprintf("%d,%d", t.Row, t.Column)
	if t.Row < 0 || t.Row >= p.Src.H() || t.Column < 0 || t.Column >= p.Src.W() {
		return "[" + at + "]"
	}
	return at
}
