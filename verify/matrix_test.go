package verify

import (
	"fmt"
	"testing"
)

func TestCounts(t *testing.T) {
	q, w := Quick(Stimuli(), Banks()), Whole(Stimuli(), Banks())
	var m, mw float64
	for _, c := range q {
		if _, err := c.Problem.Dst(); err != nil {
			t.Error(c.Name, err)
		}
		m += c.Problem.MACs()
	}
	for _, c := range w {
		if _, err := c.Problem.Dst(); err != nil {
			t.Error(c.Name, err)
		}
		mw += c.Problem.MACs()
	}
	fmt.Println(len(q), m/1e6, len(w), mw/1e6)
}
