package calls

import (
	"strings"
	"unsafe"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/cpu"
	"gpuconv/fault"
	"gpuconv/machine"
)

// Description says how a plan computes: see [conv.Description].
type Description struct {
	Backend   string     `json:"backend"`
	Device    string     `json:"device"` // its name
	Software  bool       `json:"software"`
	Algorithm string     `json:"algorithm"`
	Tile      string     `json:"tile,omitempty"`
	Chunk     int        `json:"chunk"`
	Band      int        `json:"band"`
	Memory    int        `json:"memory"` // in bytes
	Tolerance float64    `json:"tolerance"`
	Bound     float64    `json:"bound"` // 1 for plain sums
	Accuracy  string     `json:"accuracy"`
	Warning   string     `json:"warning,omitempty"`
	Rejected  []Rejected `json:"rejected"` // the other algorithms
	Src       conv.Shape `json:"src"`
	Dst       conv.Shape `json:"dst"`
}

// Rejected is an algorithm that a plan does not use, and why.
type Rejected struct {
	Algorithm string `json:"algorithm"`
	Reason    string `json:"reason"`
}

// Describe says how a plan computes.
func (t *Table) Describe(h Handle) (Description, error) {
	p, err := find[*plan](t, h)
	if err != nil {
		return Description{}, err
	}
	all := Description{Backend: p.backend, Device: p.device.info.Name, Software: p.device.info.Software,
		Warning: p.note, Rejected: []Rejected{}, Src: p.problem.Src, Dst: p.dst}
	if p.backend != p.device.info.Backend {
		all.Device, all.Software = machine.Processor(), false
	}
	if d, ok := p.Plan.(conv.Describer); ok {
		all.add(d.Describe())
	}
	return all, nil
}

func (a *Description) add(d conv.Description) {
	a.Algorithm, a.Tile, a.Chunk, a.Band, a.Memory = d.Algorithm, d.Tile, d.Chunk, d.Band, d.Memory
	a.Tolerance, a.Bound, a.Accuracy = d.Tolerance, max(d.Bound, 1), d.Accuracy()
	if d.Warning != "" {
		a.Warning = strings.TrimPrefix(a.Warning+"; "+d.Warning, "; ")
	}
	for _, r := range d.Rejected {
		a.Rejected = append(a.Rejected, Rejected{r.Algorithm, fault.Plain(r.Reason)})
	}
}

// Report is what Verify found.
type Report struct {
	Passed    bool      `json:"passed"`
	Algorithm string    `json:"algorithm"`
	Findings  []Finding `json:"findings"`
}

// Finding is what one check found.
type Finding struct {
	Check    string  `json:"check"`             // exact, bound, rms, guards or locality
	Numbers  string  `json:"numbers,omitempty"` // what the images were filled with; "" for the caller's own
	Status   string  `json:"status"`            // passed, failed or skipped
	Note     string  `json:"note,omitempty"`
	MaxError float64 `json:"max_error"` // largest error
	MaxRatio float64 `json:"max_ratio"` // the largest error, in units of the error that is allowed; −1 if infinite
}

// Verify tests a device on a problem with the caller's numbers, against the float64 reference: see [compare.Trial]. If
// the outputs are wrong, there is a report and an error.
func (t *Table) Verify(on Handle, p conv.Problem, weight, bias, src unsafe.Pointer) (Report, error) {
	d, err := find[*device](t, on)
	if err != nil {
		return Report{}, err
	}
	c := compare.Case{Name: "gpuconv_verify"}
	if c.Weight, c.Bias, err = parameters(&p, weight, bias); err != nil {
		return Report{}, err
	}
	c.Problem = p
	if c.Src, err = tensor("src", src, p.Src); err != nil {
		return Report{}, err
	}
	if p.Src.N() == 0 {
		return Report{}, &conv.ShapeError{Arg: "src", Value: p.Src.String(), Rule: "want at least one image"}
	}
	dst, err := p.Dst()
	if err != nil {
		return Report{}, err
	}
	// cpu.Reference computes a value and a magnitude of each output, two float64 or 4·dst.Bytes() in all, for each
	// filling of the images. A trial keeps four fillings at most; 8 leaves as much again for the device's outputs and
	// what comparing them takes.
	if err := machine.CheckMemory("verifying", 8*(4*dst.Bytes()+p.Src.Bytes())); err != nil {
		return Report{}, memoryError{err}
	}
	trial, err := compare.NewTrial(cpu.Reference{}, c)
	if err != nil {
		return Report{}, err
	}
	return judged(trial.Run(d.Backend, compare.Options{Asked: d.asked}))
}

// judged turns an outcome into a report.
func judged(outcome compare.Outcome) (Report, error) {
	if outcome.Err != nil {
		return Report{}, outcome.Err
	}
	r := Report{Passed: outcome.Status() == compare.Passed, Algorithm: outcome.Algorithm, Findings: []Finding{}}
	for _, f := range outcome.Findings {
		ratio := f.Result.MaxRatio
		if !(ratio < 1e300) {
			ratio = -1
		}
		r.Findings = append(r.Findings, Finding{f.Check, f.Numbers, f.Status.String(), f.Note, f.Result.MaxError,
			ratio})
	}
	if !r.Passed {
		return r, wrongError{outcome.Why()}
	}
	return r, nil
}
