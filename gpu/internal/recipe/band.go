package recipe

import (
	"fmt"
	"sort"

	"gpuconv/conv"
)

// Bands says how images are cut into bands. A band is some rows of outputs and the rows of pixels on which these
// depend. The device computes bands in place of images that it cannot compute whole. The zero value leaves images
// whole.
//
// A band contains the rows of padding above and below its image, so that the device need not pad there. All bands of a
// problem have the same size and use the same programs. If the rows do not divide evenly, the last band begins earlier.
// Its first outputs are then also outputs of the band before it, so they are dropped.
type Bands struct {
	Count  int // bands of an image; 0 if images are whole
	Rows   int // rows of outputs of a band
	Pixels int // rows of pixels of a band
	Step   int // rows of pixels between one row of outputs and the next
	Top    int // rows of padding above an image
	mode   conv.PaddingMode
	src    conv.Shape
	dst    conv.Shape
}

// newBands cuts the images of a valid problem, with its defaults filled in, into bands. Each has the given number of
// rows of outputs, which must be at least 1 and at most the number of rows of dst.
func newBands(p conv.Problem, rows int) Bands {
	dst, _ := p.Dst()
	b := Bands{Count: ceilDiv(dst.H(), rows), Rows: rows, Step: p.Stride[0], Top: p.Padding.Top,
		mode: p.PaddingMode, src: p.Src, dst: dst}
	sums := 1 // how many rows of sums make a row of outputs
	if p.Pool.Kind != conv.NoPool {
		b.Step *= p.Pool.Stride[0]
		sums = p.Pool.Size[0]
	}
	b.Pixels = (rows-1)*b.Step + (sums-1)*p.Stride[0] + (p.Weight[2]-1)*p.Dilation[0] + 1
	return b
}

// Cut reports whether images are cut.
func (b Bands) Cut() bool { return b.Count > 0 }

// Pieces returns how many bands the given number of images have. If images are whole, it returns that number itself.
func (b Bands) Pieces(images int) int { return images * max(1, b.Count) }

// common is how many rows of pixels a band shares with the next one.
func (b Bands) common() int { return max(0, b.Pixels-b.Rows*b.Step) }

// of returns p with bands in place of its images.
func (b Bands) of(p conv.Problem) conv.Problem {
	p.Src[0], p.Src[2] = b.Pieces(p.Src.N()), b.Pixels
	p.Padding.Top, p.Padding.Bottom = 0, 0
	return p
}

// first returns the first row of outputs of a band of an image.
func (b Bands) first(band int) int { return min(band*b.Rows, b.dst.H()-b.Rows) }

// Gather copies the pixels of bands lo to hi−1 to the beginning of to, band after band. Bands are numbered through all
// images of src. move copies as the builtin copy does.
func (b Bands) Gather(to []float32, src *conv.Tensor, lo, hi int, move func(to, from []float32)) {
	for piece := lo; piece < hi; piece++ {
		top := b.first(piece%b.Count)*b.Step - b.Top
		for c := range b.src.C() {
			to = b.gatherPlane(to, src.Plane(piece/b.Count, c), top, move)
		}
	}
}

// gatherPlane copies the rows of a band, from row top of a plane on, and returns the rest of to. Rows outside the plane
// are padding.
func (b Bands) gatherPlane(to, plane []float32, top int, move func(to, from []float32)) []float32 {
	height, width := b.src.H(), b.src.W()
	for y, end := top, top+b.Pixels; y < end; {
		from, rows := y, min(end, height)-y // rows of the image lie one after the other
		if y < 0 || y >= height {
			from, rows = b.mode.Source(y, height), 1
		}
		row := to[:rows*width]
		if from < 0 {
			clear(row)
		} else {
			move(row, plane[from*width:][:len(row)])
		}
		to, y = to[len(row):], y+rows
	}
	return to
}

// Scatter copies the outputs of bands lo to hi−1 to their rows of dst. Bands are numbered through all images of dst. It
// leaves out rows that the band before has too. move copies as the builtin copy does.
func (b Bands) Scatter(dst *conv.Tensor, from []float32, lo, hi int, move func(to, from []float32)) {
	width := b.dst.W()
	for piece := lo; piece < hi; piece++ {
		row := piece % b.Count * b.Rows
		known := row - b.first(piece%b.Count)
		for k := range b.dst.C() {
			move(dst.Plane(piece/b.Count, k)[row*width:], from[known*width:b.Rows*width])
			from = from[b.Rows*width:]
		}
	}
}

// cut fits the algorithm to a valid problem and a device. It takes whole images if the device can compute them and the
// driver lets it compute that long (see patient), else the largest bands for which both are true. If the device can
// compute whole images but no bands, images stay whole. cut returns an error if not even one row of outputs is
// possible.
func (a algorithm) cut(p conv.Problem, device Profile) (fitted, Bands, error) {
	whole, refused := a.fitTo(p, device)
	possible := refused == nil && device.Band == 0
	if possible && device.patient(p) {
		return whole, Bands{}, nil
	}
	if _, err := a.fitTo(newBands(p, 1).of(p), device); err != nil && !possible {
		return nil, Bands{}, oneRow(refused, err)
	}
	b := newBands(p, a.bandRows(p, device))
	f, err := a.fitTo(b.of(p), device)
	if possible && (b.Count == 1 || err != nil) {
		return whole, Bands{}, nil
	}
	return f, b, err
}

// oneRow returns the reason why an algorithm cannot compute even one row of outputs. band is that reason, and whole is
// the reason why it cannot compute whole images. If they differ, the text says that it is about one row.
func oneRow(whole, band error) error {
	if whole == nil || whole.Error() == band.Error() {
		return band
	}
	return fmt.Errorf("even for one row of outputs: %w", band)
}

// bandRows returns how many rows of outputs a band has: the requested number, but no more than dst has, or the most for
// which takes is true. If fewer rows give the same number of bands, it returns the smallest such number of rows, so
// that bands overlap least.
func (a algorithm) bandRows(p conv.Problem, device Profile) int {
	dst, err := p.Dst()
	if err != nil {
		return 1
	}
	if device.Band > 0 {
		return min(device.Band, dst.H())
	}
	most := 1 + sort.Search(dst.H()-1, func(i int) bool { return !a.takes(p, newBands(p, i+2), device) })
	even := ceilDiv(dst.H(), ceilDiv(dst.H(), most))
	if a.takes(p, newBands(p, even), device) {
		return even
	}
	return most
}

// takes reports whether the algorithm can compute bands of p on a device, and whether each fits into a chunk. A band
// that does not fit is accepted if it shares more than an eighth of its rows of pixels with the next band: smaller
// bands would share an even larger part.
func (a algorithm) takes(p conv.Problem, b Bands, device Profile) bool {
	p = b.of(p)
	if !device.patient(p) {
		return false
	}
	f, err := a.fitTo(p, device)
	return err == nil && (f.recipe().largest(p) <= chunkBytes || 8*b.common() > b.Pixels)
}

// patient reports whether the driver lets a device compute as long as one image of p takes: see chunkMACs.
func (device Profile) patient(p conv.Problem) bool {
	p.Src[0] = 1
	return device.Class == Software || p.MACs() <= chunkMACs
}
