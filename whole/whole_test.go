package whole

import (
	"errors"
	"io/fs"
	"os"
	"testing"
)

func TestErrorTexts(t *testing.T) {
	full := errors.New("no space left")
	for _, c := range []struct {
		err          Error
		text, beside string
	}{
		{Error{Name: "a", Err: full}, "a: no space left", "no space left"},
		{Error{Name: "a", Rule: "want a file"}, "a: want a file", "want a file"},
		{Error{Name: "a", Rule: "want b", Err: full}, "a: want b: no space left", "want b: no space left"},
		{Error{Name: "", Rule: "want a file"}, `"": want a file`, "want a file"},
		{Error{Name: "a\nb", Rule: "want a file"}, `"a\nb": want a file`, "want a file"},
		{Error{Name: "a`b", Rule: "want a file"}, "a`b: want a file", "want a file"},
		{Error{Name: `a"b`, Rule: "want a file"}, `"a\"b": want a file`, "want a file"},
	} {
		if got := c.err.Error(); got != c.text {
			t.Errorf("it reads %q, want %q", got, c.text)
		}
		if got := c.err.Beside("output", c.err.Name); got != c.beside {
			t.Errorf("beside its name it reads %q, want %q", got, c.beside)
		}
		if got := c.err.Beside("output", "another"); got != c.text {
			t.Errorf("beside another name it reads %q, want %q", got, c.text)
		}
	}
}

// TestCause: the operation and the paths are removed, and everything else stays.
func TestCause(t *testing.T) {
	other := errors.New("other")
	for _, c := range []struct{ err, want error }{
		{&fs.PathError{Op: "open", Path: "x", Err: fs.ErrExist}, fs.ErrExist},
		{&os.LinkError{Op: "rename", Old: "x", New: "y", Err: fs.ErrExist}, fs.ErrExist},
		{other, other},
		{nil, nil},
	} {
		if got := Cause(c.err); got != c.want {
			t.Errorf("the cause of %v is %v, want %v", c.err, got, c.want)
		}
	}
}
