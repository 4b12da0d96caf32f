package param

import (
	"bytes"
	"strings"
	"testing"
)

// FuzzReadCSV reads any text as a table. An error is one line that begins with the package's name. Each column of a
// table has as many cells as there are rows. A table that was written and read again has the same columns and rows. If
// that one is written and read again, nothing changes.
func FuzzReadCSV(f *testing.F) {
	for _, text := range []string{
		"image,kind,orientation_deg,phase_deg\n0,grating,0,90\n1,grating,45,\n", "a,b\n1,x\n", "\ufeffa;b\n1;2\n",
		"image\n0\n1\n", "a,b\r\n\"1\",\"x, y\"\r\n", "a\n'=1+1\n", "a\n1e400\n", "a,a\n1,2\n", "a\nnan\n\n", "a,b\n1\n", "",
		"image,x\n1,1\n", "a\n20°\n", "a\x00,b\n1,2\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		table, err := ReadCSV(strings.NewReader(text), "image")
		if err != nil {
			if !strings.HasPrefix(err.Error(), "param: ") || strings.ContainsAny(err.Error(), "\n\r") {
				t.Fatalf("error %q, want one line that begins with param:", err)
			}
			return
		}
		for _, c := range table.Columns {
			if c.Len() != table.Len() {
				t.Fatalf("column %q has %d cells in %d rows", c.Name, c.Len(), table.Len())
			}
		}
		err = table.Check()
		// numbers of rows, an empty line
		if table.Len() == 0 || err != nil && strings.Contains(err.Error(), "is empty") {
			return
		}
		if err != nil {
			t.Fatalf("it is read, and refused as a table: %v", err)
		}
		written := rewritten(t, table)
		again, err := ReadCSV(strings.NewReader(written), table.Subject)
		if err != nil {
			t.Fatalf("written as %q, it is refused: %v", written, err)
		}
		if again.Len() != table.Len() || strings.Join(again.Names(), "\n") != strings.Join(table.Names(), "\n") {
			t.Fatalf("%d rows of %q are read again as %d of %q", table.Len(), table.Names(), again.Len(), again.Names())
		}
		if twice := rewritten(t, again); twice != written {
			t.Fatalf("%q is written again as %q", written, twice)
		}
	})
}

func rewritten(t *testing.T, table *Table) string {
	t.Helper()
	var b bytes.Buffer
	if err := table.WriteCSV(&b); err != nil {
		t.Fatalf("it is read, but cannot be written: %v", err)
	}
	return b.String()
}
