package param

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// TestTable: a table is written as the documented text, and reads back the same.
func TestTable(t *testing.T) {
	images := NewTable("image", "orientation_deg", "frame")
	images.Add("grating", 0.1, 0)
	images.Add("noise, white", math.NaN(), 1e-300)
	files := NewTable("image")
	files.Add("image")
	files.Columns = append(files.Columns, Column{Name: "file", Words: []string{"a b.png"}})
	for name, c := range map[string]struct {
		table *Table
		want  string
	}{
		"images":  {images, "image,kind,orientation_deg,frame\n0,grating,0.1,0\n1,\"noise, white\",,1e-300\n"},
		"files":   {files, "image,kind,file\n0,image,a b.png\n"},
		"no rows": {NewTable("filter", "sf"), "filter,kind,sf\n"},
		"without a subject": {&Table{Columns: []Column{{Name: "sf", Numbers: []float64{1e6, -0.25}}}},
			"sf\n1e+06\n-0.25\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var text bytes.Buffer
			if err := c.table.WriteCSV(&text); err != nil || text.String() != c.want {
				t.Fatalf("wrote %q, %v: want %q", text.String(), err, c.want)
			}
			if c.table.Len() == 0 {
				return // which no reader wants
			}
			back, err := ReadCSV(&text, "image")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.table, back, cmpopts.EquateNaNs()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestReadCSV: numbers and words, spaces, empty cells. A subject leaves the columns only if it is asked for.
func TestReadCSV(t *testing.T) {
	const text = "image,kind,orientation_deg,phase_deg,size\n0,gabor,0,90,\n1,sine, 45 ,90,2\n2,gabor,0,90,3.5\n"
	table, err := ReadCSV(strings.NewReader(text), "image")
	if err != nil {
		t.Fatal(err)
	}
	want := []Column{{Name: "kind", Words: []string{"gabor", "sine", "gabor"}},
		{Name: "orientation_deg", Numbers: []float64{0, 45, 0}},
		{Name: "phase_deg", Numbers: []float64{90, 90, 90}}, {Name: "size", Numbers: []float64{math.NaN(), 2, 3.5}}}
	if fmt.Sprint(table.Columns) != fmt.Sprint(want) || table.Len() != 3 || table.Subject != "image" {
		t.Errorf("read %v of %q, want %v", table.Columns, table.Subject, want)
	}
	if levels := table.Column("kind").Levels(); !slices.Equal(levels, []float64{0, 1, 0}) {
		t.Errorf("levels %v", levels)
	}
	if table, err := ReadCSV(strings.NewReader(text), "filter"); err != nil || table.Subject != "" ||
		table.Columns[0].Name != "image" {
		t.Errorf("without a column filter: %+v, %v", table, err)
	}
}

func TestReadCSVRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "param: the table is empty: want a line with the names of the columns",
		"a,b\n":                  "param: the table has no line but the first: want one for each image",
		"a,a\n1,2\n":             `param: table: column 2 is named "a": want a name, and each once`,
		"a,\n1,2\n":              `param: table: column 2 is named ""`,
		"a,b\n1\n":               "param: table: record on line 2: wrong number of fields",
		"image,b\n0,1\n2,1\n":    `param: table: image "2" in line 3: want 1, the images in their order`,
		"image,b\n0,1\nlast,1\n": `param: table: image "last" in line 3: want 1`,
	} {
		if _, err := ReadCSV(strings.NewReader(text), "image"); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: error %v, want %s…", text, err, want)
		}
	}
}

// TestTableRefuses: tables that are not rectangular are not written.
func TestTableRefuses(t *testing.T) {
	for want, columns := range map[string][]Column{
		"column b has 1 values: want 2":  {{Name: "a", Numbers: []float64{1, 2}}, {Name: "b", Words: []string{"x"}}},
		"column a has numbers and words": {{Name: "a", Numbers: []float64{1}, Words: []string{"x"}}},
	} {
		var text bytes.Buffer
		err := (&Table{Subject: "image", Columns: columns}).WriteCSV(&text)
		if err == nil || !strings.Contains(err.Error(), want) || text.Len() > 0 {
			t.Errorf("%v: error %v, wrote %q", columns, err, text.String())
		}
	}
}

// TestCheckRefuses: what could not be read back is not written.
func TestCheckRefuses(t *testing.T) {
	one := []float64{1}
	for want, table := range map[string]*Table{
		"column 1 is named \"image\": want a name, and each once": {Subject: "image", Columns: []Column{{Name: "image", Numbers: one}}},
		"column 2 is named \"a\"":                                 {Subject: "image", Columns: []Column{{Name: "a", Numbers: one}, {Name: "a", Numbers: one}}},
		"column 1 is named \"\"":                                  {Columns: []Column{{Numbers: one}}},
		"row 1 is empty: want a su":                               {Columns: []Column{{Name: "a", Numbers: []float64{1, math.NaN(), 3}}}},
		"row 0 is empty":                                          {Columns: []Column{{Name: "a", Words: []string{"", "x"}}}},
	} {
		var text bytes.Buffer
		err := table.WriteCSV(&text)
		if err == nil || !strings.Contains(err.Error(), want) || text.Len() > 0 {
			t.Errorf("error %v, want %q; wrote %q", err, want, text.String())
		}
	}
}

// TestTableRoundTrip: a table is refused, or it reads back the same.
func TestTableRoundTrip(t *testing.T) {
	names := rapid.SampledFrom([]string{"image", "sf", "kind", "a,b", "c\"d", "e f", ""})
	words := rapid.SampledFrom([]string{"", "x", "a b", "a,b", "\"", "two\nlines", "°"})
	numbers := rapid.OneOf(rapid.Float64(), rapid.Just(math.NaN()))
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.IntRange(1, 4).Draw(t, "rows")
		table := &Table{Subject: rapid.SampledFrom([]string{"", "image"}).Draw(t, "subject")}
		for range rapid.IntRange(1, 3).Draw(t, "columns") {
			c := Column{Name: names.Draw(t, "name")}
			if rapid.Bool().Draw(t, "of words") {
				c.Words = append([]string{"word"}, rapid.SliceOfN(words, rows-1, rows-1).Draw(t, "words")...)
			} else {
				c.Numbers = rapid.SliceOfN(numbers, rows, rows).Draw(t, "numbers")
			}
			table.Columns = append(table.Columns, c)
		}
		var text bytes.Buffer
		if table.WriteCSV(&text) != nil {
			return
		}
		written := text.String()
		back, err := ReadCSV(&text, "image")
		if table.Subject == "" && table.Column("image").Len() > 0 {
			return // its numbers, read as those of the rows, are another's mistake
		}
		if err != nil {
			t.Fatalf("%q: %v", written, err)
		}
		if diff := cmp.Diff(table, back, cmpopts.EquateNaNs()); diff != "" {
			t.Fatalf("%q: %s", written, diff)
		}
	})
}

// TestCell: a number is the shortest decimal that is the number again; what is no number is nothing.
func TestCell(t *testing.T) {
	for want, v := range map[string]float64{"0.1": 0.1, "1e+06": 1e6, "-3": -3, "": math.NaN()} {
		if got := Cell(v); got != want {
			t.Errorf("%v is written %q, want %q", v, got, want)
		}
	}
	if got := Cell(math.Inf(1)); got != "" {
		t.Errorf("infinity is written %q", got)
	}
}

// broken is a file that cannot be written.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, fmt.Errorf("no space") }

func TestWriterTellsErrors(t *testing.T) {
	table := NewTable("image")
	table.Add("grating")
	if err := table.WriteCSV(broken{}); err == nil || err.Error() != "param: table: no space" {
		t.Errorf("error %v", err)
	}
}
