//go:build cgo && !nogl

package gpu

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/gpu/internal/problems"
	"gpuconv/gpu/internal/recipe"
	"gpuconv/param"
	"gpuconv/stimuli"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// copier is a problem whose outputs are the pixels of its images.
func copier(images conv.Shape) conv.Problem {
	return conv.Problem{Src: images, Weight: conv.Shape{1, 1, 1, 1}}
}

// openPainter opens a software renderer that draws as hardware does, with this way of moving images.
func openPainter(t *testing.T, route recipe.Route, guard bool, changes ...func(*Device)) *Device {
	t.Helper()
	d := openRoute(t, eager(route), Options{Tiles: "nvidia", Algorithm: "direct", Guard: guard})
	for _, change := range changes {
		d.thread.do(func() error { change(d); return nil })
	}
	return d
}

// planPainter returns a plan of the copier that makes images.
func planPainter(t *testing.T, d conv.Backend, images conv.Shape) conv.Painter {
	t.Helper()
	made, err := d.Plan(copier(images), &conv.Tensor{Shape: conv.Shape{1, 1, 1, 1}, Data: []float32{1}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { made.Close() })
	painter, ok := made.(conv.Painter)
	if !ok {
		t.Fatal("the plan makes no images")
	}
	if err := painter.Paints(); err != nil {
		t.Fatal(err)
	}
	return painter
}

// painted compares the images that the device makes, and which of them it is not sure of, with those of the host.
func painted(painter conv.Painter, images *conv.Stripes) error {
	dst, err := conv.NewTensor(images.Shape)
	if err != nil {
		return err
	}
	unsure, err := painter.RunStripes(dst, images)
	if err != nil {
		return err
	}
	want := make([]float32, images.Shape.H()*images.Shape.W())
	for n := range images.Shape.N() {
		if sure := images.Paint(want, n); sure == slices.Contains(unsure, n) {
			return fmt.Errorf("image %d of %v: %v are unsure, the host is sure: %v", n, images.Shape, unsure, sure)
		}
		for at, v := range dst.Plane(n, 0) {
			if math.Float32bits(v) != math.Float32bits(want[at]) {
				return fmt.Errorf("image %d of %v, pixel %d is %v, want %v", n, images.Shape, at, v, want[at])
			}
		}
	}
	if !slices.IsSorted(unsure) {
		return fmt.Errorf("unsure images %v: want them in order", unsure)
	}
	return nil
}

// edged returns images whose angles are anywhere, except that one pixel of each is near a zero of the cosine: image n
// is n−4 units beyond one.
func edged(shape conv.Shape, seed uint64) *conv.Stripes {
	s := &conv.Stripes{Shape: shape, Light: 0.5, Dark: -0.25}
	random := rand.New(rand.NewPCG(seed, 1))
	for range shape.N() * conv.StripeAngles(shape) {
		s.Angles = append(s.Angles, random.Uint32())
	}
	for n := range shape.N() {
		angles := s.Images(n, n+1).Angles
		j, i := random.IntN(shape.W()), random.IntN(shape.H())
		zero := [2]uint32{1 << 30, 3 << 30}[n%2]
		angles[j] = zero + uint32(n%9) - 4 - angles[shape.W()+i]
	}
	return s
}

// paintShapes are a row, a column, single pixels, odd sizes, and more images than a chunk has.
func paintShapes() []conv.Shape {
	return []conv.Shape{{18, 1, 1, 257}, {18, 1, 129, 1}, {18, 1, 1, 1}, {19, 1, 7, 13}, {21, 1, 48, 64}, {1, 1, 5, 3}}
}

// TestPaint: images that the device makes have the host's pixels, and it is sure of the same ones.
func TestPaint(t *testing.T) {
	for _, route := range []recipe.Route{recipe.Mapped, recipe.Copied} {
		for _, guard := range []bool{false, true} {
			d := openPainter(t, route, guard)
			for i, shape := range paintShapes() {
				if err := painted(planPainter(t, d, shape), edged(shape, uint64(i))); err != nil {
					t.Errorf("route %v, guard %v: %v", route, guard, err)
				}
			}
		}
	}
}

// TestPaintSweep: all images that the device is sure of equal those of the set, which equal NumPy's; and it is sure of
// nearly all, unless zeros of a grating fall on pixels.
func TestPaintSweep(t *testing.T) {
	d := openPainter(t, recipe.Mapped, false)
	period16 := 2 * math.Pi / 16 * 0.1
	for _, c := range []struct {
		grating      stimuli.NMA
		orientations string
		most         int // images that are not sure
	}{
		{stimuli.NMA{}, "-180:180:1.875", 0},
		{stimuli.NMA{Tutorial3: true}, "0,45,90,135,180,300,1e5", 0},
		{stimuli.NMA{Resolution: 0.0371, SpatialFrequency: 0.3}, "-90:90:2.5", 0}, // 18×24
		{stimuli.NMA{Resolution: 0.0421, SpatialFrequency: 1e-7}, "0:180:15", 0},
		{stimuli.NMA{SpatialFrequency: 700}, "-90:90:3.6", 0}, // up to 8·10⁵ radians
		{stimuli.NMA{SpatialFrequency: period16}, "0:180:2.5", 6},
	} {
		values, err := param.ParseValues(c.orientations)
		if err != nil {
			t.Fatal(err)
		}
		sweep, err := stimuli.NewSweep(c.grating, values)
		if err != nil {
			t.Fatal(err)
		}
		shape := sweep.Shape()
		want, _ := conv.NewTensor(shape)
		if err := sweep.Draw(want, 0); err != nil {
			t.Fatal(err)
		}
		got, _ := conv.NewTensor(shape)
		unsure, err := planPainter(t, d, shape).RunStripes(got, sweep.Stripes(0, shape.N()))
		if err != nil || len(unsure) > c.most || c.most > 0 && len(unsure) == 0 {
			t.Errorf("%+v: %v are unsure, %v", c.grating, unsure, err)
		}
		for n := range shape.N() {
			if !slices.Contains(unsure, n) && !slices.Equal(got.Plane(n, 0), want.Plane(n, 0)) {
				t.Errorf("%+v, %v°: other pixels than the host's", c.grating, sweep.Orientation(n))
			}
		}
	}
}

// TestPaintTogether: several goroutines share a plan, some of them with images of their own.
func TestPaintTogether(t *testing.T) {
	shape := conv.Shape{21, 1, 48, 64}
	painter := planPainter(t, openPainter(t, recipe.Mapped, false), shape)
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			if i == 3 {
				src, _ := filled(copier(shape))
				dst, _ := conv.NewTensor(shape)
				if err := painter.Run(dst, src); err != nil || !slices.Equal(dst.Data, src.Data) {
					t.Errorf("the plan's outputs are wrong: %v", err)
				}
			} else if err := painted(painter, edged(shape, uint64(i))); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

// TestPaintFolds: a device that takes few work-groups along x gets them along y too.
func TestPaintFolds(t *testing.T) {
	d := openPainter(t, recipe.Copied, true, profiled(func(d *recipe.Profile) { d.WorkGroups[0] = 100 }))
	shape := conv.Shape{9, 1, 48, 64}
	if err := painted(planPainter(t, d, shape), edged(shape, 1)); err != nil {
		t.Error(err)
	}
}

// TestPaintRefuses: a plan that cannot make images says why, and works as before.
func TestPaintRefuses(t *testing.T) {
	shape := conv.Shape{9, 1, 48, 64}
	for want, d := range map[string]conv.Backend{
		"a software renderer does not draw": openTest(t, Options{Device: Software(), Algorithm: "direct"}),
		"the images are cut into bands":     openPainter(t, recipe.Copied, false).InBands(7),
	} {
		made, err := d.Plan(copier(shape), &conv.Tensor{Shape: conv.Shape{1, 1, 1, 1}, Data: []float32{1}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := made.(conv.Painter).Paints(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: want %q", err, want)
		}
		if _, err := made.(conv.Painter).RunStripes(mustTensor(shape), edged(shape, 1)); err == nil {
			t.Errorf("%s: images are made without Paints", want)
		}
		src, _ := filled(copier(shape))
		dst, _ := conv.NewTensor(shape)
		if err := made.Run(dst, src); err != nil || !slices.Equal(dst.Data, src.Data) {
			t.Errorf("%s: afterwards the outputs are wrong: %v", want, err)
		}
		made.Close()
		if err := made.(conv.Painter).Paints(); err == nil {
			t.Errorf("%s: a closed plan makes images", want)
		}
	}
}

func mustTensor(shape conv.Shape) *conv.Tensor {
	t, err := conv.NewTensor(shape)
	if err != nil {
		panic(err)
	}
	return t
}

// TestPaintChecked: the checks of a backend see images that a device makes wrongly, or wrongly is sure of.
func TestPaintChecked(t *testing.T) {
	p := copier(conv.Shape{21, 1, 12, 11})
	src, weight := filled(p)
	weight.Data[0] = 1
	for old, replaced := range map[string]string{
		"":                             "",
		"light : dark);":               "dark : light);",
		"atomicOr(unsure[image], 1u);": "",
	} {
		d := openPainter(t, recipe.Copied, false)
		d.meddle(func(s *seam) {
			s.edit = func(file, text string) string {
				if file == "gratings.comp" {
					return strings.Replace(text, old, replaced, 1)
				}
				return text
			}
		})
		result, err := compare.Check(d, cpu.Reference{}, compare.Case{Name: "a", Problem: p, Src: src, Weight: weight})
		broken := (*compare.GuardError)(nil)
		if errors.As(err, &broken) != (old != "") || old == "" && (err != nil || !result.OK()) {
			t.Errorf("%q changed: %v, %v", old, result, err)
		}
	}
}

// TestPaintOutOfMemory makes each allocation of Paints fail in turn. The plan then works as before, and the next Paints
// succeeds.
func TestPaintOutOfMemory(t *testing.T) {
	shape := conv.Shape{21, 1, 48, 64}
	for _, what := range []string{"angles", "unsure images", "marks"} {
		d := openPainter(t, recipe.Mapped, false)
		made, err := d.Plan(copier(shape), &conv.Tensor{Shape: conv.Shape{1, 1, 1, 1}, Data: []float32{1}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		before, _ := objects(d)
		// The call that fails is the second flight's, except for marks.
		calls := map[string]int{"angles": 3, "unsure images": 4, "marks": 1}[what]
		d.meddle(func(s *seam) {
			s.bufferData = func(target uint32, bytes int, data unsafe.Pointer, usage uint32) {
				if calls--; what != "marks" && calls == 0 {
					bytes, data = 1<<60, nil
				}
				gl.BufferData(target, bytes, data, usage)
			}
			s.bufferStorage = func(target uint32, bytes int, data unsafe.Pointer, flags uint32) {
				if what == "marks" {
					bytes = 1 << 60
				}
				gl.BufferStorage(target, bytes, data, flags)
			}
		})
		painter := made.(conv.Painter)
		err = painter.Paints()
		if err == nil || !strings.Contains(err.Error(), "bytes for "+what+": GL_OUT_OF_MEMORY") {
			t.Errorf("no memory for %s: %v", what, err)
		}
		if after, _ := objects(d); after != before {
			t.Errorf("no memory for %s: %d buffers, %d before", what, after, before)
		}
		d.thread.do(func() error { d.seam = openGL(); return nil })
		if err := painter.Paints(); err != nil {
			t.Error(err)
		} else if err := painted(painter, edged(shape, 3)); err != nil {
			t.Error(err)
		}
		if err := made.Close(); err != nil {
			t.Error(err)
		}
		if after, _ := objects(d); after != 0 {
			t.Errorf("%d buffers are left", after)
		}
	}
}

// TestPaintErrors: each error that OpenGL may report is returned, and afterwards the plan makes images.
func TestPaintErrors(t *testing.T) {
	shape := conv.Shape{5, 1, 48, 64}
	d := openPainter(t, recipe.Mapped, false)
	for i := 0; ; i++ {
		made, err := d.Plan(copier(shape), &conv.Tensor{Shape: conv.Shape{1, 1, 1, 1}, Data: []float32{1}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		calls, painter := 0, made.(conv.Painter)
		d.meddle(func(s *seam) {
			s.getError = func() uint32 {
				if calls++; calls == i+1 {
					return gl.OUT_OF_MEMORY
				}
				return gl.GetError()
			}
		})
		if err = painter.Paints(); err == nil {
			err = painted(painter, edged(shape, 1))
		}
		d.thread.do(func() error { d.seam = openGL(); return nil })
		if calls <= i {
			if err != nil || i < 10 {
				t.Errorf("%v, OpenGL was asked for errors %d times", err, calls)
			}
			made.Close()
			return
		}
		if err == nil || !strings.Contains(err.Error(), "GL_OUT_OF_MEMORY") {
			t.Errorf("error %d: %v", i, err)
		}
		if err := errors.Join(painter.Paints(), painted(painter, edged(shape, 1))); err != nil {
			t.Errorf("after error %d: %v", i, err)
		}
		made.Close()
		if buffers, _ := objects(d); buffers != 0 {
			t.Errorf("after error %d: %d buffers are left", i, buffers)
		}
	}
}

// TestPaintLost: after its driver has reset the device, a plan says so.
func TestPaintLost(t *testing.T) {
	shape := conv.Shape{5, 1, 48, 64}
	d := openPainter(t, recipe.Mapped, false)
	painter := planPainter(t, d, shape)
	d.meddle(func(s *seam) { s.resetStatus = func() uint32 { return gl.UNKNOWN_CONTEXT_RESET } })
	if _, err := painter.RunStripes(mustTensor(shape), edged(shape, 3)); !errors.Is(err, conv.ErrLost) {
		t.Errorf("%v: want ErrLost", err)
	}
	d.meddle(func(s *seam) { s.resetStatus = openGL().resetStatus })
}

// TestPaintShapes: wrong shapes are refused before anything reaches the device.
func TestPaintShapes(t *testing.T) {
	shape := conv.Shape{5, 1, 48, 64}
	painter := planPainter(t, openPainter(t, recipe.Mapped, false), shape)
	good := edged(shape, 3)
	short := *good
	short.Angles = short.Angles[1:]
	for want, c := range map[string]struct {
		dst    conv.Shape
		images *conv.Stripes
	}{
		"want 560 angles, it has 559": {shape, &short},
		"want [5 1 48 64] or a":       {shape, edged(conv.Shape{6, 1, 48, 64}, 3)},
		"want [5 1 48 64] for":        {conv.Shape{4, 1, 48, 64}, good},
	} {
		_, err := painter.RunStripes(mustTensor(c.dst), c.images)
		var shapeErr *conv.ShapeError
		if !errors.As(err, &shapeErr) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: want %q", err, want)
		}
	}
}

// BenchmarkPaint compares images that the host draws with images that the device makes, which a software renderer does
// only here: 341 gratings of 48×64 pixels and the tutorial's filters. Both take the CPU's time.
func BenchmarkPaint(b *testing.B) {
	d := openTest(b, Options{Device: Software()})
	p := problems.Seed(341)
	values, err := param.ParseValues("-90:90:0.5")
	if err != nil {
		b.Fatal(err)
	}
	sweep, err := stimuli.NewSweep(stimuli.NMA{}, values)
	if err != nil {
		b.Fatal(err)
	}
	made, err := asking{d, d.profile}.blueprint(p)
	if err != nil {
		b.Fatal(err)
	}
	hardware, err := recipe.Draw(p, d.profile.As(recipe.NVIDIA), "direct")
	if err != nil {
		b.Fatal(err)
	}
	made.Gratings, made.NoGratings = hardware.Gratings, nil
	weight, _ := conv.NewTensor(p.Weight)
	plan, err := d.build(made, weight, make([]float32, p.Weight[0]))
	if err != nil {
		b.Fatal(err)
	}
	defer plan.Close()
	painter := plan.(conv.Painter)
	if err := painter.Paints(); err != nil {
		b.Fatal(err)
	}
	src, _ := conv.NewTensor(p.Src)
	shape, _ := p.Dst()
	dst, _ := conv.NewTensor(shape)
	b.Run("by=host", func(b *testing.B) {
		for b.Loop() {
			if err := errors.Join(sweep.Draw(src, 0), plan.Run(dst, src)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("by=device", func(b *testing.B) {
		for b.Loop() {
			if _, err := painter.RunStripes(dst, sweep.Stripes(0, p.Src.N())); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("by=nobody", func(b *testing.B) {
		for b.Loop() {
			if err := plan.Run(dst, src); err != nil {
				b.Fatal(err)
			}
		}
	})
}
