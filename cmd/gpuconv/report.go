package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"gpuconv/conv"
	"gpuconv/fault"
)

// report is run.json: where activations.npy came from. A parameter has the name
// of its flag and the value that was used, given or not.
type report struct {
	Schema  int           `json:"schema"`  // 1; another number once a field changes its meaning
	Command []string      `json:"command"` // the program and its arguments, as typed
	Program programReport `json:"program"`
	Started time.Time     `json:"started"` // UTC

	Stimulus       string  `json:"stimulus,omitempty"` // a kind and its settings, in place of the preset's stimuli
	Filter         string  `json:"filter,omitempty"`   // a kind and its settings, in place of the preset's filters
	Preset         string  `json:"preset"`             // of what is not in place of it
	Orientations   string  `json:"orientations"`       // degrees from vertical: a list or start:stop:step
	SF             float64 `json:"sf"`                 // radians per pixel of the full 640×480 image
	Res            float64 `json:"res"`                // 1 is 640×480 pixels
	Patch          bool    `json:"patch"`
	Channels       int     `json:"channels"` // filters
	Size           int     `json:"size"`     // rows of a filter
	Activation     string  `json:"activation"`
	Padding        int     `json:"padding"`         // zeros above and below an image; there is no bias
	PaddingColumns int     `json:"padding_columns"` // zeros left and right of it
	Stride         [2]int  `json:"stride"`          // rows, columns
	Pool           string  `json:"pool"`            // as --pool takes it

	StimuliShape     conv.Shape `json:"stimuli_shape"`     // [N, 1, rows, columns]
	FiltersShape     conv.Shape `json:"filters_shape"`     // [channels, 1, size, size]
	ActivationsShape conv.Shape `json:"activations_shape"` // of activations.npy: [N, channels, rows, columns]

	Backend    backendReport `json:"backend"`
	Seconds    secondsReport `json:"seconds"`
	ImagesPerS rateReport    `json:"images_per_s"`
	Check      *checkReport  `json:"check"` // null with --check 0

	began     time.Time
	agreement string // what the check found, for people
}

// backendReport says what convolved.
type backendReport struct {
	Name       string           `json:"name"`     // gpu, cpu or reference
	Device     string           `json:"device"`   // the OpenGL renderer, or the processor
	Software   bool             `json:"software"` // the renderer is software: a CPU did the GPU's work
	Vendor     string           `json:"vendor,omitempty"`
	Driver     string           `json:"driver,omitempty"` // GL_VERSION, with the driver's
	Threads    int              `json:"threads"`          // of the CPU that the program may use
	Algorithm  string           `json:"algorithm"`
	Tile       string           `json:"tile,omitempty"`          // how the algorithm cuts the work
	Tuned      string           `json:"tuned,omitempty"`         // when they were measured to be the fastest
	Rejected   []rejectedReport `json:"rejected,omitempty"`      // the other algorithms
	ShaderHash string           `json:"shader_sha256,omitempty"` // of the sources, one after the other
	Chunk      int              `json:"chunk"`                   // images per submission
	PlanBytes  int              `json:"plan_bytes"`              // what the plan holds, on the device if it is on one
}

type rejectedReport struct {
	Algorithm string `json:"algorithm"`
	Reason    string `json:"reason"`
}

// secondsReport holds wall-clock times. Whole is nearly the sum of what came
// before Open, Open, Stream and Pictures. Draw, Convolve and Write are parts of
// Stream that overlap; Upload, Kernel and Readback are parts of Convolve that a
// GPU alone has.
type secondsReport struct {
	Whole    number  `json:"whole"`    // from the start until all files were written
	Open     number  `json:"open"`     // the device, and its shaders compiled
	Stream   number  `json:"stream"`   // from the first image to the last
	Draw     number  `json:"draw"`     // stimuli
	Convolve number  `json:"convolve"` // with the copies to the device and back
	Write    number  `json:"write"`    // activations.npy, and checking
	Pictures number  `json:"pictures"`
	Upload   *number `json:"upload,omitempty"`
	Kernel   *number `json:"kernel,omitempty"`
	Readback *number `json:"readback,omitempty"`
}

// rateReport holds throughputs: images divided by Seconds.
type rateReport struct {
	Convolve number `json:"convolve"`
	Whole    number `json:"whole"`
}

// checkReport says how a sample of the images compares with the float64
// reference. See package compare for the bound.
type checkReport struct {
	Images        int    `json:"images"`
	Outputs       int    `json:"outputs"`
	Wrong         int    `json:"wrong"` // 0: else there is no run.json
	MaxError      number `json:"max_error"`
	MaxErrorBound number `json:"max_error_over_bound"` // 1 is just right
	RMS           number `json:"rms_error_over_max"`   // divided by the largest activation
}

// number is a measured value. JSON has no infinity and no NaN: they become null.
type number float64

// MarshalJSON implements [json.Marshaler].
func (n number) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(n)) || math.IsInf(float64(n), 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// String gives three digits, or all before the point.
func (n number) String() string {
	if n >= 100 {
		return fmt.Sprintf("%.0f", float64(n))
	}
	return fmt.Sprintf("%.3g", float64(n))
}

func seconds(d time.Duration) number { return number(d.Seconds()) }

// newReport reports what is known before anything is convolved.
func newReport(j *job, s session, started time.Time) *report {
	f := j.flags
	r := &report{
		Schema: 1, Command: os.Args, Program: describeProgram(), Started: started.UTC().Truncate(time.Millisecond), began: started,
		Preset: f.preset.name, Orientations: f.stimulus.orientations, SF: f.stimulus.sf, Res: f.stimulus.res, Patch: f.stimulus.patch,
		Channels: j.bank.Shape[0], Size: j.bank.Shape.H(), Activation: j.problem.Activation.String(), Padding: j.problem.Padding.Top, PaddingColumns: j.problem.Padding.Left, Stride: j.problem.Stride, Pool: j.flags.pool,
		StimuliShape: j.images.Shape(), FiltersShape: j.bank.Shape, ActivationsShape: j.shape,
		Backend:  describeBackend(s),
		Stimulus: f.stimuli, Filter: f.filters,
	}
	if r.Stimulus != "" {
		r.Orientations, r.SF, r.Res, r.Patch = "", 0, 0, false
	}
	if r.Stimulus != "" && r.Filter != "" {
		r.Preset = ""
	}
	return r
}

func describeBackend(s session) backendReport {
	b := backendReport{Name: s.name, Device: processor(), Threads: runtime.GOMAXPROCS(0)}
	if s.name == "gpu" {
		b.Device, b.Vendor, b.Driver, b.Software = s.device.Renderer, s.device.Vendor, s.device.Version, s.device.Software
	}
	if d, ok := s.plan.(conv.Describer); ok {
		description := d.Describe()
		b.Algorithm, b.ShaderHash = description.Algorithm, description.ShaderHash()
		b.Tile, b.Tuned = description.Tile, description.Tuned
		b.Chunk, b.PlanBytes = description.Chunk, description.Memory
		for _, r := range description.Rejected {
			b.Rejected = append(b.Rejected, rejectedReport{r.Algorithm, r.Reason.Error()})
		}
	}
	return b
}

// complete adds what was measured.
func (r *report) complete(w watched, plan conv.Plan) {
	r.Seconds.Stream, r.Seconds.Draw = seconds(w.stats.Wall), seconds(w.stats.Draw)
	r.Seconds.Convolve, r.Seconds.Write = seconds(w.stats.Convolve), seconds(w.stats.Write)
	if t, ok := plan.(conv.Timer); ok {
		timings := t.Timings()
		upload, kernel, readback := seconds(timings.Upload), seconds(timings.Kernel), seconds(timings.Readback)
		r.Seconds.Upload, r.Seconds.Kernel, r.Seconds.Readback = &upload, &kernel, &readback
	}
	if c := w.check; c.images > 0 {
		r.agreement = c.result.String()
		r.Check = &checkReport{Images: c.images, Outputs: c.result.Elements, Wrong: c.result.Wrong,
			MaxError: number(c.result.MaxError), MaxErrorBound: number(c.result.MaxRatio), RMS: number(c.result.RMS)}
	}
	r.Seconds.Whole = seconds(time.Since(r.began))
	n := number(r.ActivationsShape.N())
	r.ImagesPerS = rateReport{Convolve: n / r.Seconds.Convolve, Whole: n / r.Seconds.Whole}
}

// write writes run.json.
func (r *report) write(out outputFolder) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("run.json: %w", err)
	}
	return out.write("run.json", func(w io.Writer) error { _, err := w.Write(append(text, '\n')); return err })
}

// announce says what is about to happen, and on what.
func (r *report) announce(w io.Writer, s session) {
	fmt.Fprintf(w, "device    %s\n", s.describe())
	if s.note != "" {
		fmt.Fprintf(w, "          (%s)\n", s.note)
	}
	what, from := "gratings", ", preset "+r.Preset
	if r.Stimulus != "" {
		what = "images"
	}
	if r.Preset == "" {
		from = ""
	}
	fmt.Fprintf(w, "job       %d %s of %d×%d with %d filters of %d×%d%s, algorithm %s\n", r.StimuliShape.N(), what,
		r.StimuliShape.H(), r.StimuliShape.W(), r.FiltersShape.N(), r.FiltersShape.H(), r.FiltersShape.W(), from, r.Backend.Algorithm)
}

// print says what was done.
func (r *report) print(w io.Writer, folder string) {
	fmt.Fprintf(w, "speed     %s images/s convolving (%.3f s), %s images/s for the whole job (%.3f s)\n",
		r.ImagesPerS.Convolve, float64(r.Seconds.Convolve), r.ImagesPerS.Whole, float64(r.Seconds.Whole))
	if r.Check != nil {
		fmt.Fprintf(w, "checked   %d images against the float64 reference: %s\n", r.Check.Images, r.agreement)
	}
	fmt.Fprintf(w, "wrote     %s %v, %s, filters.png, activations.png, stimuli.csv, filters.csv, run.json\n",
		fault.Printable(filepath.Join(folder, "activations.npy")), r.ActivationsShape, stimuliPicture(r.Stimulus))
}
