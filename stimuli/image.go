package stimuli

import (
	"errors"
	"image"
	"image/color"
	_ "image/jpeg" // the formats that ReadImage knows
	_ "image/png"
	"io"
	"os"

	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/internal/filekind"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"
)

// maxPixels bounds an image file at 1 GiB of float32.
const maxPixels = 1 << 28

// wantPicture is the rule for a file that is no picture.
const wantPicture = "want a PNG, JPEG, TIFF, BMP or WebP image"

// Picture is an image from a file.
type Picture struct {
	Pixels      *conv.Tensor // grey [1, 1, H, W], upright
	Transparent int          // pixels that are not opaque, so that the background shows
	Pages       int          // images in the file; the first is read
}

// ReadImage reads a PNG, JPEG, TIFF, BMP or WebP file as one grey image [1, 1, H, W] with pixels from 0 (black) to 1
// (white). The first bytes of a file decide what it is, not its name. A pixel is 0.299 R + 0.587 G + 0.114 B, the luma
// of ITU-R BT.601, of the values as they are stored, without gamma. Transparent pixels lie on a background, a grey from
// 0 to 1: α·pixel + (1−α)·background. An image that EXIF says to be on its side is turned upright. ReadImage refuses
// other files by name, backgrounds outside of 0 … 1, and images of more than 2²⁸ pixels.
func ReadImage(path string, background float64) (Picture, error) {
	if !(background >= 0 && background <= 1) {
		return Picture{}, fault.New("stimuli", "background", background, "want a grey from 0 (black) to 1 (white)")
	}
	file, err := os.Open(path)
	if err != nil {
		return Picture{}, &fault.Error{Package: "stimuli", Err: err}
	}
	defer file.Close()
	h, err := readHead(file, path)
	if err != nil {
		return Picture{}, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return Picture{}, &fault.Error{Package: "stimuli", Err: err}
	}
	decoded, _, err := image.Decode(file)
	if err != nil {
		return Picture{}, &fault.Error{Package: "stimuli", Argument: path, Err: errors.New(named(h.kind) + err.Error())}
	}
	pixels, transparent, err := grey(decoded, h.turn, background)
	return Picture{Pixels: pixels, Transparent: transparent, Pages: h.pages}, err
}

// imageSize reads the header of an image file and returns its size when it is upright.
func imageSize(path string) (rows, columns int, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, 0, &fault.Error{Package: "stimuli", Err: err}
	}
	defer file.Close()
	h, err := readHead(file, path)
	return h.rows, h.columns, err
}

// head is what a picture's file says before its pixels.
type head struct {
	kind          string
	rows, columns int // upright
	turn          turned
	pages         int
}

// readHead finds out what a file is and refuses what cannot become a picture.
func readHead(file *os.File, path string) (h head, err error) {
	h.kind, err = kindOf(file, path)
	if err != nil {
		return h, &fault.Error{Package: "stimuli", Argument: path, Err: err}
	}
	if !isPicture(h.kind) {
		return h, &fault.Error{Package: "stimuli", Argument: path, Err: errors.New(named(h.kind) + wantPicture)}
	}
	config, _, err := image.DecodeConfig(file)
	if err != nil {
		return h, &fault.Error{Package: "stimuli", Argument: path, Err: errors.New(named(h.kind) + err.Error())}
	}
	if n, err := conv.Product(config.Width, config.Height); err != nil || n > maxPixels {
		return h, fault.New("stimuli", path, "", "%d×%d pixels: want at most %d", config.Height, config.Width,
			maxPixels)
	}
	if n, _ := conv.Product(config.Width, config.Height); n == 0 {
		return h, fault.New("stimuli", path, "", "%d×%d pixels: want at least one", config.Height, config.Width)
	}
	h.turn, h.pages = readOrientation(file, h.kind), 1
	if h.kind == filekind.TIFF {
		h.pages = tiffPages(file)
	}
	h.rows, h.columns = h.turn.size(config.Height, config.Width)
	return h, nil
}

// kindOf says what a file is and goes back to its start.
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

func isPicture(kind string) bool {
	switch kind {
	case filekind.PNG, filekind.JPEG, filekind.TIFF, filekind.BMP, filekind.WebP:
		return true
	}
	return false
}

// named puts a kind before a rule.
func named(kind string) string {
	if kind == "" {
		return ""
	}
	return kind + ": "
}

// grey turns an image upright and lays it on a background.
func grey(decoded image.Image, turn turned, background float64) (*conv.Tensor, int, error) {
	bounds := decoded.Bounds()
	rows, columns := turn.size(bounds.Dy(), bounds.Dx())
	made, err := conv.NewTensor(conv.Shape{1, 1, rows, columns})
	if err != nil {
		return nil, 0, err
	}
	transparent := 0
	for i := range made.Data {
		y, x := turn.from(i/columns, i%columns, bounds.Dy(), bounds.Dx())
		luma, alpha := luma(decoded.At(bounds.Min.X+x, bounds.Min.Y+y))
		if alpha < 1 {
			transparent++
		}
		made.Data[i] = float32(luma + (1-alpha)*background)
	}
	return made, transparent, nil
}

// luma returns the luma of a colour times its opacity, and the opacity.
func luma(c color.Color) (luma, alpha float64) {
	weighted := func(r, g, b uint32) float64 { // of 16 bits each
		return (299*float64(r) + 587*float64(g) + 114*float64(b)) / (1000 * 0xffff)
	}
	switch c := c.(type) { // RGBA rounds the product of colour and opacity
	case color.NRGBA:
		alpha = float64(c.A) / 0xff
		return weighted(0x101*uint32(c.R), 0x101*uint32(c.G), 0x101*uint32(c.B)) * alpha, alpha
	case color.NRGBA64:
		alpha = float64(c.A) / 0xffff
		return weighted(uint32(c.R), uint32(c.G), uint32(c.B)) * alpha, alpha
	}
	r, g, b, a := c.RGBA()
	return weighted(r, g, b), float64(a) / 0xffff
}
