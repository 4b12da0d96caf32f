package conv

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// Backend prepares convolutions. Plan copies what it needs of weight and bias:
// the caller may change them afterwards. bias is nil if p.Bias is false, else it
// has one value per filter. Plan reports a [*ShapeError] for arguments that break
// a rule and an error that wraps [ErrUnsupported] for what it cannot compute.
// A Backend serves several goroutines.
type Backend interface {
	Plan(p Problem, weight *Tensor, bias []float32) (Plan, error)
}

// Plan is a prepared convolution.
//
// Run computes dst from src. src is shaped as the problem's Src with any batch up
// to its N, dst as the problem's Dst with the same batch. Run never changes src;
// after an error nothing in dst may be trusted, and the plan stays usable. Runs
// of one plan may be called from several goroutines; they take turns.
//
// Close releases what the plan holds; closing twice is harmless, and Run after
// Close reports [ErrClosed].
type Plan interface {
	Run(dst, src *Tensor) error
	Close() error
}

// Describer is the optional power of a plan to say how it computes.
type Describer interface {
	Describe() Description
}

// Explainer is the optional power of a backend to say how it would compute a
// problem, before anything is allocated or compiled. It reports what Plan would.
type Explainer interface {
	Explain(p Problem) (Description, error)
}

// Description says which algorithm a plan uses and why.
type Description struct {
	Algorithm string     // its name, as --algorithm takes it
	Tile      string     // how the algorithm cuts the work; "" for one that has no choice
	Tuned     string     // if algorithm and tile were measured to be the fastest: when, and by how much
	Warning   string     // what the backend had to pass over, and why
	Sources   []string   // the shaders that are compiled, whole; none on a CPU
	Chunk     int        // the largest number of images that one submission takes
	Memory    int        // bytes that a plan holds, on the device if it is on one
	Rejected  []Rejected // each other algorithm and why it was not taken
	// Tolerance is 0 for an algorithm that adds the products themselves, in any
	// order: it has the error bound of sums and is exact on integers. One that works
	// on transforms (Winograd, FFT) states what it may have instead, as measured and
	// with its source: the RMS error of its outputs, in parts of the largest output, or of
	// the largest pixel times the norm of a filter where all outputs are smaller than that.
	Tolerance float64
}

// ShaderHash returns the SHA-256 of the sources, one after the other, in hexadecimal;
// "" if there are none.
func (d Description) ShaderHash() string {
	if len(d.Sources) == 0 {
		return ""
	}
	sum := sha256.Sum256([]byte(strings.Join(d.Sources, "")))
	return hex.EncodeToString(sum[:])
}

// Rejected names an algorithm that was not chosen.
type Rejected struct {
	Algorithm string
	Reason    error
}

// Timer is the optional power of a plan to say how long its Runs took so far,
// all together, by phase.
type Timer interface {
	Timings() Timings
}

// Phaser is the optional power of a plan to compute as Run does, to the same bits, one
// phase at a time: each chunk is uploaded, computed and read back with waits between,
// so that nothing overlaps. It returns what this run took. That is more than Run's
// wall clock where Run overlaps phases.
type Phaser interface {
	RunPhases(dst, src *Tensor) (Timings, error)
}

// Timings are totals over Runs of a plan.
//
// Upload, Kernel and Readback are on the wall clock, without overlap: the time in which
// images were handed to the device, in which it was given work and waited for, and in
// which outputs were taken from it. Where chunks overlap, what the device does meanwhile
// counts for the phase that the program was in: only [Phaser] tells phases apart. A
// phase that does not take place, as where shaders work in the caller's memory, is 0.
//
// Device is by the device's own clock, if it has one that can be asked (OpenGL's timer
// queries): what it did itself of each phase. There, 0 is unknown: a device where asking
// takes long is asked by Phaser only.
type Timings struct {
	Upload, Kernel, Readback time.Duration
	Device                   Phases
}

// Phases are the parts of a Run.
type Phases struct {
	Upload, Kernel, Readback time.Duration
}

// Sub returns t − u, for what happened between two calls of Timings.
func (t Timings) Sub(u Timings) Timings {
	return Timings{
		Upload: t.Upload - u.Upload, Kernel: t.Kernel - u.Kernel, Readback: t.Readback - u.Readback,
		Device: Phases{
			Upload: t.Device.Upload - u.Device.Upload, Kernel: t.Device.Kernel - u.Device.Kernel,
			Readback: t.Device.Readback - u.Device.Readback,
		},
	}
}

// Submitter is the optional power of a plan to compute batches while its caller does
// something else, and one batch's transfers beside another's arithmetic.
//
// Submit takes src and dst as Run does, reports wrong ones at once, and returns before
// they are computed. Until Wait has returned src may be read, by other submissions too,
// and not be changed, and dst belongs to the plan: it may not even be read. Any
// number may be submitted: they are computed in their order, as many at once as the
// plan has buffers for; the others wait and hold nothing but their tensors. A Run joins
// the same queue. Several goroutines may submit.
//
// An error concerns its own submission only, as that of a Run does. Close ends those
// that are not done: Wait reports [ErrClosed], and dst then is the caller's again.
type Submitter interface {
	Submit(dst, src *Tensor) (Pending, error)
}

// Pending is a batch that was submitted.
//
// Wait returns when the batch is done, with what Run would have returned. It may be
// called in any order, again, from several goroutines, or never: the batch is computed
// all the same.
type Pending interface {
	Wait() error
}

// Oracle is the optional power of a plan to compute in float64, for judging
// others. For each element of dst it gives the value and the magnitude
// A = Σ|x||w| + |b| of the sum behind it, which error bounds are made of.
// A pooled output takes, of its window, the largest A (max) or the mean (avg).
type Oracle interface {
	RunFloat64(value, magnitude []float64, src *Tensor) error
}
