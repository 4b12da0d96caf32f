package recipe

import (
	"math"
	"slices"

	"gpuconv/conv"

	"gonum.org/v1/gonum/dsp/fourier"
)

// fftPacker transforms weights, in float64.
type fftPacker struct {
	fft
	rows, columns *fourier.CmplxFFT // transforms of a row and of a column
	grid          []complex128      // a tile, row by row
	column        []complex128
}

func newFFTPacker(f fft) *fftPacker {
	c := f.constants
	return &fftPacker{fft: f, rows: fourier.NewCmplxFFT(c.tileW), columns: fourier.NewCmplxFFT(c.tileH),
		grid: make([]complex128, c.points()), column: make([]complex128, c.tileH)}
}

// pack returns what fft_dst.comp reads. spectra holds the roots of unity and then the spectra of the weights, as [pair
// of filters][channel of the group][spectrum][complex number of the first filter, of the second filter], with zeros for
// a second filter that does not exist. filters holds the biases and then the weights themselves.
func (f fft) pack(weight, bias []float32) (spectra, filters []float32) {
	spectra = make([]float32, 4*f.packedVectors())
	for k := range fftRoots {
		sin, cos := math.Sincos(-2 * math.Pi * float64(k) / fftRoots)
		spectra[4*k], spectra[4*k+1] = float32(cos), float32(sin)
	}
	packer := newFFTPacker(f)
	channels, taps := f.Weight[1], f.Weight[2]*f.Weight[3]
	for k := range f.Weight[0] {
		group, inGroup := k/f.filters(), k%f.filters()
		for c := range channels {
			first := fftRoots + ((group*f.pairs()+inGroup/2)*channels+c)*f.constants.spectrum()
			packer.plane(spectra[4*first+inGroup%2*2:], weight[(k*channels+c)*taps:])
		}
	}
	if bias == nil {
		bias = make([]float32, f.Weight[0])
	}
	return spectra, slices.Concat(bias, weight)
}

// plane writes the conjugate of the spectrum of one plane of weights, as every other complex number of to. The columns
// follow each other. Within a column, with h1·h2 = tileH, frequency f is number h2·(f mod h1) + f div h1.
func (p *fftPacker) plane(to, weight []float32) {
	tileH, tileW := p.constants.tileH, p.constants.tileW
	clear(p.grid)
	for u := range p.Weight[2] {
		row := p.grid[u*p.Dilation[0]*tileW:][:tileW]
		for v := range p.Weight[3] {
			row[v*p.Dilation[1]] = complex(float64(weight[u*p.Weight[3]+v]), 0)
		}
		p.rows.Coefficients(row, row)
	}
	h1, h2 := fftFactors(tileH)
	for g := range tileW/2 + 1 {
		for y := range tileH {
			p.column[y] = p.grid[y*tileW+g]
		}
		p.columns.Coefficients(p.column, p.column)
		for f, v := range p.column {
			at := 4 * (g*tileH + h2*(f%h1) + f/h1)
			to[at], to[at+1] = float32(real(v)), float32(-imag(v))
		}
	}
}

// packedVectors is how many vec4 the roots and the spectra take. f must have been accepted.
func (f fft) packedVectors() int {
	n, _ := f.packedProduct()
	return n
}

// packedProduct is like packedVectors, but for any f, with an error if the number overflows.
func (f fft) packedProduct() (int, error) {
	n, err := conv.Product(f.Groups, f.pairs(), f.Weight[1], f.constants.spectrum())
	return fftRoots + n, err
}
