package stimuli

import (
	"cmp"
	"context"
	"fmt"
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

// Files is a [Set] of images of one size that are in files. A file may have several, as pages. Each is read when it is
// drawn.
type Files struct {
	ctx         context.Context // ends reading
	named       string          // the file or folder with the first image, as the caller named it
	items       []item
	shape       conv.Shape
	options     Options
	passed      passedOver
	workers     int            // how many decode at the same time
	bytes       float64        // memory that the costliest image takes while it is decoded
	transparent []atomic.Int64 // pixels that are not opaque, of each image that was drawn
	pages       []atomic.Int64 // images in the file, of each image that was drawn
	seen        []input.Seen   // the file of each image, if Identify was called
}

// item is an image of a file. There may be a million.
type item struct {
	path  string
	page  int // from 0
	*head     // shared by images whose heads are alike
}

// About how many bytes of memory these take: an item with its path, a head, and what the head of a TIFF says about one
// of its pages. TestFilesList guards them.
const (
	itemBytes = 160
	headBytes = 128
	pageBytes = 16
)

// listBytes estimates how much memory the list of images takes. Pictures of a kind and size share a head. Each page of
// a TIFF has a head of its own, and so has nearly every WebP file.
func (f *Files) listBytes() float64 {
	bytes := itemBytes * float64(len(f.items))
	for i, of := range f.items {
		if i > 0 && of.head == f.items[i-1].head {
			continue
		}
		bytes += headBytes
		if of.page == 0 { // the pages of a file share the directories
			bytes += pageBytes * float64(len(of.directories))
		}
	}
	return bytes
}

// OpenFiles returns the set of an image file, or of the images in a folder. It reads the first image of each file,
// whatever o.FirstPage is. With the zero Options images are grey, as [ReadImage] reads them. In a folder it takes files
// whose names [IsImageName] accepts, and files without an extension that are images. It skips all others:
// [Files.PassedOver] and [Files.Folders] list them, except hidden files and files that systems leave in folders. Images
// are in the order of their names. Numbers in names count by value: img2 comes before img10. OpenFiles reads only the
// headers of the files. It refuses folders without images, and images whose size after o.Resize and o.Crop differs from
// that of the first. ctx ends all reading, also in Draw.
func OpenFiles(ctx context.Context, path string, o Options) (*Files, error) {
	o.FirstPage = true
	sets, err := OpenSizes(ctx, []string{path}, o)
	if err != nil {
		return nil, err
	}
	if len(sets) > 1 {
		first, other := sets[0], sets[1]
		return nil, fault.New("stimuli", other.items[0].path, "", "%d×%d pixels: want %d×%d as in %s", other.shape.H(),
			other.shape.W(), first.shape.H(), first.shape.W(), first.items[0].path)
	}
	return sets[0], nil
}

// OpenSizes returns the images of files and folders, as [OpenFiles] finds them, in the order of paths. Images of
// different sizes are in different sets, in the order in which the sizes first appear. Each page of a TIFF is an image,
// unless o.FirstPage is set. It refuses images that are smaller than o.Crop and, unless o.FirstPage is set, a TIFF with
// pages that cannot be read.
func OpenSizes(ctx context.Context, paths []string, o Options) ([]*Files, error) {
	var sets []*Files
	var passed passedOver
	last := &head{}
	for _, path := range paths {
		found, over, err := imagesAt(ctx, path)
		if err != nil {
			return nil, err
		}
		passed.files, passed.folders = append(passed.files, over.files...), append(passed.folders, over.folders...)
		for _, p := range found {
			pages, err := pagesOf(ctx, p, o)
			if err != nil {
				return nil, err
			}
			for _, i := range pages {
				if i.head.like(last) {
					i.head = last
				}
				last = i.head
				rows, columns, err := o.Size(i.rows, i.columns)
				if err != nil {
					return nil, &fault.Error{Package: "stimuli", Argument: i.path, Err: err}
				}
				shape := conv.Shape{0, o.Colour.Channels(), rows, columns}
				at := slices.IndexFunc(sets, func(f *Files) bool { return f.shape == shape })
				if at < 0 {
					at, sets = len(sets), append(sets, &Files{ctx: ctx, shape: shape, options: o, named: path})
				}
				sets[at].items = append(sets[at].items, i)
			}
		}
	}
	if len(sets) > 0 {
		sets[0].passed = passed
	}
	for _, f := range sets {
		f.complete()
	}
	return sets, nil
}

// imagesAt lists the images at a path: a file, or a folder of files.
func imagesAt(ctx context.Context, path string) ([]string, passedOver, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, passedOver{}, &fault.Error{Package: "stimuli", Argument: path, Err: whole.Cause(err)}
	}
	if info.IsDir() {
		return imagesIn(ctx, path)
	}
	return []string{path}, passedOver{}, nil
}

// pagesOf returns the images of a file.
func pagesOf(ctx context.Context, path string, o Options) ([]item, error) {
	first, err := imageHead(ctx, path)
	if err != nil {
		return nil, err
	}
	if first.cut != nil && len(first.directories) > 0 && !o.FirstPage {
		return nil, &fault.Error{Package: "stimuli", Argument: path, Err: first.cut}
	}
	items := []item{{path: path, head: &first}}
	for page := 1; page < first.pages && !o.FirstPage; page++ {
		f, err := openPage(ctx, path, page, first.directories)
		if err != nil {
			return nil, err
		}
		items = append(items, item{path: path, page: page, head: &f.head})
		f.Close()
	}
	return items, nil
}

// complete counts the images, and computes how much memory it takes to decode them.
func (f *Files) complete() {
	f.shape[0] = len(f.items)
	for _, i := range f.items {
		bytes := i.bytes
		if !f.options.plain() { // three planes, and those of resizing
			bytes += 4*4*float64(i.rows)*float64(i.columns) + f.options.resizeBytes(i.rows, i.columns)
		}
		f.bytes = max(f.bytes, bytes)
	}
	f.workers = max(1, int(min(float64(runtime.GOMAXPROCS(0)), machine.FreeMemory()/2/(f.bytes+1))))
	f.transparent, f.pages = make([]atomic.Int64, len(f.items)), make([]atomic.Int64, len(f.items))
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
		case isSystemFile(e.Name()):
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

// isSystemFile reports whether a file was not put into a folder by its user: hidden files such as .DS_Store, and files
// that Windows, macOS and network drives leave.
func isSystemFile(name string) bool {
	return strings.HasPrefix(name, ".") || slices.Contains([]string{"thumbs.db", "ehthumbs.db", "ehthumbs_vista.db",
		"desktop.ini", "icon\r", "__macosx", "@eadir", "$recycle.bin", "system volume information"},
		strings.ToLower(name))
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

// SortNames sorts names in the order of the images of a folder: numbers in them count by value.
func SortNames(names []string) { slices.SortFunc(names, naturally) }

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

// Shape returns [N, C, H, W]. C is 1, or 3 for colours.
func (f *Files) Shape() conv.Shape { return f.shape }

// Path returns the file or folder with the first image, as the caller of [OpenFiles] named it.
func (f *Files) Path() string { return f.named }

// PassedOver returns the names of those files in the folder that are not in the set. It leaves out hidden files, and
// files that systems leave in folders.
func (f *Files) PassedOver() []string { return f.passed.files }

// Folders returns the names of the folders in the folder. The set does not have the images in them.
func (f *Files) Folders() []string { return f.passed.folders }

// Transparent returns how many of the images that were drawn have pixels that are not opaque.
func (f *Files) Transparent() (n int) {
	for i := range f.transparent {
		if f.transparent[i].Load() > 0 {
			n++
		}
	}
	return n
}

// Found returns how many pixels of image i are not opaque, and how many images its file holds. Image i must have been
// drawn.
func (f *Files) Found(i int) (transparent, pages int) {
	return int(f.transparent[i].Load()), int(f.pages[i].Load())
}

// Pixels returns how many pixels the file of image i has, before Resize and Crop.
func (f *Files) Pixels(i int) int { return f.items[i].rows * f.items[i].columns }

// Memory returns how many bytes Draw takes at most, beyond dst, for all images that it decodes at the same time.
func (f *Files) Memory() float64 {
	return float64(min(f.workers, f.shape.N())) * f.bytes
}

// Draw implements [Set] on all cores, or on fewer if it would otherwise take more than half of the memory that was free
// in [OpenFiles]. It refuses a file whose image has changed its size since then, one that was changed since
// [Files.Identify], and a background outside of 0 … 1.
func (f *Files) Draw(dst *conv.Tensor, first int) error {
	return drawOn(f.workers, dst, first, f.shape, func() painter { return f.newPainter() })
}

// newPainter returns a painter that keeps its planes from one image to the next.
func (f *Files) newPainter() painter {
	var scratch []float32
	return func(image []float32, i int) error {
		of := f.items[i]
		var pages []directory
		if of.page > 0 {
			pages = of.directories
		}
		file, err := openPage(f.ctx, of.path, of.page, pages)
		if err != nil {
			return err
		}
		defer file.Close()
		if file.rows != of.rows || file.columns != of.columns || file.bytes > f.bytes {
			return fault.New("stimuli", of.path, "", "has changed: want %d×%d pixels", of.rows, of.columns)
		}
		transparent := 0
		if size := of.rows * of.columns; f.options.plain() {
			transparent, err = file.draw(image, f.options.Background)
		} else {
			if len(scratch) < 3*size {
				scratch = make([]float32, 3*size)
			}
			transparent, err = f.options.paint(file, image, scratch[:3*size])
		}
		if err == nil && f.seen != nil { // now, because somebody may have written it while it was decoded
			err = file.unchanged(f.seen[i])
		}
		f.transparent[i].Store(int64(transparent))
		f.pages[i].Store(int64(file.pages))
		return err
	}
}

// paint decodes a file into the channels of an image. scratch has room for three planes.
func (o Options) paint(file *imageFile, image, scratch []float32) (transparent int, err error) {
	size := len(scratch) / 3
	planes := [3][]float32{scratch[:size], scratch[size : 2*size], scratch[2*size:]}
	if o.Colour == Grey && !o.Linear {
		if transparent, err = file.draw(planes[0], o.Background); err == nil {
			o.finish(image, planes[:1], file.rows, file.columns)
		}
		return transparent, err
	}
	if transparent, err = file.drawColour(&planes, o.Background); err == nil {
		o.finish(image, planes[:], file.rows, file.columns)
	}
	return transparent, err
}

// Table names the file of each image, and the page if a file has several.
func (f *Files) Table() (*param.Table, error) { return f.tableRows(0, len(f.items)) }

// tableRows implements [tabler].
func (f *Files) tableRows(first, n int) (*param.Table, error) {
	t := param.NewTable("image")
	names, pages := make([]string, n), make([]float64, n)
	for i, of := range f.items[first : first+n] {
		t.Add("image")
		names[i], pages[i] = filepath.Base(of.path), float64(of.page)
	}
	several := slices.ContainsFunc(f.items, func(of item) bool { return of.page > 0 })
	t.Columns = append(t.Columns, param.Column{Name: "file", Words: names})
	if several {
		t.Columns = append(t.Columns, param.Column{Name: "page", Numbers: pages})
	}
	return t, nil
}

// Title returns the name of the file, and the page if it has several.
func (f *Files) Title(i int) string {
	name := filepath.Base(f.items[i].path)
	if of := f.items[i]; of.pages > 1 && !f.options.FirstPage {
		name += fmt.Sprintf(" page %d", of.page)
	}
	return name
}
