package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gpuconv/bench"
	"gpuconv/conv"
)

// mostAxesCases is how many cases one text with axes may have.
const mostAxesCases = 1000

// axesWanted is what parseAxes reads.
const axesWanted = "want axes such as 'n=1,64 k=3,5', of n, c, hw (28 or 48x64), k, out, pad, stride, groups"

// axis is a size that a text of axes gives.
type axis struct {
	key    string
	values []string
}

// parseAxes reads a text such as "n=1,64,4096 k=3,5,7 out=6": one problem for each combination of values. The last axis
// varies fastest. Sizes that the text leaves out are those of the tutorial's layer with 64 images, and the padding is
// half of the kernel.
func (f *problemFlags) parseAxes(text string) (all []bench.Case, err error) {
	var axes []axis
	count := 1
	for field := range strings.FieldsSeq(text) {
		key, values, _ := strings.Cut(field, "=")
		a := axis{key, strings.Split(values, ",")}
		if slices.ContainsFunc(axes, func(b axis) bool { return b.key == key }) {
			return nil, misread("problem", text, fmt.Errorf("has %s twice", key))
		}
		if count *= len(a.values); count > mostAxesCases {
			return nil, misread("problem", text, fmt.Errorf("has more than %d cases", mostAxesCases))
		}
		axes = append(axes, a)
	}
	for i := range count {
		c, err := f.combination(text, axes, i)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// combination returns case i of the axes.
func (f *problemFlags) combination(text string, axes []axis, i int) (c bench.Case, err error) {
	sizes := map[string]int{"n": 64, "c": 1, "h": 48, "w": 64, "k": 7, "out": 6, "pad": -1, "stride": 1, "groups": 1}
	varying := 0
	for _, a := range slices.Backward(axes) {
		value := a.values[i%len(a.values)]
		i /= len(a.values)
		v, err := setSize(sizes, a.key, value)
		if err != nil {
			return c, misread("problem", text, err)
		}
		if len(a.values) > 1 {
			varying++
			c.Group, c.X = a.key, float64(v)
		}
	}
	if varying != 1 {
		c.Group, c.X = "", 0
	}
	if sizes["pad"] < 0 {
		sizes["pad"] = sizes["k"] / 2
	}
	c.Problem, err = f.complete(text, problemOf(sizes))
	return c, err
}

// setSize sets a size, or both of hw, and returns its number.
func setSize(sizes map[string]int, key, text string) (int, error) {
	keys, texts := []string{key}, []string{text}
	if key == "hw" {
		keys = []string{"h", "w"}
		h, w, two := strings.Cut(text, "x")
		if texts = []string{h, w}; !two {
			texts = []string{h, h}
		}
	}
	v := 0
	for i, key := range keys {
		if _, known := sizes[key]; !known {
			return 0, errors.New(axesWanted)
		}
		n, err := parseInts(texts[i])
		if err != nil || len(n) != 1 || n[0] < 0 || n[0] == 0 && key != "pad" {
			return 0, fmt.Errorf("%s=%s: %s", key, strconv.Quote(texts[i]), axesWanted)
		}
		v, sizes[key] = n[0], n[0]
	}
	return v, nil
}

// problemOf returns a problem with a square kernel, dense or in groups.
func problemOf(s map[string]int) conv.Problem {
	return conv.Problem{Src: conv.Shape{s["n"], s["c"], s["h"], s["w"]},
		Weight: conv.Shape{s["out"], s["c"] / s["groups"], s["k"], s["k"]},
		Spec: conv.Spec{Padding: conv.Pad(s["pad"], s["pad"]), Stride: [2]int{s["stride"], s["stride"]},
			Groups: s["groups"]}}
}
