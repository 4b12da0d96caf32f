package stimuli

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/internal/input"
	"gpuconv/machine"
	"gpuconv/param"
	"gpuconv/whole"
)

// Files is a [Set] of image files of one size. Each file is read when its image is drawn, as [ReadImage] reads it.
type Files struct {
	ctx         context.Context // ends reading
	paths       []string
	shape       conv.Shape
	background  float64
	passed      passedOver
	workers     int            // how many decode at the same time
	bytes       float64        // memory that the costliest image takes while it is decoded
	transparent []atomic.Int64 // pixels that are not opaque, of each image that was drawn
	pages       []atomic.Int64 // images in the file, of each image that was drawn
}

// OpenFiles returns the set of an image file, or of the images in a folder, on a background as in [ReadImage]. In a
// folder it takes files whose names [IsImageName] accepts, and files without an extension that are images. It skips all
// others: [Files.PassedOver] and [Files.Folders] list them, except hidden files and files that systems leave in
// folders. Images are in the order of their names. Numbers in names count by value: img2 comes before img10. OpenFiles
// reads only the headers of the files. It refuses folders without images, and images that differ in size from the
// first. ctx ends all reading, also in Draw.
func OpenFiles(ctx context.Context, path string, background float64) (*Files, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, &fault.Error{Package: "stimuli", Argument: path, Err: whole.Cause(err)}
	}
	f := &Files{ctx: ctx, paths: []string{path}, background: background}
	if info.IsDir() {
		if f.paths, f.passed, err = imagesIn(ctx, path); err != nil {
			return nil, err
		}
	}
	for i, p := range f.paths {
		h, err := imageHead(ctx, p)
		if err != nil {
			return nil, err
		}
		shape := conv.Shape{len(f.paths), 1, h.rows, h.columns}
		if i > 0 && shape != f.shape {
			return nil, fault.New("stimuli", p, "", "%d×%d pixels: want %d×%d as in %s", h.rows, h.columns, f.shape.H(),
				f.shape.W(), f.paths[0])
		}
		f.shape, f.bytes = shape, max(f.bytes, h.bytes)
	}
	f.workers = max(1, int(min(float64(runtime.GOMAXPROCS(0)), machine.FreeMemory()/2/(f.bytes+1))))
	f.transparent, f.pages = make([]atomic.Int64, len(f.paths)), make([]atomic.Int64, len(f.paths))
	return f, nil
}

// passedOver holds the names of the other files, and of the folders, in a folder of images.
type passedOver struct{ files, folders []string }

// imagesIn lists the images in a folder, and what else it holds.
func imagesIn(ctx context.Context, folder string) (paths []string, passed passedOver, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, passed, &fault.Error{Package: "stimuli", Argument: folder, Err: whole.Cause(err)}
	}
	for _, e := range entries {
		path := filepath.Join(folder, e.Name())
		info, err := os.Stat(path) // follows links
		switch {
		case isLeft(e.Name()):
		case err == nil && info.IsDir():
			passed.folders = append(passed.folders, e.Name())
		case err == nil && isImage(ctx, path, info):
			paths = append(paths, path)
		default:
			passed.files = append(passed.files, e.Name())
		}
	}
	if len(paths) == 0 {
		rule := "want a folder with .png, .jpg, .tif, .bmp or .webp files"
		if len(passed.folders) > 0 {
			rule += ", or one of the folders in it"
		}
		return nil, passed, fault.New("stimuli", folder, "", "%s", rule)
	}
	slices.SortFunc(paths, naturally)
	return paths, passed, nil
}

// isLeft reports whether a file was not put into a folder by its user: hidden files such as .DS_Store, and files that
// Windows, macOS and network drives leave.
func isLeft(name string) bool {
	return strings.HasPrefix(name, ".") || slices.Contains([]string{"thumbs.db", "ehthumbs.db", "ehthumbs_vista.db",
		"desktop.ini", "icon\r", "__macosx", "@eadir", "$recycle.bin", "system volume information"}, strings.ToLower(name))
}

// isImage reports whether OpenFiles takes a file of a folder.
func isImage(ctx context.Context, path string, info os.FileInfo) bool {
	name := filepath.Base(path)
	if filepath.Ext(name) != "" || !info.Mode().IsRegular() {
		return IsImageName(name)
	}
	file, err := input.Open(ctx, input.Picture, path)
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

// naturally compares names in the order that people expect: runs of digits by their value, and all else by bytes,
// without regard to the case of Latin letters. Names that differ only in case, or in zeros before a number, are ordered
// by bytes.
func naturally(a, b string) int {
	restA, restB := a, b
	for restA != "" && restB != "" {
		digitsA, digitsB := digitsOf(restA), digitsOf(restB)
		if digitsA == 0 || digitsB == 0 {
			if c := cmp.Compare(lower(restA[0]), lower(restB[0])); c != 0 {
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

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// digitsOf counts the digits that a text starts with.
func digitsOf(text string) int {
	return len(text) - len(strings.TrimLeft(text, "0123456789"))
}

// Shape returns [N, 1, H, W].
func (f *Files) Shape() conv.Shape { return f.shape }

// PassedOver returns the names of those files in the folder that are not in the set. It leaves out hidden files, and
// files that systems leave in folders.
func (f *Files) PassedOver() []string { return f.passed.files }

// Folders returns the names of the folders in the folder. The set does not have the images in them.
func (f *Files) Folders() []string { return f.passed.folders }

// Transparent returns how many of the images that were drawn have pixels that are not opaque.
func (f *Files) Transparent() int { return count(f.transparent, 1) }

// ManyPages returns how many of the images that were drawn are the first of several in their file.
func (f *Files) ManyPages() int { return count(f.pages, 2) }

// Found returns how many pixels of image i are not opaque, and how many images its file holds. Image i must have been
// drawn.
func (f *Files) Found(i int) (transparent, pages int) {
	return int(f.transparent[i].Load()), int(f.pages[i].Load())
}

// count returns how many of the values are least or more.
func count(values []atomic.Int64, least int64) int {
	n := 0
	for i := range values {
		if values[i].Load() >= least {
			n++
		}
	}
	return n
}

// Memory returns how many bytes Draw takes at most, beyond dst, for all images that it decodes at the same time.
func (f *Files) Memory() float64 {
	return float64(min(f.workers, f.shape.N())) * f.bytes
}

// Draw implements [Set] on all cores, or on fewer if it would otherwise take more than half of the memory that was free
// in [OpenFiles]. It refuses a file whose image has changed its size since then, and a background outside of 0 … 1.
func (f *Files) Draw(dst *conv.Tensor, first int) error {
	return drawOn(f.workers, dst, first, f.shape, func() painter { return f.paint })
}

// paint is a [painter].
func (f *Files) paint(plane []float32, i int) error {
	file, err := openImage(f.ctx, f.paths[i])
	if err != nil {
		return err
	}
	defer file.Close()
	if file.rows != f.shape.H() || file.columns != f.shape.W() || file.bytes > f.bytes {
		return fault.New("stimuli", f.paths[i], "", "has changed: want %d×%d pixels", f.shape.H(), f.shape.W())
	}
	transparent, err := file.draw(plane, f.background)
	f.transparent[i].Store(int64(transparent))
	f.pages[i].Store(int64(file.pages))
	return err
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
