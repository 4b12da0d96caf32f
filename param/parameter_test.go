package param

import (
	"math"
	"strings"
	"testing"
)

// TestTitle: a value has a real minus sign, and a name keeps its hyphens.
func TestTitle(t *testing.T) {
	orientation, x := -45.0, -0.5
	parameters := []Parameter{New("orientation", "", "", &orientation), New("aperture-x", "", "", &x)}
	got := Title(parameters, []string{"orientation", "aperture-x"})
	if want := "−45° (135°), aperture-x −0.5"; got != want {
		t.Errorf("title %q, want %q", got, want)
	}
}

// TestSet: an integer accepts only whole numbers, up to those that float64 holds exactly.
func TestSet(t *testing.T) {
	var real float64
	var count int
	var seed Seed
	for _, c := range []struct {
		p    Parameter
		v    float64
		want string
	}{
		{New("sf", "", "", &real), 0.5, ""},
		{New("count", "", "", &count), -3, ""},
		{New("count", "", "", &count), 0.5, "param: count 0.5: want a whole number from −2⁵³ to 2⁵³"},
		{New("count", "", "", &count), math.NaN(), "param: count NaN: want"},
		{New("count", "", "", &count), -1 << 54, "param: count -1.8014398509481984e+16: want"},
		{NewWhole("count", "", "", &count, 1, 1<<20), 1 << 20, ""},
		{NewWhole("count", "", "", &count, 1, 1<<20), 1.5, "param: count 1.5: want a whole number from 1 to 2²⁰"},
		{NewWhole("count", "", "", &count, 1, 1<<20), 0, "param: count 0: want a whole number from 1 to 2²⁰"},
		{NewWhole("order", "", "", &count, -3, 1000), 1001, "param: order 1001: want a whole number from −3 to 1000"},
		{seed.Parameter(), 1 << 53, ""},
		{seed.Parameter(), 1<<53 + 2, "param: seed 9.007199254740994e+15: want a whole number from 0 to 2⁵³"},
		{seed.Parameter(), -1, "param: seed -1: want"},
	} {
		before := c.p.Value()
		err := c.p.Set(c.v)
		switch {
		case c.want == "" && (err != nil || c.p.Value() != c.v):
			t.Errorf("%s is %v, want %v; %v", c.p.Name, c.p.Value(), c.v, err)
		case c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want) || c.p.Value() != before):
			t.Errorf("%s is %v, error %v: want %s…", c.p.Name, c.p.Value(), err, c.want)
		}
	}
}

// TestSeed: the first number of PCG-DXSM of (7, 0) never changes.
func TestSeed(t *testing.T) {
	// math/rand/v2 promises these numbers
	if got, want := Seed(7).Rand().Uint64(), uint64(4971928291090985182); got != want {
		t.Errorf("seed 7 starts with %v, want %v", got, want)
	}
	if err := Seed(1 << 53).Check(); err != nil {
		t.Error(err)
	}
	if err := Seed(1<<53 + 1).Check(); err == nil ||
		err.Error() != "param: seed 9007199254740993: want a whole number from 0 to 2⁵³" {
		t.Errorf("error %v", err)
	}
}
