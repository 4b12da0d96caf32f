package recipe

import "gpuconv/conv"

// Profile is what plans know about a device.
type Profile struct {
	Class Class // the class of devices whose tiles are taken
	Limits
	// LoopIterations is the most iterations that all loops of one invocation may run in total; 0 for no limit. See
	// [SoftwareLoopLimit].
	LoopIterations int
	Transfers      Transfers
	// Busy is how many work-groups keep the device busy; 0 if any number does.
	Busy int
	// Unrolled is the most multiplications that a program for a software renderer may write out instead of looping; 0
	// for no limit. More run faster and compile longer. For hardware only tests set it.
	Unrolled int
	// Even says that direct_soft cuts taps into equal steps if it can, because a rest needs a program of its own.
	Even bool
	// ByRow says that direct and direct_soft sum each row of a kernel's taps separately, in parts of at most rowPart
	// taps. It is for software renderers whose multiply-adds wait for each other; see direct_soft.comp.
	ByRow bool
	// Compiled reports whether a cache has a program, which need not be compiled then. It is nil if that is not known.
	Compiled func(Key) bool
	Requests
	maps, lends bool // see [NewProfile]
}

// rowPart is the most taps of a part of a row, with ByRow. bench/RESULTS.md has the times with other numbers.
const rowPart = 6

// Requests are what callers, tests and measurements require of plans. The zero value leaves every choice to the
// algorithms.
type Requests struct {
	Precision conv.Precision // for the choice of an algorithm, unless one is forced
	Images    int            // how many images the job has in all; 0 if a plan may run any number of times
	Tiling    Tiling         // forces the algorithm's tiling; nil forces none
	Turns     int            // forces how many turns a strip of direct_soft has; 0 forces none
	Apart     bool           // computes energy and pools in a separate dispatch
	Band      int            // forces how many rows of outputs a band has; 0 cuts only too large images
}

// NewProfile returns the profile of a device with these limits. maps says whether buffers can stay mapped while the
// device uses them, lends whether shaders can use the caller's memory. LoopIterations, Busy and Unrolled follow from
// the class, Transfers from the class, maps and lends.
func NewProfile(class Class, limits Limits, maps, lends bool) Profile {
	d := Profile{Class: class, Limits: limits, Transfers: hardwareTransfers(maps), Busy: classes[class].busy,
		maps: maps, lends: lends}
	if class == Software {
		d.Transfers = softwareTransfers(lends)
		d.LoopIterations = SoftwareLoopLimit
		d.Unrolled = softwareUnrolled
	}
	return d
}

// As returns the profile of the same device with the tiles, chunks and algorithms of another class, whatever the device
// is. The limits of its driver stay, also the limit of loop iterations if it has one. But it has no more shared memory
// than devices of that class.
func (d Profile) As(class Class) Profile {
	as := NewProfile(class, d.Limits, d.maps, d.lends)
	as.Requests, as.Compiled, as.ByRow = d.Requests, d.Compiled, d.ByRow && class == Software
	as.SharedMemory = min(as.SharedMemory, classes[class].shared)
	if d.LoopIterations > 0 {
		as.LoopIterations = d.LoopIterations
	}
	return as
}

// The batch of a job whose memory nobody bounds has at most this many bytes and multiplications: see batch.Portion.
const (
	batchBytes = 28 << 20
	batchMACs  = 4 << 30
)

// whole returns p with the batch that a job of d.Images images has if it is computed at once and nobody bounds its
// memory, or p if its batch is larger. An algorithm and its tile are chosen for it, so that they do not depend on how
// the images are cut into batches, or shared among machines.
func (d Profile) whole(p conv.Problem) conv.Problem {
	one := p
	one.Src = p.Src.Image()
	src, _, dst := ImageBytes(one)
	most := min(float64(d.Images), batchBytes/float64(src+dst), batchMACs/one.MACs())
	p.Src = p.Src.WithN(max(p.Src.N(), int(most)))
	return p
}

// hasCompiled reports whether a cache is known to have a program.
func (d Profile) hasCompiled(k Key) bool { return d.Compiled != nil && d.Compiled(k) }

// softwareUnrolled is the most multiplications that a program for a software renderer writes out by default. They take
// 2 s to compile. BenchmarkConv guards it.
const softwareUnrolled = 3200
