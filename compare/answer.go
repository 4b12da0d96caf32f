package compare

import (
	"fmt"
	"strings"

	"gpuconv/conv"
)

// Answer is what the judge computes for a case, once for any number of outputs that are
// then held to it by the gates that need one output only: CheckBound and CheckRMS. Use
// it where the output is there already, as after timing a run; else use [NewTrial],
// which is stricter.
type Answer struct{ paper paper }

// NewAnswer has the judge, each of whose plans must be a [conv.Oracle], compute c.
func NewAnswer(judge conv.Backend, c Case) (*Answer, error) {
	t, err := newTruth(judge, c)
	if err != nil {
		return nil, fmt.Errorf("compare: case %s: %w", c.Name, err)
	}
	return &Answer{paper{c: c, inexact: "these are not integers", truth: t}}, nil
}

// Judge says in one line what is wrong with got, an output of the case that a plan of
// this description computed; "" if nothing is.
func (a *Answer) Judge(got *conv.Tensor, d conv.Description) string {
	if got.Shape != a.paper.truth.shape {
		return fmt.Sprintf("output %v, want %v", got.Shape, a.paper.truth.shape)
	}
	var wrong []string
	for _, f := range a.paper.judge(got, d) {
		if f.Status == Failed {
			wrong = append(wrong, f.String())
		}
	}
	return strings.Join(wrong, "; ")
}
