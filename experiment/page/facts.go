package page

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"gpuconv/internal/statistics"
	"gpuconv/param"
)

// The texts that the page makes from run.json.

// asked says what was asked: the flags and the shapes.
func (r *Run) asked() []fact {
	report := r.Report
	var words []string
	for i, word := range report.Command {
		if i == 0 {
			word = word[strings.LastIndexAny(word, `/\`)+1:]
		}
		words = append(words, shellWord(word))
	}
	words, leftOut := firstOf(words)
	if leftOut != "" {
		words = append(words, "… "+leftOut)
	}
	s := r.problem.WithDefaults()
	convolution := fmt.Sprintf("stride %d,%d, padding %v (%s), dilation %d,%d, %s, activation %s, pool %s", s.Stride[0],
		s.Stride[1], s.Padding, report.PaddingMode, s.Dilation[0], s.Dilation[1], counted(s.Groups, "group"),
		report.Activation, report.Pool)
	if report.Flip {
		convolution += ", filters turned by 180°"
	}
	if report.Bias {
		convolution += ", with biases"
	}
	all := []fact{{"Command", strings.Join(words, " ")}}
	for _, f := range []fact{{"Preset", report.Preset}, {"Stimuli", report.Stimulus}, {"Filters", report.Filter}} {
		if f.Value != "" {
			all = append(all, fact{f.Name, line(f.Value)})
		}
	}
	return append(all,
		fact{"Images", fmt.Sprintf("%v: image, channel, row, column", report.StimuliShape)},
		fact{"Weights", fmt.Sprintf("%v: filter, channel, row, column", report.FiltersShape)},
		fact{"Convolution", line(convolution)},
		fact{"Activations", fmt.Sprintf("%s, %s %v: image, channel, row, column", report.ActivationsFile,
			line(report.ActivationsDType), report.ActivationsShape)},
		fact{"Started", report.Started.UTC().Format(time.DateTime) + " UTC"},
		fact{"Program", line(program(report.Program))})
}

// program names the program of run.json, which is an object with some texts.
func program(of any) string {
	var p struct{ Git, Go, Platform string }
	text, err := json.Marshal(of)
	if err != nil || json.Unmarshal(text, &p) != nil || p.Git == "" {
		return "not known"
	}
	return fmt.Sprintf("gpuconv %s, %s, %s", p.Git, p.Go, p.Platform)
}

// device says what convolved, and how.
func (r *Run) device() (all []fact) {
	b := r.Report.Backend
	device := b.Device
	if b.Software {
		device += " (software: the processor did the work)"
	}
	tuned := b.Tile
	if b.Tuned != "" {
		tuned += ", " + b.Tuned
	}
	for _, f := range []fact{{"Backend", b.Name}, {"Device", device}, {"Vendor", b.Vendor}, {"Driver", b.Driver},
		{"Threads", fmt.Sprint(b.Threads)}, {"Algorithm", b.Algorithm}, {"Tiles", tuned}, {"Accuracy", b.Accuracy}} {
		if f.Value != "" {
			all = append(all, fact{f.Name, line(f.Value)})
		}
	}
	return all
}

// verdict says in one sentence how the outputs compare with the reference.
func (r *Run) verdict() string {
	c := r.Report.Check
	switch {
	case c == nil:
		return "run.json has no comparison of all parts of the run with the float64 reference."
	case c.Wrong > 0:
		return fmt.Sprintf("%d of %d outputs that were compared with the float64 reference are wrong.", c.Wrong,
			c.Outputs)
	}
	text := fmt.Sprintf("%d of %d outputs were compared with the float64 reference, and all agree.", c.Outputs, c.Of)
	if finds := float64(c.Finds); c.Sampled && finds > 0 && finds < 1 {
		text += fmt.Sprintf(" They were drawn at random: a fault in 1 output of %s would have shown with 99.9 %%.",
			statistics.AtLeast(1/finds))
	}
	return text
}

// agreement says how large the errors are, and where the largest is.
func (r *Run) agreement() (all []fact) {
	report := r.Report
	if c := report.Check; c != nil {
		all = append(all, fact{"Largest error", number(c.MaxError)},
			fact{"Largest error/bound", number(c.MaxErrorBound) + "; above 1 an output is wrong"})
		switch w := c.Worst; {
		case w != nil:
			all = append(all, fact{"Where that is", fmt.Sprintf(
				"image %d, channel %d, row %d, column %d: %s, the reference "+
					"has %s, and may differ by %s", w.Output[0], w.Output[1], w.Output[2], w.Output[3],
				precisely(w.Got), precisely(w.Want), number(w.Bound))})
		case float64(c.MaxErrorBound) == 0:
			all = append(all, fact{"Where that is", "nowhere: all outputs that were compared are exact"})
		default:
			all = append(all, fact{"Where that is", "run.json does not say"})
		}
		all = append(all, fact{"RMS error", number(c.RMS) + " of the largest activation"})
	}
	for _, f := range []struct {
		name string
		n    int
	}{{"NaN", report.NaN}, {"Infinite", report.Infinite}, {"Beyond float16", report.Overflown}} {
		if f.n > 0 {
			all = append(all, fact{f.name, counted(f.n, "output")})
		}
	}
	return all
}

// speed says how fast the run was, beside what the device could do at most, and returns the percentage of that. It is 0
// if the roof is not known. All comes from the images that were convolved in a second: of a run that was resumed,
// run.json has the seconds of the last process only. A run that was merged has no speed.
func (r *Run) speed() (all []fact, percent float64) {
	report := r.Report
	p := r.problem
	images := float64(report.ImagesPerS.Convolve)
	if !(images > 0) {
		return []fact{{"Convolving", "run.json does not say"}}, 0
	}
	all = []fact{{"Convolving", rate(report.ImagesPerS.Convolve)}, {"The whole job", rate(report.ImagesPerS.Whole)}}
	gflops := 2 * p.MACs() / float64(p.Src.N()) * images / 1e9
	all = append(all, fact{"Of the direct form",
		statistics.Digits(gflops) + " GFLOP/s, two operations for each multiplication"})
	roof := report.Roof
	if roof == nil || !(roof.GFLOPS > 0) || !(roof.GBPS > 0) {
		return append(all, fact{"Roof", "not measured: gpuconv run --html measures it, if there is memory for that"}), 0
	}
	limit := math.Min(roof.GFLOPS, roof.GBPS*p.Intensity())
	percent = 100 * gflops / limit
	when := "measured before the run"
	if r.RoofNow {
		when = "measured when this page was made"
	}
	text := fmt.Sprintf("%s GFLOP/s, %s: the device reaches %s GFLOP/s in registers and copies %s GB/s",
		statistics.Digits(limit), when, statistics.Digits(roof.GFLOPS), statistics.Digits(roof.GBPS))
	if percent > 100 {
		text += "; the run is above it, because the algorithm saves multiplications, its data stay in caches, or " +
			"other work disturbed the measurement"
	}
	return append(all, fact{"Roof", text}), percent
}

func rate(n param.Number) string { return number(n) + " images/s" }

// times lists where the time went.
func (r *Run) times() (all []fact) {
	s := r.Report.Seconds
	for _, f := range []struct {
		name string
		v    *param.Number
	}{{"Whole", &s.Whole}, {"Opening the device, planning", &s.Open}, {"Compiling shaders", s.Compile},
		{"Images from first to last", &s.Stream}, {"Drawing or decoding", &s.Draw}, {"Convolving", &s.Convolve},
		{"Upload", s.Upload}, {"Kernel", s.Kernel}, {"Readback", s.Readback}, {"Writing and checking", &s.Write},
		{"Checking", &s.Check}, {"Pictures", &s.Pictures}} {
		if f.v != nil {
			all = append(all, fact{f.name, fmt.Sprintf("%.3f s", float64(*f.v))})
		}
	}
	return all
}

// number writes a number with three digits.
func number(n param.Number) string {
	if v := float64(n); !math.IsNaN(v) && !math.IsInf(v, 0) {
		return statistics.Digits(v)
	}
	return "not a number"
}

// precisely writes a number with as many digits as tell float32 apart.
func precisely(n param.Number) string {
	if v := float64(n); !math.IsNaN(v) && !math.IsInf(v, 0) {
		return fmt.Sprintf("%.9g", v)
	}
	return "not a number"
}
