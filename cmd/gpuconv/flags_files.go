package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"gpuconv/batch"
	"gpuconv/conv"
	"gpuconv/experiment"
	"gpuconv/fault"
	"gpuconv/internal/filekind"
	"gpuconv/internal/input"
	"gpuconv/npy"
	"gpuconv/param"
	"gpuconv/stimuli"

	"github.com/spf13/pflag"
)

// The files of flags: images that are convolved, weights and biases.

// inputs reads files, and collects what a user should know of them. The notes are printed when the job is done, so that
// a job that fails has one line on stderr.
type inputs struct {
	strict     bool
	background string // of pictures, as it was typed
	notes      []string
	overflown  bool // a note says that numbers became infinite
}

func (in *inputs) register(flags *pflag.FlagSet) {
	flags.BoolVar(&in.strict, "strict", false, "refuse files with numbers that float32 cannot hold: a float64 of 1e300 "+
		"becomes infinite,\nan integer above 2²⁴ another one; without it a line says how many")
}

// registerBackground adds the flag of verbs that read pictures.
func (in *inputs) registerBackground(flags *pflag.FlagSet) {
	flags.StringVar(&in.background, "background", "", "what transparent pixels of pictures lie on: a grey 0 … 1, black or "+
		"white (default black, and a line\nsays so)")
}

// wantImages is what --input takes.
const wantImages = "want a .npy, .npz:key, .png, .jpg, .tif, .bmp or .webp file"

// grey reads --background.
func (in *inputs) grey() (float64, error) {
	switch in.background {
	case "", "black":
		return 0, nil
	case "white":
		return 1, nil
	}
	grey, err := param.ParseNumber(in.background)
	if err != nil || !(grey >= 0 && grey <= 1) {
		return 0, misread("background", in.background, errors.New("want a grey from 0 (black) to 1 (white), black or white"))
	}
	return grey, nil
}

// note adds a line for stderr about a file.
func (in *inputs) note(path, format string, args ...any) {
	in.notes = append(in.notes, fmt.Sprintf("note: %s: %s", fault.Printable(path), fmt.Sprintf(format, args...)))
}

// say adds lines for stderr as they are.
func (in *inputs) say(lines []string) {
	for _, line := range lines {
		in.notes = append(in.notes, "note: "+line)
	}
}

// notFinite notes how many outputs in a file are no numbers, if any are. That they are infinite is no news if numbers
// of the inputs became so.
func (in *inputs) notFinite(path string, found experiment.NotFinite) {
	if said := found.String(); said != "" && (found.NaN > 0 || !in.overflown) {
		in.note(path, "%s", said)
	}
}

// print writes the notes, each on a line, and forgets them.
func (in *inputs) print(stderr io.Writer) {
	for _, n := range in.notes {
		fmt.Fprintln(stderr, "gpuconv:", oneLine(n))
	}
	in.notes = nil
}

// take notes what float32 could not hold of a file's elements, or refuses the file if the user is strict.
func (in *inputs) take(flag, path string, read *npy.Reader) error {
	return in.lose(flag, path, read.DType(), read.Lost(), read.Done())
}

// lose is take for what was lost of so many elements of a type.
func (in *inputs) lose(flag, path, dtype string, lost npy.Loss, of int) error {
	switch {
	case !lost.Any():
		return nil
	case in.strict:
		return refused(flag, path, fmt.Errorf("%s, read as float32: want without --strict, or numbers that fit: %s",
			element(dtype), lost.Say(of)))
	}
	in.overflown = in.overflown || lost.Infinite > 0
	in.note(path, "%s, read as float32: %s", element(dtype), lost.Say(of))
	return nil
}

// imageFile is the images of a file.
type imageFile interface {
	batch.Source
	io.Closer
}

// openImages opens the file of --input. Arrays are read some images at a time; seen, called when all were read, notes
// what was lost. If the user is strict they are read to the end before.
func (in *inputs) openImages(ctx context.Context, path string) (images imageFile, seen func(), err error) {
	if path == "" {
		return nil, nil, refused("input", "", errors.New(wantImages))
	}
	switch kind := kindOf(ctx, path); {
	case kind != "" && !isArrayKind(kind):
		images, err = in.openPicture(ctx, path, kind)
		return images, func() {}, err
	}
	reader, err := npy.Open(ctx, path)
	if err != nil {
		return nil, nil, failed("input", "", err)
	}
	if in.background != "" {
		reader.Close()
		return nil, nil, refused("background", in.background, fmt.Errorf("%s is no picture", fault.Printable(path)))
	}
	array, err := npy.NewImages(reader)
	if err != nil {
		reader.Close()
		return nil, nil, refused("input", path, err)
	}
	if in.strict {
		if err := in.rehearse(ctx, "input", path); err != nil {
			reader.Close()
			return nil, nil, err
		}
	}
	in.brightness(path, reader.DType())
	seen = func() { _ = in.take("input", path, reader) }
	return array, seen, nil
}

// kindOf says what the file is that a path names; nothing if there is none, or an array in an archive.
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

// openPicture reads a picture, and refuses what is none: in the words of arrays if its name is one of an array.
func (in *inputs) openPicture(ctx context.Context, path, kind string) (imageFile, error) {
	grey, err := in.grey()
	if err != nil {
		return nil, err
	}
	switch kind {
	case filekind.PNG, filekind.JPEG, filekind.TIFF, filekind.BMP, filekind.WebP:
	default:
		if !stimuli.IsImageName(path) {
			_, err := npy.Open(ctx, path)
			if isArray(path) && err != nil {
				return nil, failed("input", "", err)
			}
			return nil, failed("input", "", &fault.Error{Argument: path, Rule: strings.TrimPrefix(kind+": ", "unknown: ") +
				wantImages + advice(kind)})
		}
	}
	image, err := stimuli.ReadImage(ctx, path, grey)
	if err != nil {
		return nil, failed("input", "", err)
	}
	if image.Transparent > 0 && in.background == "" {
		in.note(path, "%d of %d pixels are transparent and lie on black; --background chooses another grey",
			image.Transparent, len(image.Pixels.Data))
	}
	if image.Pages > 1 {
		in.note(path, "holds %d images, the first is read", image.Pages)
	}
	return picture{batch.InMemory{Images: image.Pixels}}, nil
}

// advice says how to make an array of a file that is another's.
func advice(kind string) string {
	if a := npy.Advice(kind); a != "" {
		return "; " + a
	}
	return ""
}

// openFiles opens a set of image files.
func (in *inputs) openFiles(ctx context.Context, flag, path string) (*stimuli.Files, error) {
	grey, err := in.grey()
	if err != nil {
		return nil, err
	}
	if isArrayKind(kindOf(ctx, path)) || strings.Contains(path, ".npz:") {
		return nil, refused(flag, path, errors.New("an array: want pictures; gpuconv conv --input convolves arrays"))
	}
	files, err := stimuli.OpenFiles(ctx, path, grey)
	if err != nil {
		return nil, failed(flag, "", err)
	}
	return files, nil
}

// drawn notes what a user should know of image files that were drawn.
func (in *inputs) drawn(path string, images stimuli.Set) {
	files, ok := images.(*stimuli.Files)
	if !ok {
		return
	}
	in.passedOver(path, files.PassedOver(), "file that is no image", "files that are no images")
	in.passedOver(path, files.Folders(), "folder, and what is in it", "folders, and what is in them")
	if n := files.Transparent(); n > 0 && in.background == "" {
		in.note(path, "%d of %d images have transparent pixels, which lie on black; --background chooses another grey", n,
			images.Shape().N())
	}
	if n := files.ManyPages(); n > 0 {
		in.note(path, "%d of %d files hold several images, the first of each is read", n, images.Shape().N())
	}
}

// passedOver names some of what a folder holds beside images.
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

// brightness says of bytes how bright they are, since pictures differ.
func (in *inputs) brightness(path, dtype string) {
	if e := element(dtype); e == "uint8" || e == "uint16" {
		white := map[string]int{"uint8": 255, "uint16": 65535}[e]
		in.note(path, "%s, read as the numbers 0 … %d; the pixels of a .png are 0 … 1", e, white)
	}
}

// rehearse reads an array to its end and refuses it if anything is lost.
func (in *inputs) rehearse(ctx context.Context, flag, path string) error {
	reader, err := npy.Open(ctx, path)
	if err != nil {
		return failed(flag, "", err)
	}
	defer reader.Close()
	if err := reader.Scan(); err != nil {
		return failed(flag, "", err)
	}
	return in.take(flag, path, reader)
}

// element names a type of elements as NumPy does: int64 for <i8.
func element(dtype string) string {
	kinds := map[byte]string{'f': "float", 'i': "int", 'u': "uint", 'b': "bool"}
	kind := strings.TrimLeft(dtype, "<>|=")
	if kind == "b1" {
		return "bool"
	}
	return fmt.Sprintf("%s%d", kinds[kind[0]], 8*(kind[1]-'0'))
}

// picture is an image of a file that is read and closed.
type picture struct{ batch.InMemory }

func (picture) Close() error { return nil }

// readWeights reads an array of 4 extents.
func (in *inputs) readWeights(ctx context.Context, flag, path string) (*conv.Tensor, error) {
	if path == "" {
		return nil, refused(flag, "", errors.New("want a .npy file, or a .npz file and a key as file.npz:key"))
	}
	array, err := in.readArray(ctx, flag, path)
	if err != nil {
		return nil, err
	}
	weights, err := array.Weights()
	if err != nil {
		return nil, refused(flag, path, err)
	}
	return weights, nil
}

// readArray reads a whole array.
func (in *inputs) readArray(ctx context.Context, flag, path string) (*npy.Array, error) {
	reader, err := npy.Open(ctx, path)
	if err != nil {
		return nil, failed(flag, "", err)
	}
	defer reader.Close()
	array, err := reader.Array()
	if err != nil {
		return nil, failed(flag, "", err)
	}
	return array, in.take(flag, path, reader)
}

func (in *inputs) readBias(ctx context.Context, path string) ([]float32, error) {
	array, err := in.readArray(ctx, "bias", path)
	if err != nil {
		return nil, err
	}
	if len(array.Shape) != 1 {
		return nil, refused("bias", path, fmt.Errorf("shape %v: want one extent, a value per filter", array.Shape))
	}
	return array.Data, nil
}

// readBank reads weights from a file.
func (in *inputs) readBank(ctx context.Context, flag, path string) (*experiment.Bank, error) {
	weight, err := in.readWeights(ctx, flag, path)
	if err != nil {
		return nil, err
	}
	return experiment.UnknownBank(weight), nil
}
