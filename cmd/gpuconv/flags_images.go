package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"gpuconv/batch"
	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/internal/filekind"
	"gpuconv/internal/input"
	"gpuconv/npy"
	"gpuconv/stimuli"
)

// The images of --input: arrays and pictures. Opening a file reads its header. Whether a job is possible is decided by
// headers alone, before the first pixel is read.

// wantImages is what --input takes.
const wantImages = "want a .npy, .npz:key, .png, .jpg, .tif, .bmp or .webp file"

// imageInput is an open file of images. So far only its header has been read.
type imageInput struct {
	batch.Source
	io.Closer
	memory float64      // bytes that drawing takes beyond the images
	check  func() error // with --strict, refuses values that float32 cannot hold: call it before the images are drawn
	seen   func()       // adds notes on the file: call it when all images are drawn
}

// Draw draws images; its error names the flag.
func (i imageInput) Draw(dst *conv.Tensor, first int) error {
	return failed("input", "", i.Source.Draw(dst, first))
}

// openImages opens the file of --input, for filters of this many channels. Arrays are read some images at a time.
func (in *inputs) openImages(ctx context.Context, path string, channels int) (imageInput, error) {
	if path == "" {
		return imageInput{}, refused("input", "", errors.New(wantImages))
	}
	if kind := kindOf(ctx, path); kind != "" && !isArrayKind(kind) {
		return in.openPicture(ctx, path, kind, channels)
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return imageInput{}, failed("input", "", &fault.Error{Argument: path,
			Rule: "a folder: gpuconv run --stimulus DIR convolves the pictures in it, and gpuconv stimuli --input " +
				"DIR makes an array of them; " + wantImages})
	}
	if elsewhere := forRun(path); elsewhere != "" {
		return imageInput{}, failed("input", "", &fault.Error{Argument: path, Rule: elsewhere + "; " + wantImages})
	}
	options, err := in.images.options(channels)
	if err != nil {
		return imageInput{}, err
	}
	array, err := stimuli.OpenArray(ctx, path, options)
	if err != nil {
		return imageInput{}, failed("input", "", err)
	}
	if err := in.images.ofArray(path); err != nil {
		array.Close()
		return imageInput{}, err
	}
	if err := in.layout("input", array, channels); err != nil {
		array.Close()
		return imageInput{}, err
	}
	return imageInput{Source: array, Closer: array, memory: array.Memory(),
		check: func() error { return in.rehearse(ctx, "input", path) },
		seen: func() {
			in.brightness(path, array.Reader().DType())
			_ = in.noteLoss("input", path, array.Reader()) // with --strict, the file has passed the check
		}}, nil
}

// forRun says that only gpuconv run --stimulus takes a text which is not a file: a kind of stimuli, or a pattern of
// names. It returns "" for any other text.
func forRun(text string) string {
	if _, err := os.Stat(text); err == nil {
		return ""
	}
	switch {
	case isPattern(text):
		return `a kind of stimuli: gpuconv run --stimulus "` + text + `" draws them`
	case strings.ContainsAny(text, "*?[") && !strings.Contains(text, ":"):
		return "a pattern of names: gpuconv run --stimulus takes one"
	}
	return ""
}

// kindOf says what the file at path is. It returns "" if there is no such file, as for file.npz:key, which is an array
// in an archive.
func kindOf(ctx context.Context, path string) string {
	file, err := input.Open(ctx, input.Array, path)
	if err != nil {
		return ""
	}
	defer file.Close()
	start, err := io.ReadAll(io.LimitReader(file, filekind.Head))
	if err != nil {
		return ""
	}
	if kind := filekind.Of(path, start); kind != "" {
		return kind
	}
	return "unknown"
}

func isArrayKind(kind string) bool { return kind == filekind.NPY || kind == filekind.ZIP }

// isPicture reports whether a kind of file is one of pictures.
func isPicture(kind string) bool {
	return slices.Contains([]string{filekind.PNG, filekind.JPEG, filekind.TIFF, filekind.BMP, filekind.WebP}, kind)
}

// openPicture opens a picture, and refuses other files. If the name is one of an array, the error is that of opening an
// array.
func (in *inputs) openPicture(ctx context.Context, path, kind string, channels int) (imageInput, error) {
	if !isPicture(kind) && !stimuli.IsImageName(path) {
		_, err := npy.Open(ctx, path)
		if isArray(path) && err != nil {
			return imageInput{}, failed("input", "", err)
		}
		return imageInput{}, failed("input", "", &fault.Error{Argument: path,
			Rule: strings.TrimPrefix(kind+": ", "unknown: ") + wantImages + advice(kind)})
	}
	picture, err := in.openFile(ctx, "input", path, channels)
	if err != nil {
		return imageInput{}, err
	}
	return imageInput{Source: picture, Closer: io.NopCloser(nil), memory: picture.Memory(),
		check: func() error { return nil }, seen: func() { in.pictured(path, picture) }}, nil
}

// pictured notes what a user should know about a picture.
func (in *inputs) pictured(path string, picture *stimuli.Files) {
	transparent, pages := picture.Found(0)
	if transparent > 0 && in.images.background == "" {
		in.note(path, "%d of %d pixels are transparent and lie on black; --background chooses another grey",
			transparent, picture.Pixels(0))
	}
	if pages > 1 {
		in.note(path, "holds %d images, the first is read", pages)
	}
}

// advice says how to make an array of a file of another program, if package npy knows it.
func advice(kind string) string {
	if a := npy.Advice(kind); a != "" {
		return "; " + a
	}
	return ""
}

// openFile opens a picture, for filters of this many channels.
func (in *inputs) openFile(ctx context.Context, flag, path string, channels int) (*stimuli.Files, error) {
	options, err := in.images.options(channels)
	if err != nil {
		return nil, err
	}
	files, err := stimuli.OpenFiles(ctx, path, options)
	if err != nil {
		return nil, failed(flag, "", err)
	}
	return files, nil
}

// ofFiles adds the flag to the error that one of a set of image files could not be drawn.
func ofFiles(flag string, images stimuli.Set, err error) error {
	var of *fault.Error
	if errors.As(err, &of) && (of.Package == "stimuli" || of.Package == "npy") && of.Argument != "" {
		for _, part := range partsOf(images) {
			switch part.(type) {
			case *stimuli.Files, *stimuli.Array:
				return failed(flag, "", err)
			}
		}
	}
	return err
}

// drawn notes what a user should know of image files that were drawn.
func (in *inputs) drawn(files *stimuli.Files) {
	path := files.Path()
	in.passedOver(path, files.PassedOver(), "file that is not an image", "files that are not images")
	in.passedOver(path, files.Folders(), "folder, and what is in it", "folders, and what is in them")
	if n := files.Transparent(); n > 0 && in.images.background == "" {
		in.note(path, "%d of %d images have transparent pixels, which lie on black; --background chooses another grey",
			n, files.Shape().N())
	}
}

// passedOver notes what a folder holds beside images, and names the first few.
func (in *inputs) passedOver(path string, names []string, one, many string) {
	const most = 5
	text, what := strings.Join(names[:min(most, len(names))], ", "), many
	switch {
	case len(names) == 0:
		return
	case len(names) == 1:
		what = one
	case len(names) > most:
		text += ", …"
	}
	in.note(path, "passed over %d %s: %s", len(names), what, fault.Printable(text))
}

// brightness notes that the numbers of a uint8 or uint16 array are taken as they are, because those of pictures become
// 0 … 1.
func (in *inputs) brightness(path, dtype string) {
	if e := element(dtype); e == "uint8" || e == "uint16" {
		white := map[string]int{"uint8": 255, "uint16": 65535}[e]
		in.note(path, "%s, read as the numbers 0 … %d; the pixels of a .png are 0 … 1", e, white)
	}
}

// layout refuses an array that the filters' channels do not fit if it may be [N, H, W, C], as most Python programs keep
// pictures. Without filters it notes such an array, and always one that may be [H, W, C].
func (in *inputs) layout(flag string, array *stimuli.Array, channels int) error {
	const few, many = 4, 5 // channels of a picture, and rows or columns
	const turned = "numpy.moveaxis(x, -1, 1) in Python makes it [N, C, H, W]"
	shape := array.Reader().Shape()
	at := len(shape) - 1
	batch := at == 3 && shape[3] <= few && shape[1] >= many
	switch {
	case batch && channels > 0 && shape[1] != channels:
		return refused(flag, array.Path(), fmt.Errorf("shape %v: want %s; if the channels are last: "+turned, shape,
			counted(channels, "channel")))
	case batch && channels <= 0:
		in.note(array.Path(), "shape %v is read as %s of %s of %d×%d; if the channels are last: "+turned, shape,
			counted(shape[0], "image"), counted(shape[1], "channel"), shape[2], shape[3])
	case at == 2 && shape[2] <= few && shape[0] >= many && shape[1] >= many:
		in.note(array.Path(), "shape %v is read as %d images of %d×%d; if it is one picture with the channels last, "+
			"numpy.moveaxis(x, -1, 0)[None] in Python makes it [1, C, H, W]", shape, shape[0], shape[1], shape[2])
	}
	return nil
}

// forColours completes the error which says that filters of one channel do not fit images of three: it adds how such
// images become grey.
func forColours(src, weight conv.Shape, err error) error {
	var about *conv.ShapeError
	if errors.As(err, &about) && about.Arg == "weight" && src.C() == 3 && weight.C() == 1 {
		return usage(fmt.Errorf("%w; --colour grey makes images of three channels grey", plain(err)))
	}
	return usage(plain(err))
}

// rehearse, with --strict, reads an array to its end and refuses it if float32 cannot hold a value.
func (in *inputs) rehearse(ctx context.Context, flag, path string) error {
	if !in.strict {
		return nil
	}
	reader, err := npy.Open(ctx, path)
	if err != nil {
		return failed(flag, "", err)
	}
	defer reader.Close()
	if err := reader.Scan(); err != nil {
		return failed(flag, "", err)
	}
	return in.noteLoss(flag, path, reader)
}
