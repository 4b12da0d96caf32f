//go:build cgo && !nogl

package gpu

import (
	"testing"
	"unsafe"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/gpu/internal/recipe"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// TestDeviceMemory: no usage of a plan's buffers asks for the host's memory, so that drivers put everything that
// shaders read and write into the device's memory.
func TestDeviceMemory(t *testing.T) {
	names := map[uint32]string{
		gl.STREAM_DRAW: "GL_STREAM_DRAW", gl.STREAM_READ: "GL_STREAM_READ", gl.STREAM_COPY: "GL_STREAM_COPY",
		gl.DYNAMIC_DRAW: "GL_DYNAMIC_DRAW", gl.DYNAMIC_READ: "GL_DYNAMIC_READ", gl.DYNAMIC_COPY: "GL_DYNAMIC_COPY"}
	p := conv.Problem{Src: conv.Shape{4, 2, 9, 9}, Weight: conv.Shape{4, 2, 3, 3}, Bias: true}
	p.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{3, 3}}
	for _, r := range []recipe.Route{recipe.Mapped, recipe.Copied} {
		d := openRoute(t, eager(r), Options{Algorithm: "winograd"}) // this one has scratch, too
		buffers := 0
		d.meddle(func(s *seam) {
			s.bufferData = func(target uint32, bytes int, data unsafe.Pointer, usage uint32) {
				buffers++
				if name := names[usage]; name != "" {
					t.Errorf("route %d: a buffer of %d bytes is allocated with %s", r, bytes, name)
				}
				gl.BufferData(target, bytes, data, usage)
			}
		})
		_, weight := filled(p)
		made, err := d.Plan(p, weight, make([]float32, 4))
		if err != nil {
			t.Fatal(err)
		}
		if err := made.Close(); err != nil || buffers < 11 {
			t.Errorf("route %d: %d buffers, want two of weights, two of scratch, sums and three flights' two; %v",
				r, buffers, err)
		}
	}
}

// TestRunPhasesBehindSubmissions: other jobs' flights land before the phases of a batch are timed one by one.
func TestRunPhasesBehindSubmissions(t *testing.T) {
	p := flightTrials()[0].problem
	src, weight := filled(p)
	want := reference(t, p, src, weight)
	for _, r := range []recipe.Route{recipe.Mapped, recipe.Copied} {
		d := openRoute(t, eager(r), Options{Algorithm: "direct"})
		made, err := d.Plan(p, weight, []float32{1, 2, 3})
		if err != nil {
			t.Fatal(err)
		}
		flying, _ := conv.NewTensor(want.Shape)
		dst, _ := conv.NewTensor(want.Shape)
		j := made.(*plan).newJob(flying, src)
		d.do(func() error {
			made.(*plan).queue.add(j)
			made.(*plan).fill() // all flights are in use
			return nil
		})
		if _, err := made.(conv.Phaser).RunPhases(dst, src); err != nil {
			t.Fatal(err)
		}
		if err := made.(*plan).finish(j); err != nil {
			t.Fatal(err)
		}
		if compare.Differ(dst.Data, want.Data) >= 0 || compare.Differ(flying.Data, want.Data) >= 0 {
			t.Errorf("route %d: outputs are wrong", r)
		}
	}
}
