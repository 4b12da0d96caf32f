//go:build cgo && !nogl

package gpu

import (
	"cmp"
	"math"
	"unsafe"

	"gpuconv/gpu/internal/recipe"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// Guard fills the buffers of sums and of dst with NaNs whose bits no arithmetic makes. The two NaNs differ, so that
// Guard notices if a shader copies a word from beyond the sums to a place beyond dst.
const (
	sumsFill    uint32 = 0x7fc05001
	dstFill     uint32 = 0x7fc0d002
	answersFill uint32 = 0x7fc0a003
	srcFill     uint32 = 0x7fc05703 // only if the plan makes the images: no room is added after them
	// Scratch is filled with a number, 1e30: a later stage may replace a NaN, as winograd_dst does.
	scratchFill uint32 = 0x7149f2ca
)

// fillOutputs overwrites the buffers that the shaders write: sums and dst with NaN, scratch with 1e30.
func (p *plan) fillOutputs(f *flight) {
	p.sums.fill(sumsFill)
	f.dst.fill(dstFill)
	for _, b := range p.scratch {
		b.fill(scratchFill)
	}
}

// fill writes one word all over a buffer. It does nothing if there is no buffer.
func (b buffer) fill(word uint32) {
	if b.handle != 0 {
		gl.BindBuffer(gl.SHADER_STORAGE_BUFFER, b.handle)
		gl.ClearBufferData(gl.SHADER_STORAGE_BUFFER, gl.R32UI, gl.RED_INTEGER, gl.UNSIGNED_INT, unsafe.Pointer(&word))
	}
}

// guardBytes is how many bytes Guard checks after what shaders write: four vec4. After the sums it checks at most as
// many bytes as the sums of one piece take. A piece is an image, or a band of one.
const guardBytes = 64

// guardBytes returns how many extra bytes follow the outputs in the buffers that shaders write.
func (p *plan) guardBytes() int {
	if p.device.options.Guard {
		return guardBytes
	}
	return 0
}

// packed is the content of the weight and bias buffers, for Guard.
type packed struct{ weight, bias []float32 }

// checkGuard runs after the device was told to compute a part, and waits for it. With Guard it returns an error if an
// element after the outputs is not what fillOutputs wrote, or if an input is not what was uploaded. Since it waits, the
// next flight, which uses the same sums and scratch, does not interfere.
func (p *plan) checkGuard(f *flight, given part) error {
	if !p.device.options.Guard {
		return nil
	}
	pieces := given.hi - given.lo
	src, sums, dst := recipe.ImageBytes(p.Piece)
	uploaded := make([]float32, p.pixels(given))
	p.gather(uploaded, given)
	for i, s := range p.Recipe.Scratch {
		if err := p.checkAfter(p.scratch[i], s.What, pieces*s.ImageBytes, given, scratchFill); err != nil {
			return err
		}
	}
	if given.job.stripes != nil {
		if err := p.checkAfter(f.src, "src", pieces*src, given, srcFill); err != nil {
			return err
		}
	}
	return cmp.Or(
		p.checkAfter(p.sums, "sums", pieces*sums, given, sumsFill),
		p.checkAfter(f.dst, "dst", pieces*dst, given, dstFill),
		p.checkInput(f.src, "src", uploaded),
		p.checkInput(p.weight, "weight", p.packed.weight),
		p.checkInput(p.bias, "bias", p.packed.bias),
		p.device.glError("reading guards back"))
}

// checkAfter checks that the words after the first end bytes of b are still fill: guardBytes of them, or all if b has
// fewer.
func (p *plan) checkAfter(b buffer, what string, end int, given part, fill uint32) error {
	if b.handle == 0 || b.bytes == end {
		return nil
	}
	for i, v := range b.read(end, min(guardBytes, b.bytes-end)/4) {
		if math.Float32bits(v) != fill {
			return errorf("%s wrote %v into element %d after the %s of %s",
				p.Description.Algorithm, v, i, what, p.count(given))
		}
	}
	return nil
}

// checkInput compares the beginning of an input buffer with want, which was uploaded, bit for bit.
func (p *plan) checkInput(b buffer, what string, want []float32) error {
	for i, v := range b.read(0, len(want)) {
		if math.Float32bits(v) != math.Float32bits(want[i]) {
			return errorf("%s: element %d of %s is %v on the device, it was uploaded as %v",
				p.Description.Algorithm, i, what, v, want[i])
		}
	}
	return nil
}

// read returns n numbers of the buffer. from is the offset of the first, in bytes.
func (b buffer) read(from, n int) []float32 {
	values := make([]float32, n)
	if n > 0 {
		gl.BindBuffer(gl.SHADER_STORAGE_BUFFER, b.handle)
		gl.GetBufferSubData(gl.SHADER_STORAGE_BUFFER, from, 4*n, gl.Ptr(values))
	}
	return values
}
