package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCacheOfOthers: a folder that others may write to is not used. Nor is a folder that contains such a folder. A line
// says why.
func TestCacheOfOthers(t *testing.T) {
	unixOnly(t)
	for _, part := range []string{"", "programs", "tuned", "probed"} {
		folder := t.TempDir()
		if err := os.Chmod(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		t.Setenv(cacheVariable, folder)
		if c := openCache(); c.folder != folder || c.note() != "" {
			t.Errorf("a folder of one's own: %+v", c)
		}
		open := filepath.Join(folder, part)
		if err := os.MkdirAll(open, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(open, 0o777); err != nil {
			t.Fatal(err)
		}
		c := openCache()
		want := open + ": others may write to it, its mode is 0777: want one that only you can change, chmod go-w"
		if c.folder != "" || c.programs() != "" || c.tuned().Folder != "" || c.prober().Folder != "" {
			t.Errorf("%s is used: %+v", open, c)
		}
		if got := c.report().String(); got != "none: "+want {
			t.Errorf("info says %q, want %q", got, want)
		}
		if !strings.Contains(c.note(), want) {
			t.Errorf("the note is %q, want …%s", c.note(), want)
		}
		code, _, stderr := gpuconv(t, "autotune", "--forget")
		if line := errorLine(t, stderr); code != exitFailed || line != "gpuconv: "+want {
			t.Errorf("forgetting: code %d, %s", code, line)
		}
	}
}
