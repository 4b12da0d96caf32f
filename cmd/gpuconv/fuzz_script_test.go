package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestFuzzScript: scripts/fuzz fails for each failure of the target itself, and keeps its input. It does so even if the
// failure does not occur again, because it may depend on the order of inputs. It ignores failures of a busy machine.
// Inputs that somebody has put there and not committed stay. In this test, go is a script that plays one failure.
func TestFuzzScript(t *testing.T) {
	unraced(t)
	unixOnly(t)
	script, err := filepath.Abs("../../scripts/fuzz")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip(err)
	}
	const (
		keeps  = "mkdir -p p/testdata/fuzz/FuzzA1; echo new >p/testdata/fuzz/FuzzA1/new;"
		hung   = "echo 'fuzzing process hung or terminated unexpectedly: exit status 2'; exit 1;;"
		failed = "echo 'a_test.go:1: 3 is 4'; exit 1;;"
	)
	for name, c := range map[string]struct {
		fuzz, again string // what go does: first, and with the input that was kept
		said        string
		left        string
	}{
		"no failure":                  {"echo 'execs: 12 (3/sec), new interesting: 1 (total: 2)';;", "exit 9;;", "p FuzzA1: execs: 12, new interesting: 1", "mine"},
		"a failure":                   {keeps + failed, "exit 1;;", "FAILS", "mine new"},
		"a failure that comes once":   {keeps + failed, "exit 0;;", "FAILS", "mine new"},
		"an input that hangs":         {keeps + hung, "exit 1;;", "FAILS", "mine new"},
		"an input that hung once":     {keeps + hung, "exit 0;;", "busy", "mine"},
		"a process that died":         {hung, "exit 0;;", "FAILS", "mine"},
		"the end of the time":         {"echo 'context deadline exceeded'; exit 1;;", "exit 0;;", "busy", "mine"},
		"what is mine is not correct": {failed, "exit 1;;", "FAILS", "mine"},
	} {
		root := t.TempDir()
		put := func(path, text string) {
			path = filepath.Join(root, path)
			if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o777); err != nil {
				t.Fatal(err)
			}
		}
		text, err := os.ReadFile(script)
		if err != nil {
			t.Fatal(err)
		}
		put("scripts/fuzz", string(text))
		put("p/a_test.go", "package p\nfunc FuzzA1(f *testing.F) {}\n")
		put("bin/go", "#!/bin/sh\ncase \"$*\" in\n*-fuzztime*) "+c.fuzz+"\n*) "+c.again+"\nesac\n")
		for _, args := range []string{"init -q", "add p scripts"} {
			git := exec.Command("git", append([]string{"-C", root}, strings.Fields(args)...)...)
			if out, err := git.CombinedOutput(); err != nil {
				t.Fatalf("git %s: %v, %s", args, err, out)
			}
		}
		put("p/testdata/fuzz/FuzzA1/mine", "mine")
		cmd := exec.Command(filepath.Join(root, "scripts", "fuzz"), "1s")
		path := filepath.Join(root, "bin") + string(os.PathListSeparator) + os.Getenv("PATH")
		cmd.Env = append(os.Environ(), "PATH="+path)
		out, err := cmd.CombinedOutput()
		if failed := err != nil; failed != (c.said == "FAILS") || !strings.Contains(string(out), c.said) {
			t.Errorf("%s: %v, %s, want %s", name, err, out, c.said)
		}
		if got := names(t, filepath.Join(root, "p", "testdata", "fuzz", "FuzzA1")); got != c.left {
			t.Errorf("%s: left are %q, want %q", name, got, c.left)
		}
	}
}
