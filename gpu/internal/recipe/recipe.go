package recipe

// Recipe is a prepared convolution before OpenGL sees it: pure data, and functions that compute more of it.
type Recipe struct {
	// Stages run one after the other. Together they write the sums, or the outputs if Finishes is set.
	Stages []Stage
	// Scratch are buffers of the device, in which a stage leaves numbers for the next.
	Scratch []Scratch
	// Pack lays weights and biases out as the shader reads them. bias is nil if there is none. packedBias is nil if the
	// shader reads biases after the weights.
	Pack func(weight, bias []float32) (packedWeight, packedBias []float32)
	// PackedFloats is how many numbers Pack returns.
	PackedFloats int
	// UniformWeight binds the weights as a uniform block, a part for each pass, instead of a storage buffer.
	UniformWeight bool
	// Finishes says that the stages make energy and pools too, so that pool.comp is not run.
	Finishes bool
	// Textures says what to bind as buffer textures: src as 0 and what the stages write as 1.
	Textures Texels
	// Tiling is how the algorithm cuts the work; nil if it has no choice.
	Tiling Tiling
	// Tolerance is that of [conv.Description].
	Tolerance float64
}

// Scratch is a buffer with room for each image of a chunk. When a chunk begins its contents are undefined; with
// Options.Guard they are huge numbers.
type Scratch struct {
	What       string // for errors
	ImageBytes int
}

// Place is a buffer that a stage reads or writes: what the plan itself has there, or one of Recipe.Scratch.
type Place int

// OwnPlace is the plan's own buffer: src for what a stage reads, and the sums for what it writes.
const OwnPlace Place = 0

// scratchPlace is Scratch[i] of the recipe.
func scratchPlace(i int) Place { return Place(i + 1) }

// Scratch returns which buffer of Recipe.Scratch the place is, and false if it is the plan's own.
func (p Place) Scratch() (i int, ok bool) { return int(p) - 1, p != OwnPlace }

// Texels says what a texel of a buffer texture holds.
type Texels int

const (
	NoTexels     Texels = iota // no textures
	FloatTexels                // one float
	VectorTexels               // four floats
)

// The bindings of the buffers of a shader.
const (
	BindSrc = iota // what its stage reads
	BindWeight
	BindBias
	BindDst    // what its stage writes
	BindImages // src, for stages that read something else at BindSrc
)

// Stage is a program and its dispatches, in order, for a batch of images.
type Stage struct {
	Program   Key
	Reads     Place
	Writes    Place
	Passes    func(images int) []Pass
	MaxImages int // how many images one dispatch can count, at least 1
}

// Pass is one dispatch.
type Pass struct {
	Uniforms []Uniform
	Groups   [3]int // work-groups along x, y and z
	// The bytes of the weights that are bound for this pass, if they are uniform.
	WeightFirst, WeightBytes int
}

// Uniform is the value of a shader's uniform, an int.
type Uniform struct {
	Name  string
	Value int
}
