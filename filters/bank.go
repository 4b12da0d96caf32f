package filters

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/param"
)

// Filter is a kernel that is defined by numbers, such as a [Gabor]. [Kinds] lists them all. Places are in pixels from
// the centre of the kernel, x to the right and y downwards. Orientations are as in package stimuli: a filter responds
// most to the grating of its own orientation, spatial frequency and phase.
type Filter interface {
	// Kind is the filter's name in tables, such as gabor.
	Kind() string
	// Parameters are the numbers that can be swept. In a sweep the last of them varies fastest.
	Parameters() []param.Parameter
	// Complete replaces zeros that mean a default, and refuses parameters that make no filter.
	Complete() error
	// Reach is how far from the centre the filter should be sampled, in pixels.
	Reach() float64
	// Weight is the value of the filter at a place. Envelope is a Gaussian: a balanced bank subtracts a multiple of it
	// from the weights, so that their sum is 0. Call both only after Complete.
	Weight(x, y float64) float64
	Envelope(x, y float64) float64
}

// Bank is a set of filters of one kind and size.
type Bank struct {
	Filters []Filter
	// Size is the number of rows, and of columns, of each filter. The default is the smallest odd number that covers
	// the Reach of all.
	Size int
	// Quadrature makes a pair of each filter, 2m and 2m+1. The phase of the second is 90° larger, so that conv.Energy
	// makes a complex cell of the pair.
	Quadrature bool
	// Balanced makes the weights of each filter sum to 0, so that its response to a uniform image is 0. In a pair this
	// changes only the even part. That part is then scaled to respond to its own grating as much as the odd part does.
	// Otherwise the energy of the pair would depend on the grating's phase: by 0.2 % for Gabors with a bandwidth of 1.4
	// octaves, by 4 % at 2 octaves and by 20 % at 3.
	Balanced bool
}

// maxReachSize is the largest size that a bank chooses by itself.
const maxReachSize = 255

// Phased is a filter with a phase. It has an even part, the Envelope times the cosine of a carrier, and an odd part,
// the Envelope times the sine.
type Phased interface {
	Filter
	Shifted(degrees float64) Filter // the same filter, with degrees added to its phase
	Carrier(x, y float64) float64   // the cosine of the carrier, at phase 0
}

// complete calls Complete of all filters. It returns them, with the filters of a pair side by side, and their size.
func (b Bank) complete() ([]Filter, int, error) {
	var all []Filter
	reach := 0.0
	for _, f := range b.Filters {
		if err := f.Complete(); err != nil {
			return nil, 0, err
		}
		reach = max(reach, f.Reach())
		all = append(all, f)
		if b.Quadrature {
			phased, ok := f.(Phased)
			if !ok {
				return nil, 0, fault.New("filters", "a quadrature pair of", f.Kind(),
					"want filters with a phase: gabor")
			}
			all = append(all, phased.Shifted(90))
		}
	}
	size := b.Size
	if size == 0 && 2*math.Ceil(reach)+1 > maxReachSize {
		return nil, 0, fault.New("filters", fmt.Sprintf("of %.4g pixels a side", 2*math.Ceil(reach)+1), "",
			"want at most %d, or a size that is set", maxReachSize)
	}
	if size == 0 {
		size = 2*int(math.Ceil(reach)) + 1
	}
	return all, size, checkBank(len(all), size)
}

func checkBank(n, size int) error {
	if n < 1 {
		return fault.New("filters", "a bank of none", "", "want at least one filter")
	}
	if size < 1 {
		return fault.New("filters", "size", size, "want at least 1")
	}
	if elements, err := conv.Product(n, size, size); err != nil || elements > maxElements {
		return fault.New("filters", "", "", "%d filters of %d×%d would need %.3g GB, want at most %.3g", n, size, size,
			4e-9*float64(n)*float64(size)*float64(size), 4e-9*maxElements)
	}
	return nil
}

// Weights returns the filters as [K, 1, Size, Size], sampled in float64 at the centres of the pixels and rounded once.
// It refuses an empty bank, filters that Complete refuses, and quadrature pairs of filters without a phase. It refuses
// filters, or parts of a pair, that are all zeros on the pixels, weights that are not finite, and banks of more than 1
// GiB. If Size is 0, it also refuses filters that need more than 255 pixels a side.
func (b Bank) Weights() (*conv.Tensor, error) {
	all, size, err := b.complete()
	if err != nil {
		return nil, err
	}
	bank, err := conv.NewTensor(conv.Shape{len(all), 1, size, size})
	if err != nil {
		return nil, err
	}
	for k, f := range all {
		weights, err := b.sample(f, size)
		if err != nil {
			return nil, err
		}
		zeros := true
		for at, v := range weights {
			w := float32(v)
			if w-w != 0 {
				return nil, fault.New("filters", fmt.Sprintf("a weight of %s on %d×%d pixels", f.Kind(), size, size), w,
					"want settings of a size that float32 can compute with")
			}
			bank.Plane(k, 0)[at] = w
			zeros = zeros && v == 0
		}
		if zeros {
			return nil, fault.New("filters", fmt.Sprintf("%s on %d×%d pixels is all zeros", f.Kind(), size, size), "",
				"want another size")
		}
	}
	return bank, nil
}

// Shape returns the shape of what Weights returns. It refuses what Weights refuses before it computes a weight: an
// empty bank, one of more than 1 GiB, filters that Complete refuses, quadrature pairs of filters without a phase, and,
// if Size is 0, filters that need more than 255 pixels a side.
func (b Bank) Shape() (conv.Shape, error) {
	all, size, err := b.complete()
	return conv.Shape{len(all), 1, size, size}, err
}

// sample returns the weights of one filter.
func (b Bank) sample(f Filter, size int) ([]float64, error) {
	weights := sampled(size, f.Weight)
	even, odd := 1.0, 1.0
	if phased, ok := f.(Phased); ok && b.Quadrature {
		if even, odd = gains(phased, size, b.Balanced); !(even > leastGain && odd > leastGain) {
			return nil, fault.New("filters",
				fmt.Sprintf("a quadrature pair of %s on %d×%d pixels", f.Kind(), size, size), "",
				"one of the two is all zeros: want a spatial frequency below 0.5 and more than 1 pixel")
		}
	}
	if !b.Balanced {
		return weights, nil
	}
	envelope := sampled(size, f.Envelope)
	share := sum(weights) / sum(envelope)
	for i := range weights {
		weights[i] -= share * envelope[i]
	}
	if b.Quadrature {
		scaleEven(weights, odd/even)
	}
	return weights, nil
}

// leastGain is the least gain, as gains returns it, that is not only rounding error. Usual gains are about 1. At 0.5
// cycles/pixel, for instance, pixels show only the cosine of a carrier, and the gain of the odd part is 0.
const leastGain = 1e-6

// gains returns the response of the even part of a filter to the cosine of its carrier, and that of the odd part to the
// sine.
func gains(f Phased, size int, balanced bool) (even, odd float64) {
	cosine, envelope := sampled(size, f.Carrier), sampled(size, f.Envelope)
	share := 0.0
	for i, a := range envelope {
		even, odd, share = even+a*cosine[i]*cosine[i], odd+a*(1-cosine[i]*cosine[i]), share+a*cosine[i]
	}
	if balanced {
		even -= share * share / sum(envelope)
	}
	return even, odd
}

// scaleEven multiplies the even part of a kernel, which is symmetric about the centre, by a factor.
func scaleEven(weights []float64, factor float64) {
	for i, j := 0, len(weights)-1; i <= j; i, j = i+1, j-1 {
		even, odd := (weights[i]+weights[j])/2, (weights[i]-weights[j])/2
		weights[i], weights[j] = factor*even+odd, factor*even-odd
	}
}

// sampled evaluates f at the centres of size × size pixels around the origin, row by row.
func sampled(size int, f func(x, y float64) float64) []float64 {
	values := make([]float64, size*size)
	half := float64(size-1) / 2
	for at := range values {
		values[at] = f(float64(at%size)-half, float64(at/size)-half)
	}
	return values
}

func sum(values []float64) float64 {
	total := 0.0
	for _, v := range values {
		total += v
	}
	return total
}

// Table returns the parameters of each filter. The column prefers_deg is [Preferred]; kinds that prefer no orientation
// lack it. In a bank of pairs, the column pair has the number of each filter's pair.
func (b Bank) Table() (*param.Table, error) {
	all, _, err := b.complete()
	if err != nil {
		return nil, err
	}
	t := param.NewTable("filter", param.Columns(all[0].Parameters())...)
	pairs, prefers := param.Column{Name: "pair"}, param.Column{Name: prefersColumn}
	for k, f := range all {
		t.Add(f.Kind(), param.Numbers(f.Parameters())...)
		pairs.Numbers = append(pairs.Numbers, float64(k/2))
		prefers.Numbers = append(prefers.Numbers, Preferred(f))
	}
	if !slices.ContainsFunc(all, func(f Filter) bool { _, ok := f.(oriented); return !ok }) {
		t.Columns = append(t.Columns, prefers)
	}
	if b.Quadrature {
		t.Columns = append(t.Columns, pairs)
	}
	return t, t.Check()
}

// Names returns, for titles, the parameters that tell each filter from the others, such as 45°, phase 90. An
// orientation is that of the grating that the filter prefers, from 0° to below 180°. If the filter was given another
// angle, the name has both: θ −45°, prefers 135°. A width often follows from the spatial frequency or from another
// width, so it is named only if nothing else tells filters apart.
func (b Bank) Names() ([]string, error) {
	all, _, err := b.complete()
	if err != nil {
		return nil, err
	}
	varying, along := varying(all)
	names := titles(all, varying)
	for i := 0; i < len(along) && distinct(names) < len(names); i++ {
		if more := titles(all, append(varying, along[i])); distinct(more) > distinct(names) {
			names, varying = more, append(varying, along[i])
		}
	}
	return names, nil
}

// titles names filters by some of their parameters, or by their kind if there are none.
func titles(all []Filter, varying []string) []string {
	names := make([]string, len(all))
	for k, f := range all {
		if names[k] = title(f, varying); names[k] == "" {
			names[k] = f.Kind()
		}
	}
	return names
}

// title names a filter by some of its parameters.
func title(f Filter, varying []string) string {
	var parts []string
	for _, p := range f.Parameters() {
		if text := param.Title([]param.Parameter{p}, varying); text != "" && p.Name == "orientation" {
			parts = append(parts, label(p.Value(), halfTurn(p.Value()), false))
		} else if text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, ", ")
}

func distinct(names []string) int {
	return len(slices.Compact(slices.Sorted(slices.Values(names))))
}

// varying returns the names of the parameters that differ between filters of one kind. along are those that may only
// follow from another parameter, and names are all others.
func varying(all []Filter) (names, along []string) {
	for i, p := range all[0].Parameters() {
		differs := func(f Filter) bool { return f.Parameters()[i].Value() != p.Value() }
		switch {
		case !slices.ContainsFunc(all, differs):
		case slices.Contains([]string{"sigma-x", "sigma-y", "bandwidth", "aspect", "sigma-surround"}, p.Name):
			along = append(along, p.Name)
		default:
			names = append(names, p.Name)
		}
	}
	return names, along
}
