//go:build cgo && !nogl

package gpu

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/gpu/internal/problems"
	"gpuconv/gpu/internal/recipe"
)

func filled(p conv.Problem) (src, weight *conv.Tensor) {
	src, _ = conv.NewTensor(p.Src)
	weight, _ = conv.NewTensor(p.Weight)
	for i := range src.Data {
		src.Data[i] = float32(i%7 - 3)
	}
	for i := range weight.Data {
		weight.Data[i] = float32(i%5 - 2)
	}
	return src, weight
}

func judge(t *testing.T, d *Device, p conv.Problem) {
	t.Helper()
	src, weight := filled(p)
	result, err := compare.Check(d, cpu.Reference{}, compare.Case{Name: t.Name(), Problem: p, Src: src, Weight: weight})
	if err != nil {
		t.Error(err)
	} else if transforms := d.options.Algorithm == "winograd" || d.options.Algorithm == "fft"; !result.OK() ||
		result.MaxError != 0 && !transforms { // small integers: exact
		t.Error(result)
	}
}

// TestChunks computes batches around the edges of chunks, with limits smaller than those of any real device.
func TestChunks(t *testing.T) {
	p := conv.Problem{Src: conv.Shape{1, 1, 40, 48}, Weight: conv.Shape{3, 1, 3, 3}}
	p.Padding = conv.Pad(1, 1)
	for _, algorithm := range recipe.AlgorithmNames() {
		for _, pool := range []conv.Pool{{}, {Kind: conv.MaxPool, Size: [2]int{2, 2}}} {
			d := openTest(t, Options{Guard: true, Algorithm: algorithm, Device: Software()}, profiled(func(d *recipe.Profile) {
				d.StorageBlock = 3*4*3*40*48 + 100 // three images and a bit
				if algorithm == "winograd" {
					d.StorageBlock = 3*4*36*3*10*12 + 100 // of its products
				}
			}))
			p.Pool = pool
			for _, n := range []int{1, 2, 3, 4, 5, 6, 7, 9, 10} {
				p.Src[0] = n
				judge(t, d, p)
			}
			_, weight := filled(p)
			plan, err := d.Plan(p, weight, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := plan.(conv.Describer).Describe(); got.Chunk != 3 || got.Algorithm != algorithm || len(got.Sources) == 0 {
				t.Errorf("%+v: want chunks of 3 with %s", got, algorithm)
			}
		}
	}
}

// TestFoldedDispatch computes with so few work-groups along an axis that dispatches are folded over x and y, and
// batches are cut.
func TestFoldedDispatch(t *testing.T) {
	for _, algorithm := range recipe.AlgorithmNames() {
		d := openTest(t, Options{Guard: true, Algorithm: algorithm, Device: Software()}, profiled(func(d *recipe.Profile) {
			switch d.WorkGroups = [3]int{2, 3, 70}; algorithm {
			case "winograd", "direct_small":
				d.WorkGroups = [3]int{3, 3, 70}
			case "direct_shared", "fft": // 25 tiles an image; 15 transforms
				d.WorkGroups = [3]int{5, 6, 70}
			case "igemm": // takes 16 positions each
				d.WorkGroups = [3]int{8, 9, 70}
			}
		}))
		p := conv.Problem{Src: conv.Shape{11, 1, 20, 40}, Weight: conv.Shape{9, 1, 3, 3}}
		p.Padding = conv.Pad(1, 1)
		judge(t, d, p)
	}
}

// TestLoopLimit takes exactly as many loop iterations in one pass as llvmpipe allows, and then some that need a second
// pass.
func TestLoopLimit(t *testing.T) {
	d := openTest(t, Options{Guard: true, Algorithm: "direct"})
	// A row of one tap takes three iterations: the tap, the end of its loop and the row. One more ends the loop over rows.
	most := (recipe.SoftwareLoopLimit - 1) / 3
	for _, channels := range []int{most - 1, most, most + 1, 2*most + 1} {
		judge(t, d, conv.Problem{Src: conv.Shape{1, channels, 1, 1}, Weight: conv.Shape{2, channels, 1, 1}})
	}
}

// TestResumedPasses splits small problems into many passes, by a limit smaller than any real one: later passes add to
// the results of earlier ones, everywhere.
func TestResumedPasses(t *testing.T) {
	for _, iterations := range []int{8, 16, 40} { // 8: one row of five taps at a time
		few := profiled(func(d *recipe.Profile) { d.LoopIterations = iterations })
		d := openTest(t, Options{Guard: true, Algorithm: "direct"}, few)
		p := conv.Problem{Src: conv.Shape{3, 6, 20, 21}, Weight: conv.Shape{22, 3, 5, 5}}
		p.Groups, p.Activation, p.Padding = 2, conv.ReLU, conv.Pad(2, 2)
		judge(t, d, p)
	}
}

// TestGuard: with Guard, an output that no invocation writes is NaN.
func TestGuard(t *testing.T) {
	d := openTest(t, Options{Guard: true, Algorithm: "direct"})
	p := problems.Seed(2)
	src, weight := filled(p)
	shape, _ := p.Dst()
	dst, _ := conv.NewTensor(shape)
	made, err := d.Plan(p, weight, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer made.Close()
	passes := made.(*plan).Recipe.Stages[0].Passes
	leaveOut := func(images int) []recipe.Pass { return passes(images - 1) } // the last image
	made.(*plan).Recipe.Stages[0].Passes = leaveOut
	if err := made.Run(dst, src); err != nil {
		t.Fatal(err)
	}
	for i, v := range dst.Data {
		if isNaN := v != v; isNaN != (i >= len(dst.Data)/2) {
			t.Fatalf("element %d is %v", i, v)
		}
	}
}

func TestNoSuchDevice(t *testing.T) {
	openTest(t, Options{}).Close()
	_, err := Open(Options{Device: Numbered(63)})
	if !errors.Is(err, ErrNoDevice) || strings.Contains(err.Error(), "\n") ||
		!strings.HasPrefix(err.Error(), "gpu: device 63: ") {
		t.Errorf("device 63: %v", err)
	}
}

// TestHardware: where all devices are software, asking for hardware is refused, and the error says what was found.
// Elsewhere the device that opens is hardware.
func TestHardware(t *testing.T) {
	openTest(t, Options{}).Close()
	d, err := Open(Options{Device: Hardware()})
	if err == nil {
		defer d.Close()
		if d.Info().Software {
			t.Errorf("%v is software", d.Info())
		}
		return
	}
	if !errors.Is(err, ErrNoDevice) || !strings.Contains(err.Error(), "is a software renderer") {
		t.Error(err)
	}
}

func TestSoftware(t *testing.T) {
	d := openTest(t, Options{Device: Software()})
	if i := d.Info(); !i.Software || !strings.HasPrefix(i.String(), "software renderer ") {
		t.Errorf("%+v, %v", i, i)
	}
}

func TestOrder(t *testing.T) {
	candidates := []candidate{
		{name: "a", index: 0}, {name: "surfaceless", index: -1}, {name: "soft", index: 1, software: true},
	}
	for selector, want := range map[string]string{
		"any": "a surfaceless soft", "gpu": "a surfaceless", "software": "soft a surfaceless", "0": "a", "1": "soft", "2": "",
	} {
		s, err := ParseSelector(selector)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, c := range s.order(candidates) {
			names = append(names, c.name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: %q, want %q", selector, got, want)
		}
	}
}

func TestDevices(t *testing.T) {
	openTest(t, Options{}).Close()
	found, err := Devices(DefaultProvider)
	if err != nil || len(found) == 0 {
		t.Fatalf("%v, %v", found, err)
	}
	for _, i := range found {
		if i.Renderer == "" || i.Version == "" || i.Limits.StorageBlock < 1<<24 || i.Limits.WorkGroups[0] < 65535 {
			t.Errorf("%+v: OpenGL 4.3 promises more", i)
		}
		if i.Index < 0 {
			continue
		}
		if again := openTest(t, Options{Device: Numbered(i.Index)}).Info(); again != i {
			t.Errorf("device %d is %+v, it is listed as %+v", i.Index, again, i)
		}
	}
}

// TestDeviceClose: calls after Close are refused, those of plans included. Closing again is harmless.
func TestDeviceClose(t *testing.T) {
	d := openTest(t, Options{})
	p := problems.Seed(1)
	src, weight := filled(p)
	shape, _ := p.Dst()
	dst, _ := conv.NewTensor(shape)
	plan, err := d.Plan(p, weight, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.Close(), d.Close()); err != nil {
		t.Fatal(err)
	}
	if err := plan.Run(dst, src); !errors.Is(err, conv.ErrClosed) {
		t.Errorf("Run: %v", err)
	}
	if err := plan.Close(); err != nil {
		t.Errorf("plan.Close: %v", err)
	}
	if _, err := d.Plan(p, weight, nil); !errors.Is(err, conv.ErrClosed) {
		t.Errorf("Plan: %v", err)
	}
}

// TestTwoDevices: contexts on threads of their own do not disturb each other.
func TestTwoDevices(t *testing.T) {
	var group sync.WaitGroup
	for range 2 {
		d := openTest(t, Options{Guard: true})
		group.Go(func() {
			for range 3 {
				judge(t, d, problems.Seed(3))
			}
		})
	}
	group.Wait()
}

// TestCompileError: a shader that does not compile is an error of one line, and the device works afterwards.
func TestCompileError(t *testing.T) {
	d := openTest(t, Options{})
	err := d.thread.do(func() error {
		_, err := d.program(recipe.Key{Shader: "roof", Constants: roofConstants{localSize: 0}})
		return err
	})
	if err == nil || strings.Contains(err.Error(), "\n") || !strings.HasPrefix(err.Error(), "gpu: shader roof does not ") {
		t.Errorf("%v", err)
	}
	judge(t, d, problems.Seed(1))
}

func TestProgramsAreCached(t *testing.T) {
	d := openTest(t, Options{Algorithm: "direct"})
	for _, n := range []int{1, 2, 3} {
		judge(t, d, problems.Seed(n))
	}
	if len(d.programs) != 1 {
		t.Errorf("%d programs for three batches, want 1", len(d.programs))
	}
}

// TestProgramsAreBounded: of the programs that no plan uses, those unused longest go. One that a plan uses stays.
func TestProgramsAreBounded(t *testing.T) {
	d := openTest(t, Options{})
	_, before := objects(d)
	err := d.thread.do(func() error {
		for i := range mostPrograms + 6 {
			p, err := d.program(recipe.Key{Shader: "roof", Constants: roofConstants{localSize: 8 + i}})
			if err != nil {
				return err
			}
			if i != 2 {
				d.giveBack(p)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{false, false, true, false, false, false, true} {
		if _, kept := d.programs[recipe.Key{Shader: "roof", Constants: roofConstants{localSize: 8 + i}}]; kept != want {
			t.Errorf("program %d of %d is kept: %v, want %v", i, mostPrograms+6, kept, want)
		}
	}
	if _, after := objects(d); after != before+2*(mostPrograms+1) { // each with the shader that is attached to it
		t.Errorf("%d programs and shaders are left, want %d", after-before, 2*(mostPrograms+1))
	}
}

func TestThreadPanics(t *testing.T) {
	th := startThread(func() {})
	defer th.close()
	defer func() {
		if got := recover(); got != "boom" {
			t.Errorf("recovered %v", got)
		}
		if err := th.do(func() error { return nil }); err != nil {
			t.Errorf("after a panic: %v", err)
		}
	}()
	th.do(func() error { panic("boom") })
}
