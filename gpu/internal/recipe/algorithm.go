// Package recipe plans convolutions without OpenGL: which algorithm computes a problem on a device, how it cuts the
// work, how many images go to the device at once, what its shaders are compiled with, and what each dispatch is told.
// Package gpu does what a [Blueprint] says.
//
// [Draw] makes a Blueprint. It tries the algorithms of one table in their order. Each algorithm has a file named after
// it, and one or more shaders in package shaders, such as direct.comp, or fft_src.comp and fft_dst.comp. [Tiling] says
// where each chooses its tile.
//
// Some words: a tap is one element of a filter, at a channel, row and column. Sums are the results of the convolution
// before energy and pooling, outputs those after them. A tile is what a work-group or an invocation computes at once. A
// chunk is the images that go to the device at once. A pass is one dispatch.
package recipe

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gpuconv/conv"
	"gpuconv/fault"
)

// algorithm is one way to compute convolutions with shaders: a row of the table. The rest of it is in the files named
// after it.
type algorithm struct {
	name string
	// fit fits the algorithm to a valid problem and a device. The error says why it cannot compute the problem there.
	fit func(p conv.Problem, device Profile) (fitted, error)
	// tilings lists the tilings that are worth measuring besides the one that fit chooses. Some may be larger than the
	// problem. The field is nil if the algorithm has no choice.
	tilings func(p conv.Problem, device Profile) []Tiling
	// softwareOnly is set if the algorithm does not run on hardware.
	softwareOnly bool
	// slow says why software renderers take the algorithm only if it is forced; "" if they take it unforced.
	slow string
	// spreads is set if an output's error also depends on pixels outside its receptive field. Then the recipe states a
	// Tolerance.
	spreads bool
}

// fitted is an algorithm that is fitted to a problem and a device.
type fitted interface {
	worth() error // nil, or why another algorithm is faster; not called for a forced one
	recipe() Recipe
}

// algorithms returns the table. The first algorithm that fits a problem and is worth it computes it. The last one,
// direct, computes every problem.
func algorithms() []algorithm {
	const barriers, hardware = "barriers are slow on software renderers", "it is made for hardware"
	return []algorithm{
		{name: "direct_soft", fit: fits(fitSoft), tilings: softTilings, softwareOnly: true},
		{name: "fft", fit: fits(fitFFT), slow: barriers, spreads: true},
		{name: "depthwise", fit: fits(fitDepthwise), tilings: slideTilings, slow: hardware},
		{name: "direct_small", fit: fits(fitSmall), tilings: smallTilings, slow: hardware},
		{name: "direct_shared", fit: fits(fitShared), tilings: slideTilings, slow: hardware},
		{name: "winograd", fit: fits(fitWinograd), tilings: igemmTilings, slow: barriers, spreads: true},
		{name: "igemm", fit: fits(fitIgemm), tilings: igemmTilings, slow: barriers},
		{name: "direct", fit: fits(fitDirect), tilings: directTilings},
	}
}

// fits turns an algorithm's own fit function, which returns a type of its own, into one for the table.
func fits[F fitted](fit func(conv.Problem, Profile) (F, error)) func(conv.Problem, Profile) (fitted, error) {
	return func(p conv.Problem, device Profile) (fitted, error) {
		f, err := fit(p, device)
		if err != nil {
			return nil, err
		}
		return f, nil
	}
}

// fitTo is like a.fit, but refuses hardware if a is for software renderers only.
func (a algorithm) fitTo(p conv.Problem, device Profile) (fitted, error) {
	if a.softwareOnly && device.Class != Software {
		return nil, hardwareRefused(device.Class)
	}
	return a.fit(p, device)
}

func hardwareRefused(class Class) error {
	return fmt.Errorf("it is for software renderers, the device has tiles of the class %v", class)
}

// passedOver returns why devices of a class never take the algorithm unless it is forced, or nil.
func (a algorithm) passedOver(class Class) error {
	switch {
	case a.softwareOnly && class != Software:
		return hardwareRefused(class)
	case a.slow != "" && class == Software:
		return errors.New(a.slow)
	}
	return nil
}

// ruledOut returns why the algorithm is never taken at precision p unless it is forced, or nil.
func (a algorithm) ruledOut(p conv.Precision) error {
	if a.spreads && p == conv.Exact {
		return errors.New("it spreads the error of a large pixel, precision fast would take it")
	}
	return nil
}

// AlgorithmNames lists the algorithms in the order in which they are tried.
func AlgorithmNames() []string {
	var names []string
	for _, a := range algorithms() {
		names = append(names, a.name)
	}
	return names
}

// Chosen reports whether a class of devices ever takes an algorithm at precision p without being forced.
func Chosen(name string, class Class, p conv.Precision) bool {
	for _, a := range algorithms() {
		if a.name == name {
			return a.passedOver(class) == nil && a.ruledOut(p) == nil
		}
	}
	return false
}

// chosen is the algorithm that computes a problem. Its name is "" if there is none.
type chosen struct {
	name string
	fitted
	bands Bands // how images are cut for it
}

// choose returns the algorithm for p, and why each other one is rejected. If forced is not "", it returns that
// algorithm or an error.
func choose(p conv.Problem, device Profile, forced string) (chosen, []conv.Rejected, error) {
	if forced != "" && !slices.Contains(AlgorithmNames(), forced) {
		return chosen{}, nil, &fault.Error{Package: "gpu", Argument: "algorithm", Value: strconv.Quote(forced),
			Rule: fmt.Sprintf("want one of %v", AlgorithmNames())}
	}
	var taken chosen
	var rejected []conv.Rejected
	for _, a := range algorithms() {
		f, bands, err := a.take(p, device, forced, taken.name)
		if err != nil {
			rejected = append(rejected, conv.Rejected{Algorithm: a.name, Reason: err})
			continue
		}
		taken = chosen{a.name, f, bands}
	}
	if taken.name == "" {
		return chosen{}, rejected, refusal(rejected, forced)
	}
	return taken, rejected, nil
}

// take fits the algorithm to p. before is the name of an earlier algorithm that was taken, or "". The error says why
// this one is not taken: another is forced, before was taken, it cannot compute p, devices of the class take it only if
// it is forced, another is faster, or the precision rules it out.
func (a algorithm) take(p conv.Problem, device Profile, forced, before string) (fitted, Bands, error) {
	switch {
	case forced != "" && a.name != forced:
		return nil, Bands{}, fmt.Errorf("%s is forced", forced)
	case before != "":
		return nil, Bands{}, fmt.Errorf("%s comes before it", before)
	}
	f, bands, err := a.cut(p, device)
	switch {
	case err != nil:
		return nil, Bands{}, err
	case forced != "":
		return f, bands, nil
	}
	return f, bands, cmp.Or(a.passedOver(device.Class), f.worth(), a.ruledOut(device.Precision))
}

// refusal returns the error for a problem that no algorithm takes: the reason of the forced one, or those of all.
// Algorithms with the same reason are named together; if all have the same reason, none is named.
func refusal(rejected []conv.Rejected, forced string) error {
	var reasons []string
	names := map[string][]string{}
	for _, r := range rejected {
		if r.Algorithm == forced {
			return unsupported(forced, r.Reason.Error())
		}
		reason := r.Reason.Error()
		if names[reason] == nil {
			reasons = append(reasons, reason)
		}
		names[reason] = append(names[reason], r.Algorithm)
	}
	if len(reasons) > 1 {
		for i, reason := range reasons {
			reasons[i] = strings.Join(names[reason], ", ") + ": " + reason
		}
	}
	return unsupported("", strings.Join(reasons, "; "))
}

// unsupported returns the error for a problem that no algorithm can compute, or that the one asked for cannot. It wraps
// [conv.ErrUnsupported].
func unsupported(asked, reason string) error {
	return &fault.Error{Package: "gpu", Argument: asked, Rule: reason, Err: conv.ErrUnsupported}
}
