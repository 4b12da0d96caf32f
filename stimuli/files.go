package stimuli

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/param"
)

// Files is a [Set] of image files of one size. [ReadImage] reads a file each time its image is drawn.
type Files struct {
	paths       []string
	shape       conv.Shape
	background  float64
	passed      passedOver
	transparent []atomic.Bool // of the images that were drawn
	pages       []atomic.Bool // more than one
}

// OpenFiles returns the set of an image file, or of the images in a folder, on a background as [ReadImage] takes it. In
// a folder it takes the files whose names [IsImageName] knows, and files without an extension that are images. It
// passes over all others and folders in the folder, and takes no notice of hidden files and of what systems leave in
// folders. The order is that of the names, with numbers in them
// by their value: img2 comes before img10. It reads the headers of the files. It refuses folders without images, and
// images that differ in size from the first.
func OpenFiles(path string, background float64) (*Files, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, &fault.Error{Package: "stimuli", Err: err}
	}
	f := &Files{paths: []string{path}, background: background}
	if info.IsDir() {
		if f.paths, f.passed, err = imagesIn(path); err != nil {
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
	f.transparent, f.pages = make([]atomic.Bool, len(f.paths)), make([]atomic.Bool, len(f.paths))
	return f, nil
}

// passedOver are the names of what a folder holds beside its images.
type passedOver struct{ files, folders []string }

// imagesIn lists the images in a folder, and what else it holds.
func imagesIn(folder string) (paths []string, passed passedOver, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, passed, &fault.Error{Package: "stimuli", Err: err}
	}
	for _, e := range entries {
		path := filepath.Join(folder, e.Name())
		info, err := os.Stat(path) // a link is what it leads to
		switch {
		case isLeft(e.Name()):
		case err == nil && info.IsDir():
			passed.folders = append(passed.folders, e.Name())
		case err == nil && isImage(path, info):
			paths = append(paths, path)
		default:
			passed.files = append(passed.files, e.Name())
		}
	}
	if len(paths) == 0 {
		return nil, passed, fault.New("stimuli", folder, "", "%s", "want a folder with .png, .jpg, .tif, .bmp or .webp files")
	}
	slices.SortFunc(paths, naturally)
	return paths, passed, nil
}

// isLeft reports whether a name is one of what nobody put into a folder: hidden files such as .DS_Store, and what
// Windows, macOS and network drives leave.
func isLeft(name string) bool {
	return strings.HasPrefix(name, ".") || slices.Contains([]string{"thumbs.db", "ehthumbs.db", "ehthumbs_vista.db",
		"desktop.ini", "icon\r", "__macosx", "@eadir", "$recycle.bin", "system volume information"}, strings.ToLower(name))
}

// isImage reports whether a file of a folder is taken.
func isImage(path string, info os.FileInfo) bool {
	name := filepath.Base(path)
	if filepath.Ext(name) != "" || !info.Mode().IsRegular() {
		return IsImageName(name)
	}
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	kind, err := kindOf(file, name)
	return err == nil && isPicture(kind)
}

// IsImageName reports whether [OpenFiles] takes a file of this name in a folder: .png, .jpg, .jpeg, .tif, .tiff, .bmp
// or .webp, in any case.
func IsImageName(name string) bool {
	return slices.Contains([]string{".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"},
		strings.ToLower(filepath.Ext(name)))
}

// naturally compares names as people count: runs of digits by their value, all else by bytes. Names that differ only in
// zeros before a number are ordered by bytes.
func naturally(a, b string) int {
	restA, restB := a, b
	for restA != "" && restB != "" {
		digitsA, digitsB := digitsOf(restA), digitsOf(restB)
		if digitsA == 0 || digitsB == 0 {
			if c := cmp.Compare(restA[0], restB[0]); c != 0 {
				return c
			}
			restA, restB = restA[1:], restB[1:]
			continue
		}
		numberA, numberB := strings.TrimLeft(restA[:digitsA], "0"), strings.TrimLeft(restB[:digitsB], "0")
		if c := cmp.Or(cmp.Compare(len(numberA), len(numberB)), strings.Compare(numberA, numberB)); c != 0 {
			return c
		}
		restA, restB = restA[digitsA:], restB[digitsB:]
	}
	return cmp.Or(cmp.Compare(len(restA), len(restB)), strings.Compare(a, b))
}

// digitsOf counts the digits that a text starts with.
func digitsOf(text string) int {
	return len(text) - len(strings.TrimLeft(text, "0123456789"))
}

// Shape returns [N, 1, H, W].
func (f *Files) Shape() conv.Shape { return f.shape }

// PassedOver returns the names of the files that the folder holds and the set does not. Hidden files, and those that
// systems leave in folders, are not among them.
func (f *Files) PassedOver() []string { return f.passed.files }

// Folders returns the names of the folders in the folder. Images in them are not of the set.
func (f *Files) Folders() []string { return f.passed.folders }

// Transparent returns how many of the images that were drawn have pixels that are not opaque.
func (f *Files) Transparent() int { return count(f.transparent) }

// ManyPages returns how many of the images that were drawn are the first of several in their file.
func (f *Files) ManyPages() int { return count(f.pages) }

func count(flags []atomic.Bool) int {
	n := 0
	for i := range flags {
		if flags[i].Load() {
			n++
		}
	}
	return n
}

// Draw implements [Set] on all cores. It refuses a file whose size has changed since [OpenFiles].
func (f *Files) Draw(dst *conv.Tensor, first int) error {
	return draw(dst, first, f.shape, func() painter {
		return func(plane []float32, i int) error {
			image, err := ReadImage(f.paths[i], f.background)
			if err != nil {
				return err
			}
			if image.Pixels.Shape.Image() != f.shape.Image() {
				return fault.New("stimuli", f.paths[i], "", "has changed: want %d×%d pixels", f.shape.H(), f.shape.W())
			}
			f.transparent[i].Store(image.Transparent > 0)
			f.pages[i].Store(image.Pages > 1)
			copy(plane, image.Pixels.Data)
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
