// Package recipe plans convolutions without OpenGL: which algorithm computes a problem on a device, how it cuts the
// work, how many images go to the device at once, what its shaders are compiled with, and what each dispatch is told.
// Package gpu does what a [Blueprint] says.
//
// [Draw] makes a Blueprint. It asks the algorithms of one table in their order. Each has a file of its own, named after
// it, and shaders whose names begin with its own in package shaders: direct.comp, or fft_src.comp and fft_dst.comp.
// [Tiling] says where each chooses its tile.
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

// algorithm is one way to compute convolutions with shaders: a row of the table. The rest of it is in files of its
// name.
type algorithm struct {
	name string
	// fit cuts the work of a valid problem to a device, or says why the algorithm cannot compute it there.
	fit func(p conv.Problem, device Profile) (fitted, error)
	// tilings lists what is worth measuring in addition to what fit chooses itself. Some may be larger than a problem.
	// The field is nil if there is no choice.
	tilings func(p conv.Problem, device Profile) []Tiling
	// softwareOnly is set if hardware is refused.
	softwareOnly bool
	// slow says why the algorithm is not worth it on software renderers, which take it only if it is forced; "" if
	// they do take it.
	slow string
	// spreads is set if an output's error depends on pixels that the output does not see, so that its recipe states a
	// Tolerance.
	spreads bool
}

// fitted is an algorithm that is fitted to a problem and a device.
type fitted interface {
	worth() error // nil, or why another will be faster; a forced one is not asked
	recipe() Recipe
}

// algorithms returns the table. The first that fits a problem, and is worth it, computes it. The general one is last.
func algorithms() []algorithm {
	const barriers, hardware = "barriers are slow on software renderers", "it is made for hardware"
	return []algorithm{
		{name: "direct_soft", fit: fits(fitSoft), tilings: softTilings, softwareOnly: true},
		{name: "fft", fit: fits(fitFFT), slow: barriers, spreads: true},
		{name: "depthwise", fit: fits(fitDepthwise), tilings: slideTilings, slow: hardware},
		{name: "direct_small", fit: fits(fitSmall), tilings: slideTilings, slow: hardware},
		{name: "direct_shared", fit: fits(fitShared), tilings: slideTilings, slow: hardware},
		{name: "winograd", fit: fits(fitWinograd), tilings: igemmTilings, slow: barriers, spreads: true},
		{name: "igemm", fit: fits(fitIgemm), tilings: igemmTilings, slow: barriers},
		{name: "direct", fit: fits(fitDirect), tilings: directTilings},
	}
}

// fits makes a row's fit of an algorithm's own, which returns its own type.
func fits[F fitted](fit func(conv.Problem, Profile) (F, error)) func(conv.Problem, Profile) (fitted, error) {
	return func(p conv.Problem, device Profile) (fitted, error) {
		f, err := fit(p, device)
		if err != nil {
			return nil, err
		}
		return f, nil
	}
}

// fitTo returns a fitted to a valid problem and a device, or why it cannot compute it there.
func (a algorithm) fitTo(p conv.Problem, device Profile) (fitted, error) {
	if a.softwareOnly && device.Class != Software {
		return nil, hardwareRefused(device.Class)
	}
	return a.fit(p, device)
}

func hardwareRefused(class Class) error {
	return fmt.Errorf("it is for software renderers, the device has tiles of the class %v", class)
}

// passedOver says why devices of a class never take the algorithm without being forced; nil if they may take it.
func (a algorithm) passedOver(class Class) error {
	switch {
	case a.softwareOnly && class != Software:
		return hardwareRefused(class)
	case a.slow != "" && class == Software:
		return errors.New(a.slow)
	}
	return nil
}

// ruledOut says why the algorithm is not taken at a precision without being forced; nil if it may be.
func (a algorithm) ruledOut(p conv.Precision) error {
	if a.spreads && p == conv.Exact {
		return errors.New("it spreads the error of a large pixel, precision fast would take it")
	}
	return nil
}

// AlgorithmNames lists the algorithms in the order in which they are asked.
func AlgorithmNames() []string {
	var names []string
	for _, a := range algorithms() {
		names = append(names, a.name)
	}
	return names
}

// Chosen reports whether an algorithm is ever taken, without being forced, on a class of devices.
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
	bands Bands // that it is fitted to
}

// choose returns the algorithm for p, with the reasons against each other one. A forced one is taken or refused; ""
// forces none.
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

// take returns a fitted to p, or why it is not taken: another is forced, another was taken before it, it cannot
// compute p, another will be faster, or the precision rules it out.
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

// refusal is the error if no algorithm takes a problem: why the forced one does not, or each one. A reason that several
// have is given once, without their names if all have it.
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

// unsupported is the error for what no algorithm, or not the one that is asked for, can compute. It wraps
// [conv.ErrUnsupported].
func unsupported(asked, reason string) error {
	return &fault.Error{Package: "gpu", Argument: asked, Rule: reason, Err: conv.ErrUnsupported}
}
