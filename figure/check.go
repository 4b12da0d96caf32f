package figure

import (
	"errors"
	"fmt"

	"gpuconv/conv"
)

// checkImages refuses a batch that does not have exactly one channel, and titles whose number is not that of the
// images. It returns the titles; for nil titles it returns "noun 0", "noun 1", ….
func checkImages(arg string, t *conv.Tensor, titlesArg string, titles []string, noun string) ([]string, error) {
	if err := checkTensor(arg, t, [4]string{"image", "channel", "row", "column"}); err != nil {
		return nil, err
	}
	if t.Shape.C() != 1 {
		return nil, fmt.Errorf("figure: %s %v: want 1 channel, got %d", arg, t.Shape, t.Shape.C())
	}
	return checkTitles(titlesArg, titles, t.Shape.N(), noun)
}

// checkFilters refuses weights that are invalid or do not match their titles.
func checkFilters(weight *conv.Tensor, titles []string) ([]string, error) {
	axes := [4]string{"filter", "input channel", "kernel row", "kernel column"}
	if err := checkTensor("weight", weight, axes); err != nil {
		return nil, err
	}
	return checkTitles("titles", titles, weight.Shape.N(), "channel")
}

// checkActivations refuses activations that do not belong to the stimuli or do not match the titles of the channels.
func checkActivations(t *conv.Tensor, stimuli conv.Shape, titles []string) ([]string, error) {
	if err := checkTensor("activations", t, [4]string{"image", "channel", "row", "column"}); err != nil {
		return nil, err
	}
	if t.Shape.N() != stimuli.N() {
		return nil, fmt.Errorf("figure: activations %v: want %d images, as many as stimuli %v", t.Shape, stimuli.N(),
			stimuli)
	}
	return checkTitles("channel titles", titles, t.Shape.C(), "channel")
}

// checkTensor refuses a tensor that is nil, inconsistent or empty. axes names what each extent counts.
func checkTensor(arg string, t *conv.Tensor, axes [4]string) error {
	if err := t.Check(arg); err != nil {
		var shape *conv.ShapeError
		if errors.As(err, &shape) {
			return fmt.Errorf("figure: %s %s: %s", shape.Arg, shape.Value, shape.Rule)
		}
		return fmt.Errorf("figure: %w", err)
	}
	for i, axis := range axes {
		if t.Shape[i] < 1 {
			return fmt.Errorf("figure: %s %v: want at least 1 %s", arg, t.Shape, axis)
		}
	}
	return nil
}

func checkTitles(arg string, titles []string, want int, noun string) ([]string, error) {
	if titles == nil {
		for i := range want {
			titles = append(titles, fmt.Sprintf("%s %d", noun, i))
		}
	}
	if len(titles) != want {
		return nil, fmt.Errorf("figure: %d %s: want %d, one per %s", len(titles), arg, want, noun)
	}
	return titles, nil
}
