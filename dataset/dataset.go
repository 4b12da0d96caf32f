// Package dataset fetches and reads the recordings of the Neuromatch tutorial: the responses of some 20,000 neurons of
// mouse visual cortex to gratings (Stringer, Michaelos, Tsyboulski, Lindo and Pachitariu, Cell 184:2767, 2021,
// https://doi.org/10.1016/j.cell.2021.03.042).
//
// [Download] fetches the file and goes on where an earlier call was cut off. [Sum] computes the checksum of a file.
// [Open] reads it.
//
// # The file
//
// W3D4_stringer_oribinned6_split.npz is a NumPy archive of three arrays:
//
//   - resp_train and resp_test [stimuli, neurons]: the mean response of each neuron to the gratings in a bin of 6°,
//     each in one half of the trials. Responses were divided by the spontaneous level and z-scored over stimuli. So
//     they have no unit, and some are negative.
//   - stimuli [stimuli] or [stimuli, 1]: the mean orientation of the gratings in each bin, in degrees.
//
// The numbers of stimuli and neurons are free: any file of this layout is read, for example one with your own
// recordings.
//
// Errors are one line that starts with "dataset: ", or with "npy: " where the file is no such archive. Except for
// [ChecksumError] they are of type [*fault.Error].
package dataset

import (
	"crypto/md5"
	"encoding/hex"
	"io"
	"math"
	"os"

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
}

// Open reads a file of the layout above. It refuses an archive that lacks one of the arrays, arrays whose shapes do not
// match, fewer than 2 stimuli, no neurons, and values that are not finite.
func Open(path string) (*Recordings, error) {
	if singleArray(path) {
		return nil, refused(path, "is a single array: want an .npz archive of resp_train, resp_test and stimuli")
	}
	train, err := matrix(path, "resp_train")
	if err != nil {
		return nil, err
	}
	test, err := matrix(path, "resp_test")
	if err != nil {
		return nil, err
	}
	stimuli, err := npy.ReadFile(path + ":stimuli")
	if err != nil {
		return nil, err
	}
	n, neurons := train.Shape[0], train.Shape[1]
	switch column := len(stimuli.Shape) == 2 && stimuli.Shape[1] == 1; {
	case test.Shape[0] != n || test.Shape[1] != neurons:
		return nil, refused(path, "resp_test %v: want %v, as resp_train has it", test.Shape, train.Shape)
	case len(stimuli.Shape) != 1 && !column, len(stimuli.Data) != n:
		return nil, refused(path, "stimuli %v: want [%d] or [%d 1], one for each row of resp_train %v", stimuli.Shape, n, n, train.Shape)
	case n < 2 || neurons < 1:
		return nil, refused(path, "resp_train %v: want at least 2 stimuli and 1 neuron", train.Shape)
	}
	r := &Recordings{Neurons: neurons, Train: train.Data, Test: test.Data}
	for _, v := range stimuli.Data {
		r.Orientation = append(r.Orientation, float64(v))
	}
	if at := notFinite(stimuli.Data); at >= 0 {
		return nil, refused(path, "stimuli: orientation %d is %v: want a finite number", at, stimuli.Data[at])
	}
	return r, nil
}

// singleArray reports whether a file is .npy, by its first bytes.
func singleArray(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false // npy says why
	}
	defer f.Close()
	var magic [6]byte
	_, err = io.ReadFull(f, magic[:])
	return err == nil && string(magic[:]) == "\x93NUMPY"
}

// matrix reads a two-dimensional array of finite values.
func matrix(path, key string) (*npy.Array, error) {
	a, err := npy.ReadFile(path + ":" + key)
	if err != nil {
		return nil, err
	}
	if len(a.Shape) != 2 {
		return nil, refused(path, "%s %v: want [stimuli, neurons]", key, a.Shape)
	}
	if at := notFinite(a.Data); at >= 0 {
		return nil, refused(path, "%s: stimulus %d, neuron %d is %v: want a finite number",
			key, at/a.Shape[1], at%a.Shape[1], a.Data[at])
	}
	return a, nil
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

// Sum returns the MD5 checksum of a file in hexadecimal, and its size in bytes. The tutorial gives an MD5 checksum. It
// protects against damage, not against an attacker.
func Sum(path string) (sum string, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, failed(path, err)
	}
	defer f.Close()
	hash := md5.New()
	size, err = io.Copy(hash, f)
	if err != nil {
		return "", 0, failed(path, err)
	}
	return hex.EncodeToString(hash.Sum(nil)), size, nil
}
