// Package checkpoint reads tensors of trained networks: from .safetensors files, and from the state dictionaries that
// torch.save writes (.pt, .pth). No code of a file is ever run: see [Open].
package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"gpuconv/fault"
	"gpuconv/internal/filekind"
	"gpuconv/internal/input"
	"gpuconv/npy"
	"gpuconv/whole"
)

// ErrOther says that a path leads to no file that can be opened, or to one that neither is a .safetensors file nor was
// written by torch.save.
var ErrOther = errors.New("checkpoint: another kind of file")

// tensor is a tensor of a file: where its elements are, and how they are laid out.
type tensor struct {
	name   string
	shape  []int
	stride []int  // elements from one index to the next; nil in C order
	dtype  string // as [npy.Raw] names it, or the type's name in the file if package npy cannot read that type
	// Where the elements are: bytes start to end of the file's data or, in an archive, of an entry.
	entry      string
	start, end int64
}

// file is an open checkpoint.
type file interface {
	// tensors lists the tensors of the file, in its order, even those of a type that cannot be read.
	tensors() []tensor
	// others lists what is in the file besides tensors, for errors.
	others() []string
	// section returns a reader of the bytes of a tensor.
	section(t tensor) (io.ReadCloser, error)
}

// Open opens a tensor for reading in pieces: model.safetensors:NAME or model.pt:NAME. The name may be left out if the
// file has a single tensor. In nested dictionaries, names are joined by dots: model.pt:state_dict.conv.weight. If the
// whole path, with its colon, is the name of a file, Open reads that file. The caller must call Close.
//
// The elements may be float16, bfloat16, float32, float64, integers or bool. They become float32 as in package npy.
//
// A .pt file must have been written by PyTorch 1.6 or later. Its pickle is read as data: dictionaries, lists, numbers,
// texts and tensors. Objects of other classes are skipped, and errors name them. No function that the file names is
// called.
//
// Errors: [ErrOther] if the file is of another kind or cannot be opened; a file that is damaged or claims more bytes
// than it has; no tensor of that name, with a list of the tensors in the file; a type of elements that cannot become
// float32; ctx's error.
func Open(ctx context.Context, path string) (*npy.Reader, error) {
	f, name, key, err := openFile(ctx, path)
	if err != nil {
		return nil, err
	}
	r, err := openTensor(f, name, key)
	if err != nil {
		f.Close()
		return nil, err
	}
	return r, nil
}

// openFile opens path or, if there is no such file, the part of path before its last colon, or before an earlier one.
// It returns the part that it opened as name, and what follows the colon as key.
func openFile(ctx context.Context, path string) (f *input.File, name, key string, err error) {
	f, err = input.Open(ctx, input.Array, path)
	for i := len(path); errors.Is(err, fs.ErrNotExist); {
		if i = strings.LastIndexByte(path[:i], ':'); i < 0 {
			break
		}
		if f, err = input.Open(ctx, input.Array, path[:i]); err == nil {
			return f, path[:i], path[i+1:], nil
		}
	}
	switch {
	case err == nil:
		return f, path, "", nil
	case ctx.Err() != nil:
		return nil, "", "", failed(path, ctx.Err())
	}
	return nil, "", "", ErrOther
}

// openTensor opens a tensor of a file. If it succeeds, closing the reader closes f.
func openTensor(f *input.File, name, key string) (*npy.Reader, error) {
	start := make([]byte, min(f.Size(), filekind.Head))
	if _, err := io.ReadFull(io.NewSectionReader(f, 0, f.Size()), start); err != nil {
		return nil, failed(name, whole.Cause(err))
	}
	opened, err := recognise(f, name, start)
	if err != nil {
		if errors.Is(err, ErrOther) {
			return nil, err
		}
		return nil, failed(name, err)
	}
	t, err := find(opened, key)
	if err != nil {
		return nil, failed(name, err)
	}
	if err := t.check(); err != nil {
		return nil, failed(name+":"+t.name, err)
	}
	src, err := opened.section(t)
	if err != nil {
		return nil, failed(name+":"+t.name, whole.Cause(err))
	}
	raw := npy.Raw{Name: name + ":" + t.name, Shape: t.shape, DType: t.dtype, Src: src, Closers: []io.Closer{src, f}}
	if t.stride != nil {
		elements, err := newGathered(t, src)
		if err != nil {
			src.Close()
			return nil, failed(name+":"+t.name, err)
		}
		raw.Src, raw.Memory = elements, elements.Memory()
	}
	return npy.NewRaw(raw)
}

// recognise tells the kind of a file from its first bytes and its name, and reads its list of tensors.
func recognise(f *input.File, name string, start []byte) (file, error) {
	switch {
	case filekind.Of(name, start) == filekind.Safetensors:
		return readSafetensors(f, f.Size())
	case strings.HasPrefix(string(start), "PK\x03\x04"):
		return readTorch(f, f.Size())
	case len(start) > 1 && start[0] == 0x80 && start[1] >= 2 && start[1] <= 5:
		return nil, errors.New("a pickle: want a .pt file of PyTorch 1.6 or later, as torch.save(model.state_dict(), " +
			"FILE) writes it")
	}
	return nil, ErrOther
}

// find returns the tensor of this name. If the name is empty, it returns the only tensor of the file.
func find(f file, key string) (tensor, error) {
	all := f.tensors()
	at := slices.IndexFunc(all, func(t tensor) bool { return t.name == key })
	switch {
	case at >= 0 && key != "":
		return all[at], nil
	case key == "" && len(all) == 1:
		return all[0], nil
	case len(all) == 0:
		return tensor{}, fmt.Errorf("holds no tensor%s: want a dictionary of tensors, such as model.state_dict()",
			beside(f.others()))
	case key == "":
		return tensor{}, fmt.Errorf("holds %d tensors: want a name, as in %s; it holds %s%s", len(all),
			"FILE:"+fault.Printable(likely(all)), list(all), beside(f.others()))
	}
	return tensor{}, fmt.Errorf("holds no tensor %s; it holds %s%s", strconv.Quote(key), list(all), beside(f.others()))
}

// likely names a tensor that can be weights, if there is one.
func likely(all []tensor) string {
	at := slices.IndexFunc(all, func(t tensor) bool { return len(t.shape) == 4 })
	return all[max(0, at)].name
}

// listed is how many texts a list in an error has at most.
const listed = 20

// list returns the names and shapes of tensors. Those of four extents come first, because they can be weights.
func list(all []tensor) string {
	var weights, rest []string
	for _, t := range all {
		text := fmt.Sprintf("%s %v", fault.Printable(t.name), t.shape)
		if len(t.shape) == 4 {
			weights = append(weights, text)
		} else {
			rest = append(rest, text)
		}
	}
	return some(append(weights, rest...))
}

// some joins the first few texts.
func some(texts []string) string {
	if len(texts) > listed {
		return strings.Join(texts[:listed], ", ") + " and " + strconv.Itoa(len(texts)-listed) + " more"
	}
	return strings.Join(texts, ", ")
}

// beside names what else is in a file.
func beside(others []string) string {
	if len(others) == 0 {
		return ""
	}
	return "; besides tensors it holds " + some(others)
}

func failed(path string, err error) error {
	return &fault.Error{Package: "checkpoint", Argument: path, Err: err}
}
