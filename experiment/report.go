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

// schema is the number of the present form of [Report].
const schema = 1

// Report is run.json, which says where activations.npy came from. In shapes, N is the number of images.
type Report struct {
	Schema int `json:"schema"` // changes when a field changes its meaning
	Origin

	Channels       int    `json:"channels"` // number of filters; with energy, activations have half as many channels
	Size           int    `json:"size"`     // rows of each filter
	Activation     string `json:"activation"`
	Padding        int    `json:"padding"`         // pixels above an image
	PaddingColumns int    `json:"padding_columns"` // pixels left of an image
	PaddingAll     [4]int `json:"padding_all"`     // top, bottom, left, right
	PaddingMode    string `json:"padding_mode"`    // what the pixels of the padding are
	Dilation       [2]int `json:"dilation"`        // rows, columns
	Groups         int    `json:"groups"`
	Bias           bool   `json:"bias"`
	Stride         [2]int `json:"stride"` // rows, columns
	Pool           string `json:"pool"`   // none, or kind:size, or kind:size:stride
	Flip           bool   `json:"flip"`   // true convolution: the filters were turned by 180°

	StimuliShape     conv.Shape `json:"stimuli_shape"`     // [N, channels, rows, columns]
	FiltersShape     conv.Shape `json:"filters_shape"`     // [filters, channels per group, rows, columns]
	ActivationsShape conv.Shape `json:"activations_shape"` // of activations.npy: [N, channels, rows, columns]
	// Summary says which numbers of the maps are in activations.npy. Its rows and columns are then those numbers, which
	// values.csv lists, and what else is said of activations is about the maps.
	Summary          Summary `json:"keep,omitempty"`
	ActivationsFile  string  `json:"activations_file"`  // activations.npy, .npz or .zarr.zip, or ReferencesName
	ActivationsDType string  `json:"activations_dtype"` // float32 or float16
	// Overflown is how many finite numbers of the file float16 could not hold: they became infinite. Check judges the
	// float32 outputs, before that.
	Overflown int `json:"activations_overflown,omitempty"`

	Backend    Backend `json:"backend"`
	Roof       *Roof   `json:"roof,omitempty"` // what the device could do at most, if it was measured
	Seconds    Seconds `json:"seconds"`
	ImagesPerS Rates   `json:"images_per_s"`
	Bound      string  `json:"bound"` // draw, convolve, write or check: what the others waited for
	InMemory   int     `json:"images_in_a_portion"`
	// DrawnBy says who made the images: cpu, or gpu. Then the CPU draws only those that are judged or shown. It is
	// empty in a folder that was made from shards.
	DrawnBy  string `json:"images_drawn_by,omitempty"`
	Unsure   int    `json:"images_redrawn,omitempty"` // with gpu: images with a pixel near an edge, which the CPU drew
	NaN      int    `json:"activations_nan"`
	Infinite int    `json:"activations_infinite"`
	// NumbersBy says who made the numbers of a Summary: cpu or gpu. It is empty without one, and where DrawnBy is.
	NumbersBy string `json:"numbers_made_by,omitempty"`
	// With a Summary, NaN and Infinite are about the maps, and these about the numbers of the file, as float32.
	NumbersNaN      int    `json:"numbers_nan,omitempty"`
	NumbersInfinite int    `json:"numbers_infinite,omitempty"`
	Check           *Check `json:"check"` // null if no image was judged

	Notes []string `json:"notes,omitempty"` // what a user should know about the filters and the images, a line each

	// Settings are what the bits of the activations depend on, and Resumed says what former processes did. Only runs
	// that keep what is done have them.
	Settings []Setting `json:"settings,omitempty"`
	Resumed  *Resumed  `json:"resumed,omitempty"`
	Shard    *Shard    `json:"shard,omitempty"`  // the part of a job that this run did
	Merged   *Merged   `json:"merged,omitempty"` // the folder was made from shards, without pictures: see [Merge]

	NotFinite NotFinite   `json:"-"`     // NaN, Infinite and the number of outputs
	Numbers   NotFinite   `json:"-"`     // NumbersNaN, NumbersInfinite and how many numbers of maps there are
	Files     []whole.Sum `json:"files"` // all other files of the folder; see [AuditFolder]
}

// Origin holds what only the caller of a job knows: which program ran it, and how its stimuli and filters were chosen.
// Each parameter has the name of gpuconv's flag. Its value is the one that was used, given or default.
type Origin struct {
	Command []string `json:"command"` // the program and its arguments, as typed
	// Flags are those that were typed, with their values: gpuconv run --from repeats the run with them. Names of files
	// are as typed.
	Flags   map[string][]string `json:"flags,omitempty"`
	Program any                 `json:"program"` // which program it was
	Started time.Time           `json:"started"` // UTC; if it is zero, Run sets it to the time of the call

	Stimulus string `json:"stimulus,omitempty"` // in place of the preset's: a kind and its settings, or image files
	Filter   string `json:"filter,omitempty"`   // in place of the preset's: a kind and its settings, or a weights file
	Preset   string `json:"preset"`             // empty if both Stimulus and Filter are given

	// The preset's gratings; zero if Stimulus is given.
	Orientations string  `json:"orientations"` // degrees from vertical: a list or start:stop:step
	SF           float64 `json:"sf"`           // radians per pixel of the full 640×480 image
	Res          float64 `json:"res"`          // 1 is 640×480 pixels
	Patch        bool    `json:"patch"`        // they are shown in a disc only
}

// Backend describes the backend that convolved.
type Backend struct {
	Name      string `json:"name"`     // gpu, cpu or reference; empty if the caller did not say
	Device    string `json:"device"`   // the OpenGL renderer, or the processor
	Software  bool   `json:"software"` // the OpenGL renderer is software, which runs on the CPU
	Vendor    string `json:"vendor,omitempty"`
	Driver    string `json:"driver,omitempty"` // GL_VERSION, which has the driver's version
	ISA       string `json:"isa,omitempty"`    // the instructions of the CPU engine: generic, avx2 or avx512
	Threads   int    `json:"threads"`          // how many threads of the CPU the program may use
	Algorithm string `json:"algorithm"`
	Tile      string `json:"tile,omitempty"` // how the algorithm cuts the work
	// An output may be off by Bound·γₙ·Σ|x||w|, the sum over the pixels x that it sees and their weights w. Package
	// compare defines γₙ. 0 if there is a Tolerance.
	Bound float64 `json:"bound"`
	// In place of Bound: how large the RMS error may be, as a share of the largest output. 0 if there is a Bound.
	Tolerance float64 `json:"tolerance"`
	Accuracy  string  `json:"accuracy"` // Bound or Tolerance in words
	// When Algorithm and Tile were measured to be the fastest, and by how much; empty if they were not.
	Tuned      string     `json:"tuned,omitempty"`
	Rejected   []Rejected `json:"rejected,omitempty"`      // the other algorithms
	ShaderHash string     `json:"shader_sha256,omitempty"` // of all sources, one after the other
	Chunk      int        `json:"chunk"`                   // how many images, or bands, are computed at a time
	Band       int        `json:"band,omitempty"`          // rows of outputs in a band, if images are cut into bands
	Kept       bool       `json:"programs_kept,omitempty"` // a folder keeps the compiled shaders for the next process
	PlanBytes  int        `json:"plan_bytes"`              // memory of the plan, on the device if there is one
}

// Rejected is an algorithm that was not taken, and why.
type Rejected struct {
	Algorithm string `json:"algorithm"`
	Reason    string `json:"reason"`
}

// Seconds holds wall-clock times. Whole is about the sum of Open, Stream, Pictures and the time before Open. Draw,
// Convolve and Write are parts of Stream, and overlap. Upload, Kernel and Readback are parts of Convolve, and only a
// GPU has them.
type Seconds struct {
	Whole    param.Number  `json:"whole"`             // from the start until all files were written
	Open     param.Number  `json:"open"`              // opening the device and making the plan
	Compile  *param.Number `json:"compile,omitempty"` // the part of Open that compiles shaders
	Stream   param.Number  `json:"stream"`            // from the first image to the last
	Draw     param.Number  `json:"draw"`              // drawing stimuli
	Convolve param.Number  `json:"convolve"`          // including the copies to the device and back
	Write    param.Number  `json:"write"`             // writing activations.npy, making a Summary, and Check
	Waits    Waits         `json:"waits"`             // how long each of the three waited for the others
	Check    param.Number  `json:"check"`             // checking against the reference, a part of Write
	Pictures param.Number  `json:"pictures"`
	Upload   *param.Number `json:"upload,omitempty"`
	Kernel   *param.Number `json:"kernel,omitempty"`
	Readback *param.Number `json:"readback,omitempty"`
}

// Waits holds how long each phase of a stream waited for the others. The one that waited least is named in
// [Report].Bound: it bounded the speed. Convolving waits while a [Summary] is made, which is a part of writing.
type Waits struct {
	Draw     param.Number `json:"draw"` // for room in memory, which is free once a portion is written
	Convolve param.Number `json:"convolve"`
	Write    param.Number `json:"write"`
}

// bound names the phase that waited least by the JSON name of its field in [Seconds]. If judging took most of the time
// of writing, judging is what bounded the speed.
func (s Seconds) bound() string {
	least := min(s.Waits.Draw, s.Waits.Convolve, s.Waits.Write)
	switch {
	case least == s.Waits.Convolve:
		return "convolve"
	case least == s.Waits.Draw:
		return "draw"
	case s.Check > s.Write/2:
		return "check"
	}
	return "write"
}

// Rates holds throughputs in images per second: the number of images that this process convolved, divided by the field
// of [Seconds] of the same name.
type Rates struct {
	Convolve param.Number `json:"convolve"`
	Whole    param.Number `json:"whole"`
}

// Check says how some of the outputs compare with the float64 reference. See package compare for the bound.
type Check struct {
	Images int `json:"images"` // how many images have at least one judged output
	// Sampled means that single outputs were drawn at random, with this Seed. Otherwise all outputs of these images are
	// judged. If processes or shards did parts of the job, it is true if single outputs of one part were drawn.
	Sampled bool   `json:"sampled"`
	Seed    uint64 `json:"seed"`
	Outputs int    `json:"outputs"`
	Of      int    `json:"outputs_of"` // how many outputs the job has
	// Finds is a share of all outputs. If at least this share were wrong, the check would have found a wrong output
	// with a probability of 99.9 %. It is 0 if every output was judged. It is also 0 if whole images were judged,
	// because these say nothing about the other images.
	Finds         param.Number `json:"finds"`
	Wrong         int          `json:"wrong"`         // always 0: otherwise there is no run.json
	BothNaN       int          `json:"both_nan"`      // outputs that are NaN in both
	BothInf       int          `json:"both_infinite"` // outputs that are infinite in both
	MaxError      param.Number `json:"max_error"`
	MaxErrorBound param.Number `json:"max_error_over_bound"` // largest error/bound of an output; above 1 it is wrong
	RMS           param.Number `json:"rms_error_over_max"`   // root mean square error/largest |activation|
	Worst         *Worst       `json:"worst,omitempty"`      // where MaxErrorBound is; null if all outputs are exact

	Result compare.Result `json:"-"` // the same, with more detail
}

// Worst is the output with the largest error/bound of all that were judged.
type Worst struct {
	Output [4]int       `json:"output"` // image, channel, row, column
	Got    param.Number `json:"got"`
	Want   param.Number `json:"want"`
	Bound  param.Number `json:"bound"` // the error that is allowed there
}

func worstOf(r compare.Result) Worst {
	return Worst{Output: r.Worst, Got: param.Number(r.Got), Want: param.Number(r.Want), Bound: param.Number(r.Limit)}
}

// Roof holds peak rates of the device that convolved, as package bench measures them.
type Roof struct {
	GFLOPS float64 `json:"gflops"` // of multiply-adds on registers alone, two operations each
	GBPS   float64 `json:"gbps"`   // of copying memory, bytes read plus bytes written
}

func seconds(d time.Duration) param.Number { return param.Number(d.Seconds()) }

// newReport returns a report of what is known before anything is convolved.
func (j Job) newReport(on Prepared) (*Report, error) {
	p := on.Problem
	activations, err := j.Activations(p)
	if err != nil {
		return nil, err
	}
	s := p.WithDefaults()
	r := &Report{
		Schema: schema, Origin: j.Origin, Roof: j.Roof,
		Channels: p.Weight.N(), Size: p.Weight.H(), Activation: s.Activation.String(),
		Padding: s.Padding.Top, PaddingColumns: s.Padding.Left,
		PaddingAll:  [4]int{s.Padding.Top, s.Padding.Bottom, s.Padding.Left, s.Padding.Right},
		PaddingMode: s.PaddingMode.String(), Dilation: s.Dilation, Groups: s.Groups, Bias: p.Bias,
		Stride: s.Stride, Pool: pool(s.Pool), Flip: j.Flip,
		StimuliShape: j.Images.Shape(), FiltersShape: p.Weight, ActivationsShape: activations,
		ActivationsFile: j.Format.Name(arrayName), ActivationsDType: j.Format.DType(),
		Summary: j.Summary, Shard: j.Shard, InMemory: p.Src.N(), Backend: on.Backend.Of(on.Plan),
		Seconds: Seconds{Open: seconds(on.Opening)},
	}
	if c, ok := on.Plan.(conv.Compiler); ok {
		took := seconds(c.Compiled().Took)
		r.Seconds.Compile = &took
	}
	return r, nil
}

// pool writes a pool as --pool takes it, without a stride that is the default.
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

// Of returns b with what the plan says about itself, and with the number of threads that the program may use.
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

// complete adds the measurements to the report.
func (r *Report) complete(w watched, plan conv.Plan) {
	r.NotFinite, r.NaN, r.Infinite = w.stats.NotFinite, w.stats.NotFinite.NaN, w.stats.NotFinite.Infinite
	r.Overflown, r.Numbers = w.stats.Overflown, w.stats.Numbers
	r.NumbersNaN, r.NumbersInfinite = r.Numbers.NaN, r.Numbers.Infinite
	r.DrawnBy, r.Unsure = "cpu", w.stats.Unsure
	if w.painting != nil {
		r.DrawnBy = "gpu"
	}
	switch {
	case w.stats.onDevice:
		r.NumbersBy = "gpu"
	case r.Summary != nil:
		r.NumbersBy = "cpu"
	}
	r.Seconds.Stream, r.Seconds.Draw = seconds(w.stats.Wall), seconds(w.stats.Draw)
	r.Seconds.Convolve, r.Seconds.Write = seconds(w.stats.Convolve), seconds(w.stats.Write+w.stats.Reduce)
	if t, ok := plan.(conv.Timer); ok {
		timings := t.Timings()
		upload, kernel, readback := seconds(timings.Upload), seconds(timings.Kernel), seconds(timings.Readback)
		r.Seconds.Upload, r.Seconds.Kernel, r.Seconds.Readback = &upload, &kernel, &readback
	}
	waits, reduce := w.stats.Waits, w.stats.Reduce // convolving waits while a summary is made and maps are judged
	r.Seconds.Waits = Waits{seconds(waits.Draw), seconds(waits.Convolve + reduce), seconds(max(0, waits.Write-reduce))}
	if c := w.check; c.images > 0 {
		found := c.result
		r.Seconds.Check = seconds(c.spent)
		r.Check = &Check{Images: c.images, Outputs: found.Elements, Wrong: found.Wrong, Result: found,
			Of:      r.NotFinite.Outputs,
			BothNaN: found.BothNaN, BothInf: found.BothInf,
			MaxError: param.Number(found.MaxError), MaxErrorBound: param.Number(found.MaxRatio),
			RMS: param.Number(found.RMS)}
		if found.MaxRatio > 0 {
			worst := worstOf(found)
			r.Check.Worst = &worst
		}
		if s := c.drawn(); s.any {
			r.Check.Sampled, r.Check.Seed = true, s.seed
			r.Check.Finds = param.Number(s.finds(float64(r.Check.Of)))
		}
	}
	r.Bound = r.Seconds.bound()
	r.Seconds.Whole = seconds(time.Since(r.Started))
	r.Started = r.Started.UTC().Truncate(time.Millisecond)
	n := param.Number(w.stats.Images)
	r.ImagesPerS = Rates{Convolve: n / max(r.Seconds.Convolve, 1e-9), Whole: n / r.Seconds.Whole}
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
