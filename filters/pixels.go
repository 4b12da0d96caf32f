package filters

import (
	"fmt"
	"math"
	"math/cmplx"

	"gpuconv/param"
)

// What becomes of a filter on pixels. A filter that is too fine answers to frequencies that it does not have, since
// pixels cannot tell f from 1−f cycles per pixel: a Gabor of 0.4 cycles per pixel at 22.5° prefers 17°. A filter that
// is too wide is cut by the border of its kernel.

const (
	// mostFolded is the share of a filter's energy above half a cycle per pixel that goes without a note. At 5 % a
	// Gabor of 1.4 octaves turns by less than 2° (TestPreferred).
	mostFolded = 0.05
	// mostCut is the share of a filter's absolute weights outside of its kernel that goes without a note: a kernel that
	// reaches 2.2 standard deviations from the centre loses so much.
	mostCut = 0.05
	// mostSeen bounds how many filters of a bank are looked at, and mostTurned for how many of the fine ones it is
	// computed what they prefer.
	mostSeen, mostTurned = 256, 64
)

// spectral is a filter whose spectrum is known.
type spectral interface {
	// folded returns the share of the filter's energy at more than half a cycle per pixel along rows or columns.
	folded() float64
}

// outside integrates a spectrum's power over a square of ±reach, and returns the share that lies above half a cycle per
// pixel. spectrum returns the frequency at a place of the square, in cycles per pixel, and the power there. farthest is
// the highest frequency in it.
func outside(reach, farthest float64, spectrum func(p, q float64) (fx, fy, power float64)) float64 {
	// A lattice of the plastic number's powers leaves no gaps along any direction, where a grid would put rows of
	// places on one side of an edge.
	const places, alongP, alongQ = 4096, 0.7548776662466927, 0.5698402909980532
	if farthest <= 0.5 {
		return 0
	}
	total, beyond := 0.0, 0.0
	for i := range places {
		place := func(step float64) float64 {
			_, fraction := math.Modf(0.5 + float64(i)*step)
			return reach * (2*fraction - 1)
		}
		fx, fy, power := spectrum(place(alongP), place(alongQ))
		total += power
		if max(math.Abs(fx), math.Abs(fy)) > 0.5 {
			beyond += power
		}
	}
	return beyond / total
}

// folded implements spectral. The two lobes of the spectrum mirror each other, so that one is enough: a Gaussian about
// SF, whose standard deviations are 1/(2π·SigmaX) and 1/(2π·SigmaY).
func (g *Gabor) folded() float64 {
	farthest := g.SF + 4*math.Sqrt2/(2*math.Pi*min(g.SigmaX, g.SigmaY))
	return outside(4, farthest, func(p, q float64) (fx, fy, power float64) {
		fx, fy = turned(g.SF+p/(2*math.Pi*g.SigmaX), q/(2*math.Pi*g.SigmaY), -g.Orientation)
		return fx, fy, math.Exp(-p*p - q*q)
	})
}

// folded implements spectral.
func (d *DoG) folded() float64 {
	wide := d.SigmaSurround / d.Sigma
	return outside(4, 4/(2*math.Pi*d.Sigma), func(p, q float64) (fx, fy, power float64) {
		r := (p*p + q*q) / 2
		amplitude := math.Exp(-r) - d.Surround*math.Exp(-r*wide*wide)
		return p / (2 * math.Pi * d.Sigma), q / (2 * math.Pi * d.Sigma), amplitude * amplitude
	})
}

// folded implements spectral: the Fourier transform of a derivative is that of the Gaussian times a power of the
// frequency.
func (d *Derivative) folded() float64 {
	reach := 4 + math.Sqrt(float64(d.Order))
	return outside(reach, reach*math.Sqrt2/(2*math.Pi*d.Sigma), func(p, q float64) (fx, fy, power float64) {
		fx, fy = turned(p/(2*math.Pi*d.Sigma), q/(2*math.Pi*d.Sigma), -d.Orientation)
		return fx, fy, math.Pow(p, 2*float64(d.Order)) * math.Exp(-p*p-q*q)
	})
}

// folded implements spectral. The Laplacian of 3×3 is made of pixels: it is what it is.
func (l *Laplacian) folded() float64 {
	if l.Sigma == 0 {
		return 0
	}
	const reach = 4 + math.Sqrt2
	return outside(reach, reach/(2*math.Pi*l.Sigma), func(p, q float64) (fx, fy, power float64) {
		r := p*p + q*q
		return p / (2 * math.Pi * l.Sigma), q / (2 * math.Pi * l.Sigma), r * r * math.Exp(-r)
	})
}

// oriented is a filter that prefers gratings of one orientation.
type oriented interface {
	// grating returns the grating that the filter means to prefer: degrees from vertical and cycles per pixel. It
	// prefers none if the frequency is 0.
	grating() (degrees, sf float64)
}

func (g *Gabor) grating() (degrees, sf float64) { return g.Orientation, g.SF }

// grating implements oriented: a power of the frequency times a Gaussian is largest at √Order standard deviations.
func (d *Derivative) grating() (degrees, sf float64) {
	return d.Orientation, math.Sqrt(float64(d.Order)) / (2 * math.Pi * d.Sigma)
}

// preferred returns the orientation that a filter on size × size pixels prefers among gratings of one frequency: the
// angle of the mean vector, as package tuning has it, within 90° of the filter's own.
func preferred(f Filter, size int, degrees, sf float64) float64 {
	weights, vector := sampled(size, f.Weight), complex(0, 0)
	for turn := -90.0; turn < 90; turn += 5 {
		vector += cmplx.Rect(amplitude(weights, size, degrees+turn, sf), 2*turn*(math.Pi/180))
	}
	return degrees + cmplx.Phase(vector)*(90/math.Pi)
}

// amplitude returns |Σ w·e^{2πi·sf·u}|: how much weights answer to a grating at its best phase.
func amplitude(weights []float64, size int, degrees, sf float64) float64 {
	sin, cos := math.Sincos(degrees * (math.Pi / 180))
	wave := func(f float64) []complex128 {
		all := make([]complex128, size)
		for i := range all {
			all[i] = cmplx.Rect(1, 2*math.Pi*f*float64(i))
		}
		return all
	}
	along, down := wave(sf*cos), wave(sf*sin)
	total := complex(0, 0)
	for y := range size {
		row := complex(0, 0)
		for x, w := range weights[y*size : (y+1)*size] {
			row += complex(w, 0) * along[x]
		}
		total += row * down[y]
	}
	return cmplx.Abs(total)
}

// cutOff returns the share of the absolute weights of a filter that lies outside of size × size pixels. Of large
// filters it takes a coarser grid.
func cutOff(f Filter, size int) float64 {
	reach, half := f.Reach(), float64(size)/2
	if half >= reach {
		return 0 // Reach itself leaves out less than 1 %
	}
	pitch := max(1, reach/24)
	n := int(math.Ceil(2 * reach / pitch))
	n += (n + size) % 2 // as many as put a sample at each pixel if the pitch is 1
	place := func(i int) float64 { return (float64(i) - float64(n-1)/2) * pitch }
	covered := func(at float64) float64 { return max(0, min(1, (half-math.Abs(at))/pitch+0.5)) }
	total, within := 0.0, 0.0
	for at := range n * n {
		x, y := place(at%n), place(at/n)
		w := math.Abs(f.Weight(x, y))
		total += w
		within += w * covered(x) * covered(y)
	}
	return 1 - within/total
}

// Notes says what a user should know of the filters, a line each: that some are too fine for pixels, or that their
// kernel cuts some. Of a bank of more than 256 it looks at as many, spread over the bank. It refuses what Weights
// refuses.
func (b Bank) Notes() ([]string, error) {
	all, size, err := b.complete()
	if err != nil {
		return nil, err
	}
	step := (len(all) + mostSeen - 1) / mostSeen
	fine, cut := noted{some: step > 1}, noted{some: step > 1}
	for k := 0; k < len(all); k += step {
		fine.see(all[k], foldedOf(all[k]), mostFolded)
		cut.see(all[k], cutOff(all[k], size), mostCut)
	}
	var notes []string
	if len(fine.filters) > 0 {
		notes = append(notes, fmt.Sprintf("%s too fine for pixels: %.2g %% of %s spectrum lies above half a cycle per "+
			"pixel and folds "+
			"back%s", fine.subject(), 100*fine.most, fine.whose(), turning(fine.filters, size)))
	}
	if len(cut.filters) > 0 {
		holds := 2*int(math.Ceil(cut.worst.Reach())) + 1
		notes = append(notes, fmt.Sprintf("%s cut by the border of %d×%d pixels: %.2g %% of %s weights lie outside, "+
			"%d×%d would hold them",
			cut.subject(), size, size, 100*cut.most, cut.whose(), holds, holds))
	}
	return notes, nil
}

func foldedOf(f Filter) float64 {
	if s, ok := f.(spectral); ok {
		return s.folded()
	}
	return 0
}

// noted collects the filters of which a note is true.
type noted struct {
	some    bool // of the bank were seen, not all
	seen    int
	filters []Filter
	worst   Filter
	most    float64
}

func (n *noted) see(f Filter, share, allowed float64) {
	n.seen++
	if !(share > allowed) {
		return
	}
	n.filters = append(n.filters, f)
	if share > n.most {
		n.worst, n.most = f, share
	}
}

// subject begins a note.
func (n *noted) subject() string {
	if n.seen == 1 {
		return name(n.worst) + " is"
	}
	of, verb := fmt.Sprintf("%d filters", n.seen), "are"
	if n.some {
		of += " that were looked at"
	}
	if len(n.filters) == 1 {
		verb = "is"
	}
	return fmt.Sprintf("%d of %s %s", len(n.filters), of, verb)
}

// whose names the worst filter, unless the note has begun with it.
func (n *noted) whose() string {
	if n.seen == 1 {
		return "its"
	}
	return name(n.worst) + "'s"
}

// name says which filter is meant.
func name(f Filter) string {
	return f.Kind() + " of " + param.Title(f.Parameters(), []string{"orientation", "sf", "order", "sigma"})
}

// turning names the filter whose preferred orientation is furthest from its own, if that is by half a degree or more.
func turning(fine []Filter, size int) string {
	most, text := 0.5, ""
	for _, f := range fine[:min(mostTurned, len(fine))] {
		o, ok := f.(oriented)
		if !ok {
			continue
		}
		degrees, sf := o.grating()
		if sf == 0 || sf > 0.5 {
			continue
		}
		if prefers := preferred(f, size, degrees, sf); math.Abs(prefers-degrees) >= most {
			most, text = math.Abs(prefers-degrees), fmt.Sprintf("; %s prefers %.3g°", name(f),
				math.Round(10*prefers)/10)
		}
	}
	return text
}
