package stimuli

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"

	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/npy"
	"gpuconv/param"
)

// Array is a [Set] of the images of a .npy file, or of an array of a .npz file: [N, C, H, W], or [N, H, W] or [H, W] of
// one channel. It is fastest to draw images in order: to go back, a compressed array is inflated again from its start.
type Array struct {
	path    string
	reader  *npy.Images
	stored  conv.Shape
	shape   conv.Shape
	options Options
	mutex   sync.Mutex
	next    int // image that the reader reads next
	scratch []float32
}

// OpenArray opens an array of images. Its pixels are not scaled. The options Resize, Crop and Normalise apply to any
// array. Linear, and Colour if Recolour or Linear is set, apply to arrays of three channels: R, G and B from 0 to 1.
// All other options are ignored. The caller must call Close. OpenArray refuses files that are not arrays, shapes that
// are not those of images, and options that do not fit.
func OpenArray(ctx context.Context, path string, o Options) (*Array, error) {
	reader, err := npy.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	a := &Array{path: path, options: o}
	if a.reader, err = npy.NewImages(reader); err == nil {
		err = a.fit()
	}
	if err != nil {
		reader.Close()
		return nil, &fault.Error{Package: "stimuli", Argument: path, Err: err}
	}
	return a, nil
}

// fit finds out the shape of the images after the options.
func (a *Array) fit() error {
	a.stored = a.reader.Shape()
	a.shape = a.stored
	o := a.options
	coloured := o.Recolour || o.Linear
	if coloured && a.stored.C() != 3 {
		return fmt.Errorf("shape %v: want 3 channels, R, G and B, to change colours", a.stored)
	}
	if coloured {
		a.shape[1] = o.Colour.Channels()
	}
	a.options.Recolour = coloured
	if n := len(o.Normalise.SD); n > 1 && n != a.shape.C() {
		return fmt.Errorf("shape %v: want %d channels for this normalisation", a.stored, n)
	}
	rows, columns, err := o.Size(a.stored.H(), a.stored.W())
	a.shape[2], a.shape[3] = rows, columns
	return err
}

// Shape returns [N, C, H, W].
func (a *Array) Shape() conv.Shape { return a.shape }

// Path returns the name of the array.
func (a *Array) Path() string { return a.path }

// Reader returns the reader of the array. It knows the type of the elements, and which values float32 cannot hold.
func (a *Array) Reader() *npy.Reader { return a.reader.Reader }

// Close closes the file.
func (a *Array) Close() error { return a.reader.Close() }

// Memory returns how many bytes Draw takes, beyond dst.
func (a *Array) Memory() float64 {
	return a.reader.Memory() + 4*a.stored.Image().Bytes() + 2*a.shape.Image().Bytes() +
		a.options.resizeBytes(a.stored.H(), a.stored.W())
}

// Draw implements [Set].
func (a *Array) Draw(dst *conv.Tensor, first int) error {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if err := dst.Check("dst"); err != nil {
		return err
	}
	n := dst.Shape.N()
	if dst.Shape.Image() != a.shape.Image() || first < 0 || n > a.shape.N()-first {
		return fault.New("stimuli", fmt.Sprintf("images %d … %d of shape %v", first, first+n-1, dst.Shape), "",
			"want some of the %v", a.shape)
	}
	if first < a.next {
		if err := a.reader.Rewind(); err != nil {
			return err
		}
		a.next = 0
	}
	size := a.stored[1] * a.stored[2] * a.stored[3]
	if len(a.scratch) < size {
		a.scratch = make([]float32, size)
	}
	if err := a.reader.Skip((first - a.next) * size); err != nil {
		return err
	}
	a.next = first + n
	if a.options.plainArray() {
		return a.reader.Read(dst.Data)
	}
	for i := range n {
		if err := a.reader.Read(a.scratch[:size]); err != nil {
			return err
		}
		planes := make([][]float32, a.stored.C())
		for c := range planes {
			planes[c] = a.scratch[c*size/len(planes) : (c+1)*size/len(planes)]
		}
		o := a.options
		if !o.Recolour {
			o.Colour = RGB // finish then leaves the channels as they are
		}
		o.finish(dst.Images(i, i+1).Data, planes, a.stored.H(), a.stored.W())
	}
	return nil
}

// plainArray reports whether the options leave the pixels of an array as they are.
func (o Options) plainArray() bool {
	return !o.Recolour && o.Resize == [2]int{} && o.Crop == [2]int{} && !o.normalises()
}

// Table names the array, and the number of each image in it.
func (a *Array) Table() (*param.Table, error) { return a.tableRows(0, a.shape.N()) }

// tableRows implements [tabler].
func (a *Array) tableRows(first, n int) (*param.Table, error) {
	t := param.NewTable("image", "index")
	names := make([]string, n)
	for i := range names {
		t.Add("image", float64(first+i))
		names[i] = filepath.Base(a.path)
	}
	t.Columns = append(t.Columns, param.Column{Name: "file", Words: names})
	return t, nil
}

// Title returns the number of the image.
func (a *Array) Title(i int) string { return fmt.Sprintf("image %d", i) }
