package param

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestJoiner: the parts of a table, joined, have the bytes of the whole, whatever the cells hold.
func TestJoiner(t *testing.T) {
	cell := rapid.SampledFrom([]string{"", "a", " b ", "c\n\nd", `"`, "=1+1", "'=2", "e,f", "  ", "\"\n0,\"",
		strings.Repeat("x\n", 40_000)})
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(t, "rows")
		words := rapid.SliceOfN(cell, n, n).Draw(t, "words")
		table := func(lo, hi int) []byte {
			part := &Table{Subject: "image", Columns: []Column{{Name: "file", Words: words[lo:hi]}, {Name: "x"}}}
			for i := lo; i < hi; i++ {
				part.Columns[1].Numbers = append(part.Columns[1].Numbers, float64(i)/3)
				if i%5 == 0 {
					part.Columns[1].Numbers[i-lo] = math.NaN()
				}
			}
			var text bytes.Buffer
			if err := part.WriteCSV(&text); err != nil {
				t.Fatal(err)
			}
			return text.Bytes()
		}
		cuts := append(rapid.SliceOfN(rapid.IntRange(1, n), 0, 4).Draw(t, "cuts"), 0, n)
		slices.Sort(cuts)
		var got bytes.Buffer
		joiner := NewJoiner(&got)
		for i, lo := range cuts[:len(cuts)-1] {
			if hi := cuts[i+1]; hi > lo {
				if err := joiner.Add(bytes.NewReader(table(lo, hi))); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := joiner.Close(); err != nil || !bytes.Equal(got.Bytes(), table(0, n)) {
			t.Fatalf("joined at %v, %v:\n%.400q\nwant\n%.400q", cuts, err, got.Bytes(), table(0, n))
		}
	})
}

func TestJoinerRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"image,y\n0,1\n":      `param: table: its columns are "image,y": want "image,x"`,
		"image,x\n1,1\n":      `param: table: row 0 begins with "1,1\n": want its number`,
		"image,x\n0,1\n0,2\n": `param: table: row 1 begins with "0,2\n": want its number`,
		"image,x\n0,1\n1,2":   "param: table: its last row is cut off: want a line break at its end",
		"image,x\n0,\"1\n":    "param: table: its last row is cut off: want a line break at its end",
		"image,x\n\n":         `param: table: row 0 begins with "\n": want its number`,
		"":                    "param: the table is empty: want a line with the names of the columns",
	} {
		joiner := NewJoiner(new(bytes.Buffer))
		if err := joiner.Add(strings.NewReader("image,x\n0,7\n")); err != nil {
			t.Fatal(err)
		}
		if err := joiner.Add(strings.NewReader(text)); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func ExampleJoiner() {
	var text bytes.Buffer
	j := NewJoiner(&text)
	for _, part := range []string{"image,sf\n0,0.1\n1,0.2\n", "image,sf\n0,0.3\n"} {
		if err := j.Add(strings.NewReader(part)); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println(j.Close())
	fmt.Print(text.String())
	// Output:
	// <nil>
	// image,sf
	// 0,0.1
	// 1,0.2
	// 2,0.3
}
