package verify

import (
	"slices"
	"testing"

	"gpuconv/conv"
	"gpuconv/cpu"
)

// last is the engine with the last bit of one output changed: all gates pass, but the bits of the output differ.
type last struct{ cpu.Engine }

func (l last) Plan(p conv.Problem, w *conv.Tensor, bias []float32) (conv.Plan, error) {
	made, err := l.Engine.Plan(p, w, bias)
	return lastPlan{made}, err
}

type lastPlan struct{ conv.Plan }

func (l lastPlan) Run(dst, src *conv.Tensor) error {
	err := l.Plan.Run(dst, src)
	if v := dst.Data[0]; err == nil && v != float32(int(v)) {
		dst.Data[0] = v * (1 + 0x1p-23)
	}
	return err
}

// TestDevices: devices are compared algorithm by algorithm, and by the bits of their outputs.
func TestDevices(t *testing.T) {
	var r Report
	cases := withoutRelations(Wide()[:2])
	for _, record := range records(t, Runner{Judge: cpu.Reference{}, Cases: cases, Subjects: []Subject{
		{Backend: cpu.Engine{Algorithm: "direct"}, Name: "gpu", Algorithm: "direct", Device: "A"},
		{Backend: last{cpu.Engine{Algorithm: "direct"}}, Name: "gpu", Algorithm: "direct", Device: "B"},
		{Backend: cpu.Engine{Algorithm: "direct"}, Name: "gpu", Algorithm: "direct", Device: "C"},
		{Backend: biased{cpu.Engine{Algorithm: "direct"}}, Name: "gpu", Algorithm: "direct", Device: "D"}}}) {
		r.Cases = append(r.Cases, NewEntry(record))
	}
	want := []string{"A passed: gpu direct 2 of 2", "B passed: gpu direct 2 of 2", "C passed: gpu direct 2 of 2",
		"D passed: gpu direct 1 of 2", "gpu direct gives other bits on B than on A in 2 of 2 cases",
		"gpu direct gives other bits on D than on A in 1 of 2 cases"}
	if got := r.Devices(); !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
	r.Cases = slices.DeleteFunc(r.Cases, func(e Entry) bool { return e.Device != "A" })
	if got := r.Devices(); got != nil {
		t.Errorf("one device: %q", got)
	}
}
