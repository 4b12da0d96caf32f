package stimuli

import (
	"fmt"
	"io"

	"gpuconv/fault"
	"gpuconv/internal/input"
	"gpuconv/whole"
)

// Identify writes what the pixels of a set depend on beyond its table. With the same table and shape, the same text
// means the same images, as far as can be told without reading large files whole. Every set of this package has this
// method: TestIdentify holds that.

// identified is implemented by sets that can say more about their images than their table does.
type identified interface{ Identify(to io.Writer) error }

// identify lets a set that others wrap say what it is.
func identify(s Set, to io.Writer) error {
	if s, ok := s.(identified); ok {
		return s.Identify(to)
	}
	return nil
}

// Identify writes what the tutorial's grating is.
func (s *Sweep) Identify(to io.Writer) error {
	_, err := fmt.Fprintf(to, "%+v\n", s.grating.withDefaults())
	return err
}

// Identify writes the canvas and the whole first pattern. The table has only the parameters of patterns.
func (p *Product) Identify(to io.Writer) error {
	pattern, _, err := p.pattern(0)
	if err != nil {
		return err
	}
	canvas := p.canvas
	canvas.AllowAliasing = false // it changes no pixels
	_, err = fmt.Fprintf(to, "%+v %+v\n", canvas, pattern)
	return err
}

// Identify writes what the grey images are, and the number of channels.
func (s InChannels) Identify(to io.Writer) error {
	if _, err := fmt.Fprintln(to, s.Channels); err != nil {
		return err
	}
	return identify(s.Set, to)
}

// Identify writes what identifies the set that has the images, and which of its images these are.
func (p *Part) Identify(to io.Writer) error {
	if _, err := fmt.Fprintln(to, p.first, p.n); err != nil {
		return err
	}
	return identify(p.of, to)
}

// Identify writes what each of the sets is.
func (j *Joined) Identify(to io.Writer) error {
	for _, s := range j.Sets {
		if err := identify(s, to); err != nil {
			return err
		}
	}
	return nil
}

// Identify writes what each file of images is: see [input.File.Fingerprint]. From then on Draw refuses a file that is
// not as Identify saw it.
func (f *Files) Identify(to io.Writer) error {
	seen := make([]input.Seen, len(f.items))
	for i, of := range f.items {
		if i > 0 && of.path == f.items[i-1].path { // another page of it
			seen[i] = seen[i-1]
			continue
		}
		print, as, err := f.fingerprint(of.path)
		if err != nil {
			return &fault.Error{Package: "stimuli", Argument: of.path, Err: whole.Cause(err)}
		}
		seen[i] = as
		if _, err := fmt.Fprintln(to, print); err != nil {
			return err
		}
	}
	f.seen = seen
	_, err := fmt.Fprintf(to, "%+v\n", f.options)
	return err
}

func (f *Files) fingerprint(path string) (string, input.Seen, error) {
	file, err := input.Open(f.ctx, input.Picture, path)
	if err != nil {
		return "", input.Seen{}, err
	}
	defer file.Close()
	return file.Fingerprint()
}

// Identify writes what [npy.Reader.Identify] does, and the options. From then on Draw refuses a file that was changed.
func (a *Array) Identify(to io.Writer) error {
	if err := a.reader.Identify(to); err != nil {
		return err
	}
	_, err := fmt.Fprintf(to, "%+v\n", a.options)
	return err
}
