package main

import (
	"errors"
	"strings"
	"testing"

	"gpuconv/conv"
)

func TestParsePadding(t *testing.T) {
	for text, want := range map[string]conv.Padding{
		"3": conv.Pad(3, 3), "3,2": conv.Pad(3, 2), "1,2,3,4": {Top: 1, Bottom: 2, Left: 3, Right: 4}, " 0 ": {}, "valid": {},
		"same":       {Top: 1, Bottom: 2, Left: 2, Right: 2}, // of a 4×5 kernel
		"same-upper": {Top: 1, Bottom: 2, Left: 2, Right: 2}, "same-lower": {Top: 2, Bottom: 1, Left: 2, Right: 2},
	} {
		if got, err := parsePadding(text, window{[2]int{9, 9}, [2]int{4, 5}, [2]int{1, 1}, [2]int{1, 1}}); err != nil ||
			got != want {
			t.Errorf("%q: %+v, %v; want %+v", text, got, err, want)
		}
	}
}

func TestParsePool(t *testing.T) {
	for text, want := range map[string]conv.Pool{
		"none": {}, "max:2": {Kind: conv.MaxPool, Size: [2]int{2, 2}, Stride: [2]int{2, 2}},
		"max:3:2": {Kind: conv.MaxPool, Size: [2]int{3, 3}, Stride: [2]int{2, 2}}, "avg:2,1:3,4": {Kind: conv.AvgPool, Size: [2]int{2, 1}, Stride: [2]int{3, 4}},
	} {
		if got, err := parseText[conv.Pool]("pool", text); err != nil || got != want {
			t.Errorf("%q: %+v, %v; want %+v", text, got, err, want)
		}
	}
}

func TestParsePair(t *testing.T) {
	for text, want := range map[string][2]int{"2": {2, 2}, "2,1": {2, 1}, "7, 9": {7, 9}} {
		if got, err := parsePair("stride", text, 1); err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
}

func TestParseCompact(t *testing.T) {
	p, err := parseCompact("16,128,56,57,64,3,1,2,32")
	if err != nil || p.Src != (conv.Shape{16, 128, 56, 57}) || p.Weight != (conv.Shape{64, 4, 3, 3}) ||
		p.Padding != conv.Pad(1, 1) || p.Stride != [2]int{2, 2} || p.Groups != 32 {
		t.Errorf("%+v, %v", p, err)
	}
}

// FuzzParsers: no text makes a parser panic. An error has one line and is an error of the call. An accepted value is
// within its range.
func FuzzParsers(f *testing.F) {
	for _, seed := range []string{"3", "3,2", "1,2,3,4", "same", "same-upper", "same-lower", "valid", "max:2",
		"avg:3:2", "reflect", "relu", "512,1,48,64,6,7,3,1,1", "", ",", "-1", "9223372036854775808", "max:2,1:3,4"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		isRefused := func(err error) bool {
			if err != nil && (!errors.As(err, new(usageError)) || strings.Contains(err.Error(), "\n")) {
				t.Errorf("%q: %q, want one line and exit code 2", text, err)
			}
			return err != nil
		}
		if pair, err := parsePair("stride", text, 1); !isRefused(err) && (pair[0] < 1 || pair[1] < 1) {
			t.Errorf("%q: stride %v", text, pair)
		}
		pad, err := parsePadding(text, window{[2]int{7, 9}, [2]int{3, 4}, [2]int{1, 1}, [2]int{1, 2}})
		if !isRefused(err) && min(pad.Top, pad.Bottom, pad.Left, pad.Right) < 0 {
			t.Errorf("%q: padding %v", text, pad)
		}
		if p, err := parseText[conv.Pool]("pool", text); !isRefused(err) && p.Kind != conv.NoPool &&
			min(p.Size[0], p.Size[1], p.Stride[0], p.Stride[1]) < 1 {
			t.Errorf("%q: pool %v", text, p)
		}
		mode, err := parseText[conv.PaddingMode]("padding-mode", text)
		if !isRefused(err) && mode.String() != text {
			t.Errorf("%q: mode %v", text, mode)
		}
		p, err := parseCompact(text)
		if !isRefused(err) {
			p.Dst() // must not panic
		}
	})
}
