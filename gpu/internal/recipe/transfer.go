package recipe

import "unsafe"

// Route is how images come to the device and outputs back.
type Route int

const (
	Copied Route = iota // OpenGL copies them, out of the caller's memory and into it
	Mapped              // through buffers of the driver's memory that stay mapped
	Lent                // not at all: shaders work in the caller's memory
)

// Transfers says how a device moves images.
type Transfers struct {
	Route    Route
	Flights  int // how many chunks are on their way at once, each with buffers of its own; default 1
	LentFrom int // from how many bytes on memory is lent; less is copied
	Piece    int // from how many bytes of images and outputs on a chunk of its own is worth it
}

// softwareTransfers is for a software renderer, which computes in the call that dispatches and has no memory of its
// own. Nothing can overlap, but lending the caller's memory spares copies. For the seed's case it takes 10 of the 105
// µs of CPU time of an image. It costs two buffer objects a chunk: with 4 KiB each of src and dst a Run took 104 µs
// instead of 101, with 32 KiB 134 µs either way, with 128 KiB 242 instead of 278 (BenchmarkRoutes).
func softwareTransfers(lends bool) Transfers {
	if lends {
		return Transfers{Route: Lent, Flights: 1, LentFrom: 32 << 10}
	}
	return Transfers{Route: Copied, Flights: 1}
}

// hardwareTransfers has three chunks on their way: one is computed while the one before it is copied out and the next
// one in. Drivers that map buffers for good (OpenGL 4.4 or ARB_buffer_storage) copy to and from mapped memory
// asynchronously; others decide themselves what they wait for. No hardware was at hand to measure it.
func hardwareTransfers(maps bool) Transfers {
	if maps {
		return Transfers{Route: Mapped, Flights: 3, Piece: pieceBytes}
	}
	return Transfers{Route: Copied, Flights: 3, Piece: pieceBytes}
}

// Sets returns how many sets of buffers a plan has.
func (t Transfers) Sets() int { return max(1, t.Flights) }

// LentAlignment is the alignment of lent memory, in bytes. Mesa aligns its own memory so, and its compiled shaders rely
// on it.
const LentAlignment = 64

// Lendable reports whether shaders can work on data where it is.
func (t Transfers) Lendable(data []float32) bool {
	return t.Route == Lent && len(data) > 0 && 4*len(data) >= t.LentFrom &&
		uintptr(unsafe.Pointer(&data[0]))%LentAlignment == 0
}
