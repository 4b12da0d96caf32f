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

// filled returns small integers, whose float32 sums are exact.
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

// judge compares an open device with the reference on one problem.
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

// TestUnrolledOption: Options.Unrolled changes programs of software renderers only. With it gpuconv verify --quick
// still verifies the programs that hardware runs.
func TestUnrolledOption(t *testing.T) {
	for _, class := range ClassNames() {
		var programs []recipe.Key
		for _, most := range []int{0, 16} {
			d := openTest(t, Options{Device: Software(), Algorithm: "direct_small", Tiles: class, Unrolled: most})
			b, err := asking{d, d.profile}.blueprint(problems.Seed(64))
			if err != nil {
				t.Fatal(err)
			}
			programs = append(programs, b.Recipe.Stages[0].Program)
		}
		if same := programs[0] == programs[1]; same != (class != "software") {
			t.Errorf("%s: the program with few multiplications is the usual one: %v", class, same)
		}
	}
}

// TestHardware: if all devices are software, a request for hardware is refused, and the error says what was found.
// Otherwise the device that opens is hardware.
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

// TestDeviceClose: calls after Close are refused, also those of plans. A second Close does nothing.
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
