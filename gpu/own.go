package gpu

// OwnShader is a compute shader of the caller's own, as text or as SPIR-V.
type OwnShader struct {
	Name  string // how errors call it
	GLSL  string // its text, with #version in the first line; "" for SPIR-V
	SPIRV []byte // a module with the entry point main; the driver needs GL_ARB_gl_spirv
	// Defines are inserted after the line of #version. Lines keep their numbers.
	Defines []OwnValue
	// Constants are SPIR-V's specialization constants, by number.
	Constants map[uint32]uint32
}

// OwnValue is a name with a value, as #define has them.
type OwnValue struct{ Name, Value string }

// OwnUniform is a uniform with its one to four values. Name is its name, or its location in decimal digits. Values are
// converted to the type that the shader gives the uniform.
type OwnUniform struct {
	Name   string
	Values []float64
}

// OwnBuffer is a storage buffer of a shader.
type OwnBuffer struct {
	What    string // how errors call it
	Binding int
	Floats  int // its size
	// Exact binds no element after the last one, so that GLSL's length() is right. Otherwise the elements after the
	// last one are bound, too: there what the shader writes is found on every driver.
	Exact bool
}

// OwnJob is one way to run a shader: its buffers, uniforms and work-groups. The first buffer is written by the caller
// for each run, and the last one is read. Those between are written once.
type OwnJob struct {
	Buffers  []OwnBuffer
	Fixed    [][]float32 // the content of the buffers between the first and the last
	Uniforms []OwnUniform
	// Groups returns how many work-groups are dispatched, for the size of one.
	Groups func(local [3]int) ([3]int, error)
	// Guard fills the output with NaN before each run, and checks afterwards that nothing else was written.
	Guard bool
}

// The words before and after each buffer of an [OwnJob]. They are found by what no arithmetic makes. There are more
// after it, because a missing check at the end of the work writes as much as a work-group.
const (
	wordsBefore = 64 // 256 bytes, the largest alignment that OpenGL allows drivers to ask for
	wordsAfter  = 4096
)
