package autotune

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// FuzzFind reads any bytes as a stored winner. An error is one line that names the file. What is found is complete, and
// of the problem that was asked for.
func FuzzFind(f *testing.F) {
	k := key(8)
	text, err := json.MarshalIndent(entry(k, "igemm"), "", " ")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add(text[:len(text)/2])
	f.Add([]byte("{}"))
	f.Add([]byte("null"))
	f.Add([]byte(strings.Replace(string(text), "1.25", "-1", 1)))
	s := Store{f.TempDir()}
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(s.path(k), content, 0o600); err != nil {
			t.Fatal(err)
		}
		e, err := s.Find(k)
		switch {
		case err != nil && (!strings.Contains(err.Error(), s.path(k)) || strings.ContainsAny(err.Error(), "\n\r")):
			t.Fatalf("error %q, want one line that names the file", err)
		case err != nil:
			return
		case e == nil || e.Choice().Algorithm == "" || !(e.Speed > 0) || e.Own == "" || e.Problem != k.problem():
			t.Fatalf("found %+v", e)
		}
		if text := e.String(); !strings.HasPrefix(text, "tuned on ") {
			t.Fatalf("it reads %q", text)
		}
	})
}
