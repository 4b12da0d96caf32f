//go:build cgo && !nogl

package gpu

import (
	"strings"

	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/gpu/internal/recipe"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// link compiles and links source, the source of key, and returns the handle of the program. After an error nothing is
// left.
func (d *Device) link(key recipe.Key, source string) (uint32, error) {
	name := key.Shader
	shader := gl.CreateShader(gl.COMPUTE_SHADER)
	defer gl.DeleteShader(shader)
	text, free := gl.Strs(source + "\x00")
	gl.ShaderSource(shader, 1, text, nil)
	free()
	gl.CompileShader(shader)
	var status int32
	if gl.GetShaderiv(shader, gl.COMPILE_STATUS, &status); status == gl.FALSE {
		e := &conv.SourceError{Shader: name, Log: key.Locate(shaderLog(shader))}
		e.File, e.Line, e.Text = key.Mistake(e.Log, d.seam.edit)
		return 0, &fault.Error{Package: "gpu", Err: e}
	}
	handle := gl.CreateProgram()
	if d.binaries.folder != nil {
		gl.ProgramParameteri(handle, gl.PROGRAM_BINARY_RETRIEVABLE_HINT, gl.TRUE)
	}
	gl.AttachShader(handle, shader)
	gl.LinkProgram(handle)
	if gl.GetProgramiv(handle, gl.LINK_STATUS, &status); status == gl.FALSE {
		log := key.Locate(programLog(handle))
		gl.DeleteProgram(handle)
		return 0, errorf("shader %s does not link: %s", name, log)
	}
	if err := d.glError("compiling shader " + name); err != nil {
		gl.DeleteProgram(handle)
		return 0, err
	}
	return handle, nil
}

func shaderLog(shader uint32) string {
	var length int32
	gl.GetShaderiv(shader, gl.INFO_LOG_LENGTH, &length)
	log := make([]byte, length+1)
	gl.GetShaderInfoLog(shader, int32(len(log)), nil, &log[0])
	return oneLine(log)
}

func programLog(handle uint32) string {
	var length int32
	gl.GetProgramiv(handle, gl.INFO_LOG_LENGTH, &length)
	log := make([]byte, length+1)
	gl.GetProgramInfoLog(handle, int32(len(log)), nil, &log[0])
	return oneLine(log)
}

// mostLog is how many bytes of a driver's log an error shows: in an unrolled shader one mistake appears hundreds of
// times.
const mostLog = 400

// oneLine makes one line of a driver's log, of at most mostLog bytes and an ellipsis.
func oneLine(log []byte) string {
	text := strings.Join(strings.Fields(strings.TrimRight(string(log), "\x00")), " ")
	if len(text) > mostLog {
		text = text[:mostLog] + " …"
	}
	return text
}
