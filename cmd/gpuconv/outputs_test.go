package main

import (
	"strings"
	"testing"
)

// writers are the functions that make or rename a file.
var writers = map[string][]string{
	"os":                    {"Create", "CreateTemp", "MkdirTemp", "WriteFile", "Rename", "Link", "Symlink", "Truncate", "CopyFS"},
	"io/ioutil":             {"WriteFile", "TempFile"},
	"syscall":               {"Rename", "Link", "Symlink", "Creat", "Truncate"},
	"golang.org/x/sys/unix": {"Rename", "Renameat", "Renameat2", "Link", "Linkat", "Symlink", "Creat", "Truncate"},
}

// writingFiles are the packages that write files by themselves, with the reason.
var writingFiles = map[string]string{
	"whole":                 "it is the writer",
	"cpu/internal/simd/asm": "go generate runs it, on files that git has",
}

// TestOutputsAreWhole: every file gets its name in package whole, which writes it whole or not at all, and syncs it.
func TestOutputsAreWhole(t *testing.T) {
	unraced(t)
	usedOnlyIn(t, writingFiles, writers, "package whole to write files")
}

// TestNoSyncEverywhere: exactly the verbs that have a flag for an output have --no-sync.
func TestNoSyncEverywhere(t *testing.T) {
	unraced(t)
	seen := 0
	commands := newRoot().Commands()
	for i := 0; i < len(commands); i++ {
		cmd := commands[i]
		commands = append(commands, cmd.Commands()...)
		writes := len(outputFlags(cmd)) > 0
		if has := cmd.Flags().Lookup("no-sync") != nil; has != writes {
			t.Errorf("%s has --no-sync: %v, and writes: %v", cmd.CommandPath(), has, writes)
		}
		if writes {
			seen++
		}
	}
	if seen < 8 {
		t.Errorf("%d verbs write", seen)
	}
}

// TestNothingIsSent: only the package that downloads imports packages that open connections.
func TestNothingIsSent(t *testing.T) {
	unraced(t)
	seen := 0
	for _, p := range list(t) {
		for _, imported := range p.Imports {
			if imported != "net" && !strings.HasPrefix(imported, "net/") || imported == "net/url" {
				continue
			}
			if seen++; p.ImportPath != "gpuconv/dataset" {
				t.Errorf("%s imports %s: only dataset opens connections", p.ImportPath, imported)
			}
		}
	}
	if seen == 0 {
		t.Error("dataset imports nothing of package net")
	}
}

// TestNoSyncReaches: --no-sync is passed on to package whole. Without it, files are synced.
func TestNoSyncReaches(t *testing.T) {
	for _, args := range [][]string{nil, {"--no-sync"}} {
		var s saving
		cmd := newVersion()
		s.register(cmd)
		if err := cmd.ParseFlags(args); err != nil {
			t.Fatal(err)
		}
		if got, want := s.output("output", "x").options.NoSync, len(args) > 0; got != want {
			t.Errorf("with %q NoSync is %v", args, got)
		}
	}
}
