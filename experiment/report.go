package experiment

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"time"

	"gpuconv/compare"
	"gpuconv/conv"
	"gpuconv/param"
	"gpuconv/whole"
)

// schema is that of [Report].
const schema = 1

// Report is run.json: where activations.npy came from.
type Report struct {
	Schema int `json:"schema"` // another number once a field changes its meaning
	Origin

	Channels       int    `json:"channels"` // filters
	Size           int    `json:"size"`     // rows of a filter
	Activation     string `json:"activation"`
	Padding        int    `json:"padding"`         // zeros above and below an image; there is no bias
	PaddingColumns int    `json:"padding_columns"` // zeros left and right of it
	Stride         [2]int `json:"stride"`          // rows, columns
	Pool           string `json:"pool"`            // none, or kind:size, or kind:size:stride
	Flip           bool   `json:"flip"`            // true convolution: the filters were turned by 180°

	StimuliShape     conv.Shape `json:"stimuli_shape"`     // [N, 1, rows, columns]
	FiltersShape     conv.Shape `json:"filters_shape"`     // [channels, 1, size, size]
	ActivationsShape conv.Shape `json:"activations_shape"` // of activations.npy: [N, channels, rows, columns]

	Backend    Backend `json:"backend"`
	Seconds    Seconds `json:"seconds"`
	ImagesPerS Rates   `json:"images_per_s"`
	NaN        int     `json:"activations_nan"`
	Infinite   int     `json:"activations_infinite"`
	Check      *Check  `json:"check"` // null if no image was judged

	Notes []string `json:"notes,omitempty"` // what a user should know of the filters and the images, a line each

	NotFinite NotFinite   `json:"-"`     // NaN and Infinite, with more
	Files     []whole.Sum `json:"files"` // all others of the folder; see [AuditFolder]
}

// Origin is what only the caller of a job knows: who asked for it, and how stimuli and filters were asked for. Each
// parameter has the name of gpuconv's flag, and the value that was used, whether it was given or not.
type Origin struct {
	Command []string  `json:"command"` // the program and its arguments, as typed
	Program any       `json:"program"` // which program it was
	Started time.Time `json:"started"` // UTC; when Run was called, if it is zero

	Stimulus     string  `json:"stimulus,omitempty"` // a kind and its settings, in place of the preset's stimuli
	Filter       string  `json:"filter,omitempty"`   // a kind and its settings, in place of the preset's filters
	Preset       string  `json:"preset"`             // of what is not in place of it
	Orientations string  `json:"orientations"`       // degrees from vertical: a list or start:stop:step
	SF           float64 `json:"sf"`                 // radians per pixel of the full 640×480 image
	Res          float64 `json:"res"`                // 1 is 640×480 pixels
	Patch        bool    `json:"patch"`
}

// Backend says what convolved.
type Backend struct {
	Name      string `json:"name"`     // gpu, cpu or reference; empty if nobody said
	Device    string `json:"device"`   // the OpenGL renderer, or the processor
	Software  bool   `json:"software"` // the renderer is software: a CPU did the GPU's work
	Vendor    string `json:"vendor,omitempty"`
	Driver    string `json:"driver,omitempty"` // GL_VERSION, with the driver's
	Threads   int    `json:"threads"`          // of the CPU that the program may use
	Algorithm string `json:"algorithm"`
	Tile      string `json:"tile,omitempty"` // how the algorithm cuts the work
	// how many times γₙ·Σ|x||w| of its own pixels an output may be off; 0 with a tolerance
	Bound float64 `json:"bound"`
	// in place of a bound: an RMS error, in parts of the largest output
	Tolerance  float64    `json:"tolerance"`
	Accuracy   string     `json:"accuracy"`                // either in words
	Tuned      string     `json:"tuned,omitempty"`         // when they were measured to be the fastest
	Rejected   []Rejected `json:"rejected,omitempty"`      // the other algorithms
	ShaderHash string     `json:"shader_sha256,omitempty"` // of the sources, one after the other
	Chunk      int        `json:"chunk"`                   // images per submission, or bands of them
	Band       int        `json:"band,omitempty"`          // rows of outputs of a band, if images are cut
	Kept       bool       `json:"programs_kept,omitempty"` // the next process finds its programs compiled
	PlanBytes  int        `json:"plan_bytes"`              // what the plan holds, on the device if it is on one
}

// Rejected is an algorithm that was not taken, and why.
type Rejected struct {
	Algorithm string `json:"algorithm"`
	Reason    string `json:"reason"`
}

// Seconds holds wall-clock times. Whole is about the sum of Open, Stream, Pictures and what came before Open. Draw,
// Convolve and Write are parts of Stream, and overlap. Upload, Kernel and Readback are parts of Convolve. Only a GPU
// has them.
type Seconds struct {
	Whole    param.Number  `json:"whole"`             // from the start until all files were written
	Open     param.Number  `json:"open"`              // the device, and its shaders compiled
	Compile  *param.Number `json:"compile,omitempty"` // the part of Open for shaders
	Stream   param.Number  `json:"stream"`            // from the first image to the last
	Draw     param.Number  `json:"draw"`              // stimuli
	Convolve param.Number  `json:"convolve"`          // with the copies to the device and back
	Write    param.Number  `json:"write"`             // activations.npy, and checking
	Pictures param.Number  `json:"pictures"`
	Upload   *param.Number `json:"upload,omitempty"`
	Kernel   *param.Number `json:"kernel,omitempty"`
	Readback *param.Number `json:"readback,omitempty"`
}

// Rates holds throughputs: images divided by [Seconds].
type Rates struct {
	Convolve param.Number `json:"convolve"`
	Whole    param.Number `json:"whole"`
}

// Check says how a sample of the images compares with the float64 reference. See package compare for the bound.
type Check struct {
	Images        int          `json:"images"`
	Outputs       int          `json:"outputs"`
	Wrong         int          `json:"wrong"`    // 0, else there is no run.json
	BothNaN       int          `json:"both_nan"` // outputs that are NaN, as the reference's are
	BothInf       int          `json:"both_infinite"`
	MaxError      param.Number `json:"max_error"`
	MaxErrorBound param.Number `json:"max_error_over_bound"` // 1 is just right
	RMS           param.Number `json:"rms_error_over_max"`   // divided by the largest activation

	Result compare.Result `json:"-"` // with more
}

func seconds(d time.Duration) param.Number { return param.Number(d.Seconds()) }

// newReport reports what is known before anything is convolved.
func (j Job) newReport(on Prepared) (*Report, error) {
	p := on.Problem
	activations, err := j.Activations(p)
	if err != nil {
		return nil, err
	}
	s := p.WithDefaults()
	r := &Report{
		Schema: schema, Origin: j.Origin,
		Channels: p.Weight.N(), Size: p.Weight.H(), Activation: s.Activation.String(),
		Padding: s.Padding.Top, PaddingColumns: s.Padding.Left, Stride: s.Stride, Pool: pool(s.Pool), Flip: j.Flip,
		StimuliShape: j.Images.Shape(), FiltersShape: p.Weight, ActivationsShape: activations,
		Backend: on.Backend.Of(on.Plan), Seconds: Seconds{Open: seconds(on.Opening)},
	}
	if c, ok := on.Plan.(conv.Compiler); ok {
		took := seconds(c.Compiled().Took)
		r.Seconds.Compile = &took
	}
	return r, nil
}

// pool writes a pool as --pool takes it, without what would be taken anyway.
func pool(p conv.Pool) string {
	pair := func(n [2]int) string {
		if n[0] == n[1] {
			return strconv.Itoa(n[0])
		}
		return fmt.Sprintf("%d,%d", n[0], n[1])
	}
	switch {
	case p.Kind == conv.NoPool:
		return p.Kind.String()
	case p.Stride == p.Size:
		return fmt.Sprintf("%v:%s", p.Kind, pair(p.Size))
	}
	return fmt.Sprintf("%v:%s:%s", p.Kind, pair(p.Size), pair(p.Stride))
}

// Of adds what a plan says of itself, and the threads that the program may use.
func (b Backend) Of(plan conv.Plan) Backend {
	b.Threads = runtime.GOMAXPROCS(0)
	if c, ok := plan.(conv.Compiler); ok {
		b.Kept = c.Compiled().Kept
	}
	if d, ok := plan.(conv.Describer); ok {
		description := d.Describe()
		b.Algorithm, b.ShaderHash = description.Algorithm, description.ShaderHash()
		b.Tile, b.Tuned = description.Tile, description.Tuned
		if b.Accuracy, b.Tolerance = description.Accuracy(), description.Tolerance; b.Tolerance == 0 {
			b.Bound = max(1, description.Bound)
		}
		b.Chunk, b.Band, b.PlanBytes = description.Chunk, description.Band, description.Memory
		for _, r := range description.Rejected {
			b.Rejected = append(b.Rejected, Rejected{r.Algorithm, r.Reason.Error()})
		}
	}
	return b
}

// complete adds what was measured.
func (r *Report) complete(w watched, plan conv.Plan) {
	r.NotFinite, r.NaN, r.Infinite = w.stats.NotFinite, w.stats.NotFinite.NaN, w.stats.NotFinite.Infinite
	r.Seconds.Stream, r.Seconds.Draw = seconds(w.stats.Wall), seconds(w.stats.Draw)
	r.Seconds.Convolve, r.Seconds.Write = seconds(w.stats.Convolve), seconds(w.stats.Write)
	if t, ok := plan.(conv.Timer); ok {
		timings := t.Timings()
		upload, kernel, readback := seconds(timings.Upload), seconds(timings.Kernel), seconds(timings.Readback)
		r.Seconds.Upload, r.Seconds.Kernel, r.Seconds.Readback = &upload, &kernel, &readback
	}
	if c := w.check; c.images > 0 {
		found := c.result
		r.Check = &Check{Images: c.images, Outputs: found.Elements, Wrong: found.Wrong, Result: found,
			BothNaN: found.BothNaN, BothInf: found.BothInf,
			MaxError: param.Number(found.MaxError), MaxErrorBound: param.Number(found.MaxRatio), RMS: param.Number(found.RMS)}
	}
	r.Seconds.Whole = seconds(time.Since(r.Started))
	r.Started = r.Started.UTC().Truncate(time.Millisecond)
	n := param.Number(r.ActivationsShape.N())
	r.ImagesPerS = Rates{Convolve: n / r.Seconds.Convolve, Whole: n / r.Seconds.Whole}
}

// write writes run.json, the last file of a folder.
func (r *Report) write(out *whole.Folder) error {
	r.Files = out.Sums()
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("experiment: "+reportName+": %w", err)
	}
	return out.Write(reportName, func(w io.Writer) error { _, err := w.Write(append(text, '\n')); return err })
}
