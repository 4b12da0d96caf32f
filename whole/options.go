package whole

import "time"

// Options say how files and folders are written. The zero value is for results: they survive a power cut.
type Options struct {
	// NoSync lets the system decide when data reaches the disk. After a failure or a kill a path still has a complete
	// file, or what it had before; after a power cut perhaps not. It is for scratch files.
	NoSync bool
	// Private says that only the user may read and write the files that [Options.Create] makes: their mode is 0o600,
	// also if they replace a file of another mode. A link at the path is replaced, not what it leads to.
	Private bool
	// Removed, if not nil, is called with the path of each hidden folder that a dead process has left and that was
	// removed.
	Removed func(path string)

	// Lease is how long a process that writes a kept folder may do nothing before another one takes the folder over. 0
	// is a minute. All processes that share a folder must agree on it.
	Lease time.Duration

	seam func(c change, do func() error) error // see disk
	peek func(path string) error               // see disk
}

// change calls disk.change.
func (o Options) change(c change, do func() error) error { return o.disk().change(c, do) }

func (o Options) lease() time.Duration {
	if o.Lease > 0 {
		return o.Lease
	}
	return leaseTime
}

func (o Options) disk() disk { return disk{noSync: o.NoSync, seam: o.seam, peek: o.peek} }
