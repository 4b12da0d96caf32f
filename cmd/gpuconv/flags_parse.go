package main

import (
	"encoding"
	"errors"
	"fmt"
	"strings"

	"gpuconv/conv"
	"gpuconv/param"
)

// Parsers of the flags of a convolution. Their errors say what would be right.

// parsePair reads 2 or 2,1: one number for both axes, or (H, W).
func parsePair(flag, text string, least int) ([2]int, error) {
	numbers, err := parseInts(text)
	if err == nil && len(numbers) == 1 {
		numbers = append(numbers, numbers[0])
	}
	if err != nil || len(numbers) != 2 || numbers[0] < least || numbers[1] < least {
		return [2]int{}, misread(flag, text, fmt.Errorf("want a number, or two for H,W, of at least %d", least))
	}
	return [2]int{numbers[0], numbers[1]}, nil
}

// parseInts reads numbers with commas between them.
func parseInts(text string) ([]int, error) {
	var all []int
	for part := range strings.SplitSeq(text, ",") {
		n, err := param.ParseWhole(part)
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return all, nil
}

// window is what paddings with a name, such as same, depend on. Each field is (H, W).
type window struct{ image, kernel, stride, dilation [2]int }

// namedPadding returns the padding that text names. named says whether text is such a name.
func (w window) namedPadding(text string) (padding conv.Padding, named bool, err error) {
	switch text {
	case "valid":
	case "half":
		padding = conv.Pad(w.kernel[0]/2*max(1, w.dilation[0]), w.kernel[1]/2*max(1, w.dilation[1]))
	case "same":
		padding, err = conv.Same(w.kernel, w.stride, w.dilation)
	case "same-upper":
		padding, err = conv.SameUpper(w.image, w.kernel, w.stride, w.dilation)
	case "same-lower":
		padding, err = conv.SameLower(w.image, w.kernel, w.stride, w.dilation)
	default:
		return padding, false, nil
	}
	return padding, true, err
}

// parsePadding reads 3 (all sides), 3,2 (H,W), top,bottom,left,right, or the name of a padding.
func parsePadding(text string, of window) (conv.Padding, error) {
	if padding, named, err := of.namedPadding(text); err != nil {
		return padding, refused("padding", text, err)
	} else if named {
		return padding, nil
	}
	n, err := parseInts(text)
	for _, v := range n {
		if v < 0 {
			err = errors.New("negative")
		}
	}
	switch {
	case err != nil:
	case len(n) == 1:
		return conv.Pad(n[0], n[0]), nil
	case len(n) == 2:
		return conv.Pad(n[0], n[1]), nil
	case len(n) == 4:
		return conv.Padding{Top: n[0], Bottom: n[1], Left: n[2], Right: n[3]}, nil
	}
	return conv.Padding{},
		misread("padding", text, errors.New("want 3, 3,2 for H,W, or top,bottom,left,right, of at least 0, or half, "+
			"same, same-upper, same-lower or valid"))
}

// parseText reads a value with the UnmarshalText of its type.
func parseText[T any, P interface {
	*T
	encoding.TextUnmarshaler
}](flag, text string) (value T, err error) {
	if err := P(&value).UnmarshalText([]byte(text)); err != nil {
		return value, misread(flag, text, err)
	}
	return value, nil
}

// parseChoice returns the choice that text names.
func parseChoice[T fmt.Stringer](flag, text string, choices ...T) (T, error) {
	var names []string
	for _, c := range choices {
		if c.String() == text {
			return c, nil
		}
		names = append(names, c.String())
	}
	return choices[0], unknown(flag, text, names)
}
