//go:build cgo && !nogl

package gpu

import (
	"unsafe"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// seam holds the functions that tests replace, to change what is compiled, how OpenGL is called and what it answers. A
// device that Open returns has the seam of openGL, which calls OpenGL itself.
type seam struct {
	// edit returns the text to compile in place of a file of package shaders; nil compiles the file itself.
	edit func(file, text string) string
	// programBinary loads a binary into a program; nil calls glProgramBinary.
	programBinary func(handle, format uint32, data []byte)

	bufferData  func(target uint32, bytes int, data unsafe.Pointer, usage uint32)
	getError    func() uint32
	resetStatus func() uint32 // GL_NO_ERROR, or why the context was lost

	bufferStorage func(target uint32, bytes int, data unsafe.Pointer, flags uint32)
	mapBuffer     func(target uint32, offset, bytes int, access uint32) unsafe.Pointer
	copyBuffer    func(from, to uint32, bytes int) // of the first bytes
	waitSync      func(fence uintptr, flags uint32, nanoseconds uint64) uint32
}

func openGL() seam {
	return seam{bufferData: gl.BufferData, getError: gl.GetError, resetStatus: resetStatus(),
		bufferStorage: gl.BufferStorage, mapBuffer: gl.MapBufferRange, copyBuffer: copyBuffer,
		waitSync: gl.ClientWaitSync}
}

// resetStatus returns the function that reports a lost context. Without GL_KHR_robustness and GL_ARB_robustness, a lost
// context shows only as an OpenGL error.
func resetStatus() func() uint32 {
	switch {
	case hasExtension("GL_KHR_robustness"):
		return gl.GetGraphicsResetStatus // on desktops the extension's functions have no suffix
	case hasExtension("GL_ARB_robustness"):
		return gl.GetGraphicsResetStatusARB
	}
	return func() uint32 { return gl.NO_ERROR }
}
