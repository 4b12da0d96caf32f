package stimuli

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"

	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/internal/filekind"
	"gpuconv/internal/input"
	"gpuconv/whole"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"
)

// maxPixels bounds an image file at 1 GiB of float32.
const maxPixels = 1 << 28

// wantPicture is the rule in the error for a file that is not a picture.
const wantPicture = "want a PNG, JPEG, TIFF, BMP or WebP image"

// Picture is an image from a file.
type Picture struct {
	Pixels      *conv.Tensor // grey [1, 1, H, W], upright
	Transparent int          // how many pixels are not opaque, so that the background shows
	Pages       int          // how many images the file holds; only the first is read
}

// ReadImage reads a PNG, JPEG, TIFF, BMP or WebP file as one grey image [1, 1, H, W] with pixels from 0 (black) to 1
// (white). The first bytes of a file decide its kind, not its name. A pixel is 0.299 R + 0.587 G + 0.114 B, the luma of
// ITU-R BT.601, of the stored values, without a correction of gamma. Transparent pixels lie on a background, a grey
// from 0 to 1: α·pixel + (1−α)·background. If EXIF says that the image is turned or mirrored, ReadImage turns it
// upright. It refuses files of other kinds, backgrounds outside of 0 … 1, and images of more than 2²⁸ pixels. Reading
// ends soon after ctx is done.
func ReadImage(ctx context.Context, path string, background float64) (Picture, error) {
	f, err := openImage(ctx, path)
	if err != nil {
		return Picture{}, err
	}
	defer f.Close()
	pixels, err := conv.NewTensor(conv.Shape{1, 1, f.rows, f.columns})
	if err != nil {
		return Picture{}, err
	}
	transparent, err := f.draw(pixels.Data, background)
	return Picture{Pixels: pixels, Transparent: transparent, Pages: f.pages}, err
}

// imageFile is the open file of a picture.
type imageFile struct {
	*input.File
	ctx  context.Context
	path string
	page int // of a TIFF, from 0
	head
}

// head is what a picture's file says about its pixels.
type head struct {
	kind          string      // as package filekind names it
	rows, columns int         // of the upright image
	turn          turned      // how the stored image is turned
	pages         int         // how many images the file holds
	offset        uint32      // of the directory of this page of a TIFF
	directories   []directory // of all pages of a TIFF
	cut           error       // says that a TIFF has more pages, which cannot be read
	bytes         float64     // memory that decoding takes, beyond the pixels in float32
}

// like reports whether two heads say the same.
func (h *head) like(other *head) bool {
	return h.kind == other.kind && h.rows == other.rows && h.columns == other.columns && h.turn == other.turn &&
		h.pages == other.pages && h.offset == other.offset && h.bytes == other.bytes && h.cut == nil &&
		other.cut == nil && h.directories == nil && other.directories == nil
}

// openImage opens a file and reads the head of its first image.
func openImage(ctx context.Context, path string) (*imageFile, error) {
	return openPage(ctx, path, 0, nil)
}

// openPage opens a file and reads the head of one of its images. pages are the directories of a TIFF, if they are
// known: to find those of a long stack takes time.
func openPage(ctx context.Context, path string, page int, pages []directory) (*imageFile, error) {
	file, err := input.Open(ctx, input.Picture, path)
	if err != nil {
		return nil, &fault.Error{Package: "stimuli", Argument: path, Err: whole.Cause(err)}
	}
	f := &imageFile{File: file, ctx: ctx, path: path, page: page, head: head{directories: pages}}
	if err := f.readHead(); err != nil {
		file.Close()
		return nil, err
	}
	return f, nil
}

// imageHead reads the head of an image file.
func imageHead(ctx context.Context, path string) (head, error) {
	f, err := openImage(ctx, path)
	if err != nil {
		return head{}, err
	}
	defer f.Close()
	return f.head, nil
}

// readHead finds out what a file is, and refuses files that cannot become a picture.
func (f *imageFile) readHead() (err error) {
	if f.kind, err = kindOf(f, f.path); err != nil {
		return f.failed(err)
	}
	read := decoderOf(f.kind)
	if read.config == nil {
		return f.failed(errors.New(wantPicture))
	}
	f.pages = 1
	if f.kind == filekind.TIFF {
		if f.directories == nil {
			f.directories, f.cut = tiffPages(f)
		}
		if f.pages = max(1, len(f.directories)); f.page < len(f.directories) {
			f.offset = f.directories[f.page].offset
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return f.failed(err)
		}
	}
	if f.page >= f.pages {
		return f.failed(fmt.Errorf("page %d: want one of the %d that it has", f.page, f.pages))
	}
	config, err := read.config(f.stored())
	if err != nil {
		return f.failed(err)
	}
	if n, err := conv.Product(config.Width, config.Height); err != nil || n > maxPixels {
		return fault.New("stimuli", f.path, "", "%d×%d pixels: want at most %d", config.Height, config.Width, maxPixels)
	}
	if n, _ := conv.Product(config.Width, config.Height); n <= 0 {
		return fault.New("stimuli", f.path, "", "%d×%d pixels: want at least one", config.Height, config.Width)
	}
	if f.page == 0 {
		f.turn = readOrientation(f, f.kind)
	} else {
		f.turn = max(1, f.directories[f.page].turn)
	}
	f.bytes = price(f.File, f.kind, config)
	f.rows, f.columns = f.turn.size(config.Height, config.Width)
	return f.ctx.Err()
}

// unchanged returns an error if the file is not as it was seen.
func (f *imageFile) unchanged(since input.Seen) error {
	if err := f.Unchanged(&since); err != nil {
		return &fault.Error{Package: "stimuli", Argument: f.path, Err: whole.Cause(err)}
	}
	return nil
}

// failed adds to err the name of the file, and its kind.
func (f *imageFile) failed(err error) error {
	if f.ctx.Err() != nil {
		return &fault.Error{Package: "stimuli", Argument: f.path, Err: f.ctx.Err()}
	}
	return &fault.Error{Package: "stimuli", Argument: f.path,
		Err: errors.New(named(f.kind) + err.Error() + supported(err))}
}

// supported says which variants a decoder reads, if err is about one that it does not read.
func supported(err error) string {
	var variant tiff.UnsupportedError
	switch {
	case errors.As(err, &variant):
		return ": want grey, RGB or palette of 1, 8 or 16 bits without a sign, plain, LZW, Deflate, PackBits or " +
			"CCITT, or a .npy file that Python makes of it: numpy.save(\"x.npy\", PIL.Image.open(FILE).convert(\"F\"))"
	case errors.Is(err, bmp.ErrUnsupported):
		return ": want 1, 2, 4, 8, 24 or 32 bits a pixel, uncompressed"
	}
	return ""
}

// stored returns the file as its decoder reads it: a later page of a TIFF becomes the first.
func (f *imageFile) stored() io.Reader {
	if f.offset == 0 {
		return f
	}
	return &tiffPage{f: f, offset: f.offset}
}

// draw decodes the image into plane, upright and on a background.
func (f *imageFile) draw(plane []float32, background float64) (transparent int, err error) {
	decoded, err := f.decode(background)
	if err != nil {
		return 0, err
	}
	return grey(f.ctx, plane, decoded, f.turn, background)
}

// drawColour decodes the image into the planes R, G and B, upright and on a background.
func (f *imageFile) drawColour(planes *[3][]float32, background float64) (transparent int, err error) {
	decoded, err := f.decode(background)
	if err != nil {
		return 0, err
	}
	return colours(f.ctx, planes, decoded, f.turn, background)
}

// decode decodes the image as it is stored.
func (f *imageFile) decode(background float64) (image.Image, error) {
	if !(background >= 0 && background <= 1) {
		return nil, fault.New("stimuli", "background", background, "want a grey from 0 (black) to 1 (white)")
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, f.failed(err)
	}
	decoded, err := decoderOf(f.kind).decode(f.stored())
	if err != nil {
		return nil, f.failed(err)
	}
	size := decoded.Bounds().Size()
	if rows, columns := f.turn.size(size.Y, size.X); rows != f.rows || columns != f.columns {
		return nil, f.failed(errors.New("its size is not the one in its header"))
	}
	if bits, ok := decoded.(*image.Gray); ok && f.page < len(f.directories) && f.directories[f.page].inverted {
		for i, v := range bits.Pix {
			bits.Pix[i] = ^v
		}
	}
	return decoded, nil
}

// decoder reads files of one kind. This package calls decoders itself, because package image gives them a reader that
// cannot seek: the decoder of TIFF would then keep the whole file in memory.
type decoder struct {
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

func decoderOf(kind string) decoder {
	switch kind {
	case filekind.PNG:
		return decoder{png.DecodeConfig, png.Decode}
	case filekind.JPEG:
		return decoder{jpeg.DecodeConfig, jpeg.Decode}
	case filekind.TIFF:
		return decoder{tiff.DecodeConfig, tiff.Decode}
	case filekind.BMP:
		return decoder{bmp.DecodeConfig, bmp.Decode}
	case filekind.WebP:
		return decoder{webp.DecodeConfig, decodeWebP}
	}
	return decoder{}
}

// kindOf returns the kind of a file, and goes back to its start.
func kindOf(file io.ReadSeeker, path string) (string, error) {
	start := make([]byte, filekind.Head)
	n, err := io.ReadFull(file, start)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return "", err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	return filekind.Of(path, start[:n]), nil
}

func isPicture(kind string) bool { return decoderOf(kind).decode != nil }

// named returns a kind as the beginning of an error, or "" if it is not known.
func named(kind string) string {
	if kind == "" {
		return ""
	}
	return kind + ": "
}
