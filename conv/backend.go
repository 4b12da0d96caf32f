package conv

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// Backend prepares convolutions. bias is nil if p.Bias is false, else it has one value per filter. Plan copies what it
// needs of weight and bias: the caller may change them afterwards.
//
// Plan reports a [*ShapeError] for arguments that break a rule, and an error that wraps [ErrUnsupported] for a problem
// that it cannot compute. Several goroutines may share a Backend.
type Backend interface {
	Plan(p Problem, weight *Tensor, bias []float32) (Plan, error)
}

// Plan is a prepared convolution.
//
// Run computes dst from src. src has the shape of the problem's Src, with any batch up to its N. dst has the shape of
// the problem's Dst, with the same batch. Run never changes src. After an error nothing in dst may be trusted, and the
// plan stays usable. Several goroutines may call Run of one plan; they take turns.
//
// Close releases what the plan holds. Closing twice is harmless. Run after Close reports [ErrClosed].
type Plan interface {
	Run(dst, src *Tensor) error
	Close() error
}

// Describer is the optional power of a plan to say how it computes.
type Describer interface {
	Describe() Description
}

// Explainer is the optional power of a backend to say how it would compute a problem, before anything is allocated or
// compiled. It reports the same errors as Plan. A plan may compute in another way after all, if its weights ask for it:
// then its description says why.
type Explainer interface {
	Explain(p Problem) (Description, error)
}

// Forecaster is the optional power of a backend to choose for a job of many batches. Expecting returns the same
// backend, whose plans are for so many images in all: for few, they may take an algorithm that costs less to prepare
// and more to run. Plans of a backend that expects no number are for any number of runs.
type Forecaster interface {
	Expecting(images int) Backend
}

// Expecting returns b for plans of so many images in all, if b is a [Forecaster], else b itself.
func Expecting(b Backend, images int) Backend {
	if f, ok := b.(Forecaster); ok {
		return f.Expecting(images)
	}
	return b
}

// Description says which algorithm a plan uses and why.
type Description struct {
	Algorithm string     // its name, as --algorithm takes it
	Tile      string     // how the algorithm cuts the work; "" for one that has no choice
	Tuned     string     // if algorithm and tile were measured to be the fastest: when, and by how much
	Warning   string     // what the backend had to pass over, and why
	Sources   []string   // the shaders that are compiled, whole; none on a CPU
	Chunk     int        // the largest number of images that one submission takes, or of bands if images are cut
	Band      int        // rows of outputs of the bands into which images are cut; 0 if they are whole
	Memory    int        // bytes that a plan holds, on the device if it is on one
	Rejected  []Rejected // each other algorithm and why it was not taken
	// Tolerance is 0 for an algorithm that adds the products themselves, in any order: it has the error bound of sums,
	// and is exact on integers. An algorithm that works on transforms (Winograd, FFT) gives the RMS error that its
	// outputs may have, as it was measured; a backend takes it by itself only if it may be [Fast]. The unit is the
	// largest output, or the largest pixel times the norm of a filter where all outputs are smaller than that.
	Tolerance float64
	// Bound is how many times its own γₙ·A an output may be off. The default is 1, the error bound of sums. An
	// algorithm of transforms that watches what they spread states a bound of a few, no Tolerance, and is exact where
	// sums are.
	Bound float64
}

// ShaderHash returns the SHA-256 of the sources, one after the other, in hexadecimal; "" if there are none.
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

// Cutter is the optional power of a backend to cut images into bands of rows, which it otherwise does only with images
// that are too large for it. InBands returns the backend as one that cuts every image into bands of so many rows of
// outputs, at least 1. Its plans compute the same outputs. It is for tests: it shows whether bands meet.
type Cutter interface {
	InBands(rows int) Backend
}

// Compiler is the optional power of a plan to say what its programs took to compile.
type Compiler interface {
	Compiled() Compiled
}

// Compiled is a part of the time that Plan took. Runs compile nothing.
type Compiled struct {
	Took time.Duration
	Kept bool // the next process finds the programs compiled
}

// Timer is the optional power of a plan to say how long its Runs have taken so far, all together, by phase.
type Timer interface {
	Timings() Timings
}

// Phaser is the optional power of a plan to compute as Run does, to the same bits, but one phase at a time: it waits
// between upload, computation and readback of each chunk, so that nothing overlaps. It returns what this run took,
// which is more than Run takes where Run overlaps phases.
type Phaser interface {
	RunPhases(dst, src *Tensor) (Timings, error)
}

// Timings are totals over Runs of a plan.
//
// Upload, Kernel and Readback are times on the wall clock that do not overlap. In Upload the program handed images to
// the device, in Kernel it gave the device work and waited for it, in Readback it took outputs. Where chunks overlap,
// the device may do something else meanwhile: only [Phaser] tells phases apart. A phase that does not take place is 0,
// for instance where shaders work in the caller's memory.
//
// Device has the times by the device's own clock, if it has one (OpenGL's timer queries). There 0 means unknown: a
// device whose clock is slow to ask is asked by Phaser only.
type Timings struct {
	Upload, Kernel, Readback time.Duration
	Device                   Phases
}

// Phases are the parts of a Run.
type Phases struct {
	Upload, Kernel, Readback time.Duration
}

// Sub returns t − u: what was spent between two calls of Timings.
func (t Timings) Sub(u Timings) Timings {
	return Timings{
		Upload: t.Upload - u.Upload, Kernel: t.Kernel - u.Kernel, Readback: t.Readback - u.Readback,
		Device: Phases{
			Upload: t.Device.Upload - u.Device.Upload, Kernel: t.Device.Kernel - u.Device.Kernel,
			Readback: t.Device.Readback - u.Device.Readback,
		},
	}
}

// Submitter is the optional power of a plan to compute batches while its caller does something else. Transfers of one
// batch then overlap the arithmetic of another.
//
// Submit takes dst and src as Run does. It reports wrong ones at once, and returns before they are computed. Until Wait
// has returned, src must not change, though it may be read, by other submissions too; dst belongs to the plan and must
// not even be read. Any number of batches may be submitted. They are computed in their order, as many at once as the
// plan has buffers for. Those that wait hold nothing but their tensors. A Run joins the same queue. Several goroutines
// may submit.
//
// An error concerns its own submission only, as that of a Run does. Close ends the submissions that are not done: Wait
// reports [ErrClosed], and dst is the caller's again.
type Submitter interface {
	Submit(dst, src *Tensor) (Pending, error)
}

// Pending is a batch that was submitted.
//
// Wait returns when the batch is done, and reports what Run would have reported. Waits may be in any order, repeated,
// or from several goroutines. The batch is computed also if nobody waits.
type Pending interface {
	Wait() error
}

// Oracle is the optional power of a plan to compute in float64, so that others can be judged. For each element of dst
// it gives the value and the magnitude of its sum, A = Σ|x||w| + |b|, from which error bounds are made. For a pooled
// output A is the largest of its window (max) or the mean (avg).
type Oracle interface {
	RunFloat64(value, magnitude []float64, src *Tensor) error
}
