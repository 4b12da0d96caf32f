//go:build cgo && !nogl

package gpu

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"unsafe"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/conv/convtest"
	"gpuconv/cpu"
	"gpuconv/gpu/internal/problems"
	"gpuconv/gpu/internal/recipe"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// openRoute opens a software renderer that moves images by the route of another kind of device.
func openRoute(t *testing.T, how recipe.Transfers, options Options) *Device {
	options.Device = Software()
	missing := ""
	d := openTest(t, options, func(d *Device) {
		switch {
		case how.Route == recipe.Mapped && !canMap():
			missing = "the driver maps no buffers for good"
		case how.Route == recipe.Lent && d.profile.Transfers.Route != recipe.Lent:
			missing = "the driver borrows no memory"
		}
		d.profile.Transfers = how
	})
	if missing != "" {
		t.Skip(missing)
	}
	return d
}

// aligned is a backend whose plans run on copies of the tensors that can be lent, with canaries around them.
type aligned struct{ conv.Backend }

type alignedPlan struct{ conv.Plan }

func (a aligned) Plan(p conv.Problem, weight *conv.Tensor, bias []float32) (conv.Plan, error) {
	made, err := a.Backend.Plan(p, weight, bias)
	if err != nil {
		return nil, err
	}
	return alignedPlan{made}, nil
}

func (a aligned) Explain(p conv.Problem) (conv.Description, error) {
	return a.Backend.(conv.Explainer).Explain(p)
}

func (a alignedPlan) Describe() conv.Description { return a.Plan.(conv.Describer).Describe() }

func (a alignedPlan) Run(dst, src *conv.Tensor) error {
	if dst == nil || src == nil {
		return a.Plan.Run(dst, src)
	}
	from, _ := realign(src)
	to, whole := realign(dst)
	if err := a.Plan.Run(to, from); err != nil {
		return err
	}
	copy(dst.Data, to.Data)
	n := len(whole) - len(to.Data)
	for i := range n / 2 {
		if whole[i] != 1 || whole[len(whole)-1-i] != 1 {
			return &compare.GuardError{What: fmt.Sprintf("element %d before or after what was lent was overwritten",
				i)}
		}
	}
	if at := compare.Differ(from.Data, src.Data); at >= 0 {
		return &compare.GuardError{What: fmt.Sprintf("element %d of src was overwritten", at)}
	}
	return nil
}

// realign returns a copy of t that is aligned to LentAlignment and to no larger power of two. whole is the memory
// around the copy: as many elements before it as after it, all of them 1.
func realign(t *conv.Tensor) (moved *conv.Tensor, whole []float32) {
	const floats = recipe.LentAlignment / 4
	whole = make([]float32, len(t.Data)+8*floats)
	for i := range whole {
		whole[i] = 1
	}
	first := 2 * floats
	for uintptr(unsafe.Pointer(&whole[first]))%(2*recipe.LentAlignment) != recipe.LentAlignment {
		first++
	}
	moved = &conv.Tensor{Shape: t.Shape, Data: whole[first : first+len(t.Data) : first+len(t.Data)]}
	copy(moved.Data, t.Data)
	return moved, whole[:2*first+len(t.Data)]
}

// TestLentConforms makes shaders work in the caller's memory, also through textures.
func TestLentConforms(t *testing.T) {
	t.Parallel()
	d := openRoute(t, lending(), Options{Algorithm: "direct_soft", Unrolled: 400})
	loans := 0
	d.meddle(func(s *seam) {
		s.bufferData = func(target uint32, bytes int, data unsafe.Pointer, usage uint32) {
			if target == externalMemory {
				loans++
			}
			gl.BufferData(target, bytes, data, usage)
		}
	})
	convtest.RunAlgorithm(t, aligned{d}, cpu.Reference{}, 290)
	if loans < 100 {
		t.Errorf("%d tensors were lent", loans)
	}
}

// TestSubmissions submits on each route.
func TestSubmissions(t *testing.T) {
	p := flightTrials()[1].problem
	src, weight := filled(p)
	want := reference(t, p, src, weight)
	for _, how := range []recipe.Transfers{eager(recipe.Mapped), eager(recipe.Copied), {Route: recipe.Copied},
		lending()} {
		made, err := openRoute(t, how, Options{Algorithm: "direct"}).Plan(p, weight, []float32{1, 2, 3})
		if err != nil {
			t.Fatal(err)
		}
		for i, err := range threeAtOnce(t, made, src, want) {
			if err != nil {
				t.Errorf("%+v, submission %d: %v", how, i, err)
			}
		}
		made.Close()
	}
}

// TestNotLent: memory that is not aligned is copied, and so is all memory on a guarded device.
func TestNotLent(t *testing.T) {
	for _, guard := range []bool{false, true} {
		d := openRoute(t, lending(), Options{Guard: guard, Algorithm: "direct_soft"})
		p := problems.Seed(3)
		src, weight := filled(p)
		made, err := d.Plan(p, weight, nil)
		if err != nil {
			t.Fatal(err)
		}
		shape, _ := p.Dst()
		whole := make([]float32, src.Shape.N()*6*48*64+1)
		for offset := range 2 {
			var lent []string
			d.meddle(func(s *seam) {
				s.bufferData = func(target uint32, bytes int, data unsafe.Pointer, usage uint32) {
					lent = append(lent, fmt.Sprint(bytes))
					gl.BufferData(target, bytes, data, usage)
				}
			})
			dst := &conv.Tensor{Shape: shape, Data: whole[offset : len(whole)-1+offset]}
			if err := made.Run(dst, src); err != nil {
				t.Fatal(err)
			}
			want := []string{"221184 36864", "36864"}[offset]
			if guard {
				want = ""
			}
			if got := strings.Join(lent, " "); got != want {
				t.Errorf("guard %v, %d floats further on: lent %q, want %q", guard, offset, got, want)
			}
		}
		made.Close()
	}
}

// TestFlights: several chunks are in flight at once, and take turns. Run leaves none in flight.
func TestFlights(t *testing.T) {
	for _, r := range []recipe.Route{recipe.Mapped, recipe.Copied} {
		d := openRoute(t, eager(r), Options{Algorithm: "direct"})
		p := flightTrials()[0].problem
		src, weight := filled(p)
		made, err := d.Plan(p, weight, []float32{1, 2, 3})
		if err != nil {
			t.Fatal(err)
		}
		most, waits, pl := 0, 0, made.(*plan)
		d.meddle(func(s *seam) {
			s.waitSync = func(fence uintptr, flags uint32, nanoseconds uint64) uint32 {
				waits++
				most = max(most, len(pl.air)+1) // and the one that lands
				return gl.ClientWaitSync(fence, flags, nanoseconds)
			}
		})
		shape, _ := p.Dst()
		dst, _ := conv.NewTensor(shape)
		for range 5 {
			if err := made.Run(dst, src); err != nil {
				t.Fatal(err)
			}
		}
		if most != 3 || waits != 5*4 || len(pl.air) != 0 || len(pl.queue.jobs) != 0 {
			t.Errorf("route %d: %d in the air, %d landed, %d left", r, most, waits, len(pl.air))
		}
		timings := made.(conv.Timer).Timings()
		if timings.Upload <= 0 || timings.Kernel <= 0 || timings.Readback <= 0 || timings.Device.Kernel <= 0 {
			t.Errorf("route %d: %+v", r, timings)
		}
		made.Close()
	}
}

// TestFaultsInFlight breaks each allocation, map and wait of overlapping chunks, and the loan of memory. Each break
// fails the case at that place and leaves nothing allocated. Cases run twice and then measure three times;
// meanwhile the buffers for the answers of three flights grow twice.
func TestFaultsInFlight(t *testing.T) {
	for name, c := range map[string]struct {
		how    recipe.Transfers
		breaks func(d *Device, at int, calls *int)
		want   string
		calls  int
	}{
		"storage": {eager(recipe.Mapped), func(d *Device, at int, calls *int) {
			d.meddle(func(s *seam) {
				s.bufferStorage = func(target uint32, bytes int, data unsafe.Pointer, flags uint32) {
					if *calls++; *calls == at+1 {
						bytes = 1 << 60
					}
					gl.BufferStorage(target, bytes, data, flags)
				}
			})
		}, "GL_OUT_OF_MEMORY", 6 + 9},
		"map": {eager(recipe.Mapped), func(d *Device, at int, calls *int) {
			d.meddle(func(s *seam) {
				s.mapBuffer = func(target uint32, offset, bytes int, access uint32) unsafe.Pointer {
					if *calls++; *calls == at+1 {
						return nil
					}
					return gl.MapBufferRange(target, offset, bytes, access)
				}
			})
		}, "the driver maps nothing", 6 + 9},
		"loan": {lending(), func(d *Device, at int, calls *int) {
			d.meddle(func(s *seam) {
				s.bufferData = func(target uint32, bytes int, data unsafe.Pointer, usage uint32) {
					if target == externalMemory {
						if *calls++; *calls == at+1 {
							target = 1
						}
					}
					gl.BufferData(target, bytes, data, usage)
				}
			})
		}, "bytes of src: GL_INVALID_ENUM", 2},
		"timeout": {eager(recipe.Mapped), waiting(gl.TIMEOUT_EXPIRED), "the device has not finished after 2m0s", 5 * 4},
		"wait":    {eager(recipe.Copied), waiting(gl.WAIT_FAILED), "the device cannot be waited for", 5 * 4},
	} {
		for at := -1; at < c.calls; at++ { // −1 breaks nothing
			d := openRoute(t, c.how, Options{Guard: c.how.Route != recipe.Lent, Algorithm: "direct"})
			p, calls := flightTrials()[0].problem, 0
			p.Weight[0] = 4 // attempt has biases
			c.breaks(d, at, &calls)
			err := attempt(t, d, p)
			if at < 0 && (err != nil || calls != c.calls) {
				t.Errorf("%s: %v after %d calls, want %d", name, err, calls, c.calls)
			}
			if at >= 0 && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%s %d: %v, want %q", name, at, err, c.want)
			}
			recovered(t, d, p)
			d.Close()
		}
	}
}

// waiting makes a wait end in another way.
func waiting(status uint32) func(d *Device, at int, calls *int) {
	return func(d *Device, at int, calls *int) {
		d.meddle(func(s *seam) {
			s.waitSync = func(fence uintptr, flags uint32, nanoseconds uint64) uint32 {
				if *calls++; *calls == at+1 {
					return status
				}
				return gl.ClientWaitSync(fence, flags, nanoseconds)
			}
		})
	}
}

// TestErrorsInFlight makes OpenGL report an error, and lose the context, at each place where the code asks, while
// chunks overlap and submissions are pending. Each submission ends, and those without an error have the right outputs.
func TestErrorsInFlight(t *testing.T) {
	p := flightTrials()[1].problem
	src, weight := filled(p)
	want := reference(t, p, src, weight)
	for _, code := range []uint32{gl.OUT_OF_MEMORY, gl.CONTEXT_LOST} {
		for at := 0; ; at++ {
			d := openRoute(t, eager(recipe.Mapped), Options{Guard: true, Algorithm: "direct"})
			made, err := d.Plan(p, weight, []float32{1, 2, 3})
			if err != nil {
				t.Fatal(err)
			}
			calls := 0
			d.meddle(func(s *seam) {
				s.getError = func() uint32 {
					if calls++; calls == at+1 || code == gl.CONTEXT_LOST && calls > at {
						return code
					}
					return gl.GetError()
				}
			})
			failed := 0
			for i, err := range threeAtOnce(t, made, src, want) {
				if err != nil {
					failed++
				}
				if lost := code == gl.CONTEXT_LOST; err != nil && lost != errors.Is(err, conv.ErrLost) {
					t.Errorf("error %d, submission %d: %v", at, i, err)
				}
			}
			unmet := calls <= at
			if unmet && failed != 0 || !unmet && (failed == 0 || code == gl.OUT_OF_MEMORY && failed > 1) {
				t.Errorf("error %d of %d: %d submissions failed, want those that met it", at, calls, failed)
			}
			d.thread.do(func() error { d.seam.getError = gl.GetError; return nil })
			if err := made.Close(); err != nil {
				t.Error(err)
			}
			if buffers, _ := objects(d); buffers != 0 {
				t.Errorf("error %d: %d buffers are left", at, buffers)
			}
			if d.Close(); !unmet {
				continue
			}
			if at < 3*4*4 { // three batches of four chunks that ask four times
				t.Errorf("OpenGL was asked %d times", at)
			}
			break
		}
	}
}

func reference(t *testing.T, p conv.Problem, src, weight *conv.Tensor) *conv.Tensor {
	plan, err := cpu.Reference{}.Plan(p, weight, []float32{1, 2, 3})
	if err != nil {
		t.Fatal(err)
	}
	defer plan.Close()
	shape, _ := p.Dst()
	dst, _ := conv.NewTensor(shape)
	if err := plan.Run(dst, src); err != nil {
		t.Fatal(err)
	}
	return dst
}

// threeAtOnce submits a batch three times and returns the error of each. Outputs without an error must be right.
func threeAtOnce(t *testing.T, plan conv.Plan, src, want *conv.Tensor) (all []error) {
	t.Helper()
	var pending []conv.Pending
	var outputs []*conv.Tensor
	for range 3 {
		dst, _ := conv.NewTensor(want.Shape)
		dst.Data[0] = float32(math.NaN())
		s, err := plan.(conv.Submitter).Submit(dst, src)
		if err != nil {
			t.Fatal(err)
		}
		pending, outputs = append(pending, s), append(outputs, dst)
	}
	for i, s := range pending {
		err := s.Wait()
		if err == nil && compare.Differ(outputs[i].Data, want.Data) >= 0 {
			t.Errorf("submission %d is wrong, without an error", i)
		}
		all = append(all, err)
	}
	return all
}

// TestDeviceCloseWhilePending: submissions end, and none of them writes afterwards.
func TestDeviceCloseWhilePending(t *testing.T) {
	d := openRoute(t, eager(recipe.Mapped), Options{Algorithm: "direct"})
	p := problems.Seed(4)
	src, weight := filled(p)
	made, err := d.Plan(p, weight, nil)
	if err != nil {
		t.Fatal(err)
	}
	shape, _ := p.Dst()
	var pending []conv.Pending
	for range 20 {
		dst, _ := conv.NewTensor(shape)
		s, err := made.(conv.Submitter).Submit(dst, src)
		if err != nil {
			t.Fatal(err)
		}
		pending = append(pending, s)
	}
	if err := errors.Join(pending[0].Wait(), d.Close()); err != nil {
		t.Fatal(err)
	}
	for i, s := range pending {
		if err := s.Wait(); err != nil && !errors.Is(err, conv.ErrClosed) {
			t.Errorf("submission %d: %v", i, err)
		}
	}
	if left := len(made.(*plan).queue.jobs); left != 0 {
		t.Errorf("%d submissions are left in the queue", left)
	}
}
