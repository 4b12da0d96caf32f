package param

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestTable: what is written is the documented text, and reads back the same.
func TestTable(t *testing.T) {
	for name, c := range map[string]struct {
		table Table
		want  string
	}{
		"images": {
			Table{Subject: "image", Columns: []string{"orientation_deg", "frame"}, Kinds: []string{"grating", "noise, white"},
				Rows: [][]float64{{0.1, 0}, {math.NaN(), 1e-300}}},
			"image,kind,orientation_deg,frame\n0,grating,0.1,0\n1,\"noise, white\",,1e-300\n",
		},
		"files": {
			Table{Subject: "image", Columns: []string{}, Kinds: []string{"image"}, Rows: [][]float64{{}}, Files: []string{"a b.png"}},
			"image,kind,file\n0,image,a b.png\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var text bytes.Buffer
			if err := c.table.WriteCSV(&text); err != nil || text.String() != c.want {
				t.Fatalf("wrote %q, %v: want %q", text.String(), err, c.want)
			}
			back, err := ReadCSV(&text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.table, *back, cmpopts.EquateNaNs(), cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTableRefuses(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "names the columns"},
		{"image,orientation_deg\n", "names the columns"},
		{"image,kind,sf\n0,grating\n", "wrong number of fields"},
		{"image,kind,sf\n1,grating,0\n", `image "1": want 0`},
		{"filter,kind,sf\n0,gabor,x\n", `filter 0: sf "x": want a number or nothing`},
	} {
		if _, err := ReadCSV(strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q in it", c.text, err, c.want)
		}
	}
	uneven := Table{Subject: "image", Columns: []string{"sf"}, Kinds: []string{"grating"}, Rows: [][]float64{{1, 2}}}
	if err := uneven.WriteCSV(&bytes.Buffer{}); err == nil {
		t.Error("a row of two values under one column was written")
	}
}
