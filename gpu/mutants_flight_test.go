//go:build cgo && !nogl

package gpu

import (
	"unsafe"

	"gpuconv/conv"
	"gpuconv/gpu/internal/recipe"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// eager cuts any batch into four chunks, three of which are in flight at once.
func eager(r recipe.Route) recipe.Transfers {
	return recipe.Transfers{Route: r, Flights: 3, LeastChunk: 1}
}

// lending lends all memory that is aligned.
func lending() recipe.Transfers { return recipe.Transfers{Route: recipe.Lent, Flights: 1, LentFrom: 1} }

// flightTrials are four chunks, the last of them smaller, on each route.
func flightTrials() (all []*trial) {
	p := conv.Problem{Src: conv.Shape{7, 2, 6, 8}, Weight: conv.Shape{3, 2, 3, 3}, Bias: true}
	pooled := p
	pooled.Pool = conv.Pool{Kind: conv.MaxPool, Size: [2]int{2, 3}}
	all = append(all,
		&trial{name: "mapped", parts: []string{"mapped"}, problem: p,
			limit: func(d *recipe.Profile) { d.Transfers = eager(recipe.Mapped) }},
		&trial{name: "mapped, pooled", parts: []string{"mapped"}, problem: pooled,
			limit: func(d *recipe.Profile) { d.Transfers = eager(recipe.Mapped) }},
		&trial{name: "copied", parts: []string{"copied"}, problem: p,
			limit: func(d *recipe.Profile) { d.Transfers = eager(recipe.Copied) }},
		&trial{name: "lent", parts: []string{"lent"}, problem: p,
			limit: func(d *recipe.Profile) { d.Transfers = lending() }})
	return forced("direct", all)
}

// flightMutants break the way of chunks to the device and back.
func flightMutants() (all []breakage) {
	for _, m := range []struct {
		part, name string
		breaks     func(p *plan)
	}{
		{"mapped", "outputs are read before the device has finished", func(p *plan) {
			p.device.seam.waitSync = func(uintptr, uint32, uint64) uint32 { return gl.ALREADY_SIGNALED }
		}},
		{"mapped", "one flight for all, launched while it is in the air", func(p *plan) {
			p.flights[1], p.flights[2] = p.flights[0], p.flights[0]
			p.flights[1].clock, p.flights[2].clock = clock{}, clock{}
		}},
		{"mapped", "images are written into another flight's memory", func(p *plan) {
			p.flights[0].up.memory, p.flights[1].up.memory = p.flights[1].up.memory, p.flights[0].up.memory
		}},
		{"mapped", "outputs are read from another flight's memory", func(p *plan) {
			p.flights[0].down.memory, p.flights[1].down.memory = p.flights[1].down.memory, p.flights[0].down.memory
		}},
		{"mapped", "images are not copied on the device", skipCopy(func(p *plan, from, _ uint32) bool { return from == p.flights[2].up.handle })},
		{"mapped", "outputs are not copied on the device", skipCopy(func(p *plan, _, to uint32) bool { return to == p.flights[2].down.handle })},
		{"mapped", "the last number is not copied", func(p *plan) {
			p.device.seam.copyBuffer = func(from, to uint32, bytes int) { copyBuffer(from, to, bytes-4) }
		}},
		{"copied", "two flights compute into one buffer", func(p *plan) { p.flights[1].dst = p.flights[0].dst }},
		{"copied", "two others compute into one buffer", func(p *plan) {
			p.flights[1].dst = p.flights[2].dst
		}},
		{"lent", "other memory is lent", lends(func(data unsafe.Pointer, bytes int) (unsafe.Pointer, int) { return unsafe.Add(data, 4), bytes - 4 })},
		{"lent", "the last number is not lent", lends(func(data unsafe.Pointer, bytes int) (unsafe.Pointer, int) { return data, bytes - 4 })},
	} {
		all = append(all, breakage{part: m.part, name: m.name, apply: func(d asking) conv.Backend {
			build := backend(func(problem conv.Problem, weight *conv.Tensor, bias []float32) (conv.Plan, error) {
				made, err := d.Plan(problem, weight, bias)
				if err == nil {
					d.thread.do(func() error { asynchronous(made.(*plan)); m.breaks(made.(*plan)); return nil })
				}
				return made, err
			})
			if m.part != "lent" {
				return build
			}
			d.thread.do(func() error { d.options.Guard = false; return nil })
			return aligned{build}
		}})
	}
	return all
}

// asynchronous makes a software renderer, which finishes before it returns, copy outputs to mapped memory as late as a
// real device may: when somebody waits for it.
func asynchronous(p *plan) {
	var late []func()
	p.device.seam.copyBuffer = func(from, to uint32, bytes int) {
		if !isReadback(p, to) {
			copyBuffer(from, to, bytes)
			return
		}
		late = append(late, func() { copyBuffer(from, to, bytes) })
	}
	p.device.seam.waitSync = func(fence uintptr, flags uint32, nanoseconds uint64) uint32 {
		if len(late) > 0 {
			late[0]()
			late = late[1:]
		}
		return gl.ClientWaitSync(fence, flags, nanoseconds)
	}
}

func isReadback(p *plan, handle uint32) bool {
	for _, f := range p.flights {
		if f.down.handle == handle {
			return true
		}
	}
	return false
}

func skipCopy(which func(p *plan, from, to uint32) bool) func(p *plan) {
	return func(p *plan) {
		p.device.seam.copyBuffer = func(from, to uint32, bytes int) {
			if !which(p, from, to) {
				copyBuffer(from, to, bytes)
			}
		}
	}
}

// lends changes the memory that is lent. data is aligned. The memory 4 bytes after it is aligned to a float.
func lends(change func(data unsafe.Pointer, bytes int) (unsafe.Pointer, int)) func(p *plan) {
	return func(p *plan) {
		p.device.seam.bufferData = func(target uint32, bytes int, data unsafe.Pointer, usage uint32) {
			if target == externalMemory {
				data, bytes = change(data, bytes)
			}
			gl.BufferData(target, bytes, data, usage)
		}
	}
}
