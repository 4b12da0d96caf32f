package param

import (
	"encoding/json"
	"math"
	"testing"
)

// TestNumber: a number that JSON cannot write is null.
func TestNumber(t *testing.T) {
	text, err := json.Marshal([]Number{1.5, Number(math.Inf(1)), Number(math.NaN())})
	if err != nil || string(text) != "[1.5,null,null]" {
		t.Errorf("%s, %v", text, err)
	}
}
