package param

import (
	"encoding/json"
	"math"
	"testing"
)

// TestNumber: a number that JSON cannot write is null, which is read as NaN.
func TestNumber(t *testing.T) {
	text, err := json.Marshal([]Number{1.5, Number(math.Inf(1)), Number(math.NaN())})
	if err != nil || string(text) != "[1.5,null,null]" {
		t.Errorf("%s, %v", text, err)
	}
	var back []Number
	if err := json.Unmarshal(text, &back); err != nil || len(back) != 3 || back[0] != 1.5 || back[1] == back[1] {
		t.Errorf("%s is read as %v, %v", text, back, err)
	}
}
