package param

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// TestTable: a table is written as the documented text, and is the same after it was read back.
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
				return // ReadCSV refuses a table without rows
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

// TestReadCSV: numbers and words, spaces, empty cells. The subject is removed from the names only if the caller asks
// for that.
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
	const rule = `is not a number: want one such as -0.5 or 1e-3 in each line, or an empty cell`
	for text, want := range map[string]string{
		"":                                     "the table is empty: want a line with the names of the columns",
		"a,b\n":                                "the table has no line but the first: want one for each image",
		"a,a\n1,2\n":                           `table: column 2 is named "a": want a name, and each once`,
		"a, a \n1,2\n":                         `table: column 2 is named "a": want a name, and each once`,
		"a,\n1,2\n":                            `table: column 2 is named ""`,
		"a,b\n1\n":                             "table: line 2 has 1 cells: want 2, as many as names in the first line",
		"a,b\n1,2\n1,2,3\n":                    "table: line 3 has 3 cells: want 2",
		"image,b\n0,1\n2,1\n":                  `table: image "2" in line 3: want 1, the images in their order`,
		"image,b\n0,1\nlast,1\n":               `table: image "last" in line 3: want 1`,
		"b,\"image\"\n\"two\nlines\",0\nx,0\n": `table: image "0" in line 4: want 1`,
		// numbers
		"deg\n0\n20°\n40\n":           `table: line 3, column deg: "20°" ` + rule,
		"deg\n0\n20\xb0\n":            `table: line 3, column deg: "20\xb0" ` + rule,
		"deg\n20°\n0\n":               `table: line 2, column deg: "20°" ` + rule,
		"a,deg\nx,1\nx,\"2,5\"\n":     `table: line 3, column deg: "2,5" ` + rule,
		"deg\n1\n1 000\n":             `table: line 3, column deg: "1 000" ` + rule,
		"deg\n1\n1_000\n":             `table: line 3, column deg: "1_000" ` + rule,
		"deg\n1\n0x10\n":              `table: line 3, column deg: "0x10" ` + rule,
		"deg\n1\n0x1p-2\n":            `table: line 3, column deg: "0x1p-2" ` + rule,
		"deg\n1\ninf\n":               `table: line 3, column deg: "inf" ` + rule,
		"deg\n1\n-Infinity\n":         `table: line 3, column deg: "-Infinity" ` + rule,
		"deg\n1\n−5\n":                `table: line 3, column deg: "−5" ` + rule,
		"deg\n1\nNA\n":                `table: line 3, column deg: "NA" ` + rule,
		"deg\n1\n١٢\n":                `table: line 3, column deg: "١٢" ` + rule,
		"deg\n1e400\n":                `table: line 2, column deg: "1e400" is beyond float64, want at most 1.8e308`,
		"deg\n1\n-1e309\n":            `table: line 3, column deg: "-1e309" is beyond float64`,
		"a,deg\nx,0\n\"\n\",1\ny,°\n": `table: line 5, column deg: "°" ` + rule, // the cell before has two lines
		"de\x1bg\n1\nx\n":             `table: line 3, column "de\x1bg": "x" ` + rule,
		// text
		"\xff\xfed\x00\n\x00":           "table: its text is UTF-16: want UTF-8",
		"\xfe\xff\x00d\x00\n":           "table: its text is UTF-16: want UTF-8",
		"\xff\xfe\x00\x00d\x00\x00\x00": "table: its text is UTF-32: want UTF-8",
		"\x00\x00\xfe\xff\x00\x00\x00d": "table: its text is UTF-32: want UTF-8",
		"d\x00e\x00g\x00\n\x000\x00":    "table: line 1, column 1: holds a NUL byte, want text in UTF-8",
		"a,deg\n0,1\x00\n":              "table: line 2, column 2: holds a NUL byte",
		"image;deg\n0;1\n":              "table: the first line has semicolons or tabs: want commas between cells",
		"image\tdeg\n0\t1\n":            "table: the first line has semicolons or tabs: want commas between cells",
		"image,deg\r0,1\r1,2\r":         "table: its lines end in CR: want LF or CRLF",
		"# image,deg\n0,1\n":            "table: the first line begins with #: want the names of the columns alone",
		"deg\n0\n\n20\n":                "table: line 3 is empty: want a line for each row",
		"\ndeg\n0\n":                    "table: line 1 is empty: want a line for each row",
		"deg\n\"0\n":                    "table: parse error on line 2, column 4: extraneous or missing \" in quoted-field",
		"deg\n0\"\n":                    "table: parse error on line 2, column 2: bare \" in non-quoted",
	} {
		if _, err := ReadCSV(strings.NewReader(text), "image"); err == nil ||
			!strings.HasPrefix(err.Error(), "param: "+want) {
			t.Errorf("%q: error %v, want %s…", text, err, want)
		}
	}
}

// TestManyColumns: a table with a megabyte of names is read, refused and written quickly: not every name is compared
// with every other one.
func TestManyColumns(t *testing.T) {
	const columns = 300_000
	var names, cells strings.Builder
	for i := range columns {
		fmt.Fprintf(&names, "%x,", i)
		cells.WriteString("1,")
	}
	began := time.Now()
	table, err := ReadCSV(strings.NewReader(names.String()+"last\n"+cells.String()+"2\n"), "")
	if err != nil || len(table.Columns) != columns+1 {
		t.Fatalf("%v", err)
	}
	if err := table.WriteCSV(io.Discard); err != nil {
		t.Error(err)
	}
	want := fmt.Sprintf("column %d is named %q", columns+1, "ff")
	if _, err := ReadCSV(strings.NewReader(names.String()+"ff\n"+cells.String()+"2\n"), ""); err == nil ||
		!strings.Contains(err.Error(), want) {
		t.Errorf("%v, want …%s…", err, want)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
}

// TestReadCSVTakes: a table in the form of other programs is read as the same table.
func TestReadCSVTakes(t *testing.T) {
	nan := math.NaN()
	for text, want := range map[string]Column{
		"\ufeffdeg\n0\n20\n":           {Name: "deg", Numbers: []float64{0, 20}},
		"\ufeff\"deg\"\r\n0\r\n20\r\n": {Name: "deg", Numbers: []float64{0, 20}},
		" deg \n +1.5 \n-.5\n":         {Name: "deg", Numbers: []float64{1.5, -.5}},
		"deg\n1.\n1E3\n1e-400\n\n\n":   {Name: "deg", Numbers: []float64{1, 1000, 0}},
		"deg\n007\n1":                  {Name: "deg", Numbers: []float64{7, 1}},
		"deg\n\"\"\nnan\nNaN\n3\n":     {Name: "deg", Numbers: []float64{nan, nan, nan, 3}},
		"deg\n\"\"\n":                  {Name: "deg", Numbers: []float64{nan}},
		"what\na\nb\n3\n":              {Name: "what", Words: []string{"a", "b", "3"}},
		"what\nnan\na\n":               {Name: "what", Words: []string{"nan", "a"}},
		"file\n1\n2\n1.png\n":          {Name: "file", Words: []string{"1", "2", "1.png"}},
		"name\n0\n1\n2+4\n":            {Name: "name", Words: []string{"0", "1", "2+4"}},
		"kind\n1\n2\n":                 {Name: "kind", Words: []string{"1", "2"}},
		"what\n\"two\nlines\"\nb\n":    {Name: "what", Words: []string{"two\nlines", "b"}},
		"what\na;b\nc\td\n":            {Name: "what", Words: []string{"a;b", "c\td"}},
	} {
		table, err := ReadCSV(strings.NewReader(text), "image")
		if err != nil {
			t.Errorf("%q: %v", text, err)
		} else if diff := cmp.Diff([]Column{want}, table.Columns, cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

// TestReaderNumbers: a column that must be numeric is read as numbers or refused, however few numbers it has. Other
// columns may have words.
func TestReaderNumbers(t *testing.T) {
	reader := Reader{Subject: "image", Numbers: func(columns []string) []string { return columns[1:] }}
	_, err := reader.Read(strings.NewReader("label,deg\na,0°\nb,10°\nc,20°\n"))
	if want := `param: table: line 2, column deg: "0°" is not a number`; err == nil ||
		!strings.HasPrefix(err.Error(), want) {
		t.Errorf("error %v, want %s…", err, want)
	}
	table, err := reader.Read(strings.NewReader("label,deg\na,\nb,10\n"))
	if err != nil || table.Column("label").Words == nil || len(table.Column("deg").Numbers) != 2 {
		t.Errorf("read %+v, %v", table, err)
	}
}

// TestFormulas: no cell begins like a formula of a spreadsheet, and each is read back unchanged.
func TestFormulas(t *testing.T) {
	for word, want := range map[string]string{
		"=1+1": "'=1+1", "+a": "'+a", "-a": "'-a", "@a": "'@a",
		" =1": "' =1", "'=1": "''=1", "''@a": "'''@a", "＝1": "'＝1", "-": "'-", "-inf": "'-inf", "=": "'=",
		"-1.5": "-1.5", "+2e3": "+2e3", "a=1": "a=1", "'a": "'a", "": "", "'": "'", "1-2": "1-2",
		"\ta": "'\ta", "\ra": "'\ra", "\na": "'\na",
	} {
		table := &Table{Subject: "image", Columns: []Column{{Name: "file", Words: []string{word}}}}
		var text bytes.Buffer
		if err := table.WriteCSV(&text); err != nil {
			t.Fatal(err)
		}
		cell := strings.TrimSuffix(strings.TrimPrefix(text.String(), "image,file\n0,"), "\n")
		if got := strings.Trim(cell, `"`); got != want {
			t.Errorf("%q is written %q, want %q", word, got, want)
		}
		back, err := ReadCSV(&text, "image")
		if err != nil || back.Column("file").Words[0] != word {
			t.Errorf("%q is read back as %+v, %v", word, back, err)
		}
	}
	table := &Table{Columns: []Column{{Name: "=a", Numbers: []float64{-0.25}}}}
	var text bytes.Buffer
	if err := table.WriteCSV(&text); err != nil || text.String() != "'=a\n-0.25\n" {
		t.Errorf("wrote %q, %v", text.String(), err)
	}
	if back, err := ReadCSV(&text, "image"); err != nil || back.Columns[0].Name != "=a" {
		t.Errorf("read %+v, %v", back, err)
	}
}

// TestFirstBytes: no formula begins with a byte for which guarded does not look further.
func TestFirstBytes(t *testing.T) {
	for c := range 256 {
		cell := string([]byte{byte(c), '=', '1'})
		want := cell
		if formula.MatchString(cell) {
			want = "'" + cell
		}
		if got := guarded(cell); got != want {
			t.Errorf("%q is written %q, want %q", cell, got, want)
		}
	}
}

// BenchmarkWriteCSV is the table of 4,000 gratings.
func BenchmarkWriteCSV(b *testing.B) {
	table := &Table{Subject: "image", Columns: []Column{{Name: "kind"}, {Name: "orientation_deg"}, {Name: "sf"},
		{Name: "phase_deg"}}}
	for i := range 4000 {
		table.Add("nma", -90+0.045*float64(i), 0.056841051104248336, 0)
	}
	for b.Loop() {
		if err := table.WriteCSV(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}

// TestTableRefuses: tables that are not rectangular are not written.
func TestTableRefuses(t *testing.T) {
	for want, columns := range map[string][]Column{
		"column b has 1 values: want 2":                         {{Name: "a", Numbers: []float64{1, 2}}, {Name: "b", Words: []string{"x"}}},
		`column a has numbers and words: "2+4" is not a number`: {{Name: "a", Words: []string{"0", "1", "2+4"}}},
		"column a has numbers and words":                        {{Name: "a", Numbers: []float64{1}, Words: []string{"x"}}},
	} {
		var text bytes.Buffer
		err := (&Table{Subject: "image", Columns: columns}).WriteCSV(&text)
		if err == nil || !strings.Contains(err.Error(), want) || text.Len() > 0 {
			t.Errorf("%v: error %v, wrote %q", columns, err, text.String())
		}
	}
}

// TestCheckRefuses: a table that could not be read back is not written.
func TestCheckRefuses(t *testing.T) {
	one := []float64{1}
	for want, table := range map[string]*Table{
		"column 1 is named \"image\": want a name, and each once": {Subject: "image", Columns: []Column{{Name: "image", Numbers: one}}},
		"column 2 is named \"a\"":                                 {Subject: "image", Columns: []Column{{Name: "a", Numbers: one}, {Name: "a", Numbers: one}}},
		"column 1 is named \"\"":                                  {Columns: []Column{{Numbers: one}}},
		"it has no columns: want at least one":                    {},
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

// TestTableRoundTrip: a table is refused, or is the same after it was read back.
func TestTableRoundTrip(t *testing.T) {
	names := rapid.SampledFrom([]string{"image", "sf", "kind", "a,b", "c\"d", "e f", "", "#x", "a;b", "c\td", "e\rf",
		"=g", "file", "\x00", "two\nlines", "\ufeff"})
	words := rapid.SampledFrom([]string{"", "x", "a b", "a,b", "\"", "two\nlines", "°", "7", "-1.5", "1e400", "nan",
		"=x", "'", "'=x", "-", "\u202e\x1b", "\x00", "\ufeff", "\xff"})
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
			return // ReadCSV takes this column for the numbers of the rows
		}
		if err != nil {
			t.Fatalf("%q: %v", written, err)
		}
		if diff := cmp.Diff(table, back, cmpopts.EquateNaNs()); diff != "" {
			t.Fatalf("%q: %s", written, diff)
		}
	})
}

// TestCell: a number is the shortest decimal that gives the same number. A value that is not a number is an empty cell.
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
