//go:build cgo && !nogl

package gpu

import (
	"fmt"
	"time"

	"gpuconv/gpu/internal/recipe"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// roofConstants are the constants of roof.comp.
type roofConstants struct{ roof, localSize int }

func (c roofConstants) Defines() []recipe.Define {
	return []recipe.Define{{Name: "ROOF", Value: fmt.Sprint(c.roof)},
		{Name: "LOCAL_SIZE", Value: fmt.Sprint(c.localSize)}}
}

// copyCommand is the value of ROOF for the copy that needs no shader, glCopyBufferSubData. roof.comp has the others.
const copyCommand = 3

const (
	roofLocalSize = 64                    // as in direct.comp
	roofRounds    = 1000                  // of multiply-adds: far below llvmpipe's limit for a loop
	roofFLOP      = 192                   // of one invocation in one round
	roofBytes     = 64 << 20              // to copy: more than caches hold
	roofTurn      = 10 * time.Millisecond // shorter dispatches are made larger, if they can be, before they count
)

// Roof measures the most that the device can do. flops is floating-point operations a second on registers alone, two
// for each multiply-add. bytes is bytes a second of a copy in the device's memory, bytes read plus bytes written. Each
// is the highest rate of a single dispatch or copy. Roof copies in three ways: by a shader from a storage buffer, by a
// shader from a buffer texture, and by glCopyBufferSubData. Software renderers execute a shader's stores lane by lane,
// so that shaders alone would not reach the speed of memory. Roof takes about as long as budget says: half of it for
// flops, the rest for the copies. The first call takes longer, because it compiles.
func (d *Device) Roof(budget time.Duration) (flops, bytes float64, err error) {
	err = d.do(func() error {
		local := min(roofLocalSize, d.profile.WorkGroupSize[0], d.profile.WorkGroupInvocations)
		size := min(roofBytes, d.profile.Block(), 16*d.profile.TextureBuffer)
		size -= size % (16 * local)
		src, err := d.newBuffer("what is copied", size, make([]float32, size/4), gl.STATIC_DRAW)
		if err != nil {
			return err
		}
		defer src.delete()
		dst, err := d.newBuffer("a copy", size, nil, deviceMemory)
		if err != nil {
			return err
		}
		defer dst.delete()
		if flops, err = d.roof(roofConstants{0, local}, src, dst, budget/2); err != nil {
			return err
		}
		for _, way := range []int{1, 2, 3} {
			rate, err := d.roof(roofConstants{way, local}, src, dst, budget/6)
			if err != nil {
				return err
			}
			bytes = max(bytes, rate)
		}
		return nil
	})
	return flops, bytes, err
}

// roof returns the highest rate for one value of ROOF, c.roof: operations a second for 0, otherwise bytes a second. It
// measures until budget is over, at least once. It runs on the device's thread.
func (d *Device) roof(c roofConstants, src, dst buffer, budget time.Duration) (best float64, err error) {
	var p *program
	if c.roof < copyCommand {
		if p, err = d.program(recipe.Key{Shader: "roof", Constants: c}); err != nil {
			return 0, err
		}
		defer d.giveBack(p)
	}
	var texture uint32
	gl.GenTextures(1, &texture)
	defer gl.DeleteTextures(1, &texture)
	gl.ActiveTexture(gl.TEXTURE0)
	gl.BindTexture(gl.TEXTURE_BUFFER, texture)
	gl.TexBuffer(gl.TEXTURE_BUFFER, gl.RGBA32F, src.handle)
	gl.BindBufferBase(gl.SHADER_STORAGE_BUFFER, recipe.BindSrc, src.handle)
	gl.BindBufferBase(gl.SHADER_STORAGE_BUFFER, recipe.BindDst, dst.handle)
	groups, most := dst.bytes/16/c.localSize, dst.bytes/16/c.localSize
	if c.roof == 0 {
		groups, most = 16, 1<<16
	}
	for start := time.Now(); best == 0 || time.Since(start) < budget; {
		columns := min(groups, d.profile.WorkGroups[0])
		rows := groups / columns
		begun := time.Now()
		if p == nil {
			copyBuffer(src.handle, dst.handle, 16*columns*rows*c.localSize)
		} else {
			uniforms := []recipe.Uniform{{Name: "rounds", Value: roofRounds}, {Name: "columns", Value: columns}}
			p.dispatch(recipe.Pass{Groups: [3]int{columns, rows, 1}, Uniforms: uniforms})
		}
		gl.Finish()
		took := time.Since(begun)
		if err := d.glError("measuring what the device could do"); err != nil {
			return 0, err
		}
		if took < roofTurn && groups < most { // too short for the clock
			groups *= 2
			continue
		}
		work := float64(columns * rows * c.localSize)
		if c.roof == 0 {
			work *= roofFLOP * roofRounds
		} else {
			work *= 32
		}
		best = max(best, work/took.Seconds())
	}
	return best, nil
}
