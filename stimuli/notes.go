package stimuli

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"
)

// Noter is a [Set] that has notes for the user about the images that it has drawn.
type Noter interface {
	// Notes returns a line for each note. Call it after all images were drawn.
	Notes() []string
}

// drawnNotes collects notes about the images of a [Product] as they are drawn.
type drawnNotes struct {
	mu        sync.Mutex
	beyond    images             // beyond black or white
	low, high float64            // the range of their luminance
	cut       images             // whose Gabor patch lies partly outside
	mostCut   float64            // the largest share outside
	uneven    map[int]unevenness // by image
}

// unevenness says why a square wave cannot be bright in exactly half of the samples of whole periods. The zero value
// says that it can.
type unevenness struct {
	samples int     // how many samples make whole cycles; odd
	sf      float64 // cycles/pixel
	finer   int     // the smallest supersampling that makes samples even; so do 2, 4, 8 … times as much
}

func (u unevenness) String() string {
	return fmt.Sprintf("%d samples, an odd number, make whole cycles of a square wave of %.4g cycles/pixel", u.samples,
		u.sf)
}

// images is a set of image numbers, since an image may be drawn twice.
type images map[int]struct{}

func (i images) of(all int) string { return countOf(len(i), all) }

// countOf begins a note about some images: "3 of 8 images are".
func countOf(count, all int) string {
	if all == 1 {
		return "the image is"
	}
	verb := "are"
	if count == 1 {
		verb = "is"
	}
	return fmt.Sprintf("%d of %d images %s", count, all, verb)
}

func newDrawnNotes() *drawnNotes {
	return &drawnNotes{beyond: images{}, cut: images{}, uneven: map[int]unevenness{}}
}

// luminanceSlack is how far rounding may put luminance beyond black or white without a note.
const luminanceSlack = 1e-6

// see collects the notes about image i, from its pattern and the range of its pixels.
func (d *drawnNotes) see(i int, p Pattern, c Canvas, low, high float64) {
	if look := LookOf(p); look != nil && look.Centred {
		low, high = low+look.Mean, high+look.Mean // the luminance before Mean was subtracted
	}
	beyond, cut, uneven := low < -luminanceSlack || high > 1+luminanceSlack, 0.0, unevenness{}
	if patch, ok := p.(*Gabor); ok {
		cut = patch.outside(c)
	}
	if w, ok := p.(squareWaved); ok && LookOf(p).Contrast != 0 {
		uneven = w.uneven(c)
	}
	if !beyond && cut <= mostOutside && uneven.samples == 0 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if beyond {
		if len(d.beyond) == 0 {
			d.low, d.high = low, high
		}
		d.beyond[i], d.low, d.high = struct{}{}, min(d.low, low), max(d.high, high)
	}
	if cut > mostOutside {
		d.cut[i], d.mostCut = struct{}{}, max(d.mostCut, cut)
	}
	if uneven.samples > 0 {
		d.uneven[i] = uneven
	}
}

// notes returns the notes. all is the number of images of the set.
func (d *drawnNotes) notes(all int) (lines []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.beyond) > 0 {
		lines = append(lines, fmt.Sprintf("%s beyond 0 (black) … 1 (white): luminance from %.4g to %.4g",
			d.beyond.of(all),
			d.low, d.high))
	}
	if len(d.cut) > 0 {
		lines = append(lines, fmt.Sprintf("%s cut: up to %.2g %% of a Gabor patch lies outside", d.cut.of(all),
			100*d.mostCut))
	}
	if len(d.uneven) > 0 {
		lines = append(lines, fmt.Sprintf("%s not half bright: %s", countOf(len(d.uneven), all), d.halving()))
	}
	return lines
}

// halving says why the first of the uneven images is uneven, and which supersampling makes all of them even.
func (d *drawnNotes) halving() string {
	first, finer, alike := slices.Min(slices.Collect(maps.Keys(d.uneven))), 0, true
	for _, u := range d.uneven {
		finer = max(finer, u.finer)
		alike = alike && u == d.uneven[first]
	}
	if alike {
		return fmt.Sprintf("%v; supersampling by %d makes it even", d.uneven[first], finer)
	}
	return fmt.Sprintf("in image %d %v; supersampling by %d makes it even in all", first, d.uneven[first], finer)
}

// mostOutside is how large a share of a patch may lie outside of the image without a note.
const mostOutside = 0.05

// outside returns the share of the patch's envelope that lies outside of the canvas.
func (g *Gabor) outside(c Canvas) float64 {
	right, below := float64(c.Columns)/2, float64(c.Rows)/2
	if reach := 3 * max(g.SigmaX, g.SigmaY); math.Abs(g.X)+reach <= right && math.Abs(g.Y)+reach <= below {
		return 0
	}
	const steps = 64 // along each side of a square that reaches three standard deviations each way
	sin, cos := sincosDegrees(g.Orientation)
	total, within := 0.0, 0.0
	for at := range steps * steps {
		p, q := 6*(float64(at%steps)+0.5)/steps-3, 6*(float64(at/steps)+0.5)/steps-3
		weight := math.Exp(-(p*p + q*q) / 2)
		total += weight
		u, v := p*g.SigmaX, q*g.SigmaY
		if x, y := g.X+u*cos-v*sin, g.Y+u*sin+v*cos; math.Abs(x) <= right && math.Abs(y) <= below {
			within += weight
		}
	}
	return 1 - within/total
}

// squareWaved is a pattern of square waves.
type squareWaved interface {
	// uneven says why a wave cannot be half bright over whole periods on c, and which supersampling would make it so.
	// It returns the zero value if the wave can be half bright. It also does so if no number of samples up to the size
	// of the canvas makes whole periods.
	uneven(c Canvas) unevenness
}

// uneven implements squareWaved.
func (g *Grating) uneven(c Canvas) unevenness {
	if g.Wave != Square {
		return unevenness{}
	}
	return unevenWave(c, g.SF, g.Orientation)
}

// uneven implements squareWaved.
func (p *Plaid) uneven(c Canvas) unevenness {
	if p.Wave != Square {
		return unevenness{}
	}
	first, second := unevenWave(c, p.SF, p.Orientation), unevenWave(c, p.SF2, p.Orientation+p.Angle)
	if first.samples == 0 {
		return second
	}
	first.finer = max(first.finer, second.finer)
	return first
}

// uneven implements squareWaved. A board is the product of two square waves, whose cycles are two squares long.
func (b *Checkerboard) uneven(c Canvas) unevenness { return unevenWave(c, 1/(2*b.Side), b.Orientation) }

// unevenWave returns the unevenness of a square wave along rows or columns. It is zero for waves in other directions.
func unevenWave(c Canvas, sf, degrees float64) unevenness {
	fx, fy := components(sf, degrees)
	f, extent := math.Abs(fx), c.Columns
	switch {
	case fx != 0 && fy != 0 || fx == fy:
		return unevenness{}
	case fx == 0:
		f, extent = math.Abs(fy), c.Rows
	}
	samples, cycles := wholeCycles(f/float64(c.Supersample), extent*c.Supersample)
	if samples%2 == 0 {
		return unevenness{}
	}
	finer := 2
	for cycles%2 == 0 {
		cycles, finer = cycles/2, 2*finer
	}
	return unevenness{samples, sf, finer * c.Supersample}
}

// wholeCycles returns the smallest number of samples, up to most, that makes whole cycles at f cycles per sample, and
// how many cycles these are. It returns 0 if there is none.
func wholeCycles(f float64, most int) (samples, cycles int) {
	for n := 1; n <= most; n++ {
		if whole := math.Round(f * float64(n)); whole >= 1 && math.Abs(f*float64(n)-whole) < edgeSlack {
			return n, int(whole)
		}
	}
	return 0, 0
}
