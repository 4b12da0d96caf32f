package main

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

// TestPageInterrupted: an interrupt while the page of run --html is made does not undo the run, and the error says so.
func TestPageInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	folder := t.TempDir() + "/out"
	if code, _, errs := ran(t, "run", "--backend", "cpu", "--orientations", "0", "--res", "0.1", "--channels", "2",
		"--no-sync", "--output", folder); code != exitOK {
		t.Fatal(errs)
	}
	cancel()
	f := runFlags{html: true}
	err := f.page(ctx, io.Discard, io.Discard, folder)
	if err == nil || errors.Is(err, context.Canceled) || !strings.HasPrefix(err.Error(),
		"interrupted; the run is written, the page is not: gpuconv report "+folder) {
		t.Errorf("%v", err)
	}
}

// TestFlagsOfRun: flags that gpuconv run would refuse together are not used.
func TestFlagsOfRun(t *testing.T) {
	for flags, want := range map[string]string{
		`{"stimulus": ["x.npy"], "float16": ["true"]}`: "",
		`{"stimulus": ["x.npy"], "sf": ["0.5"]}`:       "--sf: has no meaning with --stimulus",
		`{"filter": ["w.npy"], "channels": ["6"]}`:     "--channels: has no meaning with --filter",
	} {
		folder := t.TempDir()
		writeText(t, filepath.Join(folder, "run.json"), `{"flags": `+flags+`}`)
		found, err := flagsOfRun(t.Context(), folder)
		switch {
		case want == "" && (err != nil || !found.float16):
			t.Errorf("%s: %v", flags, err)
		case want != "" && (found != nil || err == nil || err.Error() != want):
			t.Errorf("%s: %v and %v, want only %q", flags, found, err, want)
		}
	}
}
