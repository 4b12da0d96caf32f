package experiment

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
)

// measuringPlan is a plan that measures maps as a device does: in float32, in 64 sums.
type measuringPlan struct {
	conv.Plan
	maps   func(maps *conv.Tensor)       // changes what is computed, also by Run; nil does not
	fault  func(numbers, maps []float32) // changes what a measuring returns; nil does not
	closes *int
}

func (p measuringPlan) Run(dst, src *conv.Tensor) error {
	err := p.Plan.Run(dst, src)
	if err == nil && p.maps != nil {
		p.maps(dst)
	}
	return err
}

func (p measuringPlan) Measuring(measures []conv.Measure) (conv.Measuring, error) {
	if p.closes != nil {
		*p.closes--
	}
	return measuringOf{p, measures}, nil
}

type measuringOf struct {
	plan     measuringPlan
	measures []conv.Measure
}

func (m measuringOf) Close() error {
	if m.plan.closes != nil {
		*m.plan.closes++
	}
	return nil
}

func (m measuringOf) Run(numbers []float32, maps, src *conv.Tensor, outputs []int) error {
	all := &conv.Tensor{Shape: maps.Shape, Data: make([]float32, len(maps.Data))}
	if err := m.plan.Run(all, src); err != nil {
		return err
	}
	at, channels := 0, maps.Shape.C()
	for plane := range maps.Shape.N() * channels {
		for _, one := range m.measures {
			numbers[at] = measured(one, all.Plane(plane/channels, plane%channels), maps.Shape.W())
			at++
		}
	}
	for i := range maps.Data { // what nobody asked for must not matter
		maps.Data[i] = float32(math.NaN())
	}
	for _, output := range outputs {
		maps.Data[output] = all.Data[output]
	}
	if m.plan.fault != nil {
		m.plan.fault(numbers, maps.Data)
	}
	return nil
}

func measured(m conv.Measure, plane []float32, columns int) float32 {
	var lanes [conv.MeasureLanes]float32
	largest, i := float32(math.Inf(-1)), 0
	for y := m.Top; y < m.Bottom; y++ {
		for _, v := range plane[y*columns+m.Left : y*columns+m.Right] {
			largest = max(largest, v)
			if m.Kind == conv.MeanSquare {
				v *= v
			}
			lanes[i%len(lanes)] += v
			i++
		}
	}
	if m.Kind == conv.Largest {
		return largest
	}
	for apart := len(lanes) / 2; apart > 0; apart /= 2 {
		for lane := range apart {
			lanes[lane] += lanes[lane+apart]
		}
	}
	return lanes[0] / float32(i)
}

// measuredJob runs a job whose plan measures, and returns its report and folder.
func measuredJob(t *testing.T, kept bool, change func(j *Job, on *Prepared)) (*Report, string, error) {
	t.Helper()
	if kept {
		path := filepath.Join(t.TempDir(), "out")
		r, err := keep(t, t.Context(), path, change)
		return r, path, err
	}
	j, out := perhapsPictured(t), folder(t)
	on := prepared(t, j, 7)
	change(&j, &on)
	r, err := j.RunOn(t.Context(), on, out)
	return r, out.Path(), err
}

// oddMaps puts NaN and infinity into the maps of some images, whatever the batch.
func oddMaps(maps *conv.Tensor) {
	for i := range maps.Shape.N() {
		if one := maps.Images(i, i+1).Data; math.Float32bits(one[20])%4 == 1 {
			one[130], one[270] = float32(math.NaN()), float32(math.Inf(1))
		}
	}
}

// TestSummaryOnDevice: a job whose plan measures writes numbers within the bound of those of its maps, judges as many
// outputs and draws the same pictures as one whose plan does not, and counts the same NaN and infinities. Numbers of
// maps with these are made on the host.
func TestSummaryOnDevice(t *testing.T) {
	for _, text := range []string{allStatistics, "position:3,4,max", "pool:2x3"} {
		k, err := ParseSummary(text)
		if err != nil {
			t.Fatal(err)
		}
		for name, how := range map[string]Checking{"some": {Images: 16}, "sample": {Sample: true, Seed: 4}} {
			for _, kept := range []bool{false, true} {
				closes := 0
				set := func(device bool) func(j *Job, on *Prepared) {
					return func(j *Job, on *Prepared) {
						j.Summary, j.Check = k, how
						plan := measuringPlan{Plan: on.Plan, closes: &closes}
						if on.Plan = plan; !device {
							on.Plan = plan.Plan
						}
					}
				}
				want, plainFolder, err := measuredJob(t, kept, set(false))
				if err != nil {
					t.Fatal(err)
				}
				r, out, err := measuredJob(t, kept, set(true))
				if err != nil {
					t.Fatalf("%s, %s, kept %v: %v", text, name, kept, err)
				}
				if closes != 0 {
					t.Errorf("%s, kept %v: %d measurings are open", text, kept, -closes)
				}
				if r.Check.Outputs != want.Check.Outputs || r.NotFinite != want.NotFinite {
					t.Errorf("%s, %s, kept %v: %d judged, %+v, want %d, %+v", text, name, kept, r.Check.Outputs,
						r.NotFinite, want.Check.Outputs, want.NotFinite)
				}
				samePictures(t, out, plainFolder)
				maps := readActivations(t, plain(t, nil))
				tensor := &conv.Tensor{Shape: conv.Shape{30, 3, 10, 13}, Data: maps.Data}
				got := readActivations(t, out).Data
				measures := k.measures(tensor.Shape)
				measures = measures[:len(got)/90] // without the witness
				if err := compare.CheckMeasures(measures, got, tensor); err != nil {
					t.Errorf("%s, %s, kept %v: %v", text, name, kept, err)
				}
			}
		}
		var counts []NotFinite
		var numbers [][]float32
		for _, device := range []bool{false, true} {
			r, out, err := measuredJob(t, false, func(j *Job, on *Prepared) {
				j.Summary, j.Check = k, Checking{}
				plan := measuringPlan{Plan: on.Plan, maps: oddMaps}
				if on.Plan = plan; !device {
					on.Plan = altered{plan.Plan, func(maps *conv.Tensor) error { oddMaps(maps); return nil }}
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			counts, numbers = append(counts, r.NotFinite), append(numbers, readActivations(t, out).Data)
		}
		if counts[0] != counts[1] || counts[0].NaN < 2 || counts[0].NaN != counts[0].Infinite {
			t.Errorf("%s: %+v, without a device %+v", text, counts[1], counts[0])
		}
		image := len(numbers[0]) / 30
		for i := range 30 { // images that may have NaN in a number have the host's
			of := func(all []float32) []float32 { return all[i*image : (i+1)*image] }
			if at := compare.Differ(of(numbers[0]), of(numbers[1])); at >= 0 && !finite(of(numbers[0])) {
				t.Errorf("%s: number %d of image %d, with NaN, is not the host's", text, at, i)
			}
		}
	}
}

// samePictures compares the pictures of two folders.
func samePictures(t *testing.T, a, b string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(a, "*.png"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join(b, filepath.Base(name)))
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s differs (%v)", filepath.Base(name), err)
		}
	}
}

// TestSummaryOnDeviceWrong: numbers that are not those of the maps fail a job, and so do wrong outputs: single ones
// that come back, and those of whole maps.
func TestSummaryOnDeviceWrong(t *testing.T) {
	for name, c := range map[string]struct {
		how   Checking
		maps  func(maps *conv.Tensor)
		fault func(numbers, maps []float32)
		wrong func(err error) bool
	}{
		"numbers": {how: Checking{}, fault: func(numbers, _ []float32) {
			for i := range numbers {
				numbers[i] *= 1.0001
			}
		}, wrong: func(err error) bool { return errors.As(err, new(*compare.MeasureError)) }},
		"single outputs": {how: Checking{Sample: true}, fault: func(_, maps []float32) {
			for i := range maps {
				maps[i] += 1e-3
			}
		}, wrong: func(err error) bool { return errors.As(err, new(*WrongError)) }},
		"maps": {how: Checking{Images: -1}, maps: func(maps *conv.Tensor) {
			for i := range maps.Shape.N() {
				maps.Images(i, i+1).Data[5] += 1e-3
			}
		},
			wrong: func(err error) bool { return errors.As(err, new(*WrongError)) }},
	} {
		for _, kept := range []bool{false, true} {
			_, _, err := measuredJob(t, kept, func(j *Job, on *Prepared) {
				j.Summary, j.Check = Summary{{Kind: Mean}}, c.how
				on.Plan = measuringPlan{Plan: on.Plan, maps: c.maps, fault: c.fault}
			})
			if !c.wrong(err) {
				t.Errorf("%s, kept %v: %v", name, kept, err)
			}
		}
	}
}

// TestSummaryOnDeviceResumed: a job that was begun with numbers of the host is not continued with those of a device,
// which have other bits, and the line says so.
func TestSummaryOnDeviceResumed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	change := func(j *Job, on *Prepared) { j.Summary = Summary{{Kind: Mean}} }
	if err := cutAfter(t, path, 14, change); err == nil {
		t.Fatal("it is done")
	}
	_, err := keep(t, t.Context(), path, func(j *Job, on *Prepared) {
		change(j, on)
		on.Plan = measuringPlan{Plan: on.Plan}
	})
	if err == nil || !strings.Contains(err.Error(), "numbers") {
		t.Errorf("%v", err)
	}
}
