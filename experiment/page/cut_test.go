package page_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gpuconv/whole"
)

// TestLongTexts: the page stays short, however long the texts and lists of a run are, and says what is left out.
func TestLongTexts(t *testing.T) {
	r := reported(t, 2, -1)
	short := len(text(t, r))
	long := strings.Repeat("ä", 500_000)
	r.Notes = []string{"the first note"}
	r.Report.Notes = slices.Repeat([]string{long}, 1000)
	r.Report.Stimulus, r.Report.Backend.Device, r.Report.Backend.Accuracy = long, long, long
	r.Report.Program = map[string]string{"git": long, "go": long, "platform": long}
	r.Report.Command = append([]string{long}, slices.Repeat([]string{long}, 1000)...)
	r.Report.Files = nil
	for i := range 5000 {
		r.Report.Files = append(r.Report.Files, whole.Sum{Name: fmt.Sprint("f", i), CRC32C: long})
	}
	content := text(t, r)
	if grown := len(content) - short; grown > 500_000 {
		t.Errorf("the page has grown by %d bytes", grown)
	}
	has(t, r, "<li>the first note</li>", "ää… (999000 bytes are left out)", "<li>901 more are left out</li>",
		"… 901 more are left out", "<dt>Others</dt><dd>4900 more are left out</dd>")
	if strings.ContainsRune(content, '\ufffd') || strings.Contains(content, `\x`) {
		t.Error("a character is cut in two")
	}
}
