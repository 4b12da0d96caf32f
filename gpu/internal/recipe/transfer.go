package recipe

import "unsafe"

// Route is how images get to the device and outputs get back.
type Route int

const (
	Copied Route = iota // OpenGL copies them, out of the caller's memory and into it
	Mapped              // through buffers of the driver's memory that stay mapped
	Lent                // not at all: shaders work in the caller's memory
)

// Transfers says how a device moves images.
type Transfers struct {
	Route      Route
	Flights    int // how many chunks overlap in time, each with its own buffers; default 1
	LentFrom   int // fewest bytes that are lent; less is copied
	LeastChunk int // fewest bytes of images and outputs for which a chunk is worth it
}

// softwareTransfers is for a software renderer, which computes in the call that dispatches and has no memory of its
// own. Nothing can overlap, but lending the caller's memory saves copies. For an image of the tutorial's case it saves
// 10 of 105 µs of CPU time. It costs two buffer objects a chunk. With 4 KiB each of src and dst, a Run took 104 µs with
// lent memory and 101 µs with copies; with 32 KiB 134 µs either way; with 128 KiB 242 and 278 µs (BenchmarkRoutes).
func softwareTransfers(lends bool) Transfers {
	if lends {
		return Transfers{Route: Lent, Flights: 1, LentFrom: 32 << 10}
	}
	return Transfers{Route: Copied, Flights: 1}
}

// hardwareTransfers lets three chunks overlap: one is computed while the one before it is read back and the next one is
// uploaded. Drivers whose buffers can stay mapped (OpenGL 4.4 or ARB_buffer_storage) copy to and from mapped memory
// asynchronously. Other drivers decide themselves when they wait. This was not measured, since no hardware was at hand.
func hardwareTransfers(maps bool) Transfers {
	if maps {
		return Transfers{Route: Mapped, Flights: 3, LeastChunk: leastBytes}
	}
	return Transfers{Route: Copied, Flights: 3, LeastChunk: leastBytes}
}

// Sets returns how many sets of buffers a plan has.
func (t Transfers) Sets() int { return max(1, t.Flights) }

// LentAlignment is the alignment of lent memory, in bytes. Mesa gives its own memory this alignment, and its compiled
// shaders rely on it.
const LentAlignment = 64

// Lendable reports whether shaders can use data where it is, without a copy.
func (t Transfers) Lendable(data []float32) bool {
	return t.Route == Lent && len(data) > 0 && 4*len(data) >= t.LentFrom &&
		uintptr(unsafe.Pointer(&data[0]))%LentAlignment == 0
}
