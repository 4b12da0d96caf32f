//go:build glfw && cgo && !nogl

package gpu

import (
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"gpuconv/conv"
	"gpuconv/conv/convtest"
	"gpuconv/cpu"
	"gpuconv/gpu/internal/problems"
	"gpuconv/gpu/internal/recipe"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// TestMain gives GLFW the main thread.
func TestMain(m *testing.M) { Main(func() { os.Exit(m.Run()) }) }

// TestGLFWConforms runs every case on a device in a window's context.
func TestGLFWConforms(t *testing.T) {
	for algorithm, least := range map[string]int{"direct": 290, "direct_soft": 290} {
		t.Run(algorithm, func(t *testing.T) {
			d := openTest(t, Options{Provider: GLFW, Guard: true, Algorithm: algorithm, Unrolled: 400})
			if algorithm == "direct_soft" && !d.Info().Software {
				t.Skip("direct_soft is for software renderers")
			}
			convtest.RunAlgorithm(t, d, cpu.Reference{}, least)
		})
	}
}

func TestGLFWInfo(t *testing.T) {
	d := openTest(t, Options{Provider: GLFW})
	i := d.Info()
	if i.Index != -1 || !strings.HasPrefix(i.Name, "hidden window") || i.Renderer == "" ||
		i.Software != (recipe.ClassOf(i.Vendor, i.Renderer) == recipe.Software) {
		t.Errorf("%+v", i)
	}
	var profile int
	err := d.thread.do(func() error { profile = getInt(gl.CONTEXT_PROFILE_MASK); return nil })
	if err != nil || profile != gl.CONTEXT_CORE_PROFILE_BIT {
		t.Errorf("profile %d, %v: want a core profile", profile, err)
	}
	found, err := Devices(GLFW)
	if err != nil || len(found) != 1 || found[0] != d.Info() {
		t.Errorf("%+v, %v: want what Open gives: %+v", found, err, d.Info())
	}
	for _, s := range []Selector{Hardware(), Software()} {
		opened, err := Open(Options{Provider: GLFW, Device: s})
		if (err == nil) != (d.Info().Software == (s == Software())) {
			t.Errorf("device %v where the display has %v: %v", s, d.Info(), err)
		}
		if err == nil {
			opened.Close()
		}
	}
}

// TestGLFWDevices: windows, and contexts without one, do not disturb each other. Closing one disturbs no other.
func TestGLFWDevices(t *testing.T) {
	var group sync.WaitGroup
	for i := range 6 {
		options := Options{Provider: GLFW, Guard: true, Algorithm: "direct"}
		if i%3 == 2 {
			options.Provider = DefaultProvider
		}
		d := openTest(t, options)
		group.Go(func() {
			for n := range i + 1 {
				judge(t, d, problems.Seed(n+1))
			}
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	judge(t, openTest(t, Options{Provider: GLFW, Guard: true}), problems.Seed(2))
}

// TestGLFWAgainstEGL: if both contexts use the same driver, they give the same bits and have the same limits.
func TestGLFWAgainstEGL(t *testing.T) {
	window := openTest(t, Options{Provider: GLFW})
	headless, err := Open(Options{Provider: EGL, Device: Software()})
	if err != nil || headless.Info().Renderer != window.Info().Renderer {
		t.Skipf("the display has %v, EGL another: %v", window.Info(), err)
	}
	defer headless.Close()
	if headless.Info().Limits != window.Info().Limits {
		t.Errorf("limits %+v, want EGL's %+v", window.Info().Limits, headless.Info().Limits)
	}
	p := problems.Seed(3)
	src, weight := filled(p)
	shape, err := p.Dst()
	if err != nil {
		t.Fatal(err)
	}
	var outputs [2][]float32
	for i, d := range []*Device{window, headless} {
		plan, err := d.Plan(p, weight, nil)
		if err != nil {
			t.Fatal(err)
		}
		dst, err := conv.NewTensor(shape)
		if err != nil {
			t.Fatal(err)
		}
		if err := plan.Run(dst, src); err != nil {
			t.Fatal(err)
		}
		outputs[i] = dst.Data
	}
	if !slices.Equal(outputs[0], outputs[1]) {
		t.Error("a window's context computes other bits")
	}
}
