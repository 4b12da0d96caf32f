package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gpuconv/checkpoint"
	"gpuconv/conv"
	"gpuconv/experiment"
	"gpuconv/fault"
	"gpuconv/npy"
)

// Arrays that are read whole: weights and biases. Their shapes are checked before a value is read.

// arrayInput is an open array of a file. So far only its header has been read.
type arrayInput struct {
	*npy.Reader
	flag, path string
}

// openArray opens the array that a flag names.
func openArray(ctx context.Context, flag, path string) (arrayInput, error) {
	reader, err := checkpoint.Open(ctx, path)
	if errors.Is(err, checkpoint.ErrOther) {
		reader, err = npy.Open(ctx, path)
	}
	if err != nil {
		return arrayInput{}, failed(flag, "", err)
	}
	return arrayInput{reader, flag, path}, nil
}

// openWeights opens an array of 4 dimensions.
func openWeights(ctx context.Context, flag, path string) (weights arrayInput, shape conv.Shape, err error) {
	if path == "" {
		const want = "want weights: .npy, .npz:key, .safetensors:name or .pt:name"
		return arrayInput{}, shape, refused(flag, "", errors.New(want))
	}
	if other := notWeights(ctx, path); other != "" {
		return arrayInput{}, shape, failed(flag, "", &fault.Error{Argument: path, Rule: other})
	}
	if weights, err = openArray(ctx, flag, path); err != nil {
		return arrayInput{}, shape, err
	}
	if shape, err = npy.WeightShape(weights.Shape()); err != nil {
		weights.Close()
		return arrayInput{}, shape, refused(flag, path, err)
	}
	return weights, shape, nil
}

// notWeights explains a text that names something other than weights: what it is, and which verb takes it. It returns
// "" for any other text.
func notWeights(ctx context.Context, text string) string {
	words := strings.Fields(text)
	info, err := os.Stat(text)
	switch {
	case err == nil && info.IsDir() && regular(filepath.Join(text, "run.json")):
		return "a folder of gpuconv run: gpuconv tuning --input reads it; want weights in a file"
	case err == nil && info.IsDir():
		return "a folder: want weights in a file, .npy, .npz:key, .safetensors:name or .pt:name"
	case err == nil && isPicture(kindOf(ctx, text)):
		return "a picture: gpuconv run --stimulus takes pictures; want weights in a file, .npy, .npz:key, " +
			".safetensors:name or .pt:name"
	case err != nil && len(words) > 0 && isFilterKind(words[0]):
		return `a kind of filters: gpuconv run --filter "` + text + `" takes it, and gpuconv filters --kind ` +
			words[0] + " makes a file of such weights"
	}
	return ""
}

// openBias opens an array of 1 dimension, and returns how many values it has.
func openBias(ctx context.Context, path string) (bias arrayInput, values int, err error) {
	if bias, err = openArray(ctx, "bias", path); err != nil {
		return arrayInput{}, 0, err
	}
	shape := bias.Shape()
	if len(shape) != 1 {
		bias.Close()
		return arrayInput{}, 0, refused("bias", path, fmt.Errorf("shape %v: want one extent, a value per filter",
			shape))
	}
	return bias, shape[0], nil
}

// readBias reads a bias for each filter of weights.
func (in *inputs) readBias(ctx context.Context, path string, weight conv.Shape) ([]float32, error) {
	bias, values, err := openBias(ctx, path)
	if err != nil {
		return nil, err
	}
	defer bias.Close()
	if err := (conv.Problem{Weight: weight, Bias: true}).CheckBias(values); err != nil {
		return nil, usage(plain(err))
	}
	array, err := in.read(bias)
	if err != nil {
		return nil, err
	}
	return array.Data, nil
}

// read reads all of an array, and notes how many of its values float32 could not hold.
func (in *inputs) read(a arrayInput) (*npy.Array, error) {
	if bytes := a.Memory(); bytes > 0 {
		if err := reserve(fmt.Sprintf("%s, whose elements are not in C order", fault.Printable(a.path)),
			bytes); err != nil {
			return nil, err
		}
	}
	array, err := a.Array()
	if err != nil {
		return nil, failed(a.flag, "", err)
	}
	return array, in.noteLoss(a.flag, a.path, a.Reader)
}

// rowBytes is the memory that the name of a filter and its row in a table take.
const rowBytes = 400

// readBank reads weights from a file if judge accepts their shape.
func (in *inputs) readBank(ctx context.Context, flag, path string, judge func(conv.Shape) error) (*experiment.Bank,
	error) {
	weights, shape, err := openWeights(ctx, flag, path)
	if err != nil {
		return nil, err
	}
	defer weights.Close()
	if err := judge(shape); err != nil {
		return nil, err
	}
	array, err := in.read(weights)
	if err != nil {
		return nil, err
	}
	weight, err := array.Weights()
	if err != nil {
		return nil, refused(flag, path, err)
	}
	return experiment.UnknownBank(weight), nil
}

// noteLoss adds a note of how many values of a file float32 could not hold. With --strict it refuses the file instead.
func (in *inputs) noteLoss(flag, path string, read *npy.Reader) error {
	return in.noteKnownLoss(flag, path, read.DType(), read.Lost(), read.Done())
}

// noteKnownLoss does what noteLoss does, for an array whose losses are known. elements is how many elements it has.
func (in *inputs) noteKnownLoss(flag, path, dtype string, lost npy.Loss, elements int) error {
	switch {
	case !lost.Any():
		return nil
	case in.strict:
		return refused(flag, path, fmt.Errorf("%s, read as float32: leave out --strict, or give numbers that fit: %s",
			element(dtype), lost.Say(elements)))
	}
	in.overflown = in.overflown || lost.Infinite > 0
	in.note(path, "%s, read as float32: %s", element(dtype), lost.Say(elements))
	return nil
}

// element names a type of elements as NumPy does: int64 for <i8.
func element(dtype string) string {
	kinds := map[byte]string{'f': "float", 'i': "int", 'u': "uint", 'b': "bool"}
	kind := strings.TrimLeft(dtype, "<>|=")
	switch kind {
	case "b1":
		return "bool"
	case "bf16":
		return "bfloat16"
	}
	return fmt.Sprintf("%s%d", kinds[kind[0]], 8*(kind[1]-'0'))
}
