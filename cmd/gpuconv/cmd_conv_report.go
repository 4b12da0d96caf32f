package main

import (
	"encoding/json"
	"io"
	"os"

	"gpuconv/conv"
	"gpuconv/experiment"
)

// convReport is what gpuconv conv --json writes.
type convReport struct {
	Schema   int                `json:"schema"` // 1; another number once a field changes its meaning
	Program  programReport      `json:"program"`
	Command  []string           `json:"command"` // the program and its arguments, as typed
	Problem  conv.Problem       `json:"problem"` // with its defaults filled in, for all images
	Flip     bool               `json:"flip"`    // true convolution: the kernels were turned by 180°
	Output   string             `json:"output"`  // the file's path
	Dst      conv.Shape         `json:"dst"`     // the shape of the output
	Backend  experiment.Backend `json:"backend"`
	Compile  float64            `json:"compile_s,omitempty"` // seconds for compiling GPU programs, before Convolve
	Convolve float64            `json:"convolve_s"`          // seconds, with the copies to the device and back
	Rate     float64            `json:"images_per_s"`        // images divided by Convolve
	NaN      int                `json:"outputs_nan"`
	Infinite int                `json:"outputs_infinite"`
}

// report says what was convolved, how, and how exactly.
func (f *convFlags) report(stream experiment.Stream, s session, stats experiment.Written, dst conv.Shape) convReport {
	p := stream.Problem
	p.Src[0], p.Spec = dst.N(), p.WithDefaults()
	seconds := max(stats.Convolve.Seconds(), 1e-9)
	r := convReport{Schema: 1, Program: describeProgram(), Command: os.Args, Problem: p, Flip: f.spec.flip,
		Output: f.output, Dst: dst,
		Backend: describeBackend(s).Of(s.plan), Convolve: seconds, Rate: float64(dst.N()) / seconds,
		NaN: stats.NotFinite.NaN, Infinite: stats.NotFinite.Infinite}
	if c, ok := s.plan.(conv.Compiler); ok {
		r.Compile = c.Compiled().Took.Seconds()
	}
	return r
}

// write writes the report as JSON.
func (r convReport) write(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}
