package experiment

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"gpuconv/batch"
	"gpuconv/conv"
	"gpuconv/filters"
	"gpuconv/gpu"
	"gpuconv/stimuli"
)

// paintingPlan is a plan that makes images as a GPU does. It is not sure of every fifth image, from the third on, and
// leaves NaN in their outputs.
type paintingPlan struct {
	conv.Plan
	conv.Describer
	refuses error
}

func (p paintingPlan) Paints() error { return p.refuses }

func (p paintingPlan) RunStripes(dst *conv.Tensor, images *conv.Stripes) (unsure []int, err error) {
	src, err := hostDrawn(images)
	if err != nil {
		return nil, err
	}
	if err := p.Run(dst, src); err != nil {
		return nil, err
	}
	for n := 2; n < images.Shape.N(); n += 5 {
		unsure = append(unsure, n)
		outputs := dst.Images(n, n+1).Data
		for at := range outputs {
			outputs[at] = float32(math.NaN())
		}
	}
	return unsure, nil
}

// hostDrawn returns the images as the host draws them.
func hostDrawn(images *conv.Stripes) (*conv.Tensor, error) {
	src, err := conv.NewTensor(images.Shape)
	if err != nil {
		return nil, err
	}
	for n := range images.Shape.N() {
		images.Paint(src.Plane(n, 0), n)
	}
	return src, nil
}

// counted is a sweep that counts the images that the host draws.
type counted struct {
	*stimuli.Sweep
	drawn *atomic.Int64
}

func (c counted) Draw(dst *conv.Tensor, first int) error {
	c.drawn.Add(int64(dst.Shape.N()))
	return c.Sweep.Draw(dst, first)
}

// paints changes a job so that its plan makes the images.
func paints(j *Job, on *Prepared) {
	on.Plan = paintingPlan{on.Plan, on.Plan.(conv.Describer), nil}
}

func reportOf(t *testing.T, folder string) (r Report) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, reportName))
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestPainting: a run whose plan makes the images writes the bytes of a run whose host draws them, also if it is cut
// and goes on, and is judged as closely.
func TestPainting(t *testing.T) {
	for name, change := range map[string]func(j *Job, on *Prepared){
		"pictures":    func(j *Job, _ *Prepared) { j.Look.Formats = nil },
		"some images": func(j *Job, _ *Prepared) { j.Check = Checking{Images: 5} },
		"all images":  func(j *Job, _ *Prepared) { j.Check = Checking{Images: -1} },
		"a sample":    func(j *Job, _ *Prepared) { j.Check = Checking{Sample: true, Seed: 3} },
		"numbers": func(j *Job, _ *Prepared) {
			j.Summary, j.Check = Summary{{Kind: Mean}}, Checking{Sample: true}
		},
		"part of a set": func(j *Job, _ *Prepared) { j.Images, _ = stimuli.NewPart(j.Images, 11, 14) },
	} {
		t.Run(name, func(t *testing.T) {
			want := plain(t, change)
			both := func(j *Job, on *Prepared) {
				change(j, on)
				paints(j, on)
			}
			got := plain(t, both)
			sameFiles(t, got, want)
			drawn, painted := reportOf(t, want), reportOf(t, got)
			if drawn.DrawnBy != "cpu" || painted.DrawnBy != "gpu" || painted.Unsure == 0 {
				t.Errorf("images are drawn by %q and %q, %d again", drawn.DrawnBy, painted.DrawnBy, painted.Unsure)
			}
			if drawn.Check.Outputs != painted.Check.Outputs || drawn.Check.MaxError != painted.Check.MaxError {
				t.Errorf("judged %+v, with drawn images %+v", painted.Check, drawn.Check)
			}
			sameCut(t, want, 7, both)
		})
	}
}

// onTiles opens a software renderer with the tiles of a class of hardware, which takes the place of a GPU, or with its
// own tiles for "". It returns a function that replaces a job by one of 25 gratings on that renderer, in portions of 11
// images. Some of the gratings are not sure. weigh, if it is not nil, changes the weights.
func onTiles(t *testing.T, tiles string, weigh func(weight *conv.Tensor)) func(j *Job, on *Prepared) {
	t.Helper()
	d, err := gpu.Open(gpu.Options{Device: gpu.Software(), Tiles: tiles, Algorithm: "direct"})
	if err != nil {
		if os.Getenv("GPUCONV_REQUIRE_GPU") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	t.Cleanup(func() { d.Close() })
	period := 2 * math.Pi / 4 * 0.05 // 4 pixels: zeros of the grating fall on pixels at 0°, 90° and 180°
	job := tutorial(t, stimuli.NMA{Resolution: 0.05, SpatialFrequency: period}, "0:181:7.5",
		filters.NMA{Channels: 3, Size: 5})
	if weigh != nil {
		weigh(job.Bank.Weight)
	}
	p, err := job.Problem()
	if err != nil {
		t.Fatal(err)
	}
	p.Src = p.Src.WithN(11)
	plan, err := d.Plan(p, job.Bank.Weight, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { plan.Close() })
	return func(j *Job, on *Prepared) {
		formats := j.Look.Formats
		*j, *on = job, Prepared{Problem: p, Plan: plan}
		j.Look.Formats = formats
	}
}

// TestPaintingOnGPU: a GPU makes the images of a run. The files are those of a run whose images the host draws, as it
// does for a software renderer with its own tiles.
func TestPaintingOnGPU(t *testing.T) {
	folders := map[string]string{}
	for tiles, by := range map[string]string{"nvidia": "gpu", "": "cpu"} {
		set := onTiles(t, tiles, nil)
		folders[by] = plain(t, func(j *Job, on *Prepared) {
			set(j, on)
			j.Look.Formats, j.Check = nil, Checking{Sample: true}
		})
		if r := reportOf(t, folders[by]); r.DrawnBy != by || by == "gpu" && r.Unsure < 3 {
			t.Errorf("tiles %q: images are drawn by %q, %d again: want %q", tiles, r.DrawnBy, r.Unsure, by)
		}
	}
	sameFiles(t, folders["gpu"], folders["cpu"])
}

// TestPaintingSaves: the host draws only images that are judged, or that the plan is not sure of.
func TestPaintingSaves(t *testing.T) {
	var drawn atomic.Int64
	folder := plain(t, func(j *Job, on *Prepared) {
		j.Images, j.Check = counted{j.Images.(*stimuli.Sweep), &drawn}, Checking{Images: 2}
		paints(j, on)
	})
	if r := reportOf(t, folder); drawn.Load() != int64(2+r.Unsure) || r.Unsure != 4 {
		t.Errorf("%d images were drawn, 2 are judged, and %d were not sure", drawn.Load(), r.Unsure)
	}
}

// TestNoPainting: the host draws images with a third value, images of other kinds, all if the plan makes none, and all
// if the plan spreads the errors of large pixels, because the judge must see these.
func TestNoPainting(t *testing.T) {
	j := small(t)
	plan := prepared(t, j, 7).Plan
	describer := plan.(conv.Describer)
	good := paintingPlan{plan, describer, nil}
	patch := tutorial(t, stimuli.NMA{Resolution: 0.02, Patch: true}, "0:90:3", filters.NMA{Channels: 3, Size: 5}).Images
	kind, err := stimuli.Kinds()[0].Set()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		images batch.Source
		plan   conv.Plan
		want   bool
	}{
		"stripes":             {j.Images, good, true},
		"the CPU's plan":      {j.Images, plan, false},
		"a plan that cannot":  {j.Images, paintingPlan{plan, describer, errors.ErrUnsupported}, false},
		"a plan that spreads": {j.Images, paintingPlan{plan, spreading{}, nil}, false},
		"patches":             {patch, good, false},
		"sine gratings":       {kind, good, false},
	} {
		if got := newPainting(t.Context(), c.images, c.plan) != nil; got != c.want {
			t.Errorf("%s: the plan makes the images: %v", name, got)
		}
	}
}

// spreading describes a plan that states a tolerance.
type spreading struct{}

func (spreading) Describe() conv.Description { return conv.Description{Tolerance: 1e-3} }
