package report

import (
	"fmt"
	"math"
	"testing"

	"gpuconv/param"
)

func TestSummary(t *testing.T) {
	nan, none := math.NaN(), param.Number(math.NaN())
	for _, c := range []struct {
		values []float64
		want   summary
	}{
		{[]float64{3, 1, nan, 4, 2}, summary{4, 1.75, 2.5, 3.25}},
		{[]float64{20, 10}, summary{2, 12.5, 15, 17.5}},
		{[]float64{3, 1, 2}, summary{3, 1.5, 2, 2.5}},
		{[]float64{nan, 7}, summary{1, 7, 7, 7}},
		{[]float64{nan}, summary{0, none, none, none}},
		{nil, summary{0, none, none, none}},
	} {
		before := fmt.Sprint(c.values)
		if got := summarise(c.values); fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", c.want) ||
			fmt.Sprint(c.values) != before {
			t.Errorf("%s: %+v, want %+v; then %v", before, got, c.want, c.values)
		}
	}
}
