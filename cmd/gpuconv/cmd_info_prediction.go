package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"gpuconv/conv"
	"gpuconv/fault"
	"gpuconv/gpu"
	"gpuconv/machine"
	"gpuconv/param"
)

// predictor is implemented by devices that predict times without computing anything: see [gpu.Device.Predict].
type predictor interface {
	Predict(p conv.Problem, peaks gpu.Peaks) (gpu.Prediction, error)
}

// parsePeaks reads --roof, two rates. Without it they are 0.
func parsePeaks(text string, backend *backendFlags) (peaks gpu.Peaks, err error) {
	if text == "" {
		return peaks, nil
	}
	if backend.onCPU() {
		return peaks, refused("roof", text, fmt.Errorf(
			"want no --backend %s with it, only a GPU is predicted", backend.backend))
	}
	parts := strings.Split(text, ",")
	if len(parts) == 2 {
		for i, to := range []*float64{&peaks.FLOPS, &peaks.Bytes} {
			if *to, err = param.ParseNumber(parts[i]); err != nil {
				break
			}
		}
	}
	if err != nil || len(parts) != 2 || peaks.FLOPS < 1 || peaks.Bytes < 1 {
		return peaks, misread("roof", text,
			errors.New("want two numbers of at least 1, operations and bytes a second, such as 67e12,4.8e12"))
	}
	return peaks, nil
}

// predict predicts the time of p on hardware with these peaks. text is the value of --roof, for errors.
func predict(p conv.Problem, c chosen, peaks gpu.Peaks, text string) (*gpu.Prediction, error) {
	asked, ok := c.Backend.(predictor)
	if !ok {
		return nil, refused("roof", text, errors.New("want a GPU or --tiles with it: the CPU would compute this"))
	}
	made, err := asked.Predict(p, peaks)
	if errors.Is(err, conv.ErrUnsupported) {
		var of *fault.Error
		if errors.As(err, &of) && of.Rule != "" {
			// without its cause, which says less
			err = &fault.Error{Argument: of.Argument, Value: of.Value, Rule: of.Rule}
		}
		return nil, refused("roof", text, err)
	}
	return &made, err
}

// printPrediction prints the lines of a prediction for people.
func (e explanation) printPrediction(w io.Writer) {
	made := e.Prediction
	printLine(w, "predicted  on paper: %s, %s images/s, %.3g TFLOP/s; tiles of %s, %.4g TFLOP/s and %s/s at most",
		duration(made.Seconds), rounded(float64(e.Src.N())/made.Seconds), 2*e.MACs/made.Seconds/1e12, made.Class,
		made.Peaks.FLOPS/1e12, machine.Size(made.Peaks.Bytes))
	for _, s := range made.Stages {
		printLine(w, "           %s: %s, bound by %s: arithmetic %s, access %s, memory %s, busy %.0f %%", s.Shader,
			duration(s.Seconds), s.Bound, duration(s.Arithmetic), duration(s.Access), duration(s.Memory), 100*s.Busy)
		if s.Counted == "" {
			printLine(w, "           its instructions are not counted: this is the time of memory alone")
			continue
		}
		from := ""
		if len(s.Differences) > 0 {
			from = " with other values of " + strings.Join(s.Differences, ", ")
		}
		printLine(w, "           counted in %s by %s%s: %d registers, %d waves", s.Counted, made.Compiler, from,
			s.Registers, s.Waves)
	}
}

// rounded writes a rate for people.
func rounded(rate float64) string {
	switch {
	case rate >= 1e6:
		return fmt.Sprintf("%.3g million", rate/1e6)
	case rate >= 100:
		return fmt.Sprintf("%.0f", rate)
	}
	return fmt.Sprintf("%.3g", rate)
}

// duration writes a time with three digits and a unit.
func duration(seconds float64) string {
	switch {
	case seconds >= 1:
		return fmt.Sprintf("%.3g s", seconds)
	case seconds >= 1e-3:
		return fmt.Sprintf("%.3g ms", 1e3*seconds)
	}
	return fmt.Sprintf("%.3g µs", 1e6*seconds)
}
