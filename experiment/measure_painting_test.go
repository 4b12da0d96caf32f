package experiment

import (
	"errors"
	"math"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/stimuli"
)

// measuringPainter is a plan that makes images and measures their maps.
type measuringPainter struct {
	measuringPlan // of the painter
	painter       paintingPlan
}

func (p measuringPainter) Describe() conv.Description { return p.painter.Describe() }

func (p measuringPainter) Paints() error { return p.painter.Paints() }

func (p measuringPainter) RunStripes(dst *conv.Tensor, images *conv.Stripes) ([]int, error) {
	return p.painter.RunStripes(dst, images)
}

// RunStripes measures images. The numbers and outputs of those that the plan is not sure of are NaN.
func (m measuringOf) RunStripes(numbers []float32, maps *conv.Tensor, images *conv.Stripes,
	outputs []int) (unsure []int, err error) {
	src, err := hostDrawn(images)
	if err != nil {
		return nil, err
	}
	all := &conv.Tensor{Shape: maps.Shape, Data: make([]float32, len(maps.Data))}
	if unsure, err = m.plan.Plan.(conv.Painter).RunStripes(all, images); err != nil {
		return nil, err
	}
	err = m.Run(numbers, maps, src, outputs)
	for _, i := range unsure {
		for _, some := range [][]float32{numbers, maps.Data} {
			each := len(some) / maps.Shape.N()
			for at := range each {
				some[i*each+at] = float32(math.NaN())
			}
		}
	}
	return unsure, err
}

// measures changes a job so that its plan makes the images, if painted, and measures their maps.
func measures(painted bool, plan measuringPlan) func(j *Job, on *Prepared) {
	return func(_ *Job, on *Prepared) {
		painter := paintingPlan{on.Plan, on.Plan.(conv.Describer), nil}
		if plan.Plan = on.Plan; painted {
			plan.Plan = painter
			on.Plan = measuringPainter{plan, painter}
			return
		}
		on.Plan = plan
	}
}

// TestMeasuringPainted: a run whose plan makes the images and measures their maps writes the bytes of one whose host
// draws the images, also if it is cut and goes on, or if outputs are not finite, and is judged as closely.
func TestMeasuringPainted(t *testing.T) {
	for name, c := range map[string]struct {
		change func(j *Job)
		maps   func(maps *conv.Tensor)
	}{
		"pictures":    {change: func(j *Job) { j.Look.Formats = nil }},
		"some images": {change: func(j *Job) { j.Check = Checking{Images: 5} }},
		"all images":  {change: func(j *Job) { j.Check = Checking{Images: -1} }},
		"a sample":    {change: func(j *Job) { j.Check = Checking{Sample: true, Seed: 3} }},
		"NaN":         {func(j *Job) { j.Check = Checking{} }, oddMaps},
		"part of a set": {change: func(j *Job) {
			j.Images, _ = stimuli.NewPart(j.Images, 11, 14)
			j.Summary = Summary{{Kind: Position, Rows: 1, Columns: 2}}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			with := func(painted bool) func(j *Job, on *Prepared) {
				return func(j *Job, on *Prepared) {
					j.Summary = Summary{{Kind: Mean}, {Kind: Max}}
					c.change(j)
					measures(painted, measuringPlan{maps: c.maps})(j, on)
				}
			}
			want, got := plain(t, with(false)), plain(t, with(true))
			sameFiles(t, got, want)
			drawn, painted := reportOf(t, want), reportOf(t, got)
			if drawn.DrawnBy != "cpu" || painted.DrawnBy != "gpu" || painted.Unsure == 0 || drawn.NumbersBy != "gpu" ||
				painted.NumbersBy != "gpu" {
				t.Errorf("images are drawn by %q and %q, %d again, numbers made by %q and %q", drawn.DrawnBy,
					painted.DrawnBy, painted.Unsure, drawn.NumbersBy, painted.NumbersBy)
			}
			sameJudgement(t, painted, drawn)
			if c.maps != nil && (painted.NaN < 2 || painted.NaN != painted.Infinite) {
				t.Errorf("%d NaN, %d infinities", painted.NaN, painted.Infinite)
			}
			sameCut(t, want, 7, with(true))
		})
	}
}

// sameJudgement compares what two runs found: outputs that are not finite, and those that were judged.
func sameJudgement(t *testing.T, got, want Report) {
	t.Helper()
	if got.NaN != want.NaN || got.Infinite != want.Infinite || (got.Check == nil) != (want.Check == nil) {
		t.Errorf("%d NaN and %d infinities, want %d and %d; judged %v, want %v", got.NaN, got.Infinite, want.NaN,
			want.Infinite, got.Check, want.Check)
		return
	}
	if got.Check != nil && (got.Check.Outputs != want.Check.Outputs || got.Check.MaxError != want.Check.MaxError) {
		t.Errorf("judged %+v, want %+v", got.Check, want.Check)
	}
}

// invertedPainter makes wrong images.
type invertedPainter struct{ measuringPainter }

func (p invertedPainter) Measuring(of []conv.Measure) (conv.Measuring, error) {
	return invertedMeasuring{measuringOf{p.measuringPlan, of}}, nil
}

type invertedMeasuring struct{ measuringOf }

func (m invertedMeasuring) RunStripes(numbers []float32, maps *conv.Tensor, images *conv.Stripes,
	outputs []int) ([]int, error) {
	wrong := *images
	wrong.Light, wrong.Dark = images.Dark, images.Light
	return m.measuringOf.RunStripes(numbers, maps, &wrong, outputs)
}

// TestMeasuringPaintedWrong: images that are not those of the job fail it even if no output is judged, because the
// numbers are compared with maps of images that the host has drawn.
func TestMeasuringPaintedWrong(t *testing.T) {
	for _, kept := range []bool{false, true} {
		_, _, err := measuredJob(t, kept, func(j *Job, on *Prepared) {
			j.Summary, j.Check = Summary{{Kind: Mean}}, Checking{}
			measures(true, measuringPlan{})(j, on)
			on.Plan = invertedPainter{on.Plan.(measuringPainter)}
		})
		if !errors.As(err, new(*compare.MeasureError)) {
			t.Errorf("kept %v: %v", kept, err)
		}
	}
}

// unpainting is a plan that measures and makes no images.
type unpainting struct {
	conv.Plan
	conv.Measurer
	conv.Describer
}

// TestMeasuringPaintedOnGPU: a GPU makes the images of a run and the numbers of their maps. The bytes are those of a
// run whose images the host draws, and the numbers are within their bounds of what the host makes of the maps. A
// software renderer with the tiles of hardware takes the place of the GPU; with its own tiles, it leaves all to the
// host.
func TestMeasuringPaintedOnGPU(t *testing.T) {
	infinite := func(weight *conv.Tensor) { weight.Data[12] = float32(math.Inf(1)) }
	for name, c := range map[string]struct {
		weigh  func(weight *conv.Tensor)
		change func(j *Job)
	}{
		"a sample":    {nil, func(j *Job) { j.Check = Checking{Sample: true, Seed: 3} }},
		"some images": {nil, func(j *Job) { j.Check = Checking{Images: 5} }},
		"pictures":    {nil, func(j *Job) { j.Look.Formats = nil }},
		"infinities":  {infinite, func(j *Job) { j.Check = Checking{} }},
	} {
		t.Run(name, func(t *testing.T) {
			summary := Summary{{Kind: Mean}, {Kind: Max}}
			with := func(tiles string, then func(on *Prepared)) func(j *Job, on *Prepared) {
				set := onTiles(t, tiles, c.weigh)
				return func(j *Job, on *Prepared) {
					set(j, on)
					j.Summary = summary
					c.change(j)
					then(on)
				}
			}
			both := with("nvidia", func(*Prepared) {})
			got := plain(t, both)
			drawn := plain(t, with("nvidia", func(on *Prepared) {
				on.Plan = unpainting{on.Plan, on.Plan.(conv.Measurer), on.Plan.(conv.Describer)}
			}))
			host := plain(t, with("", func(*Prepared) {}))
			sameFiles(t, got, drawn)
			samePictures(t, got, host)
			for folder, by := range map[string][2]string{
				got: {"gpu", "gpu"}, drawn: {"cpu", "gpu"}, host: {"cpu", "cpu"}} {
				r := reportOf(t, folder)
				if r.DrawnBy != by[0] || r.NumbersBy != by[1] || (by[0] == "gpu") != (r.Unsure >= 3) {
					t.Errorf("images are drawn by %q, %d again, numbers made by %q: want %q", r.DrawnBy, r.Unsure,
						r.NumbersBy, by)
				}
				sameJudgement(t, r, reportOf(t, host))
			}
			if name == "infinities" { // in all images, so that the host makes all numbers
				sameFiles(t, got, host)
				return
			}
			set := onTiles(t, "", c.weigh)
			maps := readActivations(t, plain(t, func(j *Job, on *Prepared) {
				set(j, on)
				j.Look.Formats = []string{}
			}))
			tensor := &conv.Tensor{Shape: conv.Shape(maps.Shape), Data: maps.Data}
			numbers := readActivations(t, got).Data
			if err := compare.CheckMeasures(summary.measures(tensor.Shape), numbers, tensor); err != nil {
				t.Error(err)
			}
			sameCut(t, got, 11, both)
		})
	}
}
