package stimuli

import (
	"slices"
	"strings"
	"testing"

	"gpuconv/conv"
	"gpuconv/param"
)

// TestPart: the parts of a set, one after the other, are the set: images, rows and titles.
func TestPart(t *testing.T) {
	values, err := param.ParseValues("0:90:9")
	if err != nil {
		t.Fatal(err)
	}
	all, err := NewSweep(NMA{Resolution: 0.02}, values)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := conv.NewTensor(all.Shape())
	if err == nil {
		err = all.Draw(whole, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	table, err := all.Table()
	if err != nil {
		t.Fatal(err)
	}
	for _, cut := range [][2]int{{0, 10}, {0, 3}, {3, 6}, {9, 1}} {
		p, err := NewPart(all, cut[0], cut[1])
		if err != nil {
			t.Fatal(err)
		}
		got, err := conv.NewTensor(p.Shape())
		if err == nil {
			err = p.Draw(got, 0)
		}
		if err != nil || !slices.Equal(got.Data, whole.Images(cut[0], cut[0]+cut[1]).Data) {
			t.Errorf("%v: other images, %v", cut, err)
		}
		rows, err := p.Table()
		if err != nil || rows.Len() != cut[1] || rows.Check() != nil {
			t.Fatalf("%v: %v", cut, err)
		}
		for i := range rows.Len() {
			if rows.Column("orientation_deg").Numbers[i] != table.Column("orientation_deg").Numbers[cut[0]+i] ||
				p.Title(i) != all.Title(cut[0]+i) {
				t.Errorf("%v: row %d differs", cut, i)
			}
		}
		if p.Draw(got, 1) == nil {
			t.Errorf("%v: images beyond the part are drawn", cut)
		}
	}
	for _, cut := range [][2]int{{-1, 2}, {0, 0}, {0, 11}, {10, 1}} {
		if _, err := NewPart(all, cut[0], cut[1]); err == nil || !strings.Contains(err.Error(), "want some of the 10") {
			t.Errorf("%v: %v", cut, err)
		}
	}
}
