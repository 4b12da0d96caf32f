package figure

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestOneFont: pictures have no font but Liberation Sans, upright and of normal weight. scripts/release/fonts leaves
// the others out of the wheel's program.
func TestOneFont(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	named, other := 0, regexp.MustCompile(`\b(StyleItalic|StyleOblique|WeightBold|Weight[A-Z]\w+|"Mono"|"Serif")`)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(text), "\n") {
			switch {
			case strings.Contains(line, "font.Font{") &&
				!strings.Contains(line, `{Typeface: "Liberation", Variant: "Sans"`), other.MatchString(line):
				t.Errorf("%s:%d: want no font but Liberation Sans, which the wheel has: %s", file, i+1, line)
			case strings.Contains(line, "font.Font{"):
				named++
			}
		}
	}
	if named < 2 {
		t.Errorf("%d places name the font: want those of typeface.go and plots.go", named)
	}
}
