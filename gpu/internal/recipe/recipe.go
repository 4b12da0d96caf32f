package recipe

// Recipe says how to compute a convolution with shaders. It is data, and functions that return more data, without
// OpenGL.
type Recipe struct {
	// Stages run one after the other. Together they write the sums, or the outputs if Finishes is set.
	Stages []Stage
	// Scratch are buffers on the device, in which a stage leaves results for a later one.
	Scratch []Scratch
	// Pack lays weights and biases out as the shader reads them. bias is nil if there is none. packedBias is nil if
	// there is none, or if packedWeight contains the biases.
	Pack func(weight, bias []float32) (packedWeight, packedBias []float32)
	// PackedFloats is how many floats Pack returns in total.
	PackedFloats int
	// UniformWeight says that each pass binds its part of the weights as a uniform block. Otherwise all weights are
	// bound as a storage buffer.
	UniformWeight bool
	// Finishes says that the stages make energy and pools too, so that pool.comp is not run.
	Finishes bool
	// Textures says whether the stages read buffer textures, and what a texel is. Texture 0 is src, texture 1 what the
	// stages write.
	Textures Texels
	// Tiling is how the algorithm cuts the work; nil if it has no choice.
	Tiling Tiling
	// Tolerance is that of [conv.Description].
	Tolerance float64
}

// Scratch is a buffer with room for each image of a chunk. Its contents are undefined when a chunk begins; with
// gpu.Options.Guard they are 1e30.
type Scratch struct {
	What       string // for errors
	ImageBytes int
}

// Place is a buffer that a stage reads or writes: OwnPlace, or one of Recipe.Scratch.
type Place int

// OwnPlace is the plan's own buffer: src for a stage that reads it; the sums, or the outputs if there is no buffer of
// sums, for a stage that writes it.
const OwnPlace Place = 0

// scratchPlace returns the place of Recipe.Scratch[i].
func scratchPlace(i int) Place { return Place(i + 1) }

// Scratch returns the index of the place in Recipe.Scratch, and false for OwnPlace.
func (p Place) Scratch() (i int, ok bool) { return int(p) - 1, p != OwnPlace }

// Texels says what a texel of a buffer texture holds.
type Texels int

const (
	NoTexels     Texels = iota // no textures
	FloatTexels                // one float
	VectorTexels               // four floats
)

// The binding points of a shader's buffers.
const (
	BindSrc = iota // what the stage reads
	BindWeight
	BindBias
	BindDst    // what the stage writes
	BindImages // src, for stages that read something else at BindSrc
)

// Stage is a program and its dispatches, in order, for a batch of images.
type Stage struct {
	Program   Key
	Reads     Place
	Writes    Place
	Passes    func(images int) []Pass // the dispatches for this many images
	MaxImages int                     // the most images that one dispatch can compute, at least 1
	// Lanes is how many invocations a work-group has. MACs is how many multiply-adds an invocation makes for its sums,
	// including sums of a tile that no output uses. MACs is 0 if the program is written out or has only short loops.
	// Lanes is 0 if neither is counted.
	Lanes, MACs int
}

// Pass is one dispatch.
type Pass struct {
	Uniforms []Uniform
	Groups   [3]int // work-groups along x, y and z
	// Which bytes of the weights this pass binds, if Recipe.UniformWeight is set.
	WeightFirst, WeightBytes int
}

// Uniform is a uniform of a shader, an int, and its value.
type Uniform struct {
	Name  string
	Value int
}
