package gpu

// OwnShader is a compute shader of the caller's own, as text or as SPIR-V.
type OwnShader struct {
	Name  string // its name in errors
	GLSL  string // its text, with #version in the first line; "" for SPIR-V
	SPIRV []byte // a module with the entry point main; the driver needs GL_ARB_gl_spirv
	// Defines are inserted after the line of #version. Lines keep their numbers.
	Defines []OwnValue
	// Constants are SPIR-V's specialization constants, by number.
	Constants map[uint32]uint32
}

// OwnValue is a name with a value, as in #define.
type OwnValue struct{ Name, Value string }

// OwnUniform is a uniform with its one to four values. Name is its name, or its location in decimal digits. Values are
// converted to the type that the shader gives the uniform.
type OwnUniform struct {
	Name   string
	Values []float64
}

// OwnBuffer is a storage buffer of a shader.
type OwnBuffer struct {
	What    string // its name in errors
	Binding int
	Floats  int // its size
	// Exact binds no element after the last one, so that GLSL's length() is right. Otherwise elements after the last
	// one are bound too, so that on every driver a write there is found.
	Exact bool
}

// OwnJob is one way to run a shader: its buffers, uniforms and work-groups. Each run writes its input to the first
// buffer and reads its output from the last one. The buffers between them are written once.
type OwnJob struct {
	Buffers  []OwnBuffer
	Fixed    [][]float32 // the content of the buffers between the first and the last
	Uniforms []OwnUniform
	// Groups returns how many work-groups are dispatched. local is the size of a work-group.
	Groups func(local [3]int) ([3]int, error)
	// Guard fills the output with NaN before each run, and checks afterwards that nothing else was written.
	Guard bool
}

// The numbers of words before and after each buffer of an [OwnJob]. They are filled with a NaN that no arithmetic
// gives, so that writes there are found. There are more after a buffer, because a shader that does not check where its
// work ends writes as much as a whole work-group.
const (
	wordsBefore = 64 // 256 bytes, the largest alignment that OpenGL allows drivers to ask for
	wordsAfter  = 4096
)
