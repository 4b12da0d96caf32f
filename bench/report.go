package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"gpuconv/fault"
	"gpuconv/internal/statistics"
	"gpuconv/machine"
)

// Schema is the version of the format of a [Report]. It changes when the meaning of a field changes.
const Schema = 1

// Report is what gpuconv bench --json writes. Unless a field says otherwise, times are wall-clock times in seconds,
// sizes are in bytes, and a field that was not measured is absent.
type Report struct {
	Schema   int           `json:"schema"`
	Machine  Machine       `json:"machine"`
	Run      Run           `json:"run"`
	Backends []BackendInfo `json:"backends"` // what was timed, with its peak rates
	Cases    []CaseInfo    `json:"cases"`    // the convolutions that were timed, in the order of the suite
	Results  []Result      `json:"results"`  // for each case, backend and phase, in the order of Cases
	Missing  []Missing     `json:"missing"`  // what has no results, or fewer samples than asked for, and why

	known *lookup // see prepared; may be nil
}

// Machine describes the computer, and the program that ran on it.
type Machine struct {
	CPU      string     `json:"cpu"`     // the processor's name
	Threads  int        `json:"threads"` // how many the program may use: GOMAXPROCS
	Platform string     `json:"platform"`
	Go       string     `json:"go"`       // version of the compiler
	Git      string     `json:"git"`      // hash of the source, with "-dirty" if that was changed; or "unknown"
	Versions []Version  `json:"versions"` // of libraries and peers
	Load     [2]float64 `json:"load"`     // load average over a minute, at the start and the end; −1: not known
	// Conditions are what else times depend on: energy counters, governor, turbo, SMT, NUMA, processors, GPU clocks.
	Conditions []machine.Condition `json:"conditions,omitempty"`
}

// Head returns the conditions in a line. Those that are unknown are only named.
func (m Machine) Head() string {
	var known, unknown []string
	for _, c := range m.Conditions {
		if strings.HasPrefix(c.Value, "unknown") {
			unknown = append(unknown, c.Name)
		} else {
			known = append(known, c.Name+" "+c.Value)
		}
	}
	text := strings.Join(known, ", ")
	if len(unknown) > 0 {
		text = strings.TrimPrefix(text+"; unknown: "+strings.Join(unknown, ", "), "; ")
	}
	return text
}

// Busy returns a text if other work takes cores, otherwise "". That is so if the load average at the start is above the
// number of threads, or if that at the end is above it by more than 1: at the end the run itself, which keeps all
// threads busy, is part of the load.
func (m Machine) Busy() string {
	cores := float64(m.Threads)
	if m.Threads > 0 && (m.Load[0] > cores || m.Load[1] > cores+1) {
		return fmt.Sprintf("load average %.1f on %d cores", max(m.Load[0], m.Load[1]), m.Threads)
	}
	return ""
}

// LoadText returns the load average at the start (0) or the end (1) for people: a number, or unknown.
func (m Machine) LoadText(at int) string {
	if m.Load[at] < 0 {
		return "unknown"
	}
	return fmt.Sprintf("%.1f", m.Load[at])
}

// Version is the version of a program or library.
type Version struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Run says how a report was made.
type Run struct {
	Command  []string  `json:"command"` // the program and its arguments as typed; merged reports: with && between
	Suite    string    `json:"suite"`   // its name; names of merged reports are joined by +
	Seed     uint64    `json:"seed"`    // of the order of cases, and of the random tensors
	Started  time.Time `json:"started"`
	Seconds  float64   `json:"seconds"`  // the whole run
	Settings Settings  `json:"settings"` // how long cases were timed
	// Partial says why the run ended early, such as "interrupted after 3 s". The report then has what was timed until
	// that time. It is "" otherwise.
	Partial string `json:"partial,omitempty"`
}

// BackendInfo describes a backend that was timed. Backend and Threads together identify it: the CPU engine with one
// thread and with all threads are two backends.
type BackendInfo struct {
	Backend  string `json:"backend"`           // gpu, cpu, reference, or a peer's name: pytorch, openvino
	Threads  int    `json:"threads"`           // how many threads of the CPU it may use
	Device   string `json:"device"`            // the renderer or the processor; the name of a software renderer says so
	Software bool   `json:"software"`          // the renderer is software: the CPU did the work
	Peer     bool   `json:"peer,omitempty"`    // another project's program
	ISA      string `json:"isa,omitempty"`     // vector instructions of the CPU engine: avx512, avx2 or generic
	Driver   string `json:"driver,omitempty"`  // GL_VERSION, which has the driver's version; a peer's version
	Vendor   string `json:"vendor,omitempty"`  // GL_VENDOR
	Roof     *Roof  `json:"roof,omitempty"`    // nil if it was not measured
	Absent   string `json:"absent,omitempty"`  // why a backend that should be timed was not there
	Command  string `json:"command,omitempty"` // the command that printed a peer's results
}

// Label returns the name of a backend for tables and pictures. The name of a software renderer says that it is one.
func (b BackendInfo) Label() string {
	name := b.Backend
	switch {
	case b.Peer:
	case b.Backend == "gpu":
		return b.Device
	case b.Backend == "cpu":
		name = "CPU engine, " + b.ISA
	}
	if b.Threads == 1 {
		return name + ", 1 thread"
	}
	return fmt.Sprintf("%s, %d threads", name, b.Threads)
}

// Roof holds the peak rates of a backend's device: the highest that probes reached before the rounds or between them.
// See Subject.Roof.
type Roof struct {
	GFLOPS float64 `json:"gflops"` // of multiply-adds on registers alone, two operations each
	GBPS   float64 `json:"gbps"`   // of copying memory, bytes read plus bytes written
}

// At returns the roofline: the highest GFLOP/s to expect at an arithmetic intensity in FLOP per byte of memory traffic.
func (r Roof) At(intensity float64) float64 { return min(r.GFLOPS, r.GBPS*intensity) }

// rates formats both rates, with a text between them.
func (r Roof) rates(between string) string {
	return statistics.Digits(r.GFLOPS) + " GFLOP/s" + between + statistics.Digits(r.GBPS) + " GB/s"
}

// CaseInfo describes the convolution of a case. Rates are computed from these numbers, whatever an algorithm really
// computes or moves. The padding mode, activation and pool are only in the name of the case.
type CaseInfo struct {
	Suite        string  `json:"suite"`
	Case         string  `json:"case"`            // such as n=64/c=1/hw=48x64/k=7/out=6
	Group        string  `json:"group"`           // a layer's network, or the axis that varies in a sweep
	Layer        string  `json:"layer,omitempty"` // a layer's name in the network
	X            float64 `json:"x"`               // seed: N; layers: FLOP per byte; sweep: the axis's value
	N            int     `json:"n"`               // images
	Src          [4]int  `json:"src"`             // [N, C, H, W]
	Weight       [4]int  `json:"weight"`          // [filters, channels per group, kernel rows, kernel columns]
	Dst          [4]int  `json:"dst"`             // [N, filters (with energy: pairs of them), rows, columns]
	Stride       [2]int  `json:"stride"`          // rows, columns
	Padding      [4]int  `json:"padding"`         // top, bottom, left, right
	Dilation     [2]int  `json:"dilation"`        // rows, columns
	Groups       int     `json:"groups"`          // of channels
	Bias         bool    `json:"bias"`            // each filter has one
	MACs         float64 `json:"macs"`            // multiplications of the direct form, for all images
	Bytes        float64 `json:"bytes"`           // src, weights, biases and dst once each, in float32
	Intensity    float64 `json:"intensity"`       // 2·MACs / Bytes, FLOP per byte
	CheckImages  int     `json:"check_images"`    // how many images had outputs that were judged, in every round
	CheckFilters int     `json:"check_filters"`   // and of how many filters in each of these images
}

// The phases of a result.
const (
	PhaseCompile  = "compile"  // Plan and a first Run of one image, since drivers compile at the first dispatch
	PhaseUpload   = "upload"   // src to the device
	PhaseKernel   = "kernel"   // the convolution on the device
	PhaseReadback = "readback" // dst from the device
	PhaseTotal    = "total"    // Plan.Run from src in memory to dst in memory
)

// phases lists the phases in the order in which they happen.
func phases() []string {
	return []string{PhaseCompile, PhaseUpload, PhaseKernel, PhaseReadback, PhaseTotal}
}

// The states of the driver's cache of shaders, for PhaseCompile.
const (
	CacheCold = "cold" // nothing comes from a cache, as after an installation
	CacheWarm = "warm" // the cache on disk is full, and the process is new
)

// Result says how long one phase of a case took on one backend. If the output was wrong, Correct is false, there are no
// rates, and all times and Samples are 0. A backend that does not copy to a device has no upload and no readback, and
// its kernel is its total.
type Result struct {
	Suite     string `json:"suite"`
	Case      string `json:"case"`
	Backend   string `json:"backend"`
	Threads   int    `json:"threads"`
	Device    string `json:"device"`
	Algorithm string `json:"algorithm"`
	Repeated  int    `json:"repeated,omitempty"` // filters that were not computed: copies or negatives of others
	N         int    `json:"n"`
	Phase     string `json:"phase"`
	Cache     string `json:"cache,omitempty"` // of PhaseCompile on a GPU: CacheCold or CacheWarm

	Median  float64 `json:"median_s"`  // of one run, over all samples
	CILow   float64 `json:"ci_low_s"`  // lower end of the median's 95 % confidence interval, by bootstrap over blocks
	CIHigh  float64 `json:"ci_high_s"` // its upper end
	Samples int     `json:"samples"`   // how many, of all blocks together

	ImagesPerS        *float64 `json:"images_per_s,omitempty"`        // N / Median, of PhaseKernel and PhaseTotal
	GFLOPS            *float64 `json:"gflops,omitempty"`              // 2·MACs / Median, of the same
	GBPS              *float64 `json:"gbps,omitempty"`                // Bytes / Median; of a copy: bytes copied
	PercentOfRoofline *float64 `json:"percent_of_roofline,omitempty"` // 100·GFLOPS / Roof.At(Intensity)
	// EnergyJ is the energy that the processor took for one run, in joules. It is for PhaseTotal of backends that
	// compute on the processor, where the system tells it.
	EnergyJ   *float64 `json:"energy_j,omitempty"`
	CPUMedian *float64 `json:"cpu_median_s,omitempty"` // of PhaseTotal: CPU time of a run, median of blocks

	Correct bool   `json:"correct"`
	Why     string `json:"why,omitempty"` // what was wrong with the output

	Outliers []float64 `json:"outliers,omitempty"` // samples more than 1.5 interquartile ranges beyond a quartile
	Blocks   []Block   `json:"blocks,omitempty"`   // what [Compare] compares
}

// Block has the samples of one round of a case on a backend. They have a plan of their own; see [Bench].
type Block struct {
	Round   int       `json:"round"`
	Seconds []float64 `json:"seconds"`         // each sample: seconds of a run
	CPU     float64   `json:"cpu_s,omitempty"` // of PhaseTotal only: CPU time of a run, the mean over samples
	// Probe is how long 10⁹ operations on registers took on each thread, in turn with the samples. 0 means that it was
	// not measured.
	Probe float64 `json:"probe_s"`
}

// Missing names a case that has no results on a backend, or fewer samples than asked for, and says why.
type Missing struct {
	Case    string `json:"case"`
	Backend string `json:"backend"`
	Threads int    `json:"threads"`
	Phase   string `json:"phase,omitempty"` // "": all phases
	Why     string `json:"why"`
}

// Write writes the report as JSON.
func (r Report) Write(w io.Writer) error {
	if err := r.Validate(); err != nil {
		return err
	}
	return writeJSON(w, r)
}

// Read reads a report and validates it.
func Read(r io.Reader) (report Report, err error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return Report{}, about("report", err)
	}
	if err := json.Unmarshal(text, &report); err != nil {
		refusal := &fault.Error{Package: "bench", Argument: "report", Rule: "want what gpuconv bench --json writes",
			Err: err}
		if other := (*json.UnmarshalTypeError)(nil); errors.As(err, &other) && other.Field == "" {
			refusal.Rule, refusal.Err = refusal.Rule+", this is a JSON "+other.Value, nil
		}
		return Report{}, refusal
	}
	return report, report.Validate()
}

// Bounds of a report. Tables, pages and sums look up every case on every backend. Without bounds, a file of a few
// megabytes that lists as many of both as it can would keep them busy for hours. The largest suite has 27 cases.
const (
	mostBackends = 1 << 8
	mostPairs    = 1 << 20 // cases times backends
)

// Validate refuses reports of another schema, reports beyond the bounds above, and results that no run can have: of
// cases or backends that are not listed, with impossible numbers, or with times of a wrong output.
func (r Report) Validate() error {
	if r.Schema != Schema {
		return fault.New("bench", "report of schema", r.Schema, "want %d", Schema)
	}
	if err := r.bounded(); err != nil {
		return err
	}
	r = r.prepared()
	for i, result := range r.Results {
		if err := r.validate(result); err != nil {
			return about(fmt.Sprintf("result %d (%s, %s, %s)", i, result.Case, result.Backend, result.Phase), err)
		}
	}
	return nil
}

// bounded refuses a report with too many cases and backends.
func (r Report) bounded() error {
	cases, backends := len(r.Cases), len(r.Backends)
	if backends <= mostBackends && cases*backends <= mostPairs {
		return nil
	}
	return fault.New("bench", "report", "", "%d cases on %d backends: want at most %d backends, and %d pairs of a "+
		"case and a backend", cases, backends, mostBackends, mostPairs)
}

func (r Report) validate(result Result) error {
	_, known := r.caseOf(result)
	_, timed := r.backendOf(result)
	switch {
	case !known:
		return errors.New("its case is not among the cases")
	case !timed:
		return errors.New("its backend is not among the backends")
	case !slices.Contains(phases(), result.Phase):
		return fmt.Errorf("want a phase of %v", phases())
	case !result.Correct:
		if result.Median != 0 || result.Samples != 0 || result.ImagesPerS != nil || result.GFLOPS != nil ||
			len(result.Blocks) > 0 {
			return errors.New("its output was wrong, but it has figures")
		}
		return nil
	case result.Samples < 1:
		return fmt.Errorf("%d samples, want at least 1", result.Samples)
	case !(result.Median > 0) || math.IsInf(result.Median, 0):
		return fmt.Errorf("median %v s, want a time", result.Median)
	case !(result.CILow <= result.Median && result.Median <= result.CIHigh):
		return fmt.Errorf("median %v s, want it within its interval from %v to %v s", result.Median, result.CILow,
			result.CIHigh)
	}
	return nil
}

// Wrong returns for how many pairs of a case and a backend the output was wrong.
func (r Report) Wrong() int {
	count := 0
	for _, result := range r.Results {
		if !result.Correct && result.Phase == PhaseTotal {
			count++
		}
	}
	return count
}

// Settings say how long cases are timed.
type Settings struct {
	Samples int     `json:"samples"` // at least, of each case on each backend
	Seconds float64 `json:"seconds"` // at least, the sum over samples of each case on each backend
	Rounds  int     `json:"rounds"`  // at least; a round times every case once, in random order
	Noise   float64 `json:"noise"`   // rounds continue until 95 % intervals are at most ± this share of the median
	Limit   float64 `json:"limit_s"` // or until this many seconds have passed
	// Longest is how many seconds a single run may take. Cases with longer runs are left out, and Missing lists them.
	Longest float64 `json:"longest_s"`
}
