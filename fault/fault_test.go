package fault

import (
	"errors"
	"testing"
)

func TestTexts(t *testing.T) {
	cause := &Error{Package: "npy", Argument: "x.npy", Rule: "want 4 dimensions"}
	whole := &Error{Package: "filters", Argument: "size", Value: "1", Rule: "want 2 or more", Err: cause}
	for _, c := range []struct{ what, got, want string }{
		{"Error", whole.Error(), "filters: size 1: want 2 or more: x.npy: want 4 dimensions"},
		{"Plain", Plain(whole), "size 1: want 2 or more: x.npy: want 4 dimensions"},
		{"Plain of another error", Plain(errors.New("a: b")), "a: b"},
		{"Beside its argument", Beside("input", "x.npy", cause), "want 4 dimensions"},
		{"Beside another argument", Beside("input", "y.npy", cause), "x.npy: want 4 dimensions"},
		{"Beside its value", Beside("size", "1", &Error{Package: "filters", Argument: "size", Value: "1", Rule: "want 2"}), "want 2"},
		{"Beside its value in quotes", Beside("where", "x", &Error{Package: "gpu", Argument: "device", Value: `"x"`, Rule: "want any"}), "want any"},
		{"Beside another value", Beside("size", "2", &Error{Argument: "size", Value: "1", Rule: "want 2"}), "size 1: want 2"},
		{"Beside the argument of a cause", Beside("input", "x.npy", &Error{Package: "tuning", Argument: "activations", Err: cause}), "activations: want 4 dimensions"},
		{"Beside the same value of another argument", Beside("res", "5", &Error{Argument: "spatial frequency", Value: "5", Rule: "want 1"}), "spatial frequency 5: want 1"},
		{"Beside an abbreviation", Beside("res", "5", &Error{Argument: "resolution", Value: "5", Rule: "want 1"}), "want 1"},
		{"Beside a setting", Beside("stimulus aperture-x", "5", &Error{Argument: "aperture x", Value: "5", Rule: "want 1"}), "want 1"},
		{"Beside a value without an argument", Beside("res", "5", &Error{Value: "5", Rule: "want 1"}), "want 1"},
		{"Beside no name", Beside("", "5", &Error{Argument: "size", Value: "5", Rule: "want 1"}), "size 5: want 1"},
		{"Beside another error", Beside("b", "a", errors.New("a: b")), "a: b"},
		{"no package", (&Error{Rule: "want more"}).Error(), "want more"},
		{"a path that breaks a line", (&Error{Argument: "a\nb", Rule: "want a file"}).Error(), `"a\nb": want a file`},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.what, c.got, c.want)
		}
	}
	if !errors.Is(whole, error(cause)) {
		t.Error("the cause is not unwrapped")
	}
}
