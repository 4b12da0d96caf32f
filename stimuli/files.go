package stimuli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/param"
)

// Files is a [Set] of image files of one size. [ReadImage] reads a file each time its image is drawn.
type Files struct {
	paths []string
	shape conv.Shape
}

// OpenFiles returns the set of an image file, or of the PNG and JPEG files in a folder, in the order of their names. It
// does not look into folders in the folder. It reads the headers of the files. It refuses folders without images, and
// images that differ in size from the first.
func OpenFiles(path string) (*Files, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, &fault.Error{Package: "stimuli", Err: err}
	}
	f := &Files{paths: []string{path}}
	if info.IsDir() {
		if f.paths, err = imagesIn(path); err != nil {
			return nil, err
		}
	}
	for i, p := range f.paths {
		rows, columns, err := imageSize(p)
		if err != nil {
			return nil, err
		}
		shape := conv.Shape{len(f.paths), 1, rows, columns}
		if i > 0 && shape != f.shape {
			return nil, fault.New("stimuli", p, "", "%d×%d pixels: want %d×%d as in %s", rows, columns, f.shape.H(),
				f.shape.W(), f.paths[0])
		}
		f.shape = shape
	}
	return f, nil
}

func imagesIn(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder) // sorted
	if err != nil {
		return nil, &fault.Error{Package: "stimuli", Err: err}
	}
	var paths []string
	for _, e := range entries {
		if IsImageName(e.Name()) && !e.IsDir() {
			paths = append(paths, filepath.Join(folder, e.Name()))
		}
	}
	if len(paths) == 0 {
		return nil, fault.New("stimuli", folder, "", "want a folder with .png, .jpg or .jpeg files")
	}
	return paths, nil
}

// IsImageName reports whether [OpenFiles] takes a file of this name in a folder: .png, .jpg or .jpeg, in any case.
func IsImageName(name string) bool {
	return slices.Contains([]string{".png", ".jpg", ".jpeg"}, strings.ToLower(filepath.Ext(name)))
}

// Shape returns [N, 1, H, W].
func (f *Files) Shape() conv.Shape { return f.shape }

// Draw implements [Set] on all cores. It refuses a file whose size has changed since [OpenFiles].
func (f *Files) Draw(dst *conv.Tensor, first int) error {
	return draw(dst, first, f.shape, func() painter {
		return func(plane []float32, i int) error {
			image, err := ReadImage(f.paths[i])
			if err != nil {
				return err
			}
			if image.Shape.Image() != f.shape.Image() {
				return fault.New("stimuli", f.paths[i], "", "has changed: want %d×%d pixels", f.shape.H(), f.shape.W())
			}
			copy(plane, image.Data)
			return nil
		}
	})
}

// Table names the file of each image.
func (f *Files) Table() (*param.Table, error) {
	t := param.NewTable("image")
	names := make([]string, len(f.paths))
	for i, p := range f.paths {
		t.Add("image")
		names[i] = filepath.Base(p)
	}
	t.Columns = append(t.Columns, param.Column{Name: "file", Words: names})
	return t, nil
}

// Title returns the name of the file.
func (f *Files) Title(i int) string { return filepath.Base(f.paths[i]) }
