package verify

import (
	"math"
	"strings"
	"testing"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
)

// TestWide: the CPU engine's winograd takes every wide layer, computes it by transforms and passes every kind of
// outliers.
func TestWide(t *testing.T) {
	forced := cpu.Engine{Algorithm: "winograd"}
	cases := Wide()
	if testing.Short() {
		cases = cases[1:2]
	}
	r := Runner{Judge: cpu.Reference{}, Cases: cases,
		Subjects: []Subject{{Backend: forced, Name: "cpu", Algorithm: "winograd", Unforced: cpu.Engine{}}}}
	for _, record := range records(t, r) {
		if record.Outcome.Status() != compare.Passed {
			t.Error(record.Line())
		}
		outliers := 0
		for _, f := range record.Outcome.Findings {
			if f.Check == compare.CheckLocality && f.Numbers == "outliers" && f.Status == compare.Passed {
				outliers++
			}
		}
		if n := record.Case.Problem.Src.N(); n*outliers < compare.OutlierKinds {
			t.Errorf("%s: %d times %d images of outliers, there are %d kinds", record.Case.Name, outliers, n,
				compare.OutlierKinds)
		}
	}
	for _, c := range cases {
		filled, err := c.Fill()
		if err != nil {
			t.Fatal(err)
		}
		if compare.Differ(run(t, forced, filled).Data, run(t, cpu.Engine{Algorithm: "direct"}, filled).Data) < 0 {
			t.Errorf("%s: winograd has the bits of direct, so that nothing was transformed", c.Name)
		}
	}
}

func run(t *testing.T, b conv.Backend, c compare.Case) *conv.Tensor {
	t.Helper()
	plan, err := b.Plan(c.Problem, c.Weight, c.Bias)
	if err != nil {
		t.Fatal(err)
	}
	defer plan.Close()
	dst, err := compare.RunGuarded(plan, c.Problem, c.Src)
	if err != nil {
		t.Fatal(err)
	}
	return dst
}

// spreading adds a trace of the brightest pixel to every output, and states a tolerance, as transforms do.
type spreading struct{ cpu.Engine }

func (spreading) Explain(conv.Problem) (conv.Description, error) {
	return conv.Description{Algorithm: "transform", Tolerance: 1e-6}, nil
}

func (s spreading) Plan(p conv.Problem, w *conv.Tensor, b []float32) (conv.Plan, error) {
	plan, err := s.Engine.Plan(p, w, b)
	return spreadingPlan{plan}, err
}

type spreadingPlan struct{ conv.Plan }

func (spreadingPlan) Describe() conv.Description {
	return conv.Description{Algorithm: "transform", Tolerance: 1e-6}
}

func (s spreadingPlan) Run(dst, src *conv.Tensor) error {
	err := s.Plan.Run(dst, src)
	largest := 0.0
	for _, v := range src.Data {
		largest = max(largest, math.Abs(float64(v)))
	}
	for i := range dst.Data {
		dst.Data[i] += float32(1e-8 * largest)
	}
	return err
}

// TestTakenByItself: an algorithm that a backend chooses without --precision fast must keep the bound of exact, even
// where it is forced. Only an algorithm that the user has to ask for may state a tolerance. A backend that chooses
// transforms unasked fails.
func TestTakenByItself(t *testing.T) {
	subjects := map[string]Subject{
		"locality, it chooses":                  {Backend: spreading{}},
		"locality, forced, it would choose it":  {Backend: spreading{}, Algorithm: "transform", Unforced: spreading{}},
		"forced":                                {Backend: spreading{}, Algorithm: "transform"},
		"forced, it would choose another":       {Backend: spreading{}, Algorithm: "transform", Unforced: cpu.Engine{}},
		"it chooses, precision fast":            {Backend: spreading{}, Fast: true},
		"forced, precision fast":                {Backend: spreading{}, Algorithm: "transform", Fast: true, Unforced: spreading{}},
		"the engine":                            {Backend: cpu.Engine{}},
		"the engine's winograd, if it took any": {Backend: cpu.Engine{Algorithm: "winograd"}, Algorithm: "winograd", Unforced: cpu.Engine{}},
	}
	for name, s := range subjects {
		for _, r := range records(t, Runner{Judge: cpu.Reference{}, Cases: Wide()[1:2], Subjects: []Subject{s}}) {
			failed := map[string]bool{}
			for _, f := range r.Outcome.Findings {
				if f.Status == compare.Failed {
					failed[f.Check] = true
				}
			}
			told := len(Report{Cases: []Entry{NewEntry(r)}}.NotLocal()) == 1
			if asked := strings.Contains(name, "forced") && !strings.HasPrefix(name, "locality") ||
				strings.Contains(name, "fast"); asked != told {
				t.Errorf("%s: told that it is not local: %v", name, told)
			}
			if want := strings.HasPrefix(name, "locality"); failed[compare.CheckLocality] != want || len(failed) > 1 ||
				!want && len(failed) > 0 {
				t.Errorf("%s: %v", name, r.Line())
			}
		}
	}
}
