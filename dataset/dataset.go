// Package dataset fetches and reads the recordings of the Neuromatch tutorial: the responses of some 20,000 neurons of
// mouse visual cortex to gratings (Stringer, Michaelos, Tsyboulski, Lindo and Pachitariu, Cell 184:2767, 2021,
// https://doi.org/10.1016/j.cell.2021.03.042).
//
// [Download] fetches the file, and resumes a download that was cut off. [Sum] computes the checksums of a file. [Open]
// reads it.
//
// # The file
//
// W3D4_stringer_oribinned6_split.npz is a NumPy archive of three arrays:
//
//   - resp_train and resp_test [stimuli, neurons]: the mean response of each neuron to the gratings in a bin of 6°,
//     each in one half of the trials. The responses are divided by the spontaneous level and z-scored over stimuli. So
//     they have no unit, and some are negative.
//   - stimuli [stimuli] or [stimuli, 1]: the mean orientation of the gratings in each bin, in degrees.
//
// The numbers of stimuli and neurons are free: any file of this layout is read, for example one with your own
// recordings.
//
// Errors are one line that starts with "dataset: ", or with "npy: " if the file cannot be read as such an archive.
// Except for [ChecksumError] they are of type [*fault.Error].
package dataset

import (
	"context"
	"io"
	"math"
	"slices"
	"strings"

	"gpuconv/internal/input"
	"gpuconv/npy"
)

// The tutorial's file: its name, its address, and its MD5 checksum.
const (
	Name = "W3D4_stringer_oribinned6_split.npz"
	URL  = "https://osf.io/p3aeb/download"
	MD5  = "b3f7245c6221234a676b71a1f43c3bb5"
)

// Recordings are the responses of a population of neurons to oriented gratings.
type Recordings struct {
	Neurons     int
	Orientation []float64 // of each stimulus, in degrees
	Train, Test []float32 // responses [len(Orientation), Neurons], each in one half of the trials; no unit
	Lost        []Lost    // for each array with numbers that float32 cannot hold exactly
}

// Lost says what one array lost when its numbers became float32.
type Lost struct {
	Key, DType string // as in the archive: resp_train, <i8
	Elements   int    // how many numbers the array has
	Loss       npy.Loss
}

// layout is a file as described above. Its arrays are open, but not read yet.
type layout struct {
	path                 string
	train, test, stimuli *npy.Reader
}

// open opens the arrays and checks their shapes, which are in their headers.
func open(ctx context.Context, path string) (*layout, error) {
	if single, err := singleArray(ctx, path); err != nil {
		return nil, failed(path, err)
	} else if single {
		return nil, refused(path, "is a single array: want an .npz archive of resp_train, resp_test and stimuli")
	}
	a := &layout{path: path}
	err := a.open(ctx)
	if err == nil {
		err = a.judge()
	}
	if err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

func (a *layout) open(ctx context.Context) (err error) {
	if a.train, err = npy.Open(ctx, a.path+":resp_train"); err != nil {
		return err
	}
	if a.test, err = npy.Open(ctx, a.path+":resp_test"); err != nil {
		return err
	}
	a.stimuli, err = npy.Open(ctx, a.path+":stimuli")
	return err
}

func (a *layout) judge() error {
	train, test, stimuli := a.train.Shape(), a.test.Shape(), a.stimuli.Shape()
	if len(train) != 2 {
		return refused(a.path, "resp_train %v: want [stimuli, neurons]", train)
	}
	n, neurons := train[0], train[1]
	switch column := len(stimuli) == 2 && stimuli[1] == 1; {
	case len(test) != 2:
		return refused(a.path, "resp_test %v: want [stimuli, neurons]", test)
	case test[0] != n || test[1] != neurons:
		return refused(a.path, "resp_test %v: want %v, as resp_train has it", test, train)
	case len(stimuli) != 1 && !column, stimuli[0] != n:
		return refused(a.path, "stimuli %v: want [%d] or [%d 1], one for each row of resp_train %v", stimuli, n, n,
			train)
	case n < 2 || neurons < 1:
		return refused(a.path, "resp_train %v: want at least 2 stimuli and 1 neuron", train)
	}
	return nil
}

func (a *layout) close() {
	for _, r := range []*npy.Reader{a.train, a.test, a.stimuli} {
		if r != nil {
			r.Close()
		}
	}
}

// Layout returns how many stimuli and neurons a file has. It reads only the headers. Like [Open], it refuses files with
// a missing array or with wrong shapes.
func Layout(ctx context.Context, path string) (stimuli, neurons int, err error) {
	a, err := open(ctx, path)
	if err != nil {
		return 0, 0, err
	}
	defer a.close()
	return a.train.Shape()[0], a.train.Shape()[1], nil
}

// Open reads a file as described above. It refuses an archive that lacks one of the arrays, arrays whose shapes do not
// match, fewer than 2 stimuli, no neurons, and values that are not finite. It checks all shapes before it reads any
// value. Reading ends soon after ctx is done.
func Open(ctx context.Context, path string) (*Recordings, error) {
	a, err := open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer a.close()
	r := &Recordings{Neurons: a.train.Shape()[1]}
	if r.Train, err = a.responses(a.train, "resp_train"); err != nil {
		return nil, err
	}
	if r.Test, err = a.responses(a.test, "resp_test"); err != nil {
		return nil, err
	}
	stimuli, err := a.stimuli.Array()
	if err != nil {
		return nil, err
	}
	if err := a.fits(a.stimuli, "stimuli"); err != nil {
		return nil, err
	}
	if at := notFinite(stimuli.Data); at >= 0 {
		return nil, refused(path, "stimuli: orientation %d is %v: want a finite number", at, stimuli.Data[at])
	}
	for _, v := range stimuli.Data {
		r.Orientation = append(r.Orientation, float64(v))
	}
	r.Lost = a.lost()
	return r, nil
}

// singleArray reports whether a file is .npy, by its first bytes.
func singleArray(ctx context.Context, path string) (bool, error) {
	f, err := input.Open(ctx, input.Array, path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	var magic [6]byte
	_, err = io.ReadFull(f, magic[:])
	return err == nil && string(magic[:]) == "\x93NUMPY", nil // an empty file is not an array
}

// responses reads a matrix of finite values.
func (a *layout) responses(r *npy.Reader, key string) ([]float32, error) {
	array, err := r.Array()
	if err != nil {
		return nil, err
	}
	if err := a.fits(r, key); err != nil {
		return nil, err
	}
	if at := notFinite(array.Data); at >= 0 {
		neurons := array.Shape[1]
		return nil, refused(a.path, "%s: stimulus %d, neuron %d is %v: want a finite number", key, at/neurons,
			at%neurons,
			array.Data[at])
	}
	return array.Data, nil
}

// fits refuses an array if it has finite numbers that are too large for float32, so that reading made them infinite.
func (a *layout) fits(r *npy.Reader, key string) error {
	if lost := r.Lost(); lost.Infinite > 0 {
		return refused(a.path, "%s: %s: want numbers that fit", key, lost.Say(r.Done()))
	}
	return nil
}

// lost lists the arrays that lost something. All must have been read.
func (a *layout) lost() (all []Lost) {
	for key, r := range map[string]*npy.Reader{"resp_train": a.train, "resp_test": a.test, "stimuli": a.stimuli} {
		if lost := r.Lost(); lost.Any() {
			all = append(all, Lost{Key: key, DType: r.DType(), Elements: r.Done(), Loss: lost})
		}
	}
	slices.SortFunc(all, func(x, y Lost) int { return strings.Compare(x.Key, y.Key) })
	return all
}

// notFinite returns the index of the first value that is NaN or infinite, or −1.
func notFinite(values []float32) int {
	for i, v := range values {
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			return i
		}
	}
	return -1
}
