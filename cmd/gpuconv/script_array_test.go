package main

import (
	"math"
	"slices"
	"strconv"

	"gpuconv/npy"

	"github.com/rogpeppe/go-internal/testscript"
)

// array FILE.npy EXTENT,… VALUE… writes a float32 array. "count" in place of the values writes 0, 1, 2, …
func array(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: array FILE.npy EXTENT,… VALUE…")
	}
	made := &npy.Array{Shape: extents(ts, args[1])}
	if args[2] == "count" {
		n := 1
		for _, e := range made.Shape {
			n *= e
		}
		for i := range n {
			made.Data = append(made.Data, float32(i))
		}
	} else {
		made.Data = numbers(ts, args[2:])
	}
	ts.Check(npy.WriteFile(ts.MkAbs(args[0]), made))
}

// values FILE.npy EXTENT,… VALUE… requires an array of that shape and these values, within 1e-5.
func values(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: values FILE.npy EXTENT,… VALUE…")
	}
	got, want := loadArray(ts, args[0]), numbers(ts, args[2:])
	if !slices.Equal(got.Shape, extents(ts, args[1])) || len(got.Data) != len(want) {
		ts.Fatalf("%s is %v, want %s", args[0], got.Shape, args[1])
	}
	for i, v := range want {
		if !(math.Abs(float64(got.Data[i]-v)) <= 1e-5) {
			ts.Fatalf("%s holds %v, want %v", args[0], got.Data, want)
		}
	}
}

func extents(ts *testscript.TestScript, text string) (shape []int) {
	shape, err := parseInts(text)
	ts.Check(err)
	return shape
}

func numbers(ts *testscript.TestScript, texts []string) (all []float32) {
	for _, text := range texts {
		v, err := strconv.ParseFloat(text, 32)
		ts.Check(err)
		all = append(all, float32(v))
	}
	return all
}
