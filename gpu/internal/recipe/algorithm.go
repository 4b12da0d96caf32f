// Package recipe plans convolutions without OpenGL: which algorithm computes a problem on a device, how it cuts the work,
// how many images go to the device at once, what its shaders are compiled with, and what each dispatch is told. Package
// gpu does what a [Blueprint] says.
//
// [Draw] makes a Blueprint. It asks the algorithms of one table in their order. Each has a file of its own, named after
// it, and a shader of that name in package shaders.
package recipe

import (
	"fmt"
	"slices"
	"strings"

	"gpuconv/conv"
)

// algorithm is one way to compute convolutions with a shader.
type algorithm struct {
	name    string
	accepts func(p conv.Problem, device Profile) error // nil, or why it cannot
	worth   func(p conv.Problem, device Profile) error // nil, or why another will be faster; a forced one is not asked
	prepare func(p conv.Problem, device Profile) Recipe
}

// algorithms returns the table: the first that accepts a problem, and is worth it,
// computes it, and the general one stands last.
func algorithms() []algorithm {
	return []algorithm{
		{"direct_soft", acceptsSoft, worthSoft, prepareSoft},
		{"fft", acceptsFFT, worthFFT, prepareFFT},
		{"depthwise", acceptsDepthwise, worthDepthwise, prepareDepthwise},
		{"direct_small", acceptsSmall, worthSmall, prepareSmall},
		{"direct_shared", acceptsShared, worthShared, prepareShared},
		{"winograd", acceptsWinograd, worthWinograd, prepareWinograd},
		{"igemm", acceptsIgemm, worthIgemm, prepareIgemm},
		{"direct", acceptsDirect, nil, prepareDirect},
	}
}

// Chosen reports whether an algorithm is ever taken, without being forced, on software
// renderers or on hardware.
func Chosen(name string, software bool) bool {
	switch name {
	case "direct":
		return true
	case "direct_soft":
		return software
	}
	return !software
}

// recipe is a prepared convolution, before OpenGL sees it: pure data.
type Recipe struct {
	// stages follow each other; together they leave the sums, or what finishes says.
	Stages []Stage
	// scratch are buffers of the device that stages leave numbers in for each other.
	Scratch []Scratch
	// pack lays weights and biases out as the shader wants them; the second is nil
	// where the shader has it with the first. bias is nil if there is none.
	Pack func(weight, bias []float32) (packedWeight, packedBias []float32)
	// packedFloats is how many numbers pack returns.
	PackedFloats int
	// uniformWeight binds the weights as a uniform block, a part for each pass,
	// instead of a storage buffer.
	UniformWeight bool
	// finishes says that the stages leave the problem's outputs where energy or a pool
	// follows the sums: pool.comp is not run.
	Finishes bool
	// textures binds src as buffer texture 0 and what the stages write as 1.
	Textures Texels
	// tiling is how the algorithm cuts the work; nil if it has no choice.
	Tiling Tiling
	// tolerance is conv.Description's.
	Tolerance float64
}

// scratch is a buffer that holds as much for each image of a chunk. Its contents are
// undefined, and huge with Options.Guard, when a chunk begins.
type Scratch struct {
	What       string // for errors
	ImageBytes int
}

// place is a buffer that a stage reads or writes.
type Place int

// ownPlace is src, for what a stage reads, and for what it writes the sums.
const OwnPlace Place = 0

// scratchPlace is scratch[i] of the recipe.
func scratchPlace(i int) Place { return Place(i + 1) }

// texels says what a texel of a buffer texture is.
type Texels int

const (
	NoTexels     Texels = iota // no textures
	FloatTexels                // one float
	VectorTexels               // four
)

// Where a shader has its buffers.
const (
	BindSrc = iota // what its stage reads
	BindWeight
	BindBias
	BindDst    // what its stage writes
	BindImages // src, for stages that read something else at bindSrc
)

// stage is a program and the dispatches of it, in order, that a batch of images
// takes.
type Stage struct {
	Program   Key
	Reads     Place
	Writes    Place
	Passes    func(images int) []Pass
	MaxImages int // that one dispatch can count, at least 1
}

// pass is one dispatch.
type Pass struct {
	Uniforms []Uniform
	Groups   [3]int
	// The bytes of the weights that this pass has bound, if they are uniform.
	WeightFirst, WeightBytes int
}

// uniform is the value of an int of the shader.
type Uniform struct {
	Name  string
	Value int
}

// choose returns the algorithm for p, with the reasons against each other one. A
// forced one is taken or refused; "" forces none.
func choose(p conv.Problem, device Profile, forced string) (algorithm, []conv.Rejected, error) {
	if forced != "" && !slices.Contains(AlgorithmNames(), forced) {
		return algorithm{}, nil, fmt.Errorf("gpu: algorithm %q: want one of %v", forced, AlgorithmNames())
	}
	var taken algorithm
	var rejected []conv.Rejected
	for _, a := range algorithms() {
		if err := a.refuses(p, device, forced, taken); err != nil {
			rejected = append(rejected, conv.Rejected{Algorithm: a.name, Reason: err})
			continue
		}
		taken = a
	}
	if taken.name != "" {
		return taken, rejected, nil
	}
	var reasons []string
	for _, r := range rejected {
		if forced == "" || r.Algorithm == forced {
			reasons = append(reasons, r.Algorithm+": "+r.Reason.Error())
		}
	}
	return algorithm{}, rejected, unsupported("gpu: %s", strings.Join(reasons, "; "))
}

// refuses says why a is not taken, nil if it is.
func (a algorithm) refuses(p conv.Problem, device Profile, forced string, taken algorithm) error {
	switch {
	case forced != "" && a.name != forced:
		return fmt.Errorf("%s is forced", forced)
	case taken.name != "":
		return fmt.Errorf("%s stands before it", taken.name)
	}
	if err := a.accepts(p, device); err != nil || forced != "" || a.worth == nil {
		return err
	}
	return a.worth(p, device)
}

// AlgorithmNames lists what Options.Algorithm takes, in the order in which they
// are asked.
func AlgorithmNames() []string {
	var names []string
	for _, a := range algorithms() {
		names = append(names, a.name)
	}
	return names
}

// unsupported says what of a problem an algorithm cannot compute.
func unsupported(format string, args ...any) error {
	return fmt.Errorf(format+": %w", append(args, conv.ErrUnsupported)...)
}

// fold spreads n work-groups, no more than x and y can count, over them so that
// few are left over.
func fold(n int, limit [3]int) (x, y int) {
	y = ceilDiv(n, limit[0])
	return ceilDiv(n, y), y
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
