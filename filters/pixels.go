package filters

import (
	"fmt"
	"math"
	"math/cmplx"

	"gpuconv/param"
)

// This file finds what sampling on pixels does to a filter. A filter that is too fine aliases, because pixels cannot
// tell f from 1−f cycles per pixel: a Gabor of 0.4 cycles per pixel at 22.5° prefers 17°. A filter that is too wide is
// cut by the border of its kernel.

const (
	// mostFolded is how large a share of a filter's energy may lie above half a cycle per pixel without a note. If the
	// share is 5 %, a Gabor with a bandwidth of 1.4 octaves prefers an orientation less than 2° from its own
	// (TestPreferred).
	mostFolded = 0.05
	// mostCut is how large a share of a filter's absolute weights may lie outside of its kernel without a note. A
	// kernel that reaches 2.2 standard deviations from the centre loses this share.
	mostCut = 0.05
	// At most mostSeen filters of a bank are examined. The preferred orientation is computed for at most mostTurned of
	// those that are too fine.
	mostSeen, mostTurned = 256, 64
)

// spectral is a filter whose spectrum is known as a formula.
type spectral interface {
	// folded returns the share of the filter's energy at more than half a cycle per pixel along rows or columns.
	folded() float64
}

// outside integrates a spectrum's power over a square and returns the share of the power that lies above half a cycle
// per pixel along rows or columns. The coordinates p and q of the square go from −reach to reach. spectrum returns the
// frequency (fx, fy) at a place (p, q), in cycles per pixel, and the power there. farthest is the highest frequency in
// the square.
func outside(reach, farthest float64, spectrum func(p, q float64) (fx, fy, power float64)) float64 {
	// The places are a lattice made from powers of the plastic number. It has no gaps along any direction. A grid would
	// put whole rows of places on one side of an edge.
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

// folded implements spectral. The two lobes of the spectrum mirror each other, so that one is enough. Its amplitude is
// a Gaussian around SF, with the standard deviations 1/(2π·SigmaX) and 1/(2π·SigmaY).
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

// folded implements spectral. The Laplacian of 3×3 is defined on pixels, so nothing of it is folded.
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
	// grating returns the orientation, in degrees from vertical, and the frequency, in cycles per pixel, of the grating
	// that the filter is meant to prefer. A frequency of 0 means that there is none.
	grating() (degrees, sf float64)
}

func (g *Gabor) grating() (degrees, sf float64) { return g.Orientation, g.SF }

// grating implements oriented: a power of the frequency times a Gaussian is largest at √Order standard deviations.
func (d *Derivative) grating() (degrees, sf float64) {
	return d.Orientation, math.Sqrt(float64(d.Order)) / (2 * math.Pi * d.Sigma)
}

// preferred returns the orientation that a filter on size × size pixels prefers among gratings of one frequency: the
// angle of the mean vector, as in package tuning, within 90° of the filter's own orientation.
func preferred(f Filter, size int, degrees, sf float64) float64 {
	weights, vector := sampled(size, f.Weight), complex(0, 0)
	for turn := -90.0; turn < 90; turn += 5 {
		vector += cmplx.Rect(amplitude(weights, size, degrees+turn, sf), 2*turn*(math.Pi/180))
	}
	return degrees + cmplx.Phase(vector)*(90/math.Pi)
}

// amplitude returns |Σ w·e^{2πi·sf·u}|, the response of weights w to a grating at its best phase. u is the coordinate
// of a weight's pixel across the stripes.
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

// cutOff returns the share of a filter's absolute weights that lies outside of size × size pixels. It samples large
// filters more coarsely than at each pixel.
func cutOff(f Filter, size int) float64 {
	reach, half := f.Reach(), float64(size)/2
	if half >= reach {
		return 0 // less than 1 % lies beyond Reach
	}
	pitch := max(1, reach/24)
	n := int(math.Ceil(2 * reach / pitch))
	n += (n + size) % 2 // so that a sample lies on each pixel if the pitch is 1
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

// Notes returns what a user should know about the filters, a line each: that some are too fine for pixels, or that the
// border of the kernel cuts some. It examines at most 256 filters, spread evenly over the bank. It refuses filters,
// pairs and sizes as Weights does.
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

// noted collects the filters that a note is about.
type noted struct {
	some    bool // only some filters of the bank are examined
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

// whose names the worst filter, or is "its" if the note has begun with that filter.
func (n *noted) whose() string {
	if n.seen == 1 {
		return "its"
	}
	return name(n.worst) + "'s"
}

// name returns the kind and the main parameters of a filter.
func name(f Filter) string {
	return f.Kind() + " of " + param.Title(f.Parameters(), []string{"orientation", "sf", "order", "sigma"})
}

// turning names the filter whose preferred orientation differs most from its own, if it differs by half a degree or
// more.
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
