package compare

import "fmt"

// Status is the result of a check.
type Status int

const (
	Passed Status = iota
	Failed
	Skipped
)

func (s Status) String() string {
	switch s {
	case Passed:
		return "passed"
	case Failed:
		return "failed"
	case Skipped:
		return "skipped"
	}
	return fmt.Sprint(int(s))
}

// The names of checks, as in [Finding].Check. CheckRun says whether the case could be run at all. CheckMeasured says
// that numbers of maps are wrong; if they are right, there is no finding. The others are the five gates of a [Trial].
// The check of a relation has the relation's name.
const (
	CheckRun      = "run"
	CheckExact    = "exact"
	CheckBound    = "bound"
	CheckRMS      = "rms"
	CheckGuards   = "guards"
	CheckLocality = "locality"
	CheckMeasured = "measures"
)

// The kinds of numbers that a check may put into a case in place of the case's own.
const (
	smallIntegers = "integers"
	largeIntegers = "large integers"
	outlierImages = "outliers" // weights and biases are the case's own
)

// Finding is what one check of a case found.
type Finding struct {
	Check   string // its name
	Numbers string // what filled the case: "" for its own numbers, or integers, large integers or outliers
	Status  Status
	Note    string // what is wrong, or why the check was skipped
	Result  Result // the figures, if outputs were compared with the judge's
}

// String says in one line what was found.
func (f Finding) String() string {
	text := f.Check
	if f.Numbers != "" {
		text += " (" + f.Numbers + ")"
	}
	if f.Status != Passed {
		return text + " " + f.Status.String() + ": " + f.Note
	}
	return text + " passed"
}

// judged returns the finding of a check that compared outputs. note says what is wrong; it is used only if ok is false.
func judged(check, numbers string, ok bool, result Result, note string) Finding {
	f := Finding{Check: check, Numbers: numbers, Result: result}
	if !ok {
		f.Status, f.Note = Failed, note
	}
	return f
}

func skipped(check, numbers, why string) Finding {
	return Finding{Check: check, Numbers: numbers, Status: Skipped, Note: why}
}

func failed(check, numbers, what string) Finding {
	return Finding{Check: check, Numbers: numbers, Status: Failed, Note: what}
}
