package experiment

import (
	"context"
	"time"

	"gpuconv/conv"
)

// Forecast says how long the images of a stream would take, by what a portion of them took.
type Forecast struct {
	Measured int           // images that were drawn and convolved
	Images   int           // of the stream
	Draw     time.Duration // of all images
	Convolve time.Duration // of all images
}

// Foresee draws and convolves the first portion of the images, and writes nothing. The portion is convolved twice if
// that takes no time worth mentioning, since the first run of a plan may allocate or compile. It returns as soon as ctx
// is done, see [gpuconv/batch.Await].
func (s Stream) Foresee(ctx context.Context) (Forecast, error) {
	all := s.Images.Shape()
	f := Forecast{Measured: min(s.Problem.Src.N(), all.N()), Images: all.N()}
	src, err := conv.NewTensor(all.WithN(f.Measured))
	if err != nil {
		return f, err
	}
	p := s.Problem
	p.Src = src.Shape
	shape, err := p.Dst()
	if err != nil {
		return f, err
	}
	dst, err := conv.NewTensor(shape)
	if err != nil {
		return f, err
	}
	began := time.Now()
	if err := (awaitedSource{s.Images, ctx}).Draw(src, 0); err != nil {
		return f, err
	}
	drawn := time.Since(began)
	convolved, err := timedRun(awaitedPlan{s.Plan, ctx}, dst, src)
	if err == nil && convolved < brief {
		convolved, err = timedRun(awaitedPlan{s.Plan, ctx}, dst, src)
	}
	share := float64(f.Images) / float64(f.Measured)
	f.Draw, f.Convolve = time.Duration(share*float64(drawn)), time.Duration(share*float64(convolved))
	return f, err
}

// brief is a time that a user does not notice.
const brief = 200 * time.Millisecond

// timedRun returns how long a run of a plan takes.
func timedRun(plan awaitedPlan, dst, src *conv.Tensor) (time.Duration, error) {
	began := time.Now()
	err := plan.Run(dst, src)
	return time.Since(began), err
}

// Foresee is [Stream.Foresee] of the images of a job.
func (j Job) Foresee(ctx context.Context, on Prepared) (Forecast, error) {
	return Stream{Images: j.Images, Problem: on.Problem, Plan: on.Plan}.Foresee(ctx)
}

// Files returns the names of the files that the job writes: the activations, the pictures, the tables and run.json.
func (j Job) Files() []string {
	names := append([]string{j.Format.Name(arrayName)}, j.Look.Pictures()...)
	names = append(names, "stimuli.csv", "filters.csv", "cells.csv")
	if j.Summary != nil {
		names = append(names, ValuesName)
	}
	return append(names, reportName)
}
