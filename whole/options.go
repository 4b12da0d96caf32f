package whole

// Options say how files and folders are written. The zero value is for results: they outlive a power cut.
type Options struct {
	// NoSync leaves it to the system when the disk gets what was written. Files are whole or not at all after a failure
	// or a kill, but not after a power cut. It is for scratch files.
	NoSync bool
	// Private has [Options.Create] make files for the user alone, of mode 0o600. They replace a link instead of what it
	// leads to, and take no permissions from what was there.
	Private bool
	// Removed, if not nil, is called with the path of each hidden folder that a process left that has died.
	Removed func(path string)

	seam func(c change, do func() error) error // see disk
}

// change does a change as disk does.
func (o Options) change(c change, do func() error) error { return o.disk().change(c, do) }

func (o Options) disk() disk { return disk{noSync: o.NoSync, seam: o.seam} }
