package compare

import (
	"errors"
	"fmt"
	"strings"

	"gpuconv/conv"
	"gpuconv/fault"
)

// Outcome is what all checks of one case found for one backend.
type Outcome struct {
	Case      string
	Problem   conv.Problem
	Algorithm string // as the plan names it; "" if the plan does not say or there is none
	Findings  []Finding
	// Err is the backend's error if the case could not be run. If it wraps [conv.ErrUnsupported], the case was skipped;
	// otherwise it failed.
	Err error
	// Evidence shows the wrong output of the first failed check that compares outputs. A check with the case's own
	// numbers takes precedence. Evidence is nil if no output was wrong.
	Evidence *Evidence
	// Bits is a hash of the bits of the output for the case's own numbers; 0 if there is none. Backends that add in
	// different orders have different bits.
	Bits uint64
}

// Evidence is a wrong output with all that is needed to examine it.
type Evidence struct {
	Check     string
	Case      Case         // with the numbers that were used
	Got       *conv.Tensor // the output
	Want      []float64    // the judge's values
	Limit     []float64    // the error that each may have
	Worst     [4]int       // image, channel, row and column of the largest error relative to its limit
	Result    Result
	Algorithm string
}

// Refused returns the outcome of a case that a backend says it cannot compute: skipped, with the text of err as the
// note. If err is a [*fault.Error], the note leaves out the cause [conv.ErrUnsupported], which Skipped already says.
func Refused(name string, p conv.Problem, err error) Outcome {
	why := err.Error()
	var refusal *fault.Error
	if errors.As(err, &refusal) && refusal.Err == conv.ErrUnsupported {
		reason := *refusal
		reason.Err = nil
		why = reason.Error()
	}
	return Outcome{Case: name, Problem: p, Err: err, Findings: []Finding{skipped(CheckRun, "", why)}}
}

// Status is Failed if a check failed, Passed if none failed and at least one passed, and Skipped otherwise.
func (o Outcome) Status() Status {
	status := Skipped
	for _, f := range o.Findings {
		if f.Status == Failed {
			return Failed
		}
		if f.Status == Passed {
			status = Passed
		}
	}
	return status
}

// Why names in one line the checks that failed, or says why all were skipped. It is empty if the case passed.
func (o Outcome) Why() string {
	status := o.Status()
	if status == Passed {
		return ""
	}
	var notes []string
	for _, f := range o.Findings {
		if f.Status == Skipped && f.Check == CheckRun {
			return f.Note
		}
		if f.Status == status {
			notes = append(notes, f.String())
		}
	}
	return strings.Join(notes, "; ")
}

// worst returns the figures of one comparison: the one with the largest MaxRatio.
func (o Outcome) worst() Result {
	var worst Result
	for _, f := range o.Findings {
		if f.Result.Elements > 0 && (worst.Elements == 0 || f.Result.MaxRatio > worst.MaxRatio) {
			worst = f.Result
		}
	}
	return worst
}

// String says in one line what was found.
func (o Outcome) String() string {
	text := o.Case
	if o.Algorithm != "" {
		text += " [" + o.Algorithm + "]"
	}
	if why := o.Why(); why != "" {
		return fmt.Sprintf("%s: %s", text, why)
	}
	return fmt.Sprintf("%s: passed, %v", text, o.worst())
}
