package main

import (
	"context"
	"errors"
	"io"
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
