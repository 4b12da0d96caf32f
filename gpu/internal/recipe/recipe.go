package recipe

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
